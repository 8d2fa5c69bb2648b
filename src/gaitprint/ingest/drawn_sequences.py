"""The sequences of a layout that draws its walkers itself, as a source of a store."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from gaitprint.config import require
from gaitprint.errors import DataError
from gaitprint.ingest.frame_settings import FrameSettings
from gaitprint.ingest.reading import ReadSequence
from gaitprint.layouts.contract import DrawingLayout
from gaitprint.silhouettes.quality import measure
from gaitprint.store import Partition, pack
from gaitprint.types import SequenceRecord

_STAMP = "drawn"
"""Of a walker: it is the same whenever it is drawn."""


class DrawnSequences:
    """A source that draws its sequences as they are asked for; what a store has of them never changes."""

    def __init__(
        self,
        name: str,
        drawing: DrawingLayout,
        values: dict[str, Any],
        how: FrameSettings,
        subjects: Sequence[str] | None,
    ) -> None:
        require(how.size == 64, f"drawn walkers are 64 pixels high, found size {how.size}")
        self.everything = drawing.records()
        self.partition: Partition | None = None
        self.notes: tuple[str, ...] = ()
        names = list(dict.fromkeys(str(r.subject) for r in self.everything))
        self._subjects = frozenset(names if subjects is None else subjects)
        for subject in sorted(self._subjects.difference(names)):
            raise DataError(f"no walker is called {subject!r}: those asked for are {names[0]} to {names[-1]}")
        self.dataset, self.place = name, ""
        self.total = sum(r.subject in self._subjects for r in self.everything)
        self.layout, self._drawing, self._form = values, drawing, how.form

    def usual_shape(self) -> tuple[int, int]:
        """See `SequenceSource`."""
        return 64, 64

    def holds(self, key: str, record: SequenceRecord | None, stamp: str) -> bool:
        """See `SequenceSource`."""
        del key, record, stamp  # they follow from the settings
        return True

    def read(
        self, done: frozenset[str], known: Mapping[str, str], held: Mapping[str, SequenceRecord]
    ) -> Iterator[tuple[SequenceRecord, str, ReadSequence]]:
        """See `SequenceSource`."""
        del held  # their records follow from the settings
        for record, frames in self._drawing.draw():
            if record.key in done or record.subject not in self._subjects:
                continue
            if known.get(record.key) == _STAMP:
                yield record, "", ReadSequence(None, unchanged=True)
            else:
                packed, quality = pack(frames, self._form), asdict(measure(frames))
                yield record, "", ReadSequence(packed, quality=quality, stamp=_STAMP)
