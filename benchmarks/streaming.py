"""Claim: of a walk that arrives frame by frame a frame costs at most 1.2 times its share of embedding the whole walk.

Run: python benchmarks/streaming.py [--rounds 5] [--frames 100 300] [--pieces 1 12]

What counts is processor time, of one thread, from uint8 pixels to the embedding, by the back end winograd both times.
In every round the whole walk is embedded once, and streamed once in pieces of each size, with one answer, at its end;
printed are medians of the rounds' ratios. Beside them: how far the two embeddings are apart, what another answer costs
in the midst of a walk, as a share of embedding the walk, and the memory that a walk takes.
"""

import argparse
import statistics
import time
from typing import Any

import numpy as np
import torch

from gaitprint.datasets.synthetic import SyntheticSettings, walkers
from gaitprint.inference.engine import Embedder
from gaitprint.models.making import make_network
from gaitprint.silhouettes.clips import Preprocessing
from gaitprint.store import MemorySequences
from gaitprint.types import Frames, SequenceRecord

FORMS: dict[str, tuple[str, dict[str, Any]]] = {
    "GaitGL, journal": ("gaitgl", {"form": "casia-b"}),
    "GaitGL, competition": ("gaitgl", {}),
    "GaitMask": ("gaitmask", {}),
}
RECORD = SequenceRecord("walk", None, "", "")


def whole(embedder: Embedder, walk: Frames) -> tuple[float, np.ndarray]:
    """Seconds, and the vector."""
    start = time.process_time()
    made = embedder.embed(MemorySequences((RECORD,), (walk,)))
    return time.process_time() - start, made.vectors[0]


def streamed(embedder: Embedder, walk: Frames, piece: int) -> tuple[float, np.ndarray, float, int]:
    """Seconds, the vector, seconds of one more answer, and the most bytes that were held."""
    stream, most = embedder.stream(RECORD), 0
    start = time.process_time()
    for at in range(0, len(walk), piece):
        stream.push(walk[at : at + piece])
        most = max(most, stream.nbytes)
    vector = stream.answer().embeddings.vectors[0]
    end = time.process_time()
    stream.answer()
    return end - start, vector, time.process_time() - end, most


def main() -> None:
    """Print a row for each network, length and size of pieces."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--frames", type=int, nargs="+", default=[100, 300])
    parser.add_argument("--pieces", type=int, nargs="+", default=[1, 12])
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    for title, (name, settings) in FORMS.items():
        network = make_network(name, settings, None, torch.Generator().manual_seed(0))
        embedder = Embedder(network, Preprocessing(), "", {}, backend="winograd")
        for frames in arguments.frames:
            made = SyntheticSettings(1, frames=frames, conditions=("nm-01",), views=("090",))
            ((_, walk),) = walkers(made)
            whole(embedder, walk)
            rows: dict[int, list[tuple[float, ...]]] = {piece: [] for piece in arguments.pieces}
            for _ in range(arguments.rounds):
                seconds, wanted = whole(embedder, walk)
                for piece in arguments.pieces:
                    taken, vector, answer, most = streamed(embedder, walk, piece)
                    error = float(np.abs(vector - wanted).max() / np.abs(wanted).max())
                    rows[piece].append((taken / seconds, answer / seconds, seconds, error, most))
            for piece, rounds in rows.items():
                ratio, answer, seconds, error, most = (
                    statistics.median(column) for column in zip(*rounds, strict=True)
                )
                print(
                    f"{title:20} T = {frames:3}, {1e3 * seconds / frames:5.1f} ms a frame; in pieces of {piece:2}: "
                    f"{ratio:4.2f} times ({min(r[0] for r in rounds):.2f} to {max(r[0] for r in rounds):.2f}), "
                    f"off by {error:.0e}; an answer {answer:4.2f} of the walk; {most / 1e6:.1f} MB",
                    flush=True,
                )


if __name__ == "__main__":
    main()
