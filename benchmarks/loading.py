"""Aim: P x K x T batches (8 x 8 x 30) come from a raw store as float32 at least 1.3 times as fast as the same
sequences are merely unpickled (1.63 on synthetic walkers; on CASIA-B, bound by memory, 1.0 to 1.1). Claim: the
compact form takes at most a fifth of the pickles' bytes and still loads at least twice as fast as the field's loader;
four processes together hold less than 1.2 times the memory of one.

Run: OMP_NUM_THREADS=1 python benchmarks/loading.py [--store STORE] [--rounds 7]

On one core, warm cache, each way in a process of its own, one at a time, several rounds in turn; ratios are taken
round by round. Without --store the sequences are synthetic walkers of 86 frames. "Unpickling" opens and unpickles a
random sequence's file, whole, and does no more. "Field's loader" is the per-file way, written here from its
description: unpickle the whole sequence, choose a window, cut and scale it frame by frame, stack the batch as float32.
Memory is the proportional set size (shared pages counted by shares) after each process has read every frame of the raw
store.
"""

import argparse
import multiprocessing
import pickle
import random
import tempfile
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median
from time import perf_counter

import numpy as np

from gaitprint.ingest.frame_settings import FrameSettings
from gaitprint.ingest.layout_choice import LayoutChoice
from gaitprint.silhouettes.clips import Preprocessing
from gaitprint.stages.export import export
from gaitprint.stages.prepare import prepare
from gaitprint.store import Store
from gaitprint.training.recipe import TrainingSettings
from gaitprint.training.sampler import BatchSampler

FORMS = ("raw", "compact", "bits")
P, K, T = 8, 8, 30
BATCHES = 100


def unpickle(paths: list[Path], chance: random.Random) -> None:
    """Whole sequences, nothing done with them."""
    for _ in range(P * K):
        with chance.choice(paths).open("rb") as stream:
            pickle.load(stream)


def field_loader(paths: list[Path], chance: random.Random) -> np.ndarray:
    """One batch as the field's toolkit makes it."""
    clips = []
    for _ in range(P * K):
        with chance.choice(paths).open("rb") as stream:
            frames = pickle.load(stream)
        start = chance.randrange(max(1, len(frames) - T + 1))
        window = [frames[(start + t) % len(frames)] for t in range(T)]
        clips.append([frame[:, 10:-10] / 255.0 for frame in window])
    return np.asarray(clips, dtype=np.float32)


def serve(name: str, root: Path, orders: Connection) -> None:
    """A process of one way to load: warms up, then answers every order with the rate of a round."""
    chance, way = random.Random(0), None
    if name in FORMS:
        store = Store.open(root / name)
        for i in range(len(store.lengths)):
            store.frames(i).max()
        way = BatchSampler(store, TrainingSettings(subjects=P, sequences=K, frames=T), Preprocessing(), 0).batch
    else:
        paths = sorted((root / "pickles").glob("*/*/*/*.pkl"))
        for path in paths:
            path.read_bytes()
        per_file = unpickle if name == "unpickling" else field_loader
        way = lambda _: per_file(paths, chance)  # noqa: E731
    for i in range(5):
        way(i)
    orders.send("ready")
    number = 0
    while orders.recv():
        start = perf_counter()
        for _ in range(BATCHES):
            number += 1
            way(number)
        orders.send(BATCHES * P * K / (perf_counter() - start))


def touch(root: Path, ready, leave) -> None:  # type: ignore[no-untyped-def]
    """Read every frame of a store and wait to be measured."""
    store = Store.open(root)
    total = sum(int(store.frames(i).max()) for i in range(len(store.lengths)))
    ready.put((total, proportional_set_size()))
    leave.wait()


def proportional_set_size() -> int:
    """Bytes of this process, shared pages divided among those who share them."""
    for line in Path("/proc/self/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return 1024 * int(line.split()[1])
    raise RuntimeError("this system tells no proportional set size")


def memory_of(root: Path, processes: int) -> int:
    """Sum over processes that all have the whole store mapped."""
    context = multiprocessing.get_context("spawn")
    ready, leave = context.Queue(), context.Event()
    workers = [context.Process(target=touch, args=(root, ready, leave)) for _ in range(processes)]
    for worker in workers:
        worker.start()
    for _ in workers:
        ready.get()
    total = 0
    for worker in workers:
        text = Path(f"/proc/{worker.pid}/smaps_rollup").read_text()
        total += 1024 * int(next(line for line in text.splitlines() if line.startswith("Pss:")).split()[1])
    leave.set()
    for worker in workers:
        worker.join()
    return total


def main() -> None:
    """Print rates, ratios, bytes and memory."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--store", type=Path)
    parser.add_argument("--rounds", type=int, default=7)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        source = arguments.store
        if source is None:
            source = root / "walkers"
            prepare(Path("synthetic"), source, LayoutChoice("synthetic", {"subjects": 12, "frames": 86}))
        for form in FORMS:
            prepare(source, root / form, frames=FrameSettings(form=form))
        # before this process maps anything
        one, four = memory_of(root / "raw", 1), memory_of(root / "raw", 4)
        export(source, root / "pickles")
        context = multiprocessing.get_context("spawn")
        rates: dict[str, list[float]] = {name: [] for name in ("unpickling", "field's loader", *FORMS)}
        ends: dict[str, Connection] = {}
        for name in rates:
            ends[name], far = context.Pipe()
            context.Process(target=serve, args=(name, root, far), daemon=True).start()
            ends[name].recv()
        for _ in range(arguments.rounds):
            for name, end in ends.items():
                end.send(True)
                rates[name].append(end.recv())
        for end in ends.values():
            end.send(False)
        stores = {form: Store.open(root / form) for form in FORMS}
        paths = sorted((root / "pickles").glob("*/*/*/*.pkl"))
        sequences, frames = len(paths), sum(stores["raw"].lengths)
        print(f"{sequences} sequences, {frames / sequences:.0f} frames each; median of {arguments.rounds} rounds")
        for name, values in rates.items():
            print(f"{name:16s} {median(values):8,.0f} sequences/s")
        pairs = [(form, other) for form in stores for other in ("unpickling", "field's loader")]
        for name, other in pairs:
            ratios = [a / b for a, b in zip(rates[name], rates[other], strict=True)]
            print(f"{name + ' / ' + other:26s} {median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})")
        pickles = sum(path.stat().st_size for path in paths)
        print(f"{'pickles':16s} {pickles / sequences:10,.0f} bytes a sequence")
        for form, store in stores.items():
            print(
                f"{form:16s} {store.used / sequences:10,.0f} bytes a sequence, 1/{pickles / store.used:.1f} of pickles"
            )
        print(f"memory with the whole raw store read: 1 process {one / 1e6:,.0f} MB, 4 processes {four / 1e6:,.0f} MB")
        print(f"ratio {four / one:.2f}")


if __name__ == "__main__":
    main()
