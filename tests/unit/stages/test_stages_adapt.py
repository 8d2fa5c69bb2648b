"""A network is made at home at a site, or the adaptation is refused."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from gaitprint.adaptation.judging import Found, look_for
from gaitprint.adaptation.walks import EachItsOwn, is_labelled, learn_and_judge
from gaitprint.cli.main import main
from gaitprint.errors import ConfigError
from gaitprint.inference.engine import Embedder
from gaitprint.ingest.store_selection import StoreSelection
from gaitprint.models.card import ModelDescription
from gaitprint.models.making import make_network
from gaitprint.models.model_file import load_model, read_card, save_model
from gaitprint.silhouettes.clips import Preprocessing
from gaitprint.stages import adapt as stage
from gaitprint.stages.adapt import AdaptSettings, adapt
from gaitprint.store import MemorySequences, Store
from gaitprint.types import SequenceRecord

FEW = {"iterations": 2, "frames": 8}


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("model") / "model.safetensors"
    settings = {"form": "casia-b", "channels": [2, 3, 4], "strips": 2, "height": 16, "trunk_norm": "batch"}
    network = make_network("gaitgl", settings, None, torch.Generator().manual_seed(0))
    save_model(path, network, ModelDescription(Preprocessing(cut=12, reduce=4), "tiny", licence="free"))
    return path


@pytest.fixture
def never_worse(monkeypatch: pytest.MonkeyPatch) -> None:
    """Weights that know nothing get better or worse by chance: here all is accepted."""
    monkeypatch.setattr(stage.AdaptReport, "accepted", True)


@pytest.mark.parametrize("how", ["norms", "views", "tracks", "labels"])
@pytest.mark.usefixtures("never_worse")
def test_each_way_writes_another_model_that_says_how_it_came_about(how, walkers_store, model, tmp_path):
    out = tmp_path / "adapted.safetensors"
    report = adapt(walkers_store, model, out, AdaptSettings(how, **FEW))
    card, old = read_card(out), read_card(model)
    assert (card.network, card.settings, card.preprocessing) == (old.network, old.settings, old.preprocessing)
    assert card.sha256 != old.sha256
    assert card.title == "tiny, adapted"
    assert "whose terms hold too" in card.licence
    (said,) = card.training["adapted"]
    assert (said["how"], said["before"], said["after"]) == (how, report.before, report.after)
    seen = {(s.how, len(s.subjects)) for s in card.seen.people}
    people = len({r.subject for r in Store.open(walkers_store).records})
    assert sum(count for _, count in seen) == people
    assert {kind for kind, _ in seen} == {"trained", "chose"}
    assert [p.name for p in tmp_path.iterdir() if "partial" in p.name] == []
    assert (report.judged, report.gain["subjects"]) == ("people", people // 3)


def test_what_does_harm_is_refused_and_nothing_is_written(walkers_store, model, tmp_path, monkeypatch):
    # two of four are found before, and one after
    looks = iter([np.array([True, True, False, False]), np.array([True, False, False, False])])
    monkeypatch.setattr(stage, "look_for", lambda *_: Found("people", ("a", "b", "c", "d"), next(looks)))
    said = r"^not written, it does harm here: people kept aside, rank-1 50.0 % before and 25.0 % after .* keep the"
    with pytest.raises(ConfigError, match=said):
        adapt(walkers_store, model, tmp_path / "out.safetensors")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("never_worse")
def test_what_is_written_is_what_was_judged(walkers_store, model, tmp_path):
    out = tmp_path / "out.safetensors"
    report = adapt(walkers_store, model, out, AdaptSettings(**FEW))
    _, aside = learn_and_judge(Store.open(walkers_store))
    loaded = load_model(out)
    assert look_for(Embedder(loaded.model, loaded.card.preprocessing, "", {}), aside).rank1 == report.after


@pytest.mark.usefixtures("never_worse")
def test_the_same_seed_gives_the_same_bytes_and_another_one_others(walkers_store, model, tmp_path, one_thread):
    made = {}
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        adapt(walkers_store, model, tmp_path / name, AdaptSettings("tracks", seed=seed, **FEW))
        made[name] = read_card(tmp_path / name).sha256
    assert made["a"] == made["b"] != made["c"]


@pytest.mark.usefixtures("never_worse")
def test_killed_while_it_fine_tunes_it_goes_on(walkers_store, model, tmp_path, monkeypatch, one_thread):
    settings = AdaptSettings("tracks", iterations=60, frames=4)
    adapt(walkers_store, model, tmp_path / "straight", settings)
    steps = []

    def kill(done, total, what):
        steps.append(done)
        if what == "fine-tuning" and done == 55:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        adapt(walkers_store, model, tmp_path / "again", settings, progress=kill)
    assert not (tmp_path / "again").exists()
    assert (tmp_path / "again.partial").is_dir()
    before = len(steps)
    adapt(walkers_store, model, tmp_path / "again", settings, progress=lambda done, total, what: steps.append(done))
    assert 51 in steps[before:]
    assert 49 not in steps[before:], "what lies before the checkpoint is not done again"
    assert read_card(tmp_path / "again").sha256 == read_card(tmp_path / "straight").sha256


def walks(count: int, names: list[str | None], frames: int = 24) -> MemorySequences:
    generator = np.random.default_rng(1)
    records = tuple(SequenceRecord(f"{i}", names[i], "nm", "090") for i in range(count))
    arrays = tuple((generator.random((frames, 64, 64)) > 0.5).astype(np.uint8) * 255 for _ in range(count))
    return MemorySequences(records, arrays)


def test_people_are_judged_where_somebody_walks_twice_and_halves_of_walks_elsewhere(model):
    loaded = load_model(model)
    embedder = Embedder(loaded.model, loaded.card.preprocessing, "", {})
    named, nameless = walks(6, ["a", "a", "b", "b", "c", "c"]), walks(5, [None] * 5)
    assert (is_labelled(named), is_labelled(nameless)) == (True, False)
    assert look_for(embedder, named).what == "people"
    found = look_for(embedder, nameless)
    assert (found.what, len(found.hits)) == ("walks", 5)
    with pytest.raises(ConfigError, match="two walks of 20 frames"):
        look_for(embedder, walks(3, [None] * 3, frames=19))


def test_a_walk_before_two_cameras_is_not_found_by_its_moment(model):
    """Each walk is the same picture in both views: who may look at it finds it; who may not is left with chance."""
    loaded = load_model(model)
    embedder = Embedder(loaded.model, loaded.card.preprocessing, "", {})
    pictures = walks(8, [None] * 8)
    frames = tuple(np.asarray(pictures.frames(i)) for i in range(8) for _ in "AB")
    places = [(f"{i // 2}", f"{i % 2}", view) for i in range(8) for view in "AB"]
    several = MemorySequences(tuple(SequenceRecord("/".join(p), *p) for p in places), frames)
    assert look_for(embedder, several).rank1 < 100.0
    one = MemorySequences(tuple(SequenceRecord("/".join(p), p[0], "nm", p[2]) for p in places), frames)
    assert look_for(embedder, one).rank1 == 100.0, "where all is of one condition there is no other walk to ask for"


def test_nobody_learns_and_judges(model):
    named = walks(9, [f"{i // 2}" for i in range(9)])
    learnt, aside = learn_and_judge(named)
    assert not {r.subject for r in learnt.records} & {r.subject for r in aside.records}
    assert len(learnt.records) + len(aside.records) == 9
    each = EachItsOwn(named)
    assert len({r.subject for r in each.records}) == 9
    assert np.array_equal(each.frames(3), named.frames(3))


def test_the_command_says_in_a_line_what_it_brought(walkers_store, model, tmp_path, capsys, never_worse):
    words = ["model", "adapt", str(walkers_store), str(tmp_path / "a"), "--model", str(model), "--frames", "8"]
    assert main(words) == 0
    assert "people kept aside, rank-1" in capsys.readouterr().out
    assert main([*words, "--how", "labels", "--iterations", "1", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["how"] == "labels"


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"share": 0.0}, "above 0 and at most 1"),
        ({"iterations": 0}, "at least 1"),
        ({"learning_rate": 2.0}, "learning rate"),
    ],
)
def test_settings_out_of_range_are_refused(settings, words):
    with pytest.raises(ConfigError, match=words):
        AdaptSettings(**settings)


def test_one_person_is_too_few(walkers_store, model, tmp_path):
    someone = StoreSelection(subjects=("001",))
    with pytest.raises(ConfigError, match=r"--how labels needs two people"):
        adapt(walkers_store, model, tmp_path / "a", AdaptSettings("labels", **FEW), someone)
    assert not (tmp_path / "a").exists()
