"""Names for the tracks of one video, while it is gone through: each window adds to what is known of its track."""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

from gaitprint.errors import DataError
from gaitprint.evaluation.verification.calibration import Calibration
from gaitprint.types import Embeddings
from gaitprint.video.identity.acceptance import Acceptance
from gaitprint.video.identity.assignment import NOBODY, assign
from gaitprint.video.identity.evidence import EvidenceSettings, TrackEvidence
from gaitprint.video.identity.known_people import KnownPeople, mean_over_walks, nearest_walk
from gaitprint.video.identity.presence import Presence
from gaitprint.video.identity.track_identity import NO_WINDOW, TOO_FAR, TrackIdentity


@dataclass
class _Track:
    evidence: TrackEvidence
    first: float
    last: float
    taken: dict[int, int]
    """People who are a track that has ended and was seen beside this one, and which."""


class Identifier:
    """Who is on which track, as far as it can be told so far.

    Args:
        known: the people by name.
        acceptance: how near somebody has to be to be named.
        calibration: makes probabilities of distances; None: there are none.
        settings: how windows add up.
    """

    def __init__(
        self,
        known: KnownPeople,
        acceptance: Acceptance,
        calibration: Calibration | None = None,
        settings: EvidenceSettings | None = None,
    ) -> None:
        self.known, self.acceptance = known, acceptance
        self._calibration = calibration
        self._settings = settings or EvidenceSettings()
        self._subjects, self._rows = known.subjects, known.rows
        self._tracks: dict[int, _Track] = {}
        self._presence = Presence()
        self._answers: dict[int, TrackIdentity] | None = {}

    def see(self, tracks: Collection[int], seconds: float) -> None:
        """Take one frame: the tracks that were really seen in it, and its time, which never decreases."""
        for track in tracks:
            if track not in self._tracks:
                self._tracks[track] = _Track(TrackEvidence(len(self._subjects)), seconds, seconds, {})
                self._answers = None
            self._tracks[track].last = seconds
        if self._presence.see(tracks):
            self._answers = None

    def add(self, track: int, window: Embeddings, frames: int) -> None:
        """Take one more window of a track that was seen.

        Args:
            track: its number.
            window: one vector.
            frames: that it was made of.

        Raises:
            DataError: the track was never seen, or it is not one window. ArtefactError: other networks made it.
        """
        if track not in self._tracks:
            raise DataError(f"track {track} has not been seen: say when, by `see`, before what of it")
        if len(window) != 1 or frames < 1:
            raise DataError(f"a window is one vector of one frame or more, found {len(window)} of {frames}")
        distances = self.known.distances(window)
        ratios: Float64[np.ndarray, " S"] | None = None
        if self._calibration is not None:
            pairs = self._calibration.log_ratio(distances)
            ratios = mean_over_walks(pairs, self._rows, len(self._subjects))[0]
        nearest = nearest_walk(distances, self._rows, len(self._subjects))[0]
        self._tracks[track].evidence.add(frames, nearest, ratios)
        self._answers = None

    def answers(self) -> tuple[TrackIdentity, ...]:
        """Who is on each track, by number; no two that were seen at the same moment are one person."""
        if self._answers is None:
            self._answers = self._answered()
        return tuple(self._timed(self._answers[track]) for track in sorted(self._answers))

    def close(self, track: int) -> TrackIdentity:
        """Answer for a track that will not come again, and forget it: for what never ends.

        Whom it is named, nobody who was seen beside it will be.

        Raises:
            DataError: there is no such track.
        """
        answer = next((a for a in self.answers() if a.track == track), None)
        if answer is None:
            raise DataError(f"track {track} has not been seen, or was closed")
        # who is closed keeps their name, so those who stood beside them can no longer have it
        for other in self._presence.beside(track):
            if answer.subject is not None:
                self._tracks[other].taken[self._subjects.index(answer.subject)] = track
        self._presence.forget(track)
        del self._tracks[track]
        self._answers = None
        return answer

    def _timed(self, answer: TrackIdentity) -> TrackIdentity:
        times = self._tracks[answer.track]
        if answer.seconds == (times.first, times.last):
            return answer
        return TrackIdentity(**{**vars(answer), "seconds": (times.first, times.last)})

    def _answered(self) -> dict[int, TrackIdentity]:
        tracks = sorted(t for t, state in self._tracks.items() if state.evidence.windows)
        place = {track: i for i, track in enumerate(tracks)}
        distances = np.array([self._tracks[t].evidence.distances for t in tracks]).reshape(-1, len(self._subjects))
        # distances stay what they are; what is impossible is so for the assignment alone
        possible = distances.copy()
        for track, i in place.items():
            possible[i, list(self._tracks[track].taken)] = np.inf
        groups = [[place[t] for t in group if t in place] for group in self._presence.groups]
        weights = np.array([self._tracks[t].evidence.weight(self._settings) for t in tracks])
        chosen = assign(possible, self.acceptance.distance, groups, weights)
        answers = {t: self._empty(t) for t in self._tracks if t not in place}
        for track, i in place.items():
            answers[track] = self._answer(track, distances[i], int(chosen[i]))
            if chosen[i] == NOBODY and distances[i].min() <= self.acceptance.distance:
                # nothing but another track can stand in the way of somebody near enough
                beside = {t: chosen[place[t]] for t in self._presence.beside(track) if t in place}
                who = {int(p): t for t, p in beside.items()} | self._tracks[track].taken
                answers[track] = self._answer(track, distances[i], NOBODY, who[int(distances[i].argmin())])
        return answers

    def _answer(
        self, track: int, distances: Float64[np.ndarray, " S"], chosen: int, taken: int | None = None
    ) -> TrackIdentity:
        state = self._tracks[track]
        nearest = int(distances.argmin())
        subject = nearest if chosen == NOBODY else chosen
        others = np.where(np.arange(len(distances)) == subject, np.inf, distances)
        runner_up = int(others.argmin()) if len(distances) > 1 else None
        limit = np.inf if self._calibration is None else self._calibration.limit
        probabilities = state.evidence.probabilities(self._settings, limit)
        reason = "" if chosen != NOBODY else TOO_FAR
        if taken is not None:
            reason = f"{self._subjects[nearest]} is track {taken}, seen at the same moment"
        return TrackIdentity(
            track,
            None if chosen == NOBODY else self._subjects[chosen],
            float(distances[subject]),
            None if runner_up is None else float(distances[runner_up] - distances[subject]),
            None if probabilities is None else float(probabilities[subject]),
            None if runner_up is None else self._subjects[runner_up],
            self._subjects[nearest],
            state.evidence.windows,
            state.evidence.frames,
            (state.first, state.last),
            reason,
        )

    def _empty(self, track: int) -> TrackIdentity:
        state = self._tracks[track]
        return TrackIdentity(track, None, None, None, None, None, None, 0, 0, (state.first, state.last), NO_WINDOW)
