"""A gallery of people: durable enrolments a second, start to the first answer, milliseconds of an answer.

Run: python benchmarks/gallery.py [--people 10000] [--width 16384] [--probes 200] [--single 200]

Vectors are made up: people are points in a space of 128 dimensions that fade like those of trained networks' vectors,
a walk lies beside its person in all of them. Embedding is not counted, the machine's own cores are (OMP_NUM_THREADS).
"""

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

import gaitprint as gp
from gaitprint.types import PartLayout

SPREAD = 128
_START = """
import sys, time
began = time.perf_counter()
import gaitprint as gp
with gp.Gallery.open(sys.argv[1]) as gallery:
    gallery.identify(gp.load_embeddings(sys.argv[2]))
print(time.perf_counter() - began)
"""


class MadeUp:
    """People by number."""

    def __init__(self, width: int) -> None:
        random = np.random.default_rng(1)
        self.width = width
        self.basis, _ = np.linalg.qr(random.standard_normal((width, SPREAD)))
        self.scale = 30.0 / np.sqrt(1.0 + np.arange(SPREAD))

    def walks(self, people: range, take: int) -> gp.Embeddings:
        """One walk of each."""
        random = np.random.default_rng([2, people.start, take])
        own = np.stack([np.random.default_rng([3, p]).standard_normal(SPREAD) for p in people]) * self.scale
        beside = 0.3 * random.standard_normal(own.shape) * self.scale
        vectors = (own + beside) @ self.basis.T + 0.02 * random.standard_normal((len(own), self.width))
        records = tuple(gp.SequenceRecord(f"{p}/{take}", f"person {p}", "nm", "0") for p in people)
        return gp.Embeddings(vectors.astype(np.float32), records, PartLayout(((1, self.width),)), "made up")


def main(people: int, width: int, probes: int, single: int) -> None:
    """Print every figure in a line."""
    made = MadeUp(width)
    with tempfile.TemporaryDirectory(dir=".") as folder:
        place = Path(folder) / "people.gallery"
        gallery = gp.Gallery.create(place)
        began = time.perf_counter()
        for start in range(0, people, 1000):
            gallery.enroll(made.walks(range(start, min(start + 1000, people)), 0))
        rate = people / (time.perf_counter() - began)
        print(f"{people} people of {width} floats: enrolled together {rate:.0f} a second")
        walks = made.walks(range(people, people + single), 0)
        began = time.perf_counter()
        for i in range(single):
            gallery.enroll(walks.select([i]))
        print(f"one by one, each on the disk: {single / (time.perf_counter() - began):.0f} a second")
        began = time.perf_counter()
        gallery.identify(walks.select([0]))
        print(f"index made: {time.perf_counter() - began:.2f} s")
        times, right = [], 0
        for i in range(probes):
            probe = made.walks(range(i, i + 1) if i % 2 else range(people + single + i, people + single + i + 1), 1)
            began = time.perf_counter()
            [answer] = gallery.identify(probe)
            times.append(1000 * (time.perf_counter() - began))
            right += answer.candidates[0].name == f"person {i}"
        shown = ", ".join(f"{name} {np.percentile(times, q):.1f}" for name, q in (("median", 50), ("p99", 99)))
        print(f"an answer: {shown} ms; {right} of {probes // 2} known first, half of the probes were strangers")
        gallery.check()
        gallery.close()
        gp.save_embeddings(Path(folder) / "probe.safetensors", made.walks(range(1), 1))
        words = [sys.executable, "-c", _START, str(place), str(Path(folder) / "probe.safetensors")]
        started = subprocess.run(words, capture_output=True, text=True, check=True).stdout.strip()
        print(f"start to first answer, imports too: {float(started):.2f} s")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=10_000)
    parser.add_argument("--width", type=int, default=16_384)
    parser.add_argument("--probes", type=int, default=200)
    parser.add_argument("--single", type=int, default=200)
    main(**vars(parser.parse_args()))
