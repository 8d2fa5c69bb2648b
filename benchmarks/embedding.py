"""Claim: on two cores one sequence embeds at least 4 times (journal form) and 2 times (competition form, GaitMask) as
fast in float32 as by the plain network, equal within 1e-4; and the pair of networks fused embeds so many a second.

Run: python benchmarks/embedding.py [--threads 2] [--rounds 7] [--frames 30 64 100] [--clock wall|processor]
     [--residual]

The plain network is the one that the papers draw: eager torch, one sequence at a time, strips convolved one by one. In
every round each form is timed once, in turn; printed are medians of the rounds' ratios. With `--clock processor` what
counts is processor time, for a machine that others use, too; it says nothing of how well two cores are used. The share
of the machine's rate is that of a direct convolution's multiplications, which minimal filtering does not all do.
`--residual` measures, without a claim, the residual networks and GaitSet beside two of GaitGL.
"""

import argparse
import statistics
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from gaitprint.deploy.operations import direct_operations
from gaitprint.inference.backend_choice import available
from gaitprint.inference.machine import MATRIX_OPERATIONS, matrix_product
from gaitprint.inference.running import form_of, open_runner
from gaitprint.inference.timing import made_up_clip, take_turns
from gaitprint.layers import convolution
from gaitprint.models.making import make_network

FORMS: dict[str, tuple[str, dict[str, Any]]] = {
    "GaitGL, journal": ("gaitgl", {"form": "casia-b"}),
    "GaitGL, competition": ("gaitgl", {}),
    "GaitMask": ("gaitmask", {}),
}
SLIM = {"channels": [32, 64, 128, 256], "blocks": [1, 1, 1, 1]}
QUICK = {"form": "casia-b", "channels": [16, 32, 64], "strips": 4, "height": 32, "trunk_norm": "batch"}
RESIDUAL: dict[str, tuple[str, dict[str, Any]]] = {
    "GaitGL, quick": ("gaitgl", QUICK),
    "GaitGL, journal": ("gaitgl", {"form": "casia-b"}),
    "P3D, slim, half": ("deepgait", {**SLIM, "parts": 8}),
    "P3D, slim": ("deepgait", SLIM),
    "GaitBase": ("gaitbase", {}),
    "GaitSet": ("gaitset", {}),
}
FRAME, HALF = (64, 44), (32, 22)


def plain_strips(x: Tensor, weight: Tensor, strips: int) -> Tensor:
    """The local branch, strip by strip."""
    return torch.cat([F.conv3d(strip, weight, padding=1) for strip in x.chunk(strips, dim=3)], dim=3)


def plainly(network: nn.Module) -> Callable[[np.ndarray], np.ndarray]:
    """The plain network."""
    run = open_runner(network, "torch", "cpu")

    def strip_by_strip(clips: np.ndarray) -> np.ndarray:
        batched, convolution.strip_convolve = convolution.strip_convolve, plain_strips
        try:
            return run(clips)
        finally:
            convolution.strip_convolve = batched

    return strip_by_strip


def main() -> None:
    """Print a row for each network, number of frames and back end."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--frames", type=int, nargs="+", default=[30, 64, 100])
    parser.add_argument("--clock", choices=["wall", "processor"], default="wall")
    parser.add_argument("--residual", action="store_true")
    arguments = parser.parse_args()
    clock = time.perf_counter if arguments.clock == "wall" else time.process_time
    torch.set_num_threads(arguments.threads)
    print(f"{arguments.threads} threads, {arguments.rounds} rounds, {arguments.clock} time")
    pair: dict[str, float] = {}
    for title, (name, settings) in (RESIDUAL if arguments.residual else FORMS).items():
        network = make_network(name, settings, None, torch.Generator().manual_seed(0)).eval()
        form = form_of(network)
        engines = available() if form is not None else ()
        runs = {"plain": plainly(network)} | {b: open_runner(network, b, "cpu") for b in engines}
        frame = HALF if settings.get("height") == 32 or settings.get("parts") == 8 else FRAME
        for frames in arguments.frames:
            clip = made_up_clip(frames, frame)
            found = {backend: run(clip) for backend, run in runs.items()}
            taken = take_turns({b: partial(run, clip) for b, run in runs.items()}, arguments.rounds, clock)
            rate = MATRIX_OPERATIONS / min(take_turns({"product": matrix_product()}, 6, clock)["product"])
            for backend, seconds in taken.items():
                ratios = [plain / own for plain, own in zip(taken["plain"], seconds, strict=True)]
                error = np.abs(found[backend] - found["plain"]).max() / np.abs(found["plain"]).max()
                work = 0.0 if form is None else direct_operations(form, frames, frame)
                share = work / statistics.median(seconds) / rate
                print(
                    f"{title:20} T = {frames:3} {backend:12} {1000 * statistics.median(seconds):7.0f} ms, "
                    f"plain / it {statistics.median(ratios):5.2f} ({min(ratios):.2f} to {max(ratios):.2f}), "
                    f"{share:4.0%} of the rate, off by {error:.0e}",
                    flush=True,
                )
                if frames == arguments.frames[-1] and title != "GaitGL, competition" and not arguments.residual:
                    pair[backend] = pair.get(backend, 0.0) + statistics.median(seconds)
    for backend, seconds in pair.items():
        print(f"both fused, T = {arguments.frames[-1]}, {backend:12}: {1 / seconds:.2f} sequences a second")


if __name__ == "__main__":
    main()
