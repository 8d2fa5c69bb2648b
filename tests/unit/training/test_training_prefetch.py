"""Batches of a store made ahead: by threads or processes, however they start, they are the sampler's own."""

import multiprocessing
import os
import time
from pathlib import Path

import numpy as np
import pytest

from gaitprint.errors import ArtefactError, ConfigError, DataError
from gaitprint.silhouettes.clips import Preprocessing
from gaitprint.store import Form, MemorySequences, Store, StorePlan, StoreWriter, Subset
from gaitprint.training.prefetch import AHEAD, prefetched
from gaitprint.training.recipe import TrainingSettings
from gaitprint.training.resources import StartMethod, TrainingResources
from gaitprint.training.sampler import BatchSampler
from gaitprint.types import SequenceRecord

PLAIN = Preprocessing(size=16, cut=0, reduce=1)
SETTINGS = TrainingSettings(subjects=2, sequences=2, frames=5)


def write(root: Path, form: Form = "compact") -> Path:
    """Twelve sequences of three subjects, noise of 3 to 14 frames."""
    generator = np.random.default_rng(0)
    with StoreWriter(root, StorePlan("opengait", (16, 16), form=form)) as writer:
        for i in range(12):
            record = SequenceRecord(f"{i:02d}", "abc"[i % 3], "nm-01", "090")
            writer.add(record, generator.integers(0, 256, (3 + i, 16, 16), dtype=np.uint8))
    return root


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("prefetch") / "store")


def sampler(store: Path, seed: int = 3) -> BatchSampler:
    return BatchSampler(Store.open(store), SETTINGS, PLAIN, seed)


def drawn(made: BatchSampler, end: int, how: TrainingResources = TrainingResources()) -> list[tuple[int, bytes, bytes]]:
    found = prefetched(made, 2, end, how)
    return [(i, b.clips.tobytes(), b.labels.tobytes()) for i, b in found]


def straight(made: BatchSampler, end: int) -> list[tuple[int, bytes, bytes]]:
    return [(i, b.clips.tobytes(), b.labels.tobytes()) for i, b in ((i, made.batch(i)) for i in range(2, end))]


def nobody_left() -> bool:
    """Whether all children end, in time even where the machine is busy."""
    end = time.monotonic() + 300
    while multiprocessing.active_children() and time.monotonic() < end:
        time.sleep(0.02)
    return not multiprocessing.active_children()


@pytest.mark.parametrize(
    ("workers", "method"), [(0, "spawn"), (1, "fork"), (2, "fork"), (1, "spawn"), (1, "forkserver"), (2, "forkserver")]
)
def test_batches_are_the_samplers_whoever_makes_them(store: Path, workers: int, method: StartMethod) -> None:
    made = sampler(store)
    end = 2 + 3 * AHEAD
    expected = straight(made, end)
    assert len({clips for _, clips, _ in expected}) == 3 * AHEAD
    assert drawn(made, end, TrainingResources(workers=workers, start_method=method)) == expected
    assert nobody_left()


def test_labels_and_clips_are_arrays_of_the_right_kind(store: Path) -> None:
    ((_, made),) = prefetched(sampler(store), 0, 1, TrainingResources(workers=1, start_method="fork"))
    assert (made.clips.dtype, made.clips.shape, made.labels.dtype) == (np.float32, (4, 1, 5, 16, 16), np.int64)


@pytest.mark.parametrize("form", ["raw", "bits"])
def test_every_form_of_store_is_read_by_processes(tmp_path: Path, form: Form) -> None:
    made = sampler(write(tmp_path / "store", form))
    assert drawn(made, 5, TrainingResources(workers=2, start_method="fork")) == straight(made, 5)


def test_parts_and_sequences_in_memory_travel_too(store: Path) -> None:
    opened = Store.open(store)
    part = Subset(opened, lambda r: r.subject in ("a", "b"))
    memory = MemorySequences(part.records, tuple(np.array(part.frames(i)) for i in range(len(part.records))))
    batches = [
        drawn(BatchSampler(sequences, SETTINGS, PLAIN, 1), 6, TrainingResources(workers=1, start_method="fork"))
        for sequences in (part, memory)
    ]
    assert batches[0] == batches[1] == straight(BatchSampler(part, SETTINGS, PLAIN, 1), 6)


def test_another_seed_gives_other_batches(store: Path) -> None:
    assert drawn(sampler(store, 4), 5) != drawn(sampler(store, 5), 5)


@pytest.mark.parametrize("workers", [0, 2])
def test_closing_early_leaves_no_process_behind(store: Path, workers: int) -> None:
    found = prefetched(sampler(store), 0, 1000, TrainingResources(workers=workers, start_method="fork"))
    assert next(found)[0] == 0
    assert len(multiprocessing.active_children()) == workers
    found.close()  # type: ignore[attr-defined]
    assert nobody_left()


def test_an_error_of_the_caller_leaves_no_process_behind(store: Path) -> None:
    def stops() -> None:
        for iteration, _ in prefetched(sampler(store), 0, 1000, TrainingResources(workers=2, start_method="fork")):
            if iteration == 3:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stops()
    assert nobody_left()


@pytest.mark.parametrize("workers", [0, 1])
def test_damage_is_the_same_line_from_threads_and_processes(tmp_path: Path, workers: int) -> None:
    store = write(tmp_path / "store")
    rows = Store.open(store).rows
    with (store / "frames.bin").open("r+b") as stream:
        for row in rows:
            stream.seek(row.offset)
            stream.write(bytes(row.bytes))
    with pytest.raises(ArtefactError, match=r"^\d\d in .* is damaged \(.*\): .* prepare the store again$") as caught:
        list(prefetched(sampler(store), 0, 4, TrainingResources(workers=workers, start_method="fork")))
    assert "\n" not in str(caught.value)
    assert nobody_left()


def test_a_killed_process_is_said_in_one_line(store: Path) -> None:
    def killing() -> None:
        for iteration, _ in prefetched(sampler(store), 0, 1000, TrainingResources(workers=1, start_method="fork")):
            if iteration == 0:
                (child,) = multiprocessing.active_children()
                os.kill(child.pid or 0, 9)

    with pytest.raises(DataError, match="a worker process was killed, perhaps for memory: run again with fewer"):
        killing()
    assert nobody_left()


def test_a_store_that_changed_meanwhile_is_not_mixed(tmp_path: Path) -> None:
    made = sampler(write(tmp_path / "store"))
    with StoreWriter(tmp_path / "store", StorePlan("opengait", (16, 16))) as writer:
        for key in writer.known:
            if key != "05":
                writer.keep(key)
    with pytest.raises(DataError, match="run again"):
        list(prefetched(made, 0, 3, TrainingResources(workers=1, start_method="forkserver")))


def test_a_negative_number_of_workers_is_refused() -> None:
    with pytest.raises(ConfigError, match="workers is a number of processes, at least 0, found -1"):
        TrainingResources(workers=-1)
