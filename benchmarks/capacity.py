"""Claim: what `gaitprint gallery capacity` says is true of a gallery that is made: bytes on disk and in memory within
10 %, milliseconds a probe within 30 %, for 10,000, 100,000 and 1,000,000 people.

Run: OMP_NUM_THREADS=1 python benchmarks/capacity.py [--rounds 5] [--people 10000 100000 1000000]

Widths of 64, 128 and 256 floats, so that a million people fit in 2 GiB. The plan never sees the gallery: its own run
has at most 262,144 templates of 2,048 made-up vectors; the gallery's templates all differ. Bytes on disk are those of
files written; bytes in memory are what the templates hold and the search allocates (tracemalloc) at its peak; time is
one probe's search for its 100 nearest, on one thread, in processor time, which leaves other work on the machine out.
Plan and measurement are made in turn, round by round, and medians are compared.
"""

import argparse
import sys
import tempfile
import tracemalloc
from pathlib import Path
from statistics import median
from time import process_time

import numpy as np

from gaitprint.experiments.capacity import Capacity, Demand, made_up_codec, plan_capacity
from gaitprint.quantization.codec import Codec
from gaitprint.quantization.codec_file import save_codec
from gaitprint.quantization.scan import TemplateIndex
from gaitprint.quantization.settings import named
from gaitprint.quantization.templates import Templates, save_templates
from gaitprint.types import SequenceRecord

GALLERIES = ((64, ("float32", "fp16", "int8", "pq-1")), (128, ("float32", "int8-part")), (256, ("fp16", "pca-128")))
"""Floats of a vector, and codecs that are tried with it."""
PARTS = 16
BLOCK = 10_000


def gallery(codec: Codec, people: int, generator: np.random.Generator) -> dict[str, np.ndarray]:
    """Templates of people who all differ."""
    parts: dict[str, list[np.ndarray]] = {}
    for start in range(0, people, BLOCK):
        vectors = generator.standard_normal((min(BLOCK, people - start), codec.layout.width), dtype=np.float32)
        for name, array in codec.encode(vectors).items():
            parts.setdefault(name, []).append(array)
    return {name: np.concatenate(arrays) for name, arrays in parts.items()}


def disk(codec: Codec, codes: dict[str, np.ndarray], people: int, folder: Path) -> int:
    """Bytes of the files."""
    records = tuple(SequenceRecord(f"{i:06d}/nm-01/090", f"{i:06d}", "nm-01", "090") for i in range(people))
    save_templates(folder / "templates", Templates(codes, records, codec))
    save_codec(folder / "codec", codec)
    return sum(path.stat().st_size for path in folder.iterdir())


def memory(index: TemplateIndex, probe: np.ndarray) -> int:
    """Bytes while one probe is searched."""
    tracemalloc.start()
    index.best(probe, 100)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return index.nbytes + peak


def main() -> None:
    """All galleries, one after the other."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--people", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    given = parser.parse_args()
    generator = np.random.Generator(np.random.PCG64(0))
    print("people    width codec      disk MB (plan)      memory MB (plan)    ms a probe (plan)")
    missed = []
    for people in given.people:
        for width, names in GALLERIES:
            for name in names:
                demand = Demand(people, width=width, parts=PARTS)
                codec = made_up_codec(named(name), demand.layout, generator)
                codes = gallery(codec, people, generator)
                index = TemplateIndex.of(codec, codes)
                probes = generator.standard_normal((20, width), dtype=np.float32)
                with tempfile.TemporaryDirectory() as folder:
                    found = [disk(codec, codes, people, Path(folder)), memory(index, probes[:1])]
                plans: list[Capacity] = []
                taken: list[float] = []
                for _ in range(given.rounds):
                    plans += plan_capacity(demand, [named(name)], generator, rounds=5, clock=process_time)
                    for probe in probes:
                        start = process_time()
                        index.best(probe[None], 100)
                        taken.append(1e3 * (process_time() - start))
                told = [plans[0].disk, plans[0].memory]
                time, planned = median(taken), median(p.milliseconds for p in plans)
                off = [abs(b / a - 1) for a, b in zip([*found, time], [*told, planned], strict=True)]
                bad = off[0] > 0.1 or off[1] > 0.1 or off[2] > 0.3
                missed += [f"{people} {width} {name}"] if bad else []
                print(
                    f"{people:9d} {width:4d} {name:9s}",
                    *(f"{a / 1e6:8.2f} ({b / 1e6:8.2f})" for a, b in zip(found, told, strict=True)),
                    f"{time:9.3f} ({planned:9.3f})",
                    "off by " + ", ".join(f"{100 * o:.1f} %" for o in off),
                    "MISSED" if bad else "",
                    flush=True,
                )
                del codes, index
    print("missed:", ", ".join(missed) or "none")
    sys.exit(bool(missed))


if __name__ == "__main__":
    main()
