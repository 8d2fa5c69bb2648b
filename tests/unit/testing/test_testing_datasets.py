"""`check_dataset` finds what is broken, and says which promise it was."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from gaitprint.datasets import FoundSequence, Split
from gaitprint.errors import ContractError, DataError
from gaitprint.ingest.layout_choice import LayoutChoice
from gaitprint.layouts.drawn import is_drawn
from gaitprint.stages.prepare import prepare
from gaitprint.testing import check_dataset
from gaitprint.types import SequenceRecord


@dataclass(frozen=True)
class Settings:
    train: tuple[str, ...] = ("a",)


class Flat:
    """One folder of arrays named subject_view.npy."""

    title = "flat: one folder of arrays"
    splits: tuple[str, ...] = ("named",)
    protocols: tuple[str, ...] = ()
    strictness = 0
    drawn = False
    frames = 6

    def __init__(self, settings):
        self.settings = settings

    def scan(self, files):
        names = [n for n in files.list().files if n.endswith(".npy")]
        if not names:
            raise DataError(f"flat: expected arrays in {files.where}, found none: check the path")
        return [self.found(name) for name in names]

    def found(self, name):
        subject, view = name.removesuffix(".npy").split("_")
        return FoundSequence(SequenceRecord(f"{subject}_{view}", subject, "nm", view), name)

    def split(self, name, subjects):
        if name not in (None, *self.splits):
            raise DataError(f"flat has no split {name!r}: known: named")
        known, train = set(subjects), set(self.settings.train)
        return Split(tuple(sorted(known & train)), tuple(sorted(known - train)))

    def write_miniature(self, root):
        Path(root).mkdir(parents=True, exist_ok=True)
        for width, subject in enumerate("abcd", start=8):
            for view in ("left", "right", "rear"):
                frames = np.zeros((self.frames, 64, 64), np.uint8)
                frames[:, 1:63, 32 - width : 32 + width] = 255
                np.save(Path(root) / f"{subject}_{view}.npy", frames, allow_pickle=False)


class Untitled(Flat):
    title = ""


class UnknownProtocol(Flat):
    protocols = ("no-such-protocol",)


class SmallMiniature(Flat):
    def scan(self, files):
        return super().scan(files)[:4]


class Unordered(Flat):
    def scan(self, files):
        return super().scan(files)[::-1]


class KeysTwice(Flat):
    def found(self, name):
        made = super().found(name)
        return FoundSequence(SequenceRecord(name[0], name[0], "nm", made.record.view), name)


class ElsewhereThanItSays(Flat):
    def found(self, name):
        made = super().found(name)
        return FoundSequence(made.record, f"walks/{name}")


class WithoutViews(Flat):
    def found(self, name):
        made = super().found(name)
        return FoundSequence(SequenceRecord(made.record.key, made.record.subject, "nm", ""), name)


class ConsumesTwice(Flat):
    def split(self, name, subjects):
        if name not in (None, *self.splits):
            raise DataError(f"flat has no split {name!r}: known: named")
        train = sorted(set(subjects) & set(self.settings.train))
        return Split(tuple(train), tuple(sorted(set(subjects) - set(train))))


class NobodyTested(Flat):
    def split(self, name, subjects):
        return Split(super().split(name, subjects).train, ())


class AsTheyCome(Flat):
    def split(self, name, subjects):
        super().split(name, subjects)
        return Split((), tuple(subjects))


class TakesAnySplit(Flat):
    def split(self, name, subjects):
        return super().split(None, subjects)


class ShortSequences(Flat):
    frames = 3


class TakesAnything(Flat):
    def scan(self, files):
        return super().scan(files) if any(n.endswith(".npy") for n in files.list().files) else []


class AnotherError(Flat):
    def scan(self, files):
        names = files.list().files
        return [self.found(name) for name in names] if names else [][0]


BROKEN = {
    Untitled: "`title` is one line",
    UnknownProtocol: "`protocols` names protocols there are; found no protocol called no-such-protocol",
    SmallMiniature: "scan finds its miniature again.*; found 4 sequences, where 8 are the least",
    Unordered: "in key order.*; found another order than that of the keys",
    KeysTwice: "each sequence once.*; found a key twice: 'a'",
    ElsewhereThanItSays: "at a place that is there; found places that do not exist",
    WithoutViews: "every sequence has a condition and a view; found none for",
    ConsumesTwice: "split takes any iterable of subjects.*; found that the usual split differs for an iterator",
    NobodyTested: "tests somebody; found nobody to test in the usual split",
    AsTheyCome: "whatever their order.*; found that the usual split differs for subjects in another order",
    TakesAnySplit: "split refuses a name that it does not know.*; found no error",
    ShortSequences: "packs all of its miniature into a store; found a sequence of 3 frames",
    TakesAnything: "scan refuses another tree.*; found no error",
    AnotherError: "scan refuses another tree.*; found IndexError",
}


def test_a_sound_one_passes(installed) -> None:
    check_dataset(installed(Settings, Flat))


@pytest.mark.parametrize("broken", BROKEN, ids=lambda b: b.__name__)
def test_a_broken_one_is_told_what_it_broke(broken, installed) -> None:
    with pytest.raises(ContractError, match=BROKEN[broken]) as caught:
        check_dataset(installed(Settings, broken))
    assert "\n" not in str(caught.value)


class Drawn(Flat):
    """Two walkers, drawn."""

    drawn = True
    pairs = (("a", "left"), ("a", "rear"))

    def records(self):
        return tuple(SequenceRecord(f"{s}_{v}", s, "nm", v) for s, v in self.pairs)

    def draw(self):
        return ((record, np.full((6, 64, 64), 255, np.uint8)) for record in self.records())


class Undrawn(Drawn):
    drawn = False


class DrawnUnordered(Drawn):
    pairs = Drawn.pairs[::-1]


class DrawnOthers(Drawn):
    def draw(self):
        return ((record, frames) for record, (_, frames) in zip(self.records()[::-1], super().draw(), strict=True))


class DrawnSmall(Drawn):
    def draw(self):
        return ((record, frames[:, :32]) for record, frames in super().draw())


class Unsaid(Flat):
    drawn = None


BROKEN_DRAWN = {
    Undrawn: "whether its walkers are `drawn`.*; found False of a layout that draws",
    Unsaid: "by True or False.*; found None",
    DrawnUnordered: "sequences of `records` in key order.*; found keys twice or in another order",
    DrawnOthers: "`draw` gives the sequences of `records`.*; found .* is due",
    DrawnSmall: r"frames uint8 \[T, 64, 64\].*; found uint8 \[6, 32, 64\]",
}


@pytest.mark.parametrize("broken", BROKEN_DRAWN, ids=lambda b: b.__name__)
def test_a_broken_one_that_draws_is_told_what_it_broke(broken, installed) -> None:
    with pytest.raises(ContractError, match=BROKEN_DRAWN[broken]):
        check_dataset(installed(Settings, broken))


def test_walkers_that_somebody_draws_are_prepared_and_said_to_be_none(installed, tmp_path) -> None:
    name = installed(Settings, Drawn)
    check_dataset(name)
    report = prepare(Path(name), tmp_path / "store", LayoutChoice(name))
    assert (report.dataset, report.sequences, report.subjects) == (name, 2, 1)
    assert is_drawn(name)
    assert not any(is_drawn(other) for other in ("casia-b", "somebody.away", "", None, ["synthetic"]))
