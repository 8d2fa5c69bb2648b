"""Corrections are undone to the last bit, in any history; the audit shows what was changed in it."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from drawn_people import answers, drawn, filled

import gaitprint as gp
from gaitprint.errors import DataError
from gaitprint.gallery.journal import state_digest

HISTORIES = 6


def digest(gallery: gp.Gallery) -> str:
    with gallery._engine.reading() as reader:
        return state_digest(reader)


def one_of(random: np.random.Generator, gallery: gp.Gallery) -> Callable[[], object] | None:
    """A correction that can be made now, drawn; None where this one cannot."""
    people, gone = gallery.people(), gallery.people(removed=True)
    some = [people[i] for i in random.permutation(len(people))[:2]]
    walks = [s.id for p in people for s in gallery.show(p)[1] if not s.removed]
    chosen = [int(i) for i in random.permutation(walks)[:3]]
    word = f"word {random.integers(100)}"
    verb = ["merge", "split", "move", "remove", "restore", "rename", "tag", "basis", "walk", "reject"][
        random.integers(10)
    ]
    if verb == "restore":
        return (lambda: gallery.restore(gone[0])) if gone else None
    if len(some) < 2 or not chosen:
        return None
    own = [s.id for s in gallery.show(some[0])[1]]
    return {
        "merge": lambda: gallery.merge(some[0], some[1]),
        "split": (lambda: gallery.split(some[0], own[:1], word)) if len(own) > 1 else None,
        "move": lambda: gallery.move(chosen, some[0]),
        "remove": lambda: gallery.remove(some[0]),
        "rename": lambda: gallery.rename(some[0], word),
        "tag": lambda: gallery.tag(some[0], [word]),
        "basis": lambda: gallery.set_basis(some[0], basis=word, expires="2031-01-01"),
        "walk": lambda: gallery.remove(samples=chosen[:1]),
        "reject": lambda: gallery.reject(drawn(range(50, 51), range(1)), some[0]),
    }[verb]


@pytest.mark.parametrize("seed", range(HISTORIES))
def test_undo_goes_back_through_any_history_to_the_last_bit(tmp_path: Path, seed: int) -> None:
    random, gallery = np.random.default_rng(seed), filled(tmp_path / "g")
    before = [(digest(gallery), answers(gallery))]
    while len(before) < 9:
        correction = one_of(random, gallery)
        if correction is None:
            continue
        correction()
        before.append((digest(gallery), answers(gallery) if gallery.people() else []))
        if random.random() < 0.3:  # there and back again
            gallery.undo()
            before.pop()
            assert digest(gallery) == before[-1][0]
    for state, said in reversed(before[:-1]):
        gallery.undo()
        assert digest(gallery) == state
        assert answers(gallery) == said
    with pytest.raises(DataError, match="nothing can be undone"):
        gallery.undo()
    assert gallery.check().problems == ()


def test_what_has_changed_since_is_not_undone_over(tmp_path: Path) -> None:
    gallery = filled(tmp_path / "g")
    gallery.rename("001", "Ann")
    gallery.rename("Ann", "Anna")
    first = next(line["change"] for line in gallery.audit() if line["verb"] == "rename")
    before = digest(gallery)
    with pytest.raises(DataError, match="has changed since"):
        gallery.undo(first)
    assert digest(gallery) == before
    gallery.tag("002", ["x"])
    gallery.undo()
    gallery.undo()
    gallery.undo(first)
    assert gallery.show("001")[0].id == 2
    new = gallery.split("003", [7], "other")
    gallery.enroll(gp.Embeddings(drawn(range(70, 71), range(1)).vectors, (gp.SequenceRecord("n", "other", "", ""),),
                                 drawn(range(1)).layout, "drawn"))  # fmt: skip
    with pytest.raises(DataError, match="has changed since"):
        gallery.undo()
    assert gallery.show(new)[0].samples == 2


def test_the_audit_names_no_names_and_shows_what_was_changed_in_it(tmp_path: Path) -> None:
    gallery = filled(tmp_path / "g")
    gallery.rename("001", "Zebediah")
    gallery.merge("Zebediah", "002")
    assert "Zebediah" not in repr(gallery.audit())
    head = gallery.check().audit_head
    assert gallery.check().audit_head == head
    with gallery._engine.writing() as writer:
        writer.update("audit", 2, {"details": "{}"})
    assert gallery.check().problems == ("audit: line 2 was changed, or lines before it were taken out",)
    with filled(tmp_path / "h") as other:
        other.rename("001", "x")
        other.rename("x", "y")
        with other._engine.writing() as writer:
            writer.delete("audit", ("id", "=", 2))
        assert other.check().problems == ("audit: line 3 was changed, or lines before it were taken out",)
