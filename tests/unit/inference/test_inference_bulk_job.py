"""The same bytes by whoever computes, however often it was killed: every sequence once."""

import signal
import time
from multiprocessing import active_children
from pathlib import Path

import numpy as np
import pytest
import torch
from warm_processes import WarmProcess, slow_gaitprint, wait_until

from gaitprint.components import find_component
from gaitprint.errors import ArtefactError, ConfigError, DataError
from gaitprint.extras import require_extra
from gaitprint.inference.bulk import job
from gaitprint.inference.bulk.journal import EmbedJournal
from gaitprint.inference.bulk.processes import in_processes
from gaitprint.inference.bulk.tasks import ModelOpening, UnitTask, opened
from gaitprint.inference.clip_averaging import ClipAveraging
from gaitprint.inference.embed_plan import ClipBatch
from gaitprint.inference.embed_settings import EmbedSettings
from gaitprint.inference.embeddings_file import load_embeddings
from gaitprint.locks import sole_writer
from gaitprint.models.card import ModelDescription
from gaitprint.models.model_file import save_model
from gaitprint.silhouettes.clips import Preprocessing
from gaitprint.stages.embed import embed, open_embedder
from gaitprint.store import MemorySequences, Store, StorePlan, StoreWriter
from gaitprint.types import SequenceRecord

AVERAGING = ClipAveraging(flip=True, windows=2, frames=8)
"""A clip counted twice would change a mean."""
OPTIONS = ("--flip", "--windows", "2", "--window-frames", "8")
NETWORKS = {
    "gaitgl": {"form": "casia-b", "channels": [2, 3, 4], "strips": 2, "height": 16},
    "gaitmask": {"channels": [2, 3, 4], "height": 16},
}


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """Twenty-four sequences of twelve lengths: as many batches, and two more networks' worth of them."""
    root, generator = tmp_path_factory.mktemp("lengths") / "store", np.random.default_rng(0)
    with StoreWriter(root, StorePlan("synthetic", (64, 64))) as writer:
        for i in range(24):
            record = SequenceRecord(f"{i:02d}", f"{i % 6}", "nm-01", "090")
            writer.add(record, generator.integers(0, 256, (1 + i // 2, 64, 64), dtype=np.uint8))
    return root


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    for name, settings in NETWORKS.items():
        made = find_component("network", name).make(settings, classes=None, generator=torch.Generator().manual_seed(1))
        save_model(folder / f"{name}.safetensors", made, ModelDescription(Preprocessing(64, 12, 4), title=name))
    return [folder / f"{name}.safetensors" for name in NETWORKS]


@pytest.fixture(scope="module")
def straight(store, models, tmp_path_factory):
    """The bytes of a run that nobody disturbed, in one process."""
    out = tmp_path_factory.mktemp("straight") / "e.safetensors"
    embed(store, models, out, part="all", settings=EmbedSettings(averaging=AVERAGING, workers=0))
    return out.read_bytes()


def command(store, models, out, *options):
    named = [word for model in models for word in ("--model", str(model))]
    return ["model", "embed", str(store), *named, "--part", "all", "--out", str(out), *OPTIONS, *options]


def killed(words, journal: Path, generator, number=signal.SIGKILL):
    """Run until a few more batches are in the journal, and end it; what it said, None where it was over before."""
    size = journal.stat().st_size if journal.exists() else 0
    more = int(generator.integers(200, 1500))
    child = WarmProcess(slow_gaitprint, *words)
    wait_until(lambda: child.poll() is not None or (journal.exists() and journal.stat().st_size > size + more), child)
    time.sleep(generator.random() * 0.1)
    child.send_signal(number)
    code, _, said = child.ended()
    assert code in (-signal.SIGKILL, 128 + number, 0)
    return None if code == 0 else said


def kill_often(store, models, out, signals, *options):
    generator, journal = np.random.default_rng(), out.with_name(f"{out.name}.partial")
    words = command(store, models, out, *options)
    for number in signals:
        # of two entries one is whole, whatever the kill cut off
        goes_on = journal.exists() and journal.read_bytes().count(b'"unit"') > 1
        said = killed(words, journal, generator, number)
        assert said is None or not out.exists()
        if said is None:  # it came to its end: begin anew, to be killed as often as was promised
            out.unlink()
        elif number != signal.SIGKILL:
            assert f"interrupted ({number.name}), nothing is half-written: the same command goes on where it" in said
        assert said is None or not goes_on or "going on where it was" in said
    assert WarmProcess(slow_gaitprint, *words).ended()[0] == 0
    assert not journal.exists()
    assert [p.name for p in out.parent.iterdir()] == [out.name]


def test_killed_at_random_moments(store, models, straight, tmp_path):
    out = tmp_path / "e.safetensors"
    kill_often(store, models, out, (signal.SIGKILL, signal.SIGTERM, signal.SIGKILL), "--workers", "0")
    assert out.read_bytes() == straight
    assert [r.key for r in load_embeddings(out).records] == [f"{i:02d}" for i in range(24)]


@pytest.mark.slow
@pytest.mark.parametrize("workers", ["0", "2"])
def test_killed_twenty_times(store, models, straight, tmp_path, workers):
    out = tmp_path / "e.safetensors"
    signals = (signal.SIGKILL, signal.SIGKILL, signal.SIGTERM, signal.SIGINT) * 5
    kill_often(store, models, out, signals, "--workers", workers)
    assert out.read_bytes() == straight


def test_two_processes_give_the_same_bytes(store, models, straight, tmp_path, monkeypatch):
    """Begun in this process, which finds that two more are worth their start."""
    monkeypatch.setattr(job, "WORTHWHILE", 0.0)
    monkeypatch.setattr(job, "usable_cores", lambda: 2)
    progress, processes = [], []

    def seen(tasks, devices, threads):
        processes.extend(devices)
        return in_processes(tasks, devices, threads)

    monkeypatch.setattr(job, "in_processes", seen)
    settings = EmbedSettings(averaging=AVERAGING)
    out = tmp_path / "e.safetensors"
    embed(store, models, out, part="all", settings=settings, progress=lambda *said: progress.append(said))
    assert out.read_bytes() == straight
    assert progress[-1][:2] == (24, 24)
    assert processes == ["cpu", "cpu"]
    assert not active_children()
    assert [p.name for p in tmp_path.iterdir()] == [out.name]


def test_small_work_starts_no_process(store, models, straight, tmp_path, monkeypatch):
    def nothing_left(tasks, devices, threads):
        assert next(tasks, None) is None
        return iter(devices[:0])

    monkeypatch.setattr(job, "in_processes", nothing_left)
    monkeypatch.setattr(job, "usable_cores", lambda: 2)
    out = tmp_path / "e.safetensors"
    embed(store, models, out, part="all", settings=EmbedSettings(averaging=AVERAGING))
    assert out.read_bytes() == straight


def test_without_a_file_nothing_is_kept(store, models, straight, tmp_path):
    (tmp_path / "e").write_bytes(straight)
    made = embed(store, models, part="all", settings=EmbedSettings(averaging=AVERAGING, workers=0))
    assert made.vectors.tobytes() == load_embeddings(tmp_path / "e").vectors.tobytes()


@pytest.mark.parametrize(
    "given", [{"mode": "latency"}, {"mode": "latency", "threads": 2}, {"memory": 1}, {"memory": 100_000}, {}]
)
@pytest.mark.parametrize("backend", ["torch", "winograd"])
def test_in_every_mode_and_with_any_budget_as_one_at_a_time(store, models, given, backend):
    opened = Store.open(store)
    made = embed(store, models, part="all", settings=EmbedSettings(backend=backend, workers=0, **given))
    each = [open_embedder(model, backend=backend) for model in models]
    alone = []
    for i, record in enumerate(opened.records):
        one = MemorySequences((record,), (opened.frames(i),))
        alone.append(np.concatenate([embedder.embed(one).vectors[0] for embedder in each]))
    np.testing.assert_allclose(made.vectors, alone, rtol=0, atol=1e-6 * np.abs(alone).max())


def test_the_mode_and_the_budget_decide_what_is_computed_together(store, models, monkeypatch):
    monkeypatch.setattr("gaitprint.inference.embed_settings.usable_cores", lambda: 3)
    sequences, averaging = Store.open(store), ClipAveraging()
    openings = [ModelOpening(model, averaging, "torch", open_embedder) for model in models]

    def planned(**given):
        made = job.EmbedJob(openings, sequences, EmbedSettings(**given))
        return [[(unit.length, len(unit.clips)) for unit in plan.units] for plan in made.plans], made.facts["threads"]

    alone, threads = planned(mode="latency")
    assert threads == 3
    assert alone == [[(n, 1) for n in range(1, 13) for _ in range(2)]] * 2
    together, threads = planned(memory=10**9)
    assert threads == 1
    assert together == [[(n, 2) for n in range(1, 13)]] * 2
    bytes_a_frame = [opening.open("cpu").bytes_a_frame for opening in openings]
    memory = int(14.5 * min(bytes_a_frame))
    for plan, each in zip(planned(memory=memory)[0], bytes_a_frame, strict=True):
        assert all(count == 1 or count * length * each <= memory for length, count in plan)
        assert plan[0] == (1, 2)


def test_a_run_goes_on_with_the_budget_it_was_begun_with(store, models, tmp_path, monkeypatch):
    """More memory was built in since."""
    out = tmp_path / "e.safetensors"
    monkeypatch.setattr(job, "usual_memory", lambda device: 77_777)
    whole = embed(store, models, part="all", settings=EmbedSettings(workers=0))
    monkeypatch.setattr(EmbedJournal, "remove", lambda journal: journal.close())
    embed(store, models, out, part="all", settings=EmbedSettings(workers=0))
    out.unlink()
    monkeypatch.setattr(job, "usual_memory", lambda device: 1 << 30)
    said = []
    made = embed(store, models, out, part="all", settings=EmbedSettings(workers=0), say=said.append)
    assert "going on where it was" in said[0]
    assert made.vectors.tobytes() == whole.vectors.tobytes()
    with pytest.raises(ArtefactError, match="another --memory or --mode"):
        embed(store, models, out, part="all", settings=EmbedSettings(workers=0, memory=1 << 20))


def test_a_model_file_that_was_changed_is_not_computed_with(store, models):
    """By the time another process opens it, it may be another."""
    opening = ModelOpening(models[0], AVERAGING, "torch", open_embedder)
    batch = ClipBatch((np.zeros((3, 64, 64), np.uint8),), (False,))
    number, vectors = UnitTask(5, opening, opening.open("cpu").source, batch).compute(opened(opening, "cpu"))
    assert (number, vectors.shape) == (5, (1, 64))
    with pytest.raises(DataError, match=r"gaitgl\.safetensors was changed while it was in use: start again"):
        UnitTask(5, opening, "another", batch).compute(opened(opening, "cpu"))


def test_one_writer_at_a_time(store, models, tmp_path):
    out = tmp_path / "e.safetensors"
    with sole_writer(out), pytest.raises(DataError, match="another process is writing"):
        embed(store, models, out)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"memory": 0}, "memory is 1 byte or more, found 0"),
        ({"mode": "fast"}, "the mode is 'throughput' or 'latency', found 'fast'"),
        ({"mode": "latency", "memory": 5}, "memory 5 says what is computed together, not one at a time: leave it out"),
        (
            {"mode": "latency", "workers": 2},
            "one sequence at a time is computed by one process, not more: leave it out",
        ),
        ({"mode": "latency", "ray": "auto"}, "one sequence at a time is computed by one process, not more: leave it"),
        ({"mode": "latency", "device": "cuda:0,cuda:1"}, "computed on one device, not cuda:0,cuda:1: leave it out"),
        ({"threads": 0}, "a process computes with 1 thread or more, found 0"),
        ({"workers": -1}, "workers is a number of processes, at least 0, found -1"),
        ({"workers": 0, "ray": "local"}, "workers is a number of processes, at least 1, found 0"),
        ({"workers": 2, "ray": "auto"}, "the workers are those of the Ray cluster 'auto': leave workers out"),
    ],
)
def test_settings_that_make_no_sense(given, message):
    with pytest.raises(ConfigError, match=message):
        EmbedSettings(**given)


def ray_or_skip():
    try:
        require_extra("ray")
    except ConfigError:
        pytest.skip("ray is not installed: pip install 'gaitprint[ray]'")


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # of Ray's own
def test_two_workers_of_ray_give_the_same_bytes(store, models, straight, tmp_path):
    ray_or_skip()
    out = tmp_path / "e.safetensors"
    settings = EmbedSettings(averaging=AVERAGING, ray="local", workers=2)
    embed(store, models, out, part="all", settings=settings)
    assert out.read_bytes() == straight


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_ray_goes_on_where_it_was_killed(store, models, straight, tmp_path):
    ray_or_skip()
    out = tmp_path / "e.safetensors"
    kill_often(store, models, out, (signal.SIGKILL, signal.SIGTERM), "--ray", "local", "--workers", "2")
    assert out.read_bytes() == straight


def test_without_ray_the_error_says_what_brings_it(store, models, tmp_path, monkeypatch):
    monkeypatch.setattr("gaitprint.extras.find_spec", lambda name: None)
    with pytest.raises(ConfigError, match=r"this needs ray, which is not installed: pip install 'gaitprint\[ray\]'"):
        embed(store, models, tmp_path / "e", settings=EmbedSettings(ray="local"))
    assert list(tmp_path.iterdir()) == []
