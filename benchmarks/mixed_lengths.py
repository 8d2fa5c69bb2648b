"""Claim: sequences of many lengths embed together as they do one at a time, within 1e-6, for 500 random sets of lengths
from 1 to 300; and on real lengths that takes at least 1.3 times less time than one at a time, on two cores.

Run: python benchmarks/mixed_lengths.py [--sets 500] [--store STORE] [--sequences 120] [--rounds 5] [--threads 2]

The sets are of 1 to 12 sequences of made-up frames, by a small GaitGL and a small GaitMask, by every back end. Real
lengths are drawn from a store; without one, walks are of 40 to 140 frames. The network is that of the recipe `quick`,
untrained. Both ways run the same back end, in turn; printed are medians of the rounds' ratios.
"""

import argparse
import statistics
import time
from pathlib import Path

import numpy as np
import torch

from gaitprint.inference.backend_choice import available
from gaitprint.inference.engine import Embedder
from gaitprint.inference.memory_budget import ALONE
from gaitprint.models.making import make_network
from gaitprint.silhouettes.clips import Preprocessing
from gaitprint.store import MemorySequences, Store
from gaitprint.training.recipe import load_recipe
from gaitprint.types import SequenceRecord

SMALL = {
    "gaitgl": {"form": "casia-b", "channels": [2, 3, 4], "strips": 2, "height": 16},
    "gaitmask": {"channels": [2, 3, 4], "height": 16},
}


def made_up(lengths: list[int], height: int, width: int, rng: np.random.Generator) -> MemorySequences:
    """Sequences of random frames."""
    frames = tuple((255 * (rng.random((n, height, width)) > 0.5)).astype(np.uint8) for n in lengths)
    return MemorySequences(tuple(SequenceRecord(str(i), None, "", "") for i in range(len(lengths))), frames)


def worst_difference(sets: int, backend: str) -> float:
    """Relative to the largest value of a sequence's vector."""
    rng, worst = np.random.default_rng(0), 0.0
    for number in range(sets):
        name = list(SMALL)[number % 2]
        network = make_network(name, SMALL[name], None, torch.Generator().manual_seed(number))
        embedder = Embedder(network, Preprocessing(16, 3), "", {}, backend=backend)
        data = made_up(rng.integers(1, 301, rng.integers(1, 13)).tolist(), 16, 16, rng)
        together = embedder.embed(data, int(rng.integers(1, 1200) * embedder.bytes_a_frame)).vectors
        for i, vector in enumerate(together):
            alone = embedder.embed(MemorySequences((data.records[i],), (data.frames(i),))).vectors[0]
            worst = max(worst, float(np.abs(vector - alone).max() / np.abs(alone).max()))
    return worst


def main() -> None:
    """Print the worst difference and the gain, for each back end."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", type=int, default=500)
    parser.add_argument("--store", type=Path)
    parser.add_argument("--sequences", type=int, default=120)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    recipe, rng = load_recipe("quick"), np.random.default_rng(1)
    lengths = rng.integers(40, 141, 4000).tolist()
    if arguments.store is not None:
        lengths = list(Store.open(arguments.store).lengths)
    drawn = rng.choice(lengths, arguments.sequences, replace=False).tolist()
    shape = recipe.preprocessing
    data = made_up(drawn, shape.size, shape.size, rng)
    settings = dict(recipe.network.settings)
    for backend in available():
        if arguments.sets:
            worst = worst_difference(arguments.sets, backend)
            print(f"{backend:12} {arguments.sets} sets: at most {worst:.1e} of the largest value", flush=True)
        network = make_network(recipe.network.name, settings, None, torch.Generator().manual_seed(0))
        embedder = Embedder(network, shape, "", {}, backend=backend)
        one: list[float] = []
        many: list[float] = []
        for _ in range(arguments.rounds):
            for seconds, memory in ((one, ALONE), (many, None)):
                start = time.perf_counter()
                embedder.embed(data, memory)
                seconds.append(time.perf_counter() - start)
        ratios = [a / b for a, b in zip(one, many, strict=True)]
        print(
            f"{backend:12} {len(drawn)} sequences, {sum(drawn)} frames: one at a time {statistics.median(one):.1f} s, "
            f"together {statistics.median(many):.1f} s, {statistics.median(ratios):.2f} times "
            f"({min(ratios):.2f} to {max(ratios):.2f})",
            flush=True,
        )


if __name__ == "__main__":
    main()
