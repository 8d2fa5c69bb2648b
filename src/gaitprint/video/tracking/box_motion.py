"""How the box of a walker moves: a Kalman filter in seconds, for frames at any distance in time.

Centre, aspect (width over height) and height move independently of each other. Each has a velocity that wanders about
zero and is forgotten at a rate of its own (an Ornstein-Uhlenbeck process: Uhlenbeck and Ornstein, Physical Review 36,
1930; as a model for tracking: Singer, IEEE Transactions on Aerospace and Electronic Systems 6, 1970). Walkers keep
their pace for seconds; what a box's width does is forgotten within a step. Over a time without a detection, people go
on as they went and the place where they may be widens.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64, Shaped

from gaitprint.video.people import Box

_NOISE = np.array([0.04, 0.04, 0.08, 0.05])
"""Standard deviations of a detected box: of centre and height in heights, of aspect as it is."""
_SIZE_SPEED, _SIZE_PERSISTENCE = 0.2, 0.5
"""Spread of the velocity of height (in heights a second), and the seconds it lasts."""
_ASPECT_SPEED, _ASPECT_PERSISTENCE = 0.8, 0.15
"""Legs open and close within half a second."""
_OUTLIER = 3.0
"""Standard deviations from which on a box counts less: half of somebody behind a pillar is no jump to the side."""


GATE = 16.27
"""Squared Mahalanobis distances of people's own boxes lie below it 999 times of 1,000 (chi-squared, 3 degrees)."""


@dataclass(frozen=True, eq=False)
class BoxState:
    """What is known of a box: its centre's column and row, its aspect and its height, a row each."""

    mean: Float64[np.ndarray, "4 2"]
    """The values and their velocities a second, in pixels; aspect has no unit."""
    covariance: Float64[np.ndarray, "4 3"]
    """Of each value: its variance, its covariance with its velocity, and the velocity's variance."""
    scale: float
    """Height in pixels when it was last measured: noise is in parts of it."""

    def box(self) -> Box:
        """Where it is supposed to be."""
        column, row, aspect, height = self.mean[:, 0]
        half = max(aspect, 0.05) * height / 2
        return np.array([column - half, row - height / 2, column + half, row + height / 2], np.float32)


@dataclass(frozen=True)
class BoxMotion:
    """The filter, of walkers of one spread of speeds."""

    speed: float
    """Standard deviation of the centre's velocity in body heights a second."""
    persistence: float
    """Seconds over which the centre's velocity is forgotten."""

    def begin(self, box: Box) -> BoxState:
        """Somebody new at a box, going anywhere."""
        value = _measured(box[None])[0]
        mean = np.stack([value, np.zeros(4)], axis=1)
        units = _units(value[3])
        covariance = np.stack([(_NOISE * units) ** 2, np.zeros(4), (self._speeds() * units) ** 2], axis=1)
        return BoxState(mean, covariance, float(value[3]))

    def predict(self, state: BoxState, seconds: float) -> BoxState:
        """The state some seconds later, at least 0. Two halves of a time are the same as the whole."""
        last = np.array([self.persistence, self.persistence, _ASPECT_PERSISTENCE, _SIZE_PERSISTENCE])
        stays = np.exp(-seconds / last)
        carries = last * (1 - stays)
        value, velocity = state.mean[:, 0], state.mean[:, 1]
        variance, cross, pace = state.covariance.T
        # the spread of velocities is the one that these draws keep up for ever
        drawn = 2 * (self._speeds() * _units(state.scale)) ** 2 / last
        new_pace = drawn * last / 2 * (1 - stays**2)
        new_cross = drawn * last**2 / 2 * (1 - stays) ** 2
        new_variance = drawn * last**2 * (seconds - 2 * carries + last / 2 * (1 - stays**2))
        covariance = np.stack(
            [
                variance + 2 * carries * cross + carries**2 * pace + np.maximum(new_variance, 0.0),
                stays * (cross + carries * pace) + new_cross,
                stays**2 * pace + new_pace,
            ],
            axis=1,
        )
        moved = value + carries * velocity
        # a height that shrinks on unseen stays one
        moved[3] = max(moved[3], 0.2 * state.scale)
        return BoxState(np.stack([moved, stays * velocity], axis=1), covariance, state.scale)

    def update(self, state: BoxState, box: Box, doubt: float = 1.0) -> BoxState:
        """The state after a box was measured.

        Args:
            state: as predicted for the same moment.
            box: what was found.
            doubt: how many times larger than usual the standard deviation of the measurement is.
        """
        value = _measured(box[None])[0]
        surprise = value - state.mean[:, 0]
        variance, cross, pace = state.covariance.T
        noise = (doubt * _NOISE * _units(state.scale)) ** 2
        noise = np.maximum(noise, (surprise / _OUTLIER) ** 2 - variance)
        gain, velocity_gain = variance / (variance + noise), cross / (variance + noise)
        mean = state.mean + np.stack([gain, velocity_gain], axis=1) * surprise[:, None]
        covariance = np.stack([(1 - gain) * variance, (1 - gain) * cross, pace - velocity_gain * cross], axis=1)
        mean[3, 0] = max(mean[3, 0], 1.0)
        return BoxState(mean, covariance, float(mean[3, 0]))

    def distances(self, state: BoxState, boxes: Shaped[np.ndarray, "N 4"]) -> Float64[np.ndarray, " N"]:
        """Squared Mahalanobis distances of boxes by centre and height: chi-squared of 3 degrees if they are its.

        Aspect is left out: it says how the legs stand.
        """
        variance = state.covariance[:, 0] + (_NOISE * _units(state.scale)) ** 2
        surprise = _measured(boxes) - state.mean[:, 0]
        return np.asarray((surprise**2 / variance)[:, [0, 1, 3]].sum(axis=1))

    def _speeds(self) -> Float64[np.ndarray, "4"]:
        return np.array([self.speed, self.speed, _ASPECT_SPEED, _SIZE_SPEED])


def _measured(boxes: Shaped[np.ndarray, "N 4"]) -> Float64[np.ndarray, "N 4"]:
    """Centre's column and row, aspect, height."""
    left, top, right, bottom = boxes.astype(np.float64).T
    height = bottom - top
    return np.stack([(left + right) / 2, (top + bottom) / 2, (right - left) / height, height], axis=1)


def _units(height: float) -> Float64[np.ndarray, "4"]:
    """What the four values are measured in: the body's height, but aspect in itself."""
    return np.array([height, height, 1.0, height])
