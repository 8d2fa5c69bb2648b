"""The competition on CASIA-E (HID): its trees as given out, and who trains."""

import re
from collections.abc import Sequence

from gaitprint.archives import Files
from gaitprint.errors import DataError, did_you_mean
from gaitprint.layouts.contract import FoundSequence
from gaitprint.layouts.splits import Trains
from gaitprint.layouts.tree import Level, Tree, walk
from gaitprint.types import SequenceRecord

VIEW = "default"
"""The competition tells no views; rearranged trees have a folder of this name in each video, others not."""
VIDEO = Level("video", "8a3f09")
LAST = Level("view", VIEW, VIEW, optional=True)
NAME = "the CASIA-E competition"
NUMBERED = Tree(NAME, (Level("subject", "0001", "[0-9]+"), VIDEO, LAST))
NAMED = Tree(NAME, (Level("subject", "0001"), VIDEO, LAST))
UNNAMED = Tree(NAME, (VIDEO, LAST))
_TRAIN = re.compile("train")
_GALLERY = re.compile(r"(HID\d{4}_)?(test_)?gallery", re.IGNORECASE)
_PROBES = re.compile(r"(HID\d{4}_)?(test_)?probe(_phase\d+)?", re.IGNORECASE)
_BESIDE_SUBJECTS = re.compile(r"probe(_phase\d+)?", re.IGNORECASE)


def _first_editions(subject: str) -> bool:
    return len(subject) <= 4 and subject.isascii() and subject.isdigit() and int(subject) < 500


SPLITS: dict[str, Trains] = {"500": _first_editions, "all-test": lambda _: False}
"""Subjects 0000-0499 train in the first editions; later ones bring no training subjects."""


def is_probes(name: str) -> bool:
    """Whether a folder beside the subjects holds probes: `probe`, `probe_phase1`."""
    return _BESIDE_SUBJECTS.fullmatch(name) is not None


def is_competition(files: Files) -> bool:
    """Whether some files hold the competition's folders: for training, the gallery, or the test's probes."""
    return any(_is_part(name) and not is_probes(name) for name in files.list().folders)


def probe_folders(folders: Sequence[str], chosen: str) -> frozenset[str]:
    """The one folder of probes among some folders, or none; `chosen` names one of several.

    Raises:
        DataError: several and none chosen, or the chosen one is not there.
    """
    names = [name for name in folders if _PROBES.fullmatch(name)]
    if chosen and chosen not in names:
        raise DataError(f"{NAME}: there is no folder of probes {chosen!r}: {did_you_mean(chosen, names)}")
    if len(names) > 1 and not chosen:
        raise DataError(
            f"{NAME}: an answer is of one phase, found the folders of probes {', '.join(names)}: choose by "
            f"--dataset hid --set probes={names[0]}"
        )
    return frozenset([chosen] if chosen else names)


def scan_competition(files: Files, named: Tree = NUMBERED, probes: str = "") -> list[FoundSequence]:
    """Find the sequences of `train/<id>/<video>`, `gallery/<id>/<video>` and `probe/<video>` (subject None).

    The folders may be called as the editions call them (`test_gallery`, `HID2022_test_probe`, `probe_phase1`), and each
    video may hold its frames in a folder `default`.

    Args:
        files: the data set.
        named: the tree below the folders of training and gallery.
        probes: the folder of probes to take, where there are several.

    Raises:
        DataError: other folders beside these, or a part of another depth.
    """
    folders = files.list().folders
    strange = [name for name in folders if not _is_part(name)]
    if strange:
        raise DataError(
            f"{NAME}: expected train, test_gallery, test_probe (or gallery, probe) in {files.where}, found "
            f"{strange[0]!r} as well"
        )
    taken = probe_folders(folders, probes)
    sequences = []
    for part in folders:
        unnamed = _PROBES.fullmatch(part) is not None
        if unnamed and part not in taken:
            continue
        for leaf in walk(files, UNNAMED if unnamed else named, part):
            subject, video = (None, leaf.names[0]) if unnamed else leaf.names[:2]
            record = SequenceRecord("/".join((part, *leaf.names)), subject, video, VIEW)
            sequences.append(FoundSequence(record, leaf.place))
    return sorted(sequences, key=lambda f: f.record.key)


def _is_part(name: str) -> bool:
    return any(pattern.fullmatch(name) for pattern in (_TRAIN, _GALLERY, _PROBES))
