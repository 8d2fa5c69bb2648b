"""Where composite walkers walk: a made-up place with a pillar, light that moves, and a camera's noise."""

import cv2
import numpy as np
from jaxtyping import Float32, UInt8

Image = UInt8[np.ndarray, "H W 3"]

_GRAINS = (64, 16, 4, 2)
"""Sizes in pixels of the patches that surfaces are made of."""


def made_up_place(width: int, height: int, horizon: float, generator: np.random.Generator) -> Image:
    """A wall with windows, and a paved ground from `horizon` (a share of the height) down."""
    edge = round(horizon * height)
    wall = generator.uniform(0.35, 0.75) * generator.uniform(0.85, 1.15, 3) + np.linspace(0.12, 0, edge)[:, None, None]
    ground = generator.uniform(0.3, 0.6) * generator.uniform(0.95, 1.05, 3)
    place = np.empty((height, width, 3))
    place[:edge], place[edge:] = wall, ground
    for _ in range(int(generator.integers(3, 7))):
        left, top = generator.uniform(0, 0.95) * width, generator.uniform(0, 0.6) * edge
        right, bottom = left + generator.uniform(0.04, 0.15) * width, top + generator.uniform(0.2, 0.4) * edge
        window = slice(int(top), int(bottom)), slice(int(left), int(right))
        place[window] = generator.uniform(0.1, 0.9) * generator.uniform(0.8, 1.2, 3)
    # joints of the paving come closer together towards the horizon
    for step in range(1, 12):
        place[edge + (height - edge) * step**2 // 144] *= 0.85
    place *= 1 + 0.1 * _patches(width, height, generator)[:, :, None]
    return np.clip(255 * place, 0, 255).astype(np.uint8)


def made_up_pillar(width: int, height: int, generator: np.random.Generator) -> Image:
    """A round column of stone."""
    tone = generator.uniform(0.3, 0.8) * generator.uniform(0.9, 1.1, 3)
    across = np.linspace(-1, 1, width)
    light = 0.6 + 0.4 * np.sqrt(1 - 0.95 * across**2)
    grain = 1 + 0.06 * _patches(width, height, generator)
    return np.clip(255 * tone * (light * grain)[:, :, None], 0, 255).astype(np.uint8)


class Sensor:
    """A camera: light that changes from place to place and slowly over time, and noise in every pixel."""

    def __init__(self, width: int, height: int, noise: float, light: float, generator: np.random.Generator) -> None:
        self._width, self._height, self._light = width, height, light
        self._wave = generator.uniform(0, 2 * np.pi, 2)
        self._period = generator.uniform(15, 40)
        self._offsets = generator
        # one field of noise, moved about from frame to frame: drawing anew would take longer than all the rest
        field = generator.normal(0, noise, (height + 61, width + 67, 3)) if noise else np.zeros((1, 1, 3))
        self._noise = np.clip(np.rint(field), -127, 127).astype(np.int16)

    def expose(self, image: Image, seconds: float) -> Image:
        """The picture that is taken of a scene."""
        if self._light:
            image = cv2.multiply(image, self._gain(seconds), dtype=cv2.CV_8U)
        if len(self._noise) == 1:
            return image
        row, column = (int(self._offsets.integers(0, n)) for n in (61, 67))
        noise = self._noise[row : row + self._height, column : column + self._width]
        return np.asarray(cv2.add(image, noise, dtype=cv2.CV_8U))

    def _gain(self, seconds: float) -> Float32[np.ndarray, "H W 3"]:
        turn = 2 * np.pi * seconds / self._period
        across, down = np.meshgrid(np.linspace(0, 3, 33), np.linspace(0, 2, 25))
        wave = np.sin(turn + across + self._wave[0]) + 0.5 * np.sin(2 * turn - down + self._wave[1])
        small = (1 + self._light / 1.5 * wave).astype(np.float32)
        size = (self._width, self._height)
        return np.asarray(cv2.resize(np.repeat(small[:, :, None], 3, axis=2), size, interpolation=cv2.INTER_LINEAR))


def cast_shadow(image: Image, alpha: UInt8[np.ndarray, "h w"], corner: tuple[int, int], strength: float) -> None:
    """Darken the ground where a body that ends at its feet keeps the light away; the light comes from the left.

    Args:
        image: changed in place.
        alpha: the body.
        corner: column and row where `alpha` begins.
        strength: share of the light that is missing in the shadow.
    """
    height, width = alpha.shape
    # a point so high above the feet lies so far to the right, and so far down, on the ground
    aside, down = 0.9, 0.16
    moved = np.array([[1.0, -aside, aside * height], [0.0, -down, down * height + 2]])
    size = (int(width + aside * height) + 8, int(down * height) + 10)
    shadow = cv2.warpAffine(alpha, moved, size, flags=cv2.INTER_LINEAR)
    shadow = cv2.GaussianBlur(shadow, (0, 0), max(0.8, height / 90))
    left, top = corner[0], corner[1] + height - 4
    rows, columns = overlap_of(image.shape, (top, left), shadow.shape)
    part = shadow[rows.start - top : rows.stop - top, columns.start - left : columns.stop - left]
    image[rows, columns] = image[rows, columns] * (1 - strength * (part[:, :, None] / np.float32(255)))


def overlap_of(frame: tuple[int, ...], corner: tuple[int, int], size: tuple[int, ...]) -> tuple[slice, slice]:
    """Rows and columns of a frame that a piece at a corner covers; empty where it lies outside."""
    sides = []
    for limit, start, length in zip(frame, corner, size, strict=False):
        first = min(max(start, 0), limit)
        sides.append(slice(first, max(first, min(start + length, limit))))
    return sides[0], sides[1]


def _patches(width: int, height: int, generator: np.random.Generator) -> Float32[np.ndarray, "H W"]:
    """Patches of several sizes over each other, with a standard deviation of about 1."""
    total = np.zeros((height, width), np.float32)
    for grain in _GRAINS:
        small = generator.normal(0, 1, (height // grain + 2, width // grain + 2)).astype(np.float32)
        total += cv2.resize(small, None, fx=grain, fy=grain, interpolation=cv2.INTER_CUBIC)[:height, :width]
    return total / np.float32(np.sqrt(len(_GRAINS)))
