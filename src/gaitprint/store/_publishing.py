"""Putting a new state of a store in place of the one before, so that at any moment one of the two is whole."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path

import gaitprint
from gaitprint.atomic_files import read_json, sync_folder, write_json
from gaitprint.errors import ArtefactError
from gaitprint.store._folder import HEAD, INDEX, JOURNAL, QUARANTINE
from gaitprint.store._head import StoreHead
from gaitprint.store._sequences import fingerprint_of
from gaitprint.store.index import StoredSequence, write_index
from gaitprint.store.journal import Journal, SetAside
from gaitprint.store.partition import Partition
from gaitprint.store.reader import read_head


def publish(root: Path, head: StoreHead, rows: Sequence[StoredSequence], aside: Mapping[str, SetAside]) -> None:
    """Write the index, the quarantine, and last the head, which makes them count.

    Args:
        root: the store's folder.
        head: the new head; what it says of the index is filled in here.
        rows: the index, in the order of keys.
        aside: what is left out, by key.

    Raises:
        DataError: a file cannot be written.
    """
    # a new file under a new name: the head of the state before still names its own index, which nobody touches
    digest = write_index(root / head.index, rows)
    if aside:
        write_json(root / QUARANTINE, [vars(a) for a in aside.values()])
    else:
        (root / QUARANTINE).unlink(missing_ok=True)
    fingerprint = fingerprint_of([r.record for r in rows], [r.length for r in rows], [r.sha256 for r in rows])
    head = replace(
        head, index_sha256=digest, sequences=len(rows), fingerprint=fingerprint, written_by=gaitprint.__version__
    )
    _write_head(root, head)


def keep_partition(root: Path, partition: Partition | None) -> None:
    """Give a finished store another partition, or none; nothing else of it changes, and no frame is read.

    Raises:
        ArtefactError: there is no such store.
        DataError: another process writes it, or the head cannot be written.
    """
    # before the journal is opened, which would leave a file where no store is
    read_head(root)
    journal = Journal(root / JOURNAL)  # held, for an update may be about to publish another head
    try:
        _write_head(root, replace(read_head(root), partition=partition))
    finally:
        journal.abandon()


def _write_head(root: Path, head: StoreHead) -> None:
    write_json(root / HEAD, {"format": head.format, "version": head.version, **asdict(head)})


def drop_other_indexes(root: Path, name: str) -> None:
    """Remove the indexes of states that are gone, and of one whose writer was killed while it published."""
    others = [p for p in root.glob(INDEX.format("*")) if p.name != name]
    for old in others:
        with suppress(OSError):  # a reader on Windows still has it open
            old.unlink()
    if others:
        sync_folder(root)


def read_quarantine(root: Path) -> dict[str, SetAside]:
    """What the finished state leaves out, by key; where the list is damaged nothing, so that all is read again."""
    with suppress(ArtefactError, TypeError):
        entries = [SetAside(**entry) for entry in read_json(root / QUARANTINE, "the quarantine")]
        if all(isinstance(text, str) for a in entries for text in vars(a).values()):
            return {a.key: a for a in entries}
    return {}
