"""Partition files of the field's reference toolkit: who trains, who is tested."""

from collections.abc import Iterable
from pathlib import Path

from gaitprint.datasets._layout import Split
from gaitprint.datasets._splits import choose_split
from gaitprint.errors import DataError
from gaitprint.storage import read_json

KEYS = ("TRAIN_SET", "TEST_SET")
OPTIONAL = ("PROBE_SET", "GALLERY_SET")
"""Sequences named `<id>-<condition>-<view>`; they belong to a protocol, so they are let through and not used here."""


def read_partition(path: Path) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The training and the test subjects of a partition file. Ids are text: '001' is not '1'.

    Raises:
        ArtefactError: no such file, or no JSON.
        DataError: it is no partition, or names a subject twice.
    """
    values = read_json(path, "the partition")
    if not isinstance(values, dict) or not set(KEYS) <= set(values) <= {*KEYS, *OPTIONAL}:
        found = f"the keys {', '.join(map(str, values))}" if isinstance(values, dict) else type(values).__name__
        raise DataError(f'{path}: expected a partition {{"TRAIN_SET": [...], "TEST_SET": [...]}}, found {found[:200]}')
    for key, ids in values.items():
        if not isinstance(ids, list) or not all(isinstance(i, str) for i in ids):
            raise DataError(f'{path}: {key} is a list of ids in quotation marks such as "001", found {str(ids)[:60]}')
        if len(set(ids)) != len(ids):
            raise DataError(f"{path}: {key} names {next(i for i in ids if ids.count(i) > 1)!r} twice: remove one")
    return tuple(values["TRAIN_SET"]), tuple(values["TEST_SET"])


def partition_splits(partition: str) -> tuple[str, ...]:
    """The names of the splits there are with a partition file, or without (empty)."""
    return ("partition",) if partition else ("all-test",)


def partition_split(layout: str, partition: str, name: str | None, subjects: Iterable[str]) -> Split:
    """The split of a partition file; without one every subject is tested.

    Raises:
        ArtefactError, DataError: see `read_partition`; no such split; the file names none of these subjects.
    """
    if not partition:
        if name == "partition":
            raise DataError(f"{layout}: the split 'partition' needs the setting partition=PATH of a partition file")
        return choose_split(layout, name, {"all-test": lambda _: False}, subjects)
    train, test = read_partition(Path(partition))
    parts = Split(train, test)
    rule = dict.fromkeys(parts.train, True) | dict.fromkeys(parts.test, False)
    split = choose_split(layout, name, {"partition": rule.get}, subjects)
    if not split.train and not split.test:
        raise DataError(f"{partition} names none of the subjects found: check their zeros ('1' is not '001')")
    return split
