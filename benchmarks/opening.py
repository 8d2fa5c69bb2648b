"""Claim: a store of 300,000 sequences opens in under half a second, and the process then holds under 200 MB.

Run: python benchmarks/opening.py [--sequences 300000]

The store is made up: one short sequence under 300,000 names, with every column of the index filled. It is opened in
fresh processes; their memory is the resident set, the interpreter and all libraries included. Asking for `records`
makes 300,000 Python values, which training does and opening does not: said apart.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

import numpy as np

from gaitprint.silhouettes.quality import FIELDS
from gaitprint.store import StorePlan, StoreWriter, pack
from gaitprint.types import SequenceRecord

PROBE = """
import sys, time
from pathlib import Path
def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 1e6
from gaitprint.store import Store
start = time.perf_counter()
store = Store.open(Path(sys.argv[1]))
opened, memory = time.perf_counter() - start, resident()
store.frames(len(store.lengths) // 2)
start = time.perf_counter()
store.records
print(opened, memory, time.perf_counter() - start, resident())
"""


def make(root: Path, sequences: int) -> None:
    """Write the made-up store."""
    packed = pack(np.full((2, 64, 64), 255, np.uint8), "compact")
    quality = dict.fromkeys(FIELDS, 0.5)
    with StoreWriter(root, StorePlan("grew", (64, 64))) as writer:
        for i in range(sequences):
            subject, video = f"{i // 12:05d}train", f"{i:08x}"
            key = f"{subject}/00/{video}"
            writer.append(SequenceRecord(key, subject, "00", video), packed, key, (), f"{i:016x}", quality)


def main() -> None:
    """Print seconds and megabytes."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--sequences", type=int, default=300_000)
    sequences = parser.parse_args().sequences
    with tempfile.TemporaryDirectory() as folder:
        make(Path(folder) / "store", sequences)
        runs = []
        for _ in range(5):
            words = [sys.executable, "-c", PROBE, str(Path(folder) / "store")]
            runs.append(
                [float(w) for w in subprocess.run(words, capture_output=True, text=True, check=True).stdout.split()]
            )
        opened, memory, records, full = (median(column) for column in zip(*runs, strict=True))
        size = sum(p.stat().st_size for p in (Path(folder) / "store").glob("index-*"))
    print(f"{sequences:,} sequences, an index of {size / 1e6:.0f} MB, median of 5 processes")
    print(f"opening: {opened:.3f} s; the process then holds {memory:.0f} MB, libraries included")
    print(f"asking for all records: {records:.2f} s more, {full:.0f} MB in all")


if __name__ == "__main__":
    main()
