"""People followed by motion first and by colours second, after ByteTrack (Zhang and others, ECCV 2022).

Its idea is kept: sure detections are matched first, and what is left of the tracks is then looked for among the
unsure ones, for whoever is half hidden has a low score. Different are: all times are seconds; a box of several people
keeps each of them; and who was lost is found again by place and colours.
"""

from dataclasses import dataclass

import numpy as np

from gaitprint.components import Component
from gaitprint.config import require
from gaitprint.video.frames import VideoFrame, VideoInfo
from gaitprint.video.overlap import iou, share_inside
from gaitprint.video.people import Box, Detections, TrackedPerson, TrackUpdate
from gaitprint.video.tracking.assignment import assign
from gaitprint.video.tracking.box_motion import GATE, BoxMotion
from gaitprint.video.tracking.crowding import completed, crowds, mix_up_hidden, spread_within
from gaitprint.video.tracking.matching import Chosen, Found, Gains, overlap_gains, recovery_gains, reunion_gains
from gaitprint.video.tracking.track import Track

_LOW_OVERLAP = 0.5
"""Of unsure detections: they must lie where somebody is expected, for many are nobody."""
_CROWD_DOUBT, _HIDDEN_DOUBT = 3.0, 2.0
"""How many times less exact than a box of one's own is a place in a crowd, and one of which a part is hidden."""
_COVERED = 0.5
"""A detection of which people who are known cover more than this share is no newcomer, but a piece of them."""
_COMING_OUT = 0.2
"""The same of people who are not found now."""
_PACE_MEMORY = 1.5
"""Seconds over which a pace is averaged."""


@dataclass(frozen=True)
class ByteTrackSettings:
    """When people are sure to be there, and for how long they may be away. All times are in seconds of the video."""

    high: float = 0.4
    """Detections with at least this score are matched first, and can be somebody new."""
    low: float = 0.1
    """Detections with at least this score can be somebody who is already known."""
    overlap: float = 0.2
    """Intersection over union of a detection and the box that was expected, at least."""
    hits: int = 3
    """Somebody new is confirmed after so many detections."""
    confirm: float = 0.2
    """... and not before so many seconds."""
    tentative: float = 0.5
    """Who is not confirmed and not found again for so long was nobody."""
    occlusion: float = 1.5
    """Who is confirmed and not found is still reported, where they are supposed to be, for so long."""
    reentry: float = 5.0
    """Who comes back within this time, and looks the same, keeps their number; afterwards the track ends."""
    likeness: float = 0.35
    """Who comes back has colours at a distance of at most this: 0 the same, 1 nothing in common."""
    colour_weight: float = 0.5
    """How much colours count beside overlap where one of several is chosen, 0 to 1."""
    colour_memory: float = 1.0
    """Seconds after which two thirds of what is remembered of colours is new."""
    speed: float = 0.8
    """Spread of the speeds of people in body heights a second: walkers do about 0.8."""
    persistence: float = 4.0
    """Seconds for which people keep their speed."""

    def __post_init__(self) -> None:
        require(0 <= self.low <= self.high <= 1, f"0 <= low <= high <= 1 is wanted, found {self.low} and {self.high}")
        for name in ("overlap", "likeness", "colour_weight"):
            value = getattr(self, name)
            require(0 <= value <= 1, f"{name} must lie in [0, 1], found {value}")
        require(self.hits >= 1, f"hits must be at least 1, found {self.hits}")
        for name in ("confirm", "tentative", "occlusion"):
            require(getattr(self, name) >= 0, f"{name} must be at least 0 seconds, found {getattr(self, name)}")
        require(self.reentry >= self.occlusion, f"reentry must be at least occlusion, found {self.reentry}")
        for name in ("colour_memory", "speed", "persistence"):
            require(getattr(self, name) > 0, f"{name} must be above 0, found {getattr(self, name)}")


class _Session:
    """See `gaitprint.video.contracts.TrackerSession`."""

    def __init__(self, settings: ByteTrackSettings, info: VideoInfo) -> None:
        self._settings, self._info = settings, info
        self._motion = BoxMotion(settings.speed, settings.persistence)
        self._tracks: list[Track] = []
        self._given = 0
        self._now = 0.0
        self._last_search = 0.0

    def update(self, frame: VideoFrame, detections: Detections | None) -> TrackUpdate:
        passed = max(0.0, float(frame.seconds) - self._now)
        self._now += passed
        for track in self._tracks:
            track.move(self._motion.predict(track.state, passed))
        ended = () if detections is None else self._search(frame, detections)
        people = [t for t in self._tracks if t.number and self._is_near(t) and self._in_frame(t.box)]
        people.sort(key=lambda t: t.number)
        return TrackUpdate(tuple(TrackedPerson(t.number, t.box, t.score, t.seen) for t in people), ended)

    def correct(self, track: int, box: Box) -> None:
        for known in self._tracks:
            # a mask that lies elsewhere is of somebody else
            if known.number == track and iou(known.box[None], box[None])[0, 0] >= self._settings.overlap:
                self._measure(known, box)

    def _search(self, frame: VideoFrame, detections: Detections) -> tuple[int, ...]:
        self._match(Found.of(frame.image, detections, self._settings.low, self._settings.high))
        self._confirm()
        self._last_search = self._now
        return self._end()

    def _match(self, found: Found) -> None:
        s = self._settings
        rest = [t for t in self._tracks if t.number]
        fresh = [t for t in self._tracks if not t.number]
        known_before = {t for t in rest if t.seen or t.in_crowd}
        for track in self._tracks:
            track.seen = track.in_crowd = False
        high, low = np.flatnonzero(found.scores >= s.high), np.flatnonzero(found.scores < s.high)
        near = [t for t in rest if self._is_near(t)]
        crowded = self._crowds(near, high, found)
        single = np.array([j for j in high if j not in crowded], np.intp)
        reunions = reunion_gains(near, single, found, s.overlap, s.likeness)
        overlaps = overlap_gains(near, single, found, s.overlap, s.colour_weight)
        # who was close to somebody is told by looks, everybody else by place
        single = self._pair(near, single, found, np.where(reunions > 0, reunions, overlaps))
        high = np.array(sorted([*single, *self._hold(crowded, found)]), np.intp)
        half_hidden = [t for t in near if not (t.seen or t.in_crowd) and t in known_before]
        self._pair(half_hidden, low, found, overlap_gains(half_hidden, low, found, _LOW_OVERLAP, s.colour_weight))
        high = self._pair(fresh, high, found, overlap_gains(fresh, high, found, s.overlap, s.colour_weight))
        for group in (rest, fresh):
            missed = [t for t in group if not (t.seen or t.in_crowd)]
            high = self._pair(missed, high, found, recovery_gains(self._motion, missed, high, found, s.likeness))
        self._begin(high, found)
        mix_up_hidden(near)
        for track in known_before:
            # who is behind somebody may as well have turned back with them
            if not (track.seen or track.in_crowd or track.mixed):
                track.keep_pace()

    def _crowds(self, near: list[Track], high: Chosen, found: Found) -> dict[int, list[Track]]:
        """Detections of several people in one, and who they are."""
        expected = np.array([t.box for t in near], np.float32).reshape(-1, 4)
        held = crowds(expected, found.boxes[high])
        return {int(high[j]): [near[i] for i in people] for j, people in held.items()}

    def _hold(self, crowded: dict[int, list[Track]], found: Found) -> list[int]:
        """Keep the people of crowds near where they are; answers detections that are none, as people were elsewhere."""
        left = []
        for index, people in crowded.items():
            held = [t for t in people if not (t.seen or t.in_crowd)]
            if len(held) < 2:
                left.append(index)
                continue
            places = spread_within(found.boxes[index], np.stack([t.box for t in held]))
            for track, place in zip(held, places, strict=True):
                track.move(self._motion.update(track.state, place, _CROWD_DOUBT))
                track.in_crowd = track.mixed = True
                track.last_seen = self._now
        return left

    def _measure(self, track: Track, box: Box) -> None:
        """Let a box say where somebody is; what is hidden of it is where it was expected."""
        whole, hidden = completed(box, track.box)
        track.move(self._motion.update(track.state, whole, _HIDDEN_DOUBT if hidden else 1.0))

    def _pair(self, tracks: list[Track], chosen: Chosen, found: Found, gains: Gains) -> Chosen:
        """Match tracks with detections; answers the detections that are left."""
        taken = assign(gains)
        for i, j in taken:
            self._take(tracks[i], int(chosen[j]), found)
        return np.delete(chosen, [j for _, j in taken])

    def _take(self, track: Track, index: int, found: Found) -> None:
        box = found.boxes[index]
        if track.mixed and self._motion.distances(track.state, box[None])[0] > GATE:
            # they came out where another one was expected: what was known of their way is of no use
            track.move(self._motion.begin(box))
        self._measure(track, box)
        track.score = float(found.scores[index])
        track.hits += 1
        track.seen, track.mixed = True, False
        passed = self._now - self._last_search
        others = [t.box for t in self._tracks if t is not track and self._is_near(t)]
        # where two overlap, the colours are of both
        if not others or iou(box[None], np.stack(others)).max() < 0.1:
            track.learn(found.colours[index], 1 - float(np.exp(-passed / self._settings.colour_memory)))
            track.note_pace(box, 1 - float(np.exp(-passed / _PACE_MEMORY)))
        track.last_seen = self._now

    def _begin(self, chosen: Chosen, found: Found) -> None:
        for index in chosen:
            box = found.boxes[index]
            if self._is_piece(box):
                continue
            state, score = self._motion.begin(box), float(found.scores[index])
            self._tracks.append(Track(state, score, self._now, self._now, found.colours[index]))

    def _is_piece(self, box: Box) -> bool:
        """Whether a box is a part of somebody who is known."""
        known = [t for t in self._tracks if t.number and self._is_near(t)]
        # who was lost comes out of hiding bit by bit, and not quite where they are supposed to be
        most = np.array([_COVERED if t.seen or t.in_crowd else _COMING_OUT for t in known])
        return bool(known) and bool((share_inside(box[None], np.stack([t.box for t in known]))[0] > most).any())

    def _confirm(self) -> None:
        """Number those who are sure to be there, in the order of their appearance."""
        for track in self._tracks:
            age = self._now - track.first_seen
            sure = track.seen and track.hits >= self._settings.hits and age >= self._settings.confirm
            if not track.number and sure and not self._is_piece(track.box):
                self._given += 1
                track.number = self._given

    def _end(self) -> tuple[int, ...]:
        """Forget those who were away for too long; their numbers are told."""
        limits = {t: self._settings.reentry if t.number else self._settings.tentative for t in self._tracks}
        gone = [t for t in self._tracks if not (t.seen or t.in_crowd) and self._now - t.last_seen > limits[t]]
        self._tracks = [t for t in self._tracks if t not in gone]
        return tuple(sorted(t.number for t in gone if t.number))

    def _is_near(self, track: Track) -> bool:
        """Whether it was found lately, so that where it is supposed to be means something."""
        return track.seen or self._now - track.last_seen <= self._settings.occlusion

    def _in_frame(self, box: Box) -> bool:
        left, top, right, bottom = box
        return bool(right > 0 and bottom > 0 and left < self._info.width and top < self._info.height)


@dataclass(frozen=True)
class ByteTrack:
    """See `gaitprint.video.contracts.Tracker`."""

    settings: ByteTrackSettings

    @property
    def memory(self) -> float:
        return self.settings.reentry

    def open(self, info: VideoInfo) -> _Session:
        """Begin with a video."""
        return _Session(self.settings, info)


component = Component(ByteTrackSettings, ByteTrack)
