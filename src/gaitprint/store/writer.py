"""Writing a store, or bringing one up to date: killed at any moment nothing that was finished is lost."""

import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

from gaitprint.atomic_files import reason_and_way_out
from gaitprint.errors import DataError
from gaitprint.store._base import read_base
from gaitprint.store._folder import FRAMES, INDEX, JOURNAL, check_free, drop_leftovers
from gaitprint.store._head import StoreHead
from gaitprint.store._packing import Packed, pack
from gaitprint.store._publishing import drop_other_indexes, publish
from gaitprint.store._recovery import Holds, begun_alike, mapped, partition_of, sound_part
from gaitprint.store.index import StoredSequence
from gaitprint.store.journal import Decision, Journal, Keep, SetAside, write_whole
from gaitprint.store.partition import Partition
from gaitprint.store.plan import StorePlan
from gaitprint.types import Frames, SequenceRecord


class StoreWriter:
    """Decides sequence by sequence what a store will hold; opening it again after a kill goes on where it was.

    On a finished store it brings that store up to date: `known` says which sequences it has, `keep` takes one over as
    it is. The finished state stays readable until `finish` puts the new one in its place.

    >>> import tempfile, pathlib, numpy as np
    >>> root = pathlib.Path(tempfile.mkdtemp()) / "store"
    >>> with StoreWriter(root, StorePlan("folder", (64, 64))) as writer:
    ...     writer.add(SequenceRecord("a/nm/0", "a", "nm", "0"), np.full((5, 64, 64), 255, np.uint8))
    >>> from gaitprint.store import Store
    >>> Store.open(root).lengths
    (5,)
    """

    def __init__(
        self,
        root: Path,
        plan: StorePlan,
        *,
        holds: Holds = lambda key, record, stamp: True,
        partition: Partition | None = None,
        anew: bool = False,
    ) -> None:
        """Begin a store, bring a finished one up to date, or go on with either.

        Args:
            root: a new or empty folder, or that of a store.
            plan: what it is to hold; what is there goes on under the same alone.
            holds: whether the source is still as it was when a killed run decided about a sequence; see `Holds`. The
                first that is not ends what is taken over of that run.
            partition: who trains and who is tested; None: as the store, or the run that was killed, has it.
            anew: write a finished store anew where its index or frames are damaged or gone; else that is refused.

        Raises:
            DataError: the folder is in use for something else, by another process, or cannot be written.
            ArtefactError: the finished store in it is damaged.
        """
        self.root = Path(root)
        self.plan = plan
        self._partition = partition
        check_free(self.root)
        try:
            self.root.mkdir(parents=True, exist_ok=True)
        except (OSError, ValueError) as error:
            raise DataError(f"cannot make the store's folder {root}: {reason_and_way_out(error)}") from None
        # held before anything is read: another writer may be about to publish
        self._journal = Journal(self.root / JOURNAL)
        try:
            base = read_base(self.root, self.plan, anew)
            self._base, self._aside, self._kept = base.rows, base.aside, (base.partition, base.made_of)
            self._generation, self._end, self._index = base.generation, base.end, base.index
            drop_leftovers(self.root)
            self._decided: dict[str, Decision] = {}
            self._recover(holds)
            if self._journal.empty:
                split = None if self._partition is None else asdict(self._partition)
                self._journal.write({**self.plan.to_dict(), "generation": self._generation, "partition": split})
            self._frames = (self.root / FRAMES).open("ab", buffering=0)
        except BaseException:
            self._journal.abandon()
            raise

    def __enter__(self) -> "StoreWriter":
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            if kind is None:
                self.finish()
        finally:
            self._frames.close()
            self._journal.close()

    @property
    def done(self) -> frozenset[str]:
        """Keys decided, those of an earlier, killed run included."""
        return frozenset(self._decided)

    @property
    def set_aside_now(self) -> tuple[SetAside, ...]:
        """What is left out, in the order of keys."""
        return tuple(sorted((d for d in self._decided.values() if isinstance(d, SetAside)), key=lambda d: d.key))

    @property
    def known(self) -> dict[str, str]:
        """Stamps of what the finished state holds or left out, by key; an empty stamp is never equal to anything."""
        return {r.key: r.stamp for r in self._base.values()} | {a.key: a.stamp for a in self._aside.values()}

    def add(self, record: SequenceRecord, frames: Frames, source: str = "", warnings: tuple[str, ...] = ()) -> None:
        """Pack and append one sequence; see `append`."""
        self.append(record, pack(frames, self.plan.form, record.key), source, warnings)

    def append(
        self,
        record: SequenceRecord,
        packed: Packed,
        source: str = "",
        warnings: tuple[str, ...] = (),
        stamp: str = "",
        quality: Mapping[str, float] | None = None,
    ) -> None:
        """Append one packed sequence: its frames first, then its line in the journal.

        Raises:
            DataError: frames of another size, a key that is there already, or names that are no Unicode text.
        """
        self._check_new(record.key)
        if packed.size != self.plan.size:
            raise DataError(f"{record.key}: the store holds frames of {self.plan.size}, found {packed.size}")
        who = (record.key, record.subject, record.condition, record.view)
        how, size = dict(quality or {}), len(packed.blob)
        row = StoredSequence(*who, packed.length, packed.sha256, source, stamp, warnings, how, self._end, size)
        try:
            write_whole(self._frames, packed.blob)
            self._journal.write(row)
        except BaseException:
            os.truncate(self._frames.fileno(), self._end)
            raise
        self._end += len(packed.blob)
        self._decided[row.key] = row

    def keep(self, key: str) -> None:
        """Take a sequence over from the finished state as it is, or leave it out as before.

        Raises:
            DataError: that state does not know it, or it is decided already.
        """
        self._check_new(key)
        if key not in self._aside and key not in self._base:
            raise DataError(f"{key}: {self.root} does not hold this sequence, so it cannot be kept")
        self._decide(self._aside[key] if key in self._aside else Keep(key))

    def set_aside(self, key: str, reason: str, stamp: str = "") -> None:
        """Leave a sequence out, with the reason."""
        self._check_new(key)
        self._decide(SetAside(key, reason, stamp))

    def finish(self) -> None:
        """Publish: the index, then the head that names it. Sequences that were not decided are no longer held.

        Called at the end of a `with` block that ends without an error.

        Raises:
            DataError: no sequence is left.
        """
        written = (d for d in self._decided.values() if not isinstance(d, SetAside))
        rows = sorted((self._base[d.key] if isinstance(d, Keep) else d for d in written), key=lambda r: r.key)
        aside = {a.key: a for a in self.set_aside_now}
        if not rows:
            # begun anew the next time, or what is mended until then would never be read
            self._journal.cut(0)
            with suppress(OSError):
                (self.root / JOURNAL).unlink()
            raise DataError(f"no sequence was written to {self.root}: there is nothing to keep")
        name = INDEX.format(self._generation)
        changed = (
            rows != list(self._base.values())
            or aside != self._aside
            or (self._partition, self.plan.made_of) != self._kept
        )
        # an index of this state was left by a writer that was killed while it published: the quarantine may be new
        if changed or (self.root / name).exists():
            # frames, index, head: whatever is on the disk after a power cut names only what is there before it
            os.fsync(self._frames.fileno())
            publish(self.root, self._head(name), rows, aside)
            self._index = name
        drop_other_indexes(self.root, self._index)
        # killed before this, the next writer sees that the journal is of the generation before, and begins anew
        with suppress(OSError):
            (self.root / JOURNAL).unlink()

    def _head(self, index: str) -> StoreHead:
        return StoreHead(
            dataset=self.plan.dataset,
            size=self.plan.size,
            form=self.plan.form,
            made_from=self.plan.made_from,
            generation=self._generation,
            index=index,
            bytes=self._end,
            layout=self.plan.layout,
            partition=self._partition,
            made_of=self.plan.made_of,
        )

    def _check_new(self, key: str) -> None:
        if key in self._decided:
            raise DataError(f"{key}: the store holds this sequence already, a key is given once")

    def _decide(self, decision: Decision) -> None:
        self._journal.write(decision)
        self._decided[decision.key] = decision

    def _recover(self, holds: Holds) -> None:
        """Take up an earlier run's journal as far as its frames are there and whole; cut both files behind that."""
        journal, frames = self.root / JOURNAL, self.root / FRAMES
        head, *lines = journal.read_bytes().splitlines(keepends=True) or [b""]
        kept = 0
        if begun_alike(self.root, head, self.plan.to_dict(), self._generation):
            part = sound_part(lines, mapped(frames), self._end, self._base, self.plan, holds)
            self._decided, self._end = part.decided, part.end
            self._partition = self._partition or partition_of(head)
            kept = len(head) + part.line_bytes
        self._partition = self._partition or self._kept[0]
        self._journal.cut(kept)
        if frames.exists() and frames.stat().st_size != self._end:
            os.truncate(frames, self._end)
