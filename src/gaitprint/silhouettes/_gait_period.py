"""How many frames one gait cycle lasts: the period at which a sequence of silhouettes repeats itself.

Every frame is split into its even part (what it shares with its mirror image) and its odd part. By the symmetry of
walking, after one step the body stands as its own mirror image. So the even part beats with the steps where the walker
is seen from the side, from the front or from behind; from oblique views the near and the far leg differ and it beats
with strides, rich in overtones. The strongest beat is found first, then it is told whether it is a step or a stride,
and then the period is refined on whole frames by least squares. The odd part changes its sign in a mirror: energies do
not, so that mirrored sequences have the same period.

Every period is weighed by the energy that a sine of it takes off the frames, beside a slow polynomial (the view drifts
while somebody walks past): P. Vaníček, Further development and properties of the spectral analysis by least-squares,
Astrophysics and Space Science 12 (1971).
"""

import math

import cv2
import numpy as np
from jaxtyping import Float64

from gaitprint.types import Frames

MIN_FRAMES = 20
"""A shorter sequence has no clear period: chance alone explains half of it."""
MAX_FRAMES = 256
"""Of a longer sequence the middle is looked at: the effort grows with the square of the frames."""

_SIDE = 16
"""Frames are shrunk to this height and width: legs remain, ragged outlines do not."""
_STEP = 0.03
"""Neighbouring periods of the grid differ by this in their logarithm."""
_OCTAVE = round(math.log(2) / _STEP)
_BEATS = (4.5, 75.0)
"""The shortest and the longest beat in frames: a fast step at 12 frames a second, a slow stride at 60."""
_LONGEST_SHARE = 0.8
"""A beat longer than this share of the sequence can't be told from drift."""
_OVERTONE_POWER = -0.6
"""A beat of q frames is a stride if its first overtone has more than q ** -0.6 of its energy, otherwise a step.

Fitted on CASIA-B at 12.5, 25 and 50 frames a second: one third of the subjects 001-074. On another third, at 25, the
period was within a tenth of what the side views say for 96% of the sequences (91% from the front), half of it for 0.1%,
twice of it for 0.9% and unknown for 0.3%. On the first third, at 12.5, 7% were
doubled, and at 50, 5% halved.
"""
_REFINED = 8
"""Places of the grid to either side of the first guess among which the period is refined."""
_CLEAR = (0.08, 8.0)
"""Explained energy below a + b/T is no clear period: what 99% of shuffled sequences of T frames stay below."""
_RIDGE = 1e-3


def gait_period(frames: Frames) -> float:
    """Frames of one stride (two steps), fractional; NaN where there is no clear period.

    The answer is rounded to a thousandth, so that it doesn't depend on the order in which a machine sums.
    """
    length = len(frames)
    if length < MIN_FRAMES:
        return math.nan
    first = max(length - MAX_FRAMES, 0) // 2
    frames = frames[first : first + MAX_FRAMES]
    drift = _drift(len(frames))
    even, odd = (_without(drift, part) for part in _parts(frames))
    # from here on products of all pairs of frames, [T, T]: energies are sums of them, and the product of two odd
    # parts keeps its sign in a mirror
    even, odd = even @ even.T, odd @ odd.T
    both = even + odd
    energy = float(np.trace(both))
    # Less than one grey level of change over a sequence is none: a standing picture has no period.
    if energy < even.size:
        return math.nan
    periods = _grid(len(frames))
    place = _stride_place(even, odd, drift, periods)
    near = periods[max(place - _REFINED, 0) : place + _REFINED + 1]
    explained = _explained(both, drift, near, harmonics=2)
    best = int(explained.argmax())
    limit = _CLEAR[0] + _CLEAR[1] / len(frames)
    period = float(near[best]) * math.exp(_STEP * _vertex(explained, best))
    if explained[best] < limit * energy or period > len(frames):
        return math.nan
    return round(period, 3)


def _parts(frames: Frames) -> tuple[Float64[np.ndarray, "T D"], Float64[np.ndarray, "T D"]]:
    """The even and the odd part of every frame, shrunk; a pixel and its mirror image are kept once."""
    small = np.array([cv2.resize(f, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA) for f in frames], np.float64)
    left, right = small[:, :, : _SIDE // 2], small[:, :, : _SIDE // 2 - 1 : -1]
    return (left + right).reshape(len(frames), -1), (left - right).reshape(len(frames), -1)


def _drift(length: int) -> Float64[np.ndarray, "T K"]:
    """An orthonormal basis of slow change: polynomials, of a higher degree the longer the sequence is."""
    degree = min(6, max(1, length // 20))
    basis, _ = np.linalg.qr(np.vander(np.linspace(-1, 1, length), degree + 1, increasing=True))
    return np.asarray(basis)


def _without(drift: Float64[np.ndarray, "T K"], signals: Float64[np.ndarray, "T D"]) -> Float64[np.ndarray, "T D"]:
    left: Float64[np.ndarray, "T D"] = signals - drift @ (drift.T @ signals)
    return left


def _grid(length: int) -> Float64[np.ndarray, " P"]:
    """Periods in frames: from the overtone of the shortest beat to the stride of the longest step."""
    longest = min(_BEATS[1], _LONGEST_SHARE * length) * 2
    periods: Float64[np.ndarray, " P"] = np.exp(np.arange(math.log(_BEATS[0] / 2), math.log(longest), _STEP))
    return periods


def _stride_place(
    even: Float64[np.ndarray, "T T"],
    odd: Float64[np.ndarray, "T T"],
    drift: Float64[np.ndarray, "T K"],
    periods: Float64[np.ndarray, " P"],
) -> int:
    """The place in `periods` of the stride, as far as the strongest beat tells it."""
    sines = _sines(drift, periods)
    even_energy, odd_energy = _line_energies(even, sines), _line_energies(odd, sines)
    slower = np.zeros_like(odd_energy)
    slower[:-_OCTAVE] = odd_energy[_OCTAVE:]
    # A step's even part comes with odd motion at its own period (seen from the side) or at the stride's (the sway seen
    # from the front); drift comes with neither.
    beats = even_energy + np.maximum(odd_energy, slower)
    beats[:_OCTAVE] = beats[-_OCTAVE:] = 0
    beat = int(beats.argmax())
    overtone = even_energy[max(beat - _OCTAVE, 0)]
    is_stride = overtone > periods[beat] ** _OVERTONE_POWER * even_energy[beat]
    return beat if is_stride else beat + _OCTAVE


def _sines(drift: Float64[np.ndarray, "T K"], periods: Float64[np.ndarray, " P"]) -> Float64[np.ndarray, "T W"]:
    """The cosines, then the sines, of the periods, without the drift."""
    length = len(drift)
    angle = 2 * np.pi * (np.arange(length) - (length - 1) / 2)[:, None] / periods
    return _without(drift, np.concatenate([np.cos(angle), np.sin(angle)], axis=1))


def _line_energies(
    products: Float64[np.ndarray, "T T"], sines: Float64[np.ndarray, "T W"]
) -> Float64[np.ndarray, " P"]:
    """What one sine of each period explains of the energy; `products` are those of all pairs of frames, W = 2 P."""
    half = sines.shape[1] // 2
    cosine, sine = sines[:, :half], sines[:, half:]
    image = products @ sines
    cc, ss, cs = (cosine**2).sum(0), (sine**2).sum(0), (cosine * sine).sum(0)
    nc, ns, n = (cosine * image[:, :half]).sum(0), (sine * image[:, half:]).sum(0), (cosine * image[:, half:]).sum(0)
    determinant = cc * ss - cs**2
    # So slow a sine is a polynomial of the drift.
    usable = determinant > 0.05 * cc * ss
    result: np.ndarray = np.where(usable, nc * ss - 2 * n * cs + ns * cc, 0) / np.where(usable, determinant, 1)
    return result


def _explained(
    products: Float64[np.ndarray, "T T"],
    drift: Float64[np.ndarray, "T K"],
    periods: Float64[np.ndarray, " P"],
    harmonics: int,
) -> Float64[np.ndarray, " P"]:
    """What a stride of each period explains of the energy with its first overtones."""
    every = (periods[:, None] / np.arange(1, harmonics + 1)).ravel()
    sines = _sines(drift, every)
    shape = (len(drift), 2, len(periods), harmonics)
    image = (products @ sines).reshape(shape)
    # [P, T, 2H]: one small linear system a period.
    waves = sines.reshape(shape).transpose(2, 0, 1, 3).reshape(len(periods), len(drift), -1)
    image = image.transpose(2, 0, 1, 3).reshape(len(periods), len(drift), -1)
    normal = waves.transpose(0, 2, 1) @ waves
    normal += _RIDGE * len(drift) * np.eye(2 * harmonics)
    result: np.ndarray = np.trace(np.linalg.solve(normal, waves.transpose(0, 2, 1) @ image), axis1=1, axis2=2)
    return result


def _vertex(values: Float64[np.ndarray, " P"], place: int) -> float:
    """How far from `place` the parabola through it and its neighbours is highest, in places, -1/2..1/2."""
    if not 0 < place < len(values) - 1:
        return 0.0
    before, here, after = values[place - 1 : place + 2].tolist()
    bend = before - 2 * here + after
    return 0.5 * (before - after) / bend if bend < 0 else 0.0
