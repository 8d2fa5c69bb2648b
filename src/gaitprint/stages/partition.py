"""`gaitprint data partition`: who trains and who is tested in a store, and another partition; no frame is read."""

from dataclasses import asdict, dataclass
from pathlib import Path

from gaitprint.ingest.splits import PartitionReport, described, given_partition, split_of
from gaitprint.store import Store, keep_partition


@dataclass(frozen=True)
class SplitReport:
    """The usual split of a store."""

    store: str
    train: tuple[str, ...]
    """Subjects that train."""
    test: tuple[str, ...]
    """Subjects that are tested."""
    partition: PartitionReport | None
    """The partition that the store keeps; None: the split is its layout's."""

    def to_dict(self) -> dict[str, object]:
        """Plain values for JSON."""
        return asdict(self)


def partition(store: Path, file: Path | None = None, *, drop: bool = False) -> SplitReport:
    """Say who trains and who is tested in a store, after giving it another partition where one is given.

    Args:
        store: made by `gaitprint data prepare`.
        file: the partition file that the store is to keep from now on; None: it stays as it is.
        drop: forget the partition; the split is then the layout's.

    Raises:
        ArtefactError: no such store or file.
        DataError: the file is no partition, or names people otherwise than the store does; nothing is changed then.
    """
    opened = Store.open(Path(store))
    if file is not None or drop:
        keep_partition(opened.root, None if file is None else given_partition(Path(file), opened.records))
        opened = Store.open(Path(store))
    split = split_of(opened, None)
    return SplitReport(str(store), split.train, split.test, described(opened))
