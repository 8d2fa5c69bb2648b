"""Partition files of the field's reference toolkit: who trains, who is tested."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from gaitprint.atomic_files import read_json, sha256_file
from gaitprint.errors import DataError
from gaitprint.layouts.contract import Split
from gaitprint.layouts.similar_names import misspelt
from gaitprint.layouts.splits import choose_split
from gaitprint.store import Partition

KEYS = ("TRAIN_SET", "TEST_SET")
OPTIONAL = ("PROBE_SET", "GALLERY_SET")
"""Sequences named `<id>-<condition>-<view>`; they belong to a protocol."""
NAME = "partition"
"""Of the split that a partition file makes."""


def read_partition(path: Path) -> Partition:
    """A partition file. Ids are text: '001' is not '1'.

    Raises:
        ArtefactError: no such file, or no JSON.
        DataError: it is no partition, names a subject twice, or in both parts.
    """
    values = read_json(path, "the partition")
    if not isinstance(values, dict) or not set(KEYS) <= set(values) <= {*KEYS, *OPTIONAL}:
        description = f"the keys {', '.join(map(str, values))}" if isinstance(values, dict) else type(values).__name__
        raise DataError(
            f'{path}: expected a partition {{"TRAIN_SET": [...], "TEST_SET": [...]}}, found {description[:200]}'
        )
    for key, ids in values.items():
        if not isinstance(ids, list) or not all(isinstance(i, str) for i in ids):
            raise DataError(
                f'{path}: {key} is a list of ids in quotation marks such as "001", for zeros count, found '
                f"{str(ids)[:60]}"
            )
    lists = {name: tuple(values[name]) for name in OPTIONAL if name in values}
    return Partition(str(path), sha256_file(path), tuple(values["TRAIN_SET"]), tuple(values["TEST_SET"]), lists)


def check_names(what: str, named: Sequence[str], known: Iterable[str]) -> None:
    """Raise DataError where names are written otherwise than in the data, or none is there.

    A part of the names may be of nobody, for a store can hold a part of a data set; but '98' where the data have '098'
    is a mistake that would make half of the people disappear.

    Args:
        what: for the error, such as "partition.json names".
        named: ids or sequences.
        known: those of the data.
    """
    present = set(known)
    absent = [name for name in named if name not in present]
    if not absent:
        return
    odd = misspelt(absent, present)
    if odd:
        wrong, right = odd[0]
        raise DataError(
            f"{what} {wrong!r}, which nobody here is called: did you mean {right!r}? {len(odd)} of {len(named)} names "
            "are written otherwise than in the data; zeros, spaces and capitals count"
        )
    if len(absent) == len(named):
        raise DataError(
            f"{what} none of the subjects found: expected names such as {min(present, default='')!r}, found "
            f"{absent[0]!r}"
        )


def split_of_partition(partition: Partition, subjects: Iterable[str]) -> Split:
    """Its parts, cut down to the subjects that are there; who is in neither is left out."""
    here = set(subjects)
    return Split(tuple(sorted(here & set(partition.train))), tuple(sorted(here & set(partition.test))))


def partition_splits(partition: str) -> tuple[str, ...]:
    """The names of the splits there are with a partition file, or without (empty)."""
    return (NAME,) if partition else ("all-test",)


def partition_split(layout: str, partition: str, name: str | None, subjects: Iterable[str]) -> Split:
    """The split of a partition file; without one every subject is tested.

    Raises:
        ArtefactError, DataError: see `read_partition` and `check_names`; no such split.
    """
    if not partition:
        if name == NAME:
            raise DataError(f"{layout}: the split 'partition' needs the setting partition=PATH of a partition file")
        return choose_split(layout, name, {"all-test": lambda _: False}, subjects)
    read, here = read_partition(Path(partition)), sorted(set(subjects))
    check_names(f"{partition} names", (*read.train, *read.test), here)
    # `get` is None for a subject whom the file does not name: in neither part
    rule = dict.fromkeys(read.train, True) | dict.fromkeys(read.test, False)
    return choose_split(layout, name, {NAME: rule.get}, here)
