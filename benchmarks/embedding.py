"""Claim: on two cores one sequence embeds at least 4 times (journal form) and 2 times (competition form, GaitMask) as
fast in float32 as by the plain network, equal within 1e-4; and the pair of networks fused embeds so many a second.

Run: python benchmarks/embedding.py [--threads 2] [--rounds 7] [--frames 30 64 100] [--clock wall|processor]

The plain network is the one that the papers draw: eager torch, one sequence at a time, strips convolved one by one. In
every round each form is timed once, in turn; printed are medians of the rounds' ratios. With `--clock processor` what
counts is processor time, for a machine that others use, too; it says nothing of how well two cores are used. The share
of the machine's rate is that of a direct convolution's multiplications, which minimal filtering does not all do.
"""

import argparse
import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from gaitprint.deploy.form import Branches, DeployForm, MaxPool, Triples
from gaitprint.inference.backend_choice import available
from gaitprint.inference.running import form_of, open_runner
from gaitprint.layers import convolution
from gaitprint.models.making import make_network

FORMS: dict[str, tuple[str, dict[str, Any]]] = {
    "GaitGL, journal": ("gaitgl", {"form": "casia-b"}),
    "GaitGL, competition": ("gaitgl", {}),
    "GaitMask": ("gaitmask", {}),
}
FRAME = (64, 44)


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


def operations(form: DeployForm, frames: int) -> float:
    """Additions and multiplications of the convolutions, done directly."""
    total, (height, width) = 0.0, FRAME
    for layer in form.layers:
        if isinstance(layer, Branches):
            total += sum(2.0 * b.weight.size * frames * height * width for b in layer.branches)
            height *= len(layer.groups)
        elif isinstance(layer, Triples):
            frames //= 3
            total += 2.0 * layer.weight.size * frames * height * width
        elif isinstance(layer, MaxPool):
            height, width = height // 2, width // 2
    return total


def machine_rate(clock: Callable[[], float]) -> float:
    """Operations a second of a large product of matrices, the best of a few."""
    a, b = torch.rand(1536, 1536), torch.rand(1536, 1536)

    def once() -> float:
        start = clock()
        torch.mm(a, b)
        return 2 * 1536.0**3 / (clock() - start)

    return max(once() for _ in range(6))


def rounds_of(runs: dict[str, Callable[[np.ndarray], np.ndarray]], clip: np.ndarray, rounds: int, clock: Any) -> Any:
    """Seconds of every form in every round."""
    taken: dict[str, list[float]] = {name: [] for name in runs}
    for run in runs.values():
        run(clip)
    for _ in range(rounds):
        for name, run in runs.items():
            start = clock()
            run(clip)
            taken[name].append(clock() - start)
    return taken


def main() -> None:
    """Print a row for each network, number of frames and back end."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--frames", type=int, nargs="+", default=[30, 64, 100])
    parser.add_argument("--clock", choices=["wall", "processor"], default="wall")
    arguments = parser.parse_args()
    clock = time.perf_counter if arguments.clock == "wall" else time.process_time
    torch.set_num_threads(arguments.threads)
    print(f"{arguments.threads} threads, {arguments.rounds} rounds, {arguments.clock} time")
    pair: dict[str, float] = {}
    for title, (name, settings) in FORMS.items():
        network = make_network(name, settings, None, torch.Generator().manual_seed(0)).eval()
        form = form_of(network)
        assert form is not None
        runs = {"plain": plainly(network)} | {b: open_runner(network, b, "cpu") for b in available()}
        for frames in arguments.frames:
            rng = np.random.default_rng(frames)
            clip = (rng.random((1, frames, *FRAME)) > 0.5).astype(np.float32)
            wanted = runs["plain"](clip)
            taken = rounds_of(runs, clip, arguments.rounds, clock)
            rate = machine_rate(clock)
            for backend, seconds in taken.items():
                ratios = [plain / own for plain, own in zip(taken["plain"], seconds, strict=True)]
                error = np.abs(runs[backend](clip) - wanted).max() / np.abs(wanted).max()
                share = operations(form, frames) / statistics.median(seconds) / rate
                print(
                    f"{title:20} T = {frames:3} {backend:12} {1000 * statistics.median(seconds):7.0f} ms, "
                    f"plain / it {statistics.median(ratios):5.2f} ({min(ratios):.2f} to {max(ratios):.2f}), "
                    f"{share:4.0%} of the rate, off by {error:.0e}",
                    flush=True,
                )
                if frames == arguments.frames[-1] and title != "GaitGL, competition":
                    pair[backend] = pair.get(backend, 0.0) + statistics.median(seconds)
    for backend, seconds in pair.items():
        print(f"both fused, T = {arguments.frames[-1]}, {backend:12}: {1 / seconds:.2f} sequences a second")


if __name__ == "__main__":
    main()
