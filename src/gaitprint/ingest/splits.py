"""Who trains and who is tested in a store: by the partition that it keeps, or by a rule of its layout."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from gaitprint.errors import ArtefactError
from gaitprint.evaluation.protocol.selection import long_name
from gaitprint.ingest.scanning import layout_of
from gaitprint.layouts.contract import Split
from gaitprint.layouts.partition import NAME, check_names, read_partition, split_of_partition
from gaitprint.store import Partition, Store
from gaitprint.types import SequenceRecord

PROBE = "probe"
"""What the reference toolkit's files call everybody of whom nothing is known."""
_SHOWN = 3


@dataclass(frozen=True)
class PartitionReport:
    """A partition beside the people of the store that keeps it."""

    source: str
    """The file it was read from."""
    sha256: str
    """Of that file."""
    train: int
    """Subjects of the store that train."""
    test: int
    """Those that are tested."""
    absent: tuple[str, ...]
    """Names in the partition that no sequence has."""
    neither: tuple[str, ...]
    """Subjects of the store that the partition does not name: never trained on, never tested."""
    unmatched: tuple[str, ...]
    """Probes and gallery sequences that it names and the store does not hold."""

    def lines(self) -> list[str]:
        """Say in lines for people how many are in each part, and what does not fit."""
        lines = [f"partition {self.source}: {self.train} subjects train, {self.test} are tested"]
        if self.absent:
            lines.append(f"note: the partition names {_some(self.absent, 'subject')} that the store does not hold")
        if self.neither:
            lines.append(f"note: {_some(self.neither, 'subject')} of the store are in neither part of the partition")
        if self.unmatched:
            lines.append(f"note: the partition lists {_some(self.unmatched, 'sequence')} that the store does not hold")
        return lines

    def to_dict(self) -> dict[str, object]:
        """Plain values for JSON."""
        return asdict(self)


def given_partition(path: Path, records: Sequence[SequenceRecord]) -> Partition:
    """A partition file, held against the sequences it is for.

    Raises:
        ArtefactError: no such file, or no JSON.
        DataError: it is no partition, or names people or sequences otherwise than the data do.
    """
    read = read_partition(path)
    check_names(f"{path} names", (*read.train, *read.test), {r.subject or PROBE for r in records})
    for what, listed in read.lists.items():
        check_names(f"{path}: {what} lists", listed, _names(records))
    return read


def described(store: Store) -> PartitionReport | None:
    """The partition that a store keeps, beside its people; None where it keeps none."""
    partition = store.partition
    if partition is None:
        return None
    people, named = {r.subject for r in store.records}, {*partition.train, *partition.test}
    # a partition of the toolkit may list `probe` among the people that are tested
    here = {name or PROBE for name in people}
    listed = [name for names in partition.lists.values() for name in names]
    keys = _names(store.records) if listed else set()
    return PartitionReport(
        source=partition.source,
        sha256=partition.sha256,
        train=len(people & set(partition.train)),
        test=len(people & set(partition.test)),
        absent=tuple(sorted(named - here)),
        neither=tuple(sorted(s for s in people if s is not None and s not in named)),
        unmatched=tuple(name for name in listed if name not in keys),
    )


def split_of(store: Store, name: str | None, subjects: Iterable[str] | None = None) -> Split:
    """The named split (None: the usual one) of a store: that of the partition it keeps, or one of its layout.

    Args:
        store: whose split.
        name: of the split.
        subjects: of whom; None: of all that the store knows.

    Raises:
        ArtefactError: the store names a partition file that it does not hold.
        ComponentError, ConfigError, DataError: its layout is not there, or has no such split.
    """
    people = {r.subject for r in store.records} - {None} if subjects is None else set(subjects)
    here = sorted(s for s in people if s is not None)
    if name in (None, NAME):
        if store.partition is not None:
            return split_of_partition(store.partition, here)
        forgotten = store.layout.get(NAME)
        if forgotten:
            raise ArtefactError(
                f"{store.root} was prepared by an earlier version and does not hold its partition {str(forgotten)!r}, "
                f"only that name: give it the file once, `gaitprint data partition {store.root} FILE.json`"
            )
    return layout_of(store).split(name, here)


def _names(records: Sequence[SequenceRecord]) -> set[str]:
    """What lists may call the sequences."""
    return {name for r in records for name in (r.key, long_name(r))}


def _some(names: tuple[str, ...], what: str) -> str:
    shown = ", ".join(map(repr, names[:_SHOWN])) + (", ..." if len(names) > _SHOWN else "")
    return f"{len(names)} {what}{'' if len(names) == 1 else 's'} ({shown})"
