"""Claim: windows one after another, each embedded for itself, do each frame's work once, at less cost than a stream.

Run: python benchmarks/video_windows.py [--rounds 3] [--network gaitgl]

A walk of four windows of 60 frames is embedded as `video identify` does it, and by `Model.stream(window=60,
stride=60)`, with windows within the walk and cut out of it. Printed are processor times of one thread by the back end
winograd, the stream's as multiples of the windows', and how far its vectors are from theirs, as a share of their
length.
"""

import argparse
import time
from collections.abc import Callable

import numpy as np
import torch

from gaitprint.datasets.synthetic import SyntheticSettings, walkers
from gaitprint.inference.engine import Embedder
from gaitprint.inference.walk_stream import Sliding
from gaitprint.models.making import make_network
from gaitprint.silhouettes.clips import Preprocessing
from gaitprint.store import MemorySequences
from gaitprint.types import Frames, SequenceRecord
from gaitprint.video.walks import WINDOW

RECORD = SequenceRecord("walk", None, "", "")


def windows(embedder: Embedder, walk: Frames) -> np.ndarray:
    """A vector a window."""
    parts = [walk[at : at + WINDOW] for at in range(0, len(walk), WINDOW)]
    return np.stack([embedder.embed(MemorySequences((RECORD,), (part,))).vectors[0] for part in parts])


def streamed(embedder: Embedder, walk: Frames, cut: bool) -> np.ndarray:
    """The same by a stream, frame by frame."""
    stream, made = embedder.stream(RECORD, Sliding(WINDOW, WINDOW, cut), "winograd"), []
    for frame in walk:
        stream.push(frame)
        made += stream.windows()
    stream.finish()
    return np.stack([w.embeddings.vectors[0] for w in (*made, *stream.windows())])


def least(rounds: int, work: Callable[[], np.ndarray]) -> tuple[float, np.ndarray]:
    """Least seconds of a few rounds, and the vectors."""
    work()
    times = []
    for _ in range(rounds):
        start = time.process_time()
        vectors = work()
        times.append(time.process_time() - start)
    return min(times), vectors


def main() -> None:
    """Print a row for each way."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--network", default="gaitgl")
    given = parser.parse_args()
    torch.set_num_threads(1)
    network = make_network(given.network, {}, None, torch.Generator().manual_seed(0))
    embedder = Embedder(network, Preprocessing(), "", {}, backend="winograd")
    ((_, walk),) = walkers(SyntheticSettings(1, frames=4 * WINDOW, conditions=("nm-01",), views=("090",)))
    base, wanted = least(given.rounds, lambda: windows(embedder, walk))
    print(f"{given.network}: windows for themselves {1e3 * base / len(walk):.2f} ms a frame")
    for cut in (False, True):
        taken, found = least(given.rounds, lambda cut=cut: streamed(embedder, walk, cut))
        apart = np.linalg.norm(found - wanted, axis=1) / np.linalg.norm(wanted, axis=1)
        print(
            f"  stream, {'cut out' if cut else 'within the walk'}: {taken / base:.2f} times, off by {apart.max():.1e}"
        )


if __name__ == "__main__":
    main()
