"""The empty scene of a fixed camera as it is learned, and what stands before it.

A pixel has a mean colour and a usual deviation. What deviates more is foreground, unless it is the same colour in less
light: a shadow. The foreground is not learned, so that people do not become scene while they stand. What is left of
somebody who was taken for scene at the beginning is told by its outline, which the scene has and the picture has not.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float32, UInt8

from gaitprint.video.bodies import pieces_of

Image = UInt8[np.ndarray, "H W 3"]
Mask = UInt8[np.ndarray, "H W"]

_UNIT = 200
"""What a ratio of 1 is in eight bits."""
_SPARSE = 8
"""Every so-manieth pixel of every so-manieth row tells the light."""
_SQUARE = np.ones((3, 3), np.uint8)


@dataclass(frozen=True)
class SceneRules:
    """What is foreground, in numbers of frames and shares."""

    memory: int
    """Frames over which the scene may change."""
    contrast: float
    """Usual deviations beyond which a pixel is foreground."""
    noise: float
    """Least usual deviation, of 255."""
    darkest: float
    """Share of the light that is left in the darkest shadow; 1: there are no shadows."""
    tint: float
    """By how much the shares of red, green and blue may differ in a shadow."""
    warm_up: int
    """Frames that are learned whole, people and all."""
    patience: int
    """Frames after which a pixel that stayed foreground is scene."""
    flood: float
    """Share of the picture beyond which foreground is a change of the light or a moved camera."""


class Scene:
    """The scene as it has been learned so far."""

    def __init__(self, rules: SceneRules) -> None:
        self._rules = rules
        self._mean: Float32[np.ndarray, "_H _W 3"] | None = None
        self._deviation: Float32[np.ndarray, "_H _W"] = np.zeros((0, 0), np.float32)
        self._age = np.zeros((0, 0), np.uint16)
        self._seen = self._flooded = 0
        self.resets = 0
        """How often the whole picture changed at once and the scene was learned anew."""
        self.ghosts = 0
        """Pieces that were found to be what somebody who left had covered."""

    @property
    def warm(self) -> bool:
        """Whether enough has been seen."""
        return self._seen > self._rules.warm_up

    def foreground(self, image: Image) -> Mask:
        """255 where something stands before the scene, of which the image is learned; all 0 until the scene is warm."""
        mean = self._mean
        if mean is None or mean.shape != image.shape:
            self._begin(image)
            return np.zeros(image.shape[:2], np.uint8)
        self._seen += 1
        _follow_light(mean, image)
        known = cv2.convertScaleAbs(mean)
        difference = _largest_channel(cv2.absdiff(image, known))
        limit = cv2.convertScaleAbs(self._deviation, alpha=self._rules.contrast)
        raw = cv2.medianBlur(cv2.compare(difference, limit, cv2.CMP_GT), 3)
        found: Mask = raw
        if self._rules.darkest < 1:
            found = cv2.bitwise_and(raw, cv2.bitwise_not(self._shadows(image, known)))
        found = cv2.morphologyEx(found, cv2.MORPH_OPEN, _SQUARE)
        self._learn(mean, image, difference, raw)
        if not self.warm:
            return np.zeros(image.shape[:2], np.uint8)
        return self._judged(mean, image, known, found)

    def _begin(self, image: Image) -> None:
        self._mean = image.astype(np.float32)
        # wide at first: what a pixel's noise is takes some frames to learn
        self._deviation = np.full(image.shape[:2], 2 * self._rules.noise, np.float32)
        self._age = np.zeros(image.shape[:2], np.uint16)
        self._seen, self._flooded = 1, 0

    def _shadows(self, image: Image, known: Image) -> Mask:
        """255 where the image is darker than the scene by one share in all three channels."""
        # smoothed: the tint of one pixel is mostly noise
        ratio = cv2.divide(cv2.blur(image, (3, 3)), cv2.blur(known, (3, 3)), scale=_UNIT)
        red, green, blue = cv2.split(ratio)
        high, low = cv2.max(cv2.max(red, green), blue), cv2.min(cv2.min(red, green), blue)
        even = cv2.compare(cv2.subtract(high, low), round(self._rules.tint * _UNIT), cv2.CMP_LT)
        darker = cv2.compare(high, _UNIT, cv2.CMP_LT)
        light_enough = cv2.compare(low, round(self._rules.darkest * _UNIT), cv2.CMP_GT)
        shadows: Mask = cv2.bitwise_and(cv2.bitwise_and(even, darker), light_enough)
        return shadows

    def _learn(self, mean: Float32[np.ndarray, "H W 3"], image: Image, difference: Mask, raw: Mask) -> None:
        """Learn where nobody is; all of the picture while the scene is not warm."""
        rate = max(1.0 / self._seen, 1.0 / self._rules.memory)
        # shadows are left out as well, and a margin, for edges are mixtures of both
        empty = cv2.bitwise_not(cv2.dilate(raw, _SQUARE, iterations=2)) if self.warm else None
        cv2.accumulateWeighted(image, mean, rate, mask=empty)
        cv2.accumulateWeighted(difference, self._deviation, rate, mask=empty)
        np.maximum(self._deviation, self._rules.noise, out=self._deviation)

    def _judged(self, mean: Float32[np.ndarray, "H W 3"], image: Image, known: Image, found: Mask) -> Mask:
        """Without what is no body after all: floods at once, ghosts and what stays for ever now and then."""
        if cv2.countNonZero(found) > self._rules.flood * found.size:
            self._flooded += 1
            if self._flooded > 2:  # one bad frame is no new light
                self.resets += 1
                self._begin(image)
            return np.zeros_like(found)
        self._flooded = 0
        # numpy's arithmetic on all pixels is dear: every eighth frame is soon enough
        if self._seen % 8 == 0:
            self._age += 8
            self._age[found == 0] = 0
            stays = self._age > self._rules.patience
            mean[stays] = image[stays]
            found[stays] = 0
        if self._seen % 24 == 0:
            self._absorb_ghosts(mean, image, known, found)
        return found

    def _absorb_ghosts(self, mean: Float32[np.ndarray, "H W 3"], image: Image, known: Image, found: Mask) -> None:
        pieces = pieces_of(found)
        for number in range(1, len(pieces.areas)):
            if pieces.areas[number] < 64:
                continue
            left, top, right, bottom = pieces.boxes[number].tolist()
            window = (slice(max(0, top - 3), bottom + 3), slice(max(0, left - 3), right + 3))
            mine = np.where(pieces.labels[window] == number, np.uint8(255), np.uint8(0))
            outline = cv2.morphologyEx(mine, cv2.MORPH_GRADIENT, _SQUARE) > 0
            # somebody who is there has an edge in the picture; what they left behind has one in the scene
            if _edge(known[window], outline) > 1.5 * _edge(image[window], outline) + 4:
                self.ghosts += 1
                body = mine > 0
                mean[window][body] = image[window][body]
                found[window][body] = 0


def _largest_channel(image: Image) -> Mask:
    red, green, blue = cv2.split(image)
    largest: Mask = cv2.max(cv2.max(red, green), blue)
    return largest


def _follow_light(mean: Float32[np.ndarray, "H W 3"], image: Image) -> None:
    """Scale the scene as the light of the whole picture changes, as a camera's exposure does."""
    now, before = image[::_SPARSE, ::_SPARSE].astype(np.float32), mean[::_SPARSE, ::_SPARSE]
    # the median passes over people: they cover less than half of the picture
    gain = float(np.median((now + 1) / (before + 1)))
    if abs(gain - 1) > 0.01 and 0.5 < gain < 2:
        cv2.multiply(mean, (gain,) * 4, dst=mean)


def _edge(image: Image, outline: np.ndarray) -> float:
    """Mean steepness of the picture on an outline."""
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    across, down = (cv2.Sobel(grey, cv2.CV_32F, *order) for order in ((1, 0), (0, 1)))
    return float(cv2.magnitude(across, down)[outline].mean()) if outline.any() else 0.0


def clean(mask: Mask) -> Mask:
    """With narrow gaps closed, as belts and the light on a knee leave them."""
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (3, 7))
    closed: Mask = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, kernel)
    return closed
