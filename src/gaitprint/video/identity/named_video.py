"""A video that is gone through with names: who is on which track at each frame, by what was seen until then."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from jaxtyping import UInt8

from gaitprint.video.chain import Moment
from gaitprint.video.identity.identifier import Identifier
from gaitprint.video.identity.track_identity import TrackIdentity
from gaitprint.video.walks import VideoWalks, WalkWindow


@dataclass(frozen=True, eq=False)
class NamedMoment:
    """What one frame showed, and who is on which track so far."""

    moment: Moment
    identities: Mapping[int, TrackIdentity]
    """By track, of those who are in the frame."""


@dataclass(frozen=True, eq=False)
class NamedTrack:
    """The last answer of a track, and what it rests on."""

    identity: TrackIdentity
    dropped: Mapping[str, int] = field(default_factory=dict)
    """Stretches that were left out, by reason."""
    silhouettes: UInt8[np.ndarray, "T H W"] | None = None
    """Some of its frames, to be looked at; None where there is none."""

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {**self.identity.to_dict(), "dropped": dict(self.dropped)}


class NamedVideo:
    """A video with names.

    Args:
        walks: of the video.
        identifier: names its tracks; of this video alone.
        forget: close tracks when they end, for videos without an end: their answer is final by then.
    """

    def __init__(self, walks: VideoWalks, identifier: Identifier, forget: bool = False) -> None:
        self._walks, self._identifier, self._forget = walks, identifier, forget
        self._dropped: dict[int, Counter[str]] = {}
        self._strips: dict[int, tuple[int, UInt8[np.ndarray, "T H W"]]] = {}
        self._closed: list[TrackIdentity] = []

    def __iter__(self) -> Iterator[NamedMoment]:
        """Every frame, in order."""
        for step in self._walks:
            moment = step.moment
            if moment is not None:
                # a box that is only expected proves no presence
                seen = [s.person.track for s in moment.people if s.person.seen]
                self._identifier.see(seen, moment.frame.seconds)
            for window in step.windows:
                self._take(window)
            if moment is not None:
                present = {s.person.track for s in moment.people}
                named = {a.track: a for a in self._identifier.answers()} if present else {}
                yield NamedMoment(moment, {t: named[t] for t in sorted(present) if t in named})
                if self._forget and moment.ended:
                    self._close(moment.ended)

    def tracks(self) -> tuple[NamedTrack, ...]:
        """The answers so far of all tracks, by number."""
        answers = sorted((*self._closed, *self._identifier.answers()), key=lambda a: a.track)
        return tuple(
            NamedTrack(a, dict(self._dropped.get(a.track, {})), self._strips.get(a.track, (0, None))[1])
            for a in answers
        )

    def _take(self, window: WalkWindow) -> None:
        stretch = window.stretch
        if window.walk is None:
            self._dropped.setdefault(stretch.track, Counter())[stretch.reason] += 1
            if not stretch.strip or stretch.track in self._strips:
                return
        else:
            self._identifier.add(stretch.track, window.walk, len(stretch))
        # the longest stretch that counted is the one to look at
        length = 0 if window.walk is None else len(stretch)
        if stretch.strip and length >= self._strips.get(stretch.track, (0,))[0]:
            self._strips[stretch.track] = length, np.stack(stretch.strip)

    def _close(self, ended: tuple[int, ...]) -> None:
        open_tracks = {a.track for a in self._identifier.answers()}
        self._closed += [replace(self._identifier.close(t)) for t in ended if t in open_tracks]
