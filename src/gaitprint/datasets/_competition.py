"""The competition on CASIA-E (HID): its raw tree, and who trains."""

from gaitprint.datasets._layout import FoundSequence
from gaitprint.datasets._splits import Trains
from gaitprint.datasets._tree import Level, Tree, walk
from gaitprint.errors import DataError
from gaitprint.sources import Files
from gaitprint.types import SequenceRecord

PARTS = ("train", "test_gallery", "test_probe")
NAMED = Tree("the CASIA-E competition", (Level("subject", "0001", "[0-9]+"), Level("video", "8a3f09")))
UNNAMED = Tree("the CASIA-E competition", (Level("video", "8a3f09"),))
VIEW = "default"
"""The competition tells no views."""


def _first_editions(subject: str) -> bool:
    return len(subject) <= 4 and subject.isascii() and subject.isdigit() and int(subject) < 500


SPLITS: dict[str, Trains] = {"500": _first_editions, "all-test": lambda _: False}
"""Subjects 0000-0499 train in the first editions; later ones bring no training subjects."""


def is_competition(files: Files) -> bool:
    """Whether some files hold one of the competition's three folders."""
    return any(part in files.list().folders for part in PARTS)


def scan_competition(files: Files) -> list[FoundSequence]:
    """The sequences of `train/<id>/<video>`, `test_gallery/<id>/<video>` and `test_probe/<video>` (subject None).

    Raises:
        DataError: other folders beside these three, or a part of another depth.
    """
    folders = files.list().folders
    strange = [folder for folder in folders if folder not in PARTS]
    if strange:
        raise DataError(
            f"the CASIA-E competition: expected {', '.join(PARTS)} in {files.where}, found {strange[0]!r} as well"
        )
    found = []
    for part in folders:
        for leaf in walk(files, UNNAMED if part == "test_probe" else NAMED, part):
            subject = None if part == "test_probe" else leaf.names[0]
            record = SequenceRecord("/".join((part, *leaf.names)), subject, leaf.names[-1], VIEW)
            found.append(FoundSequence(record, leaf.place))
    return sorted(found, key=lambda f: f.record.key)
