"""On what an 8-bit network is calibrated, and on whom its ranks are compared: other people, always."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32

from gaitprint.config import require
from gaitprint.datasets.synthetic import SyntheticSettings
from gaitprint.exported.walkers import walks
from gaitprint.silhouettes.clips import Preprocessing, to_clip
from gaitprint.store import SequenceSet
from gaitprint.types import Frames, SequenceRecord

CALIBRATION, RANKED = 36, 200
"""Sequences, at most."""
FRAMES = 60
"""Of a sequence, at most."""
_CALIBRATING = SyntheticSettings(4, frames=24, conditions=("nm-01", "bg-01", "cl-01"), views=("000", "054", "108"))
_RANKING = SyntheticSettings(
    25, start=501, frames=24, conditions=("nm-01", "nm-02", "bg-01", "cl-01"), views=("036", "090")
)

Clip = Float32[np.ndarray, "1 _T _h _w"]


@dataclass(frozen=True, eq=False)
class Trial:
    """Clips of both kinds."""

    calibration: tuple[Clip, ...]
    records: tuple[SequenceRecord, ...]
    """Of those whose ranks are compared."""
    clips: tuple[Clip, ...]
    source: str
    """What they are, in words."""


def drawn_trial(preprocessing: Preprocessing) -> Trial:
    """Synthetic walkers."""
    records, frames = zip(*walks(_RANKING, preprocessing.size), strict=True)
    return Trial(drawn_calibration(preprocessing), records, _clips(frames, preprocessing), "synthetic walkers")


def drawn_calibration(preprocessing: Preprocessing) -> tuple[Clip, ...]:
    """Clips of synthetic walkers."""
    return _clips((frames for _, frames in walks(_CALIBRATING, preprocessing.size)), preprocessing)


def stored_calibration(train: SequenceSet, preprocessing: Preprocessing) -> tuple[Clip, ...]:
    """Clips of a store, spread over those who train.

    Raises:
        ConfigError: nobody does.
    """
    known = [i for i, record in enumerate(train.records) if record.subject is not None]
    require(len(known) >= 1, "nobody in the store trains, so there is nobody to calibrate with: give another store")
    spread = [known[i * len(known) // CALIBRATION] for i in range(CALIBRATION)]
    return _clips((train.frames(i, 0, FRAMES) for i in dict.fromkeys(spread)), preprocessing)


def stored_trial(train: SequenceSet, test: SequenceSet, preprocessing: Preprocessing) -> Trial:
    """Sequences of a store: some of those who train, and walks of all the others, of one view as far as there are.

    Raises:
        ConfigError: nobody trains, or of the others there are too few to compare ranks.
    """
    calibration = stored_calibration(train, preprocessing)
    ranked = [i for *_, i in sorted(_turns(test.records))[:RANKED]]
    records = tuple(test.records[i] for i in ranked)
    walked = {(record.subject, record.condition) for record in records}
    people = {subject for subject, _ in walked}
    require(
        len(people) >= 2 and len(walked) > len(people),
        f"ranks need two people and two walks of one among those who are tested, found {len(people)} with "
        f"{len(walked)} walks: give another store",
    )
    clips = _clips((test.frames(i, 0, FRAMES) for i in ranked), preprocessing)
    return Trial(calibration, records, clips, "sequences of the store")


def _turns(records: Sequence[SequenceRecord]) -> Iterator[tuple[int, str, int, str, int]]:
    """By what sequences take turns, and their places: the commonest view first, then a walk of everybody in turn."""
    named = [i for i, record in enumerate(records) if record.subject is not None]
    views = Counter(str(records[i].view) for i in named)
    walks = Counter[tuple[str, str]]()
    # by chance, so that the first walks of everybody are not all of one condition
    for i in np.random.default_rng(0).permutation(named):
        view, subject = str(records[i].view), str(records[i].subject)
        walks[view, subject] += 1
        yield -views[view], view, walks[view, subject], subject, int(i)


def _clips(sequences: Iterable[Frames], preprocessing: Preprocessing) -> tuple[Clip, ...]:
    return tuple(to_clip(frames, preprocessing)[None] for frames in sequences)
