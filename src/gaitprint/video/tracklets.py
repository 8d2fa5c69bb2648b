"""The masks of one person over time become sequences of silhouettes, and each that does not says why.

A track is cut where too much is missing, and where it grows too long: each piece is a tracklet of its own.
"""

import math
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import overload

import numpy as np
from jaxtyping import UInt8

from gaitprint.arguments import settle_fields
from gaitprint.config import require
from gaitprint.errors import DataError
from gaitprint.silhouettes.normalize import EdgeRule, NormalizedSequence, normalize_sequence
from gaitprint.silhouettes.quality import Quality, measure
from gaitprint.silhouettes.quality_filter import QualityFilter
from gaitprint.video.chain import NOTHING_SEEN, Moment
from gaitprint.video.people import PersonMask
from gaitprint.video.walking import walks

Silhouette = UInt8[np.ndarray, "_H _W"]
STANDS = "does not walk"
"""Why somebody who stands, sits or exercises is left out."""


@dataclass(frozen=True)
class TrackletSettings:
    """What a tracklet is, and which are good enough to be kept."""

    frames: int = 15
    """Least frames of a kept one."""
    height: float = 48.0
    """Least median height of the body in pixels of a kept one."""
    gap: float = 0.25
    """Seconds without a good mask after which a new tracklet begins: the step that follows is another."""
    longest: int = 1500
    """Most frames of a tracklet; a longer track becomes several."""
    quality: str = ""
    """What else is asked of a kept one, such as "holes<0.05,pieces<0.2"; see `gaitprint.silhouettes.quality`."""
    speed: float = 0.15
    """Least speed of a kept one in the picture, in body heights a second, unless steps are seen: who stands, sits or
    exercises does not walk. 0: they are kept, too."""

    def __post_init__(self) -> None:
        settle_fields(self)
        require(self.frames >= 1, f"frames is at least 1, found {self.frames}")
        require(0 <= self.height < math.inf, f"height is a number of pixels, found {self.height}")
        require(0 <= self.gap < math.inf, f"gap is a number of seconds, found {self.gap}")
        require(self.longest >= max(1, self.frames), f"longest is at least frames, found {self.longest}")
        require(0 <= self.speed < math.inf, f"speed is a number of body heights a second, found {self.speed}")
        if self.quality:
            QualityFilter.parse(self.quality)


class RawSilhouettes(Sequence[Silhouette]):
    """Masks in frames of the video's size, packed until one is asked for."""

    def __init__(self, size: tuple[int, int]) -> None:
        self.size = size
        """Height and width."""
        self._packed: list[tuple[int, int, tuple[int, ...], bytes]] = []

    def append(self, mask: PersonMask) -> None:
        """Take one more."""
        pixels = np.ascontiguousarray(mask.pixels)
        self._packed.append((mask.left, mask.top, pixels.shape, zlib.compress(pixels.tobytes(), 1)))

    def box(self, place: int) -> tuple[int, int, int, int]:
        """left, top, right, bottom of the piece that was taken."""
        left, top, (height, width), _ = self._packed[place]
        return left, top, left + width, top + height

    def __len__(self) -> int:
        return len(self._packed)

    @overload
    def __getitem__(self, place: int) -> Silhouette: ...
    @overload
    def __getitem__(self, place: slice) -> list[Silhouette]: ...
    def __getitem__(self, place: int | slice) -> Silhouette | list[Silhouette]:
        if isinstance(place, slice):
            return [self[i] for i in range(*place.indices(len(self)))]
        left, top, shape, data = self._packed[place]
        frame = np.zeros(self.size, np.uint8)
        piece = np.frombuffer(zlib.decompress(data), np.uint8).reshape(shape)
        frame[top : top + shape[0], left : left + shape[1]] = piece
        return frame


@dataclass(frozen=True, eq=False)
class Tracklet:
    """A stretch of one person's track."""

    track: int
    part: int
    """Of the track's tracklets, from 1."""
    raw: RawSilhouettes
    indices: tuple[int, ...]
    """The number of each silhouette's frame in the source."""
    seconds: tuple[float, ...]
    """And its time."""
    dropped: Mapping[str, int]
    """Frames of this stretch whose masks were left out, by reason."""
    reason: str = ""
    """Why it is not kept; empty: it is."""
    quality: Quality | None = None
    """None where it could not be measured."""
    strip: tuple[Silhouette, ...] = field(default=(), repr=False)
    """Some normalised frames, to be looked at."""

    def __len__(self) -> int:
        return len(self.raw)

    def normalized(self, size: int = 64, edge_rule: EdgeRule = "opengait") -> NormalizedSequence:
        """The silhouettes as networks take them; see `normalize_sequence`.

        Raises:
            DataError: none of them is a silhouette.
        """
        return normalize_sequence(self.raw, size, edge_rule)


class _Growing:
    def __init__(self, part: int, size: tuple[int, int]) -> None:
        self.part = part
        self.raw = RawSilhouettes(size)
        self.indices: list[int] = []
        self.seconds: list[float] = []
        self.dropped: Counter[str] = Counter()


class TrackletCollector:
    """Takes what each frame showed and gives tracklets as they end."""

    def __init__(self, settings: TrackletSettings | None = None, strip: int = 8) -> None:
        self._settings = settings or TrackletSettings()
        self._strip = strip
        self._growing: dict[int, _Growing] = {}

    def add(self, moment: Moment) -> Iterator[Tracklet]:
        """Take one frame; the tracklets that it ended."""
        size = moment.frame.image.shape[:2]
        for sighting in moment.people:
            track = sighting.person.track
            growing = self._growing.setdefault(track, _Growing(1, size))
            if self._is_over(growing, moment.frame.seconds):
                yield self._finished(track, growing)
                growing = self._growing[track] = _Growing(growing.part + 1, size)
            mask = sighting.mask
            if mask is None or mask.fault:
                growing.dropped[NOTHING_SEEN if mask is None else mask.fault] += 1
                continue
            growing.raw.append(mask)
            growing.indices.append(moment.frame.index)
            growing.seconds.append(moment.frame.seconds)
        for track in moment.ended:
            if track in self._growing:
                yield self._finished(track, self._growing.pop(track))

    def finish(self) -> Iterator[Tracklet]:
        """What is left when the video ends."""
        for track in sorted(self._growing):
            yield self._finished(track, self._growing[track])
        self._growing.clear()

    def _is_over(self, growing: _Growing, now: float) -> bool:
        if len(growing.raw) >= self._settings.longest:
            return True
        return bool(growing.seconds) and now - growing.seconds[-1] > self._settings.gap + 1e-6

    def _finished(self, track: int, growing: _Growing) -> Tracklet:
        reason, quality, strip = self._judge(growing)
        return Tracklet(
            track,
            growing.part,
            growing.raw,
            tuple(growing.indices),
            tuple(growing.seconds),
            dict(growing.dropped.most_common()),
            reason,
            quality,
            strip,
        )

    def _judge(self, growing: _Growing) -> tuple[str, Quality | None, tuple[Silhouette, ...]]:
        """Why it is not good enough, how good it is, and some of its frames."""
        s = self._settings
        if not len(growing.raw):
            return f"no whole silhouette: {next(iter(growing.dropped), NOTHING_SEEN)}", None, ()
        try:
            normalized = normalize_sequence(growing.raw)
        except DataError:
            return "no whole silhouette: too few pixels", None, ()
        frames = normalized.frames
        places = np.linspace(0, len(frames) - 1, min(self._strip, len(frames))).round().astype(int)
        boxes, seconds = normalized.boxes, np.array(growing.seconds)[normalized.kept]
        quality = measure(frames, boxes, growing.raw.size)
        reason = ""
        if len(frames) < s.frames:
            reason = f"fewer than {s.frames} frames"
        elif quality.height < s.height:
            reason = f"lower than {s.height:g} pixels"
        elif s.speed and not walks(frames, boxes, seconds, quality.period, s.speed):
            reason = STANDS
        elif s.quality and not QualityFilter.parse(s.quality).keeps(quality, len(frames)):
            reason = f"not {s.quality}"
        return reason, quality, tuple(frames[places])
