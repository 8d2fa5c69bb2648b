"""What every data set layout offers; a layout is a component, one file each, and knows nothing of networks."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

from gaitprint.archives import Files
from gaitprint.errors import DataError
from gaitprint.types import Frames, SequenceRecord


@dataclass(frozen=True)
class FoundSequence:
    """A sequence of a data set: its record, and the folder of images or the array file (.pkl, .npy, .npz) it is in."""

    record: SequenceRecord
    place: str
    """Its name in the data set's files; parts joined by "/"."""
    notes: tuple[str, ...] = ()
    """What was taken for what, to understand its names: a line each, for people."""


@dataclass(frozen=True)
class Split:
    """Who trains and who is tested; nobody is both."""

    train: tuple[str, ...]
    test: tuple[str, ...]

    def __post_init__(self) -> None:
        both = sorted(set(self.train) & set(self.test))
        if both:
            raise DataError(f"subjects {both[:5]} stand in the training and in the test part: a subject is in one")


@runtime_checkable
class Layout(Protocol):
    """A published data set, or any tree of one's own."""

    title: str
    """One line for people, with the number of subjects and the licence situation."""
    splits: tuple[str, ...]
    """Names of the published splits, the usual one first."""
    protocols: tuple[str, ...]
    """Names of the evaluation protocols that fit, the usual one first; a published data set has one."""
    strictness: int
    """How much a tree has to hold to be taken for this one by `auto`, which tries the strictest first; 0: never is."""
    drawn: bool
    """Whether its walkers are drawn and no people, which is then said beside every figure."""

    def scan(self, files: Files) -> list[FoundSequence]:
        """Every sequence of a folder or archive, in key order.

        Raises:
            DataError: nothing there, or not this layout (says what was expected at which level, and what was found).
        """

    def split(self, name: str | None, subjects: Iterable[str]) -> Split:
        """The named split (None: the usual one) of the subjects that are there.

        Raises:
            DataError: no such split.
        """

    def write_miniature(self, root: Path) -> None:
        """Write a tiny made-up data set in this layout, so that tests need no download."""


@runtime_checkable
class DrawingLayout(Layout, Protocol):
    """One that draws its walkers itself: `prepare` takes its name for a source, and needs no files."""

    def records(self) -> tuple[SequenceRecord, ...]:
        """Of all sequences, in key order."""

    def draw(self) -> Iterator[tuple[SequenceRecord, Frames]]:
        """Each sequence in the same order: its record and its normalised frames, uint8 [T, 64, 64].

        They follow from the settings alone.
        """
