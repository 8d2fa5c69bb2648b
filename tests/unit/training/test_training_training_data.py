"""Who is learnt from, out of one store or several, and who is held out."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gaitprint.errors import ConfigError, DataError
from gaitprint.ingest.store_selection import StoreSelection
from gaitprint.store import MemorySequences, Store, StorePlan, StoreWriter
from gaitprint.training.training_data import hold_out, training_part, training_sets
from gaitprint.types import SequenceRecord


def written(root: Path, dataset: str, subjects: list[str | None], seed: int = 0, size: int = 8) -> Store:
    """A store of two walks a subject, of noise."""
    generator = np.random.default_rng(seed)
    with StoreWriter(root, StorePlan(dataset, (size, size))) as writer:
        for i, subject in enumerate(subjects):
            for walk in range(2):
                record = SequenceRecord(f"{i:03d}/nm-{walk:02d}/090", subject, f"nm-{walk:02d}", "090")
                writer.add(record, generator.integers(0, 256, (3 + walk, size, size), dtype=np.uint8))
    return Store.open(root)


def people(sequences) -> list[str]:
    return sorted({r.subject for r in sequences.records})


@pytest.fixture(scope="module")
def stores(tmp_path_factory) -> dict[str, Store]:
    root = tmp_path_factory.mktemp("stores")
    four = ["001", "002", "003", "004"]
    return {
        "walkers": written(root / "walkers", "synthetic", [*four, None]),
        "more": written(root / "more", "synthetic", four, seed=1),
        "casia": written(root / "casia", "casia-b", ["001", "002", "074", "075", "124"], seed=2),
    }


def test_one_store_is_its_training_part_under_its_own_names(stores):
    part, alone = training_part(stores["casia"], StoreSelection()), training_sets([stores["casia"]], StoreSelection())
    assert people(alone) == people(part) == ["001", "002", "074"]
    assert (alone.fingerprint, alone.records) == (part.fingerprint, part.records)


def test_several_stores_are_one_in_which_nobody_is_in_two(stores):
    names = {"casia-b": "casia", "synthetic": "walkers", "synthetic#2": "more"}
    joined = training_sets([stores[s] for s in names.values()], StoreSelection())
    parts = {name: training_part(stores[store], StoreSelection()) for name, store in names.items()}
    expected = [(name, part, i) for name, part in parts.items() for i in range(len(part.records))]
    assert len(joined.records) == len(expected) == 6 + 4 + 4
    for place, (name, part, i) in enumerate(expected):
        inner, outer = part.records[i], joined.records[place]
        assert (outer.key, outer.subject) == (f"{name}/{inner.key}", f"{name}/{inner.subject}")
        np.testing.assert_array_equal(joined.frames(place), part.frames(i))
        # and of the store itself
        store = stores[names[name]]
        row = next(j for j, r in enumerate(store.records) if r.key == inner.key)
        np.testing.assert_array_equal(joined.frames(place, 1, 3), store.frames(row, 1, 3))
        assert joined.lengths[place] == store.lengths[row]
    assert len(people(joined)) == sum(len(people(part)) for part in parts.values()) == 7
    groups = [{s for s in people(joined) if s.startswith(name + "/")} for name in names]
    assert sum(map(len, groups)) == 7


def test_each_store_of_a_data_set_gets_a_name_of_its_own(stores, tmp_path):
    further = [written(tmp_path / "a", "synthetic", ["001", "002"], 8), written(tmp_path / "b", "casia-b", ["003"], 9)]
    many = [stores["walkers"], stores["casia"], stores["more"], *further]
    names = [r.key.split("/")[0] for r in training_sets(many, StoreSelection()).records]
    assert list(dict.fromkeys(names)) == ["synthetic", "casia-b", "synthetic#2", "synthetic#3", "casia-b#2"]


def test_the_fingerprint_knows_stores_and_their_order(stores):
    chosen = [("walkers",), ("casia",), ("walkers", "casia"), ("casia", "walkers"), ("walkers", "more"),
              ("more", "walkers")]  # fmt: skip
    prints = [training_sets([stores[s] for s in names], StoreSelection()).fingerprint for names in chosen]
    assert len(set(prints)) == len(chosen)
    again = [
        training_sets([Store.open(stores[s].root) for s in names], StoreSelection()).fingerprint for names in chosen
    ]
    assert again == prints


def test_named_subjects_are_taken_from_every_store(stores):
    joined = training_sets([stores["walkers"], stores["casia"]], StoreSelection(subjects=["001", "002"]))
    assert people(joined) == ["casia-b/001", "casia-b/002", "synthetic/001", "synthetic/002"]
    assert people(training_part(stores["casia"], StoreSelection(subjects=["124", "075"]))) == ["075", "124"]


def test_what_cannot_be_learnt_from_is_refused_in_one_line(stores, tmp_path):
    odd = written(tmp_path / "odd", "casia-b", ["001"], size=16)
    testers = written(tmp_path / "testers", "casia-b", ["100", "101"])
    strangers = written(tmp_path / "strangers", "casia-b", [None])
    for chosen, split, subjects, error, message in (
        (["walkers", odd], None, None, DataError, r"joined sets share one frame size, found 8 x 8 in 'synthetic' and"),
        (["walkers", "casia"], "74", None, DataError, r"^synthetic has no split '74'"),
        (["walkers", "casia"], None, ["003"], ConfigError, r"^subject '003' is not in the store: it holds 5 subjects,"),
        (["casia", testers], None, None, ConfigError, r"^nobody to train on: the store holds 2 subjects, 100 to 101, "),
        ([strangers], None, None, ConfigError, r"the store holds no named subject, none of the training split; name"),
        ([strangers], None, ["001"], ConfigError, r"^subject '001' is not in the store: it holds no named subject$"),
    ):
        opened = [stores[s] if isinstance(s, str) else s for s in chosen]
        with pytest.raises(error, match=message) as found:
            training_sets(opened, StoreSelection(split=split, subjects=subjects))
        assert "\n" not in str(found.value)


def crowd(count: int) -> MemorySequences:
    """Two sequences a person; the second ones come in the order from the last person to the first."""
    order = [*range(count), *reversed(range(count))]
    records = tuple(SequenceRecord(f"{n}", f"{s:03d}", "nm-01", "090") for n, s in enumerate(order))
    return MemorySequences(records, tuple(np.full((1, 2, 2), n % 256, np.uint8) for n in range(2 * count)))


@given(st.integers(3, 120).flatmap(lambda n: st.tuples(st.just(n), st.integers(1, n - 2))))
def test_held_out_people_are_spread_evenly_and_are_nobody_that_is_learnt(sizes):
    total, count = sizes
    part = crowd(total)
    learnt, aside = hold_out(part, count)
    assert len(people(aside)) == count
    assert len(people(learnt)) == total - count
    assert sorted([*people(learnt), *people(aside)]) == people(part)
    assert {r.key for r in learnt.records} | {r.key for r in aside.records} == {r.key for r in part.records}
    assert len(learnt.records) + len(aside.records) == len(part.records)
    # each within a place of the middle of its share of the order
    for i, subject in enumerate(people(aside)):
        assert abs(int(subject) + 0.5 - (i + 0.5) * total / count) <= 1
    gaps = np.diff([int(s) for s in people(aside)])
    assert set(gaps.tolist()) <= {total // count, -(-total // count)}


@given(st.permutations(range(9)), st.integers(1, 7))
def test_who_is_held_out_does_not_depend_on_the_order_of_sequences(order, count):
    part = crowd(9)
    turned = MemorySequences(tuple(part.records[i] for i in order), tuple(part.frames(i) for i in order))
    assert people(hold_out(turned, count)[1]) == people(hold_out(part, count)[1])


def test_examples_of_who_is_held_out():
    assert people(hold_out(crowd(9), 1)[1]) == ["004"]
    assert people(hold_out(crowd(9), 3)[1]) == ["001", "004", "007"]
    assert people(hold_out(crowd(74), 10)[1]) == [f"{s:03d}" for s in (3, 11, 18, 25, 33, 40, 48, 55, 62, 70)]


def test_nobody_held_out_is_the_part_itself():
    part = crowd(2)
    assert hold_out(part, 0) == (part, None)


@pytest.mark.parametrize(("total", "count"), [(3, 2), (2, 1), (9, 8), (9, 9), (9, 100)])
def test_two_must_be_left_to_train_on(total, count):
    message = rf"^training\.held_out is {count} of {total} training subjects: at least two must be left to train on$"
    with pytest.raises(ConfigError, match=message):
        hold_out(crowd(total), count)


def test_of_joined_stores_people_of_each_are_held_out(stores):
    joined = training_sets([stores["walkers"], stores["casia"]], StoreSelection(subjects=["001", "002"]))
    learnt, aside = hold_out(joined, 2)
    assert people(aside) == ["casia-b/002", "synthetic/002"]
    assert people(learnt) == ["casia-b/001", "synthetic/001"]
    assert learnt.fingerprint not in (joined.fingerprint, aside.fingerprint)


def test_a_store_named_twice_is_refused_however_it_is_written(stores, tmp_path):
    (tmp_path / "link").symlink_to(stores["walkers"].root)
    shutil.copytree(stores["walkers"].root, tmp_path / "copy")
    for again in (stores["walkers"].root, tmp_path / "link", tmp_path / "copy"):
        pair = [stores["walkers"], Store.open(again)]
        with pytest.raises(
            ConfigError, match=r"hold the same people \(2: 001, .* would be learnt as two people; name one store"
        ):
            training_sets(pair, StoreSelection())
        with pytest.raises(ConfigError, match="learnt as two people"):
            training_sets([stores["more"], *pair], StoreSelection())


def test_the_same_frames_under_other_names_are_the_same_people(stores, tmp_path):
    other = {"001": "002", "002": "001"}
    with StoreWriter(tmp_path / "renamed", StorePlan("synthetic", (8, 8))) as writer:
        for i, r in enumerate(stores["walkers"].records):
            name = other.get(r.subject, r.subject)
            writer.add(SequenceRecord(f"x/{r.key}", name, "a", "b"), stores["walkers"].frames(i))
    with pytest.raises(ConfigError, match=r"hold the same frames \(4: x/"):
        training_sets([stores["walkers"], Store.open(tmp_path / "renamed")], StoreSelection())


def test_a_store_in_black_and_white_is_the_same_people(stores, tmp_path):
    grey = stores["walkers"]
    with StoreWriter(tmp_path / "bits", StorePlan("synthetic", (8, 8), form="bits")) as writer:
        for i, r in enumerate(grey.records):
            writer.add(r, grey.frames(i))
    with pytest.raises(ConfigError, match=r"hold the same frames .* learnt as two people"):
        training_sets([grey, Store.open(tmp_path / "bits")], StoreSelection())
    other = tmp_path / "other"
    with StoreWriter(other, StorePlan("synthetic", (8, 8), form="bits")) as writer:
        for i, r in enumerate(grey.records):
            writer.add(r, stores["more"].frames(i % len(stores["more"].records)))
    assert len(people(training_sets([grey, Store.open(other)], StoreSelection()))) == 4


def test_a_published_id_is_one_person_in_every_store_of_the_data_set(stores, tmp_path):
    other = written(tmp_path / "casia", "casia-b", ["002", "003"], seed=9)
    with pytest.raises(ConfigError, match=r"hold the same people \(1: 002\)"):
        training_sets([stores["casia"], other], StoreSelection())
    apart = written(tmp_path / "apart", "casia-b", ["003", "004"], seed=9)
    assert len(people(training_sets([stores["casia"], apart], StoreSelection()))) == 5
