"""A walker as a camera sees them: coloured clothes, skin, hair, and which pixels are body."""

import math
from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float64, UInt8

from gaitprint.synthetic.solids import Solids

PITCH = 8.0
"""Degrees by which the camera looks down."""
_FINE = 2
"""Fine pixels a pixel, either way: grey edges come from counting them."""
_SHIFT = 3
"""Binary places of fine pixels in which outlines are given."""
_CIRCLE = np.stack([np.cos(np.linspace(0, 2 * np.pi, 20, False)), np.sin(np.linspace(0, 2 * np.pi, 20, False))], 1)
_ROUND = 0.035
"""Body heights from the outline inwards over which limbs darken towards their edges."""

_COAT = ("trunk", "arm", "skirt")
"""What a coat covers."""
_STANCE = 0.62
"""Share of a stride for which a foot is on the ground (Whittle, Gait Analysis)."""


@dataclass(frozen=True)
class Clothes:
    """Colours of one person, RGB."""

    colours: dict[str, tuple[int, int, int]]
    """Of each part that a body has, see `Solids.parts`."""
    pattern: UInt8[np.ndarray, "P P"]
    """The stuff they are made of, 128 where it leaves a colour as it is."""


@dataclass(frozen=True, eq=False)
class DrawnWalker:
    """A person cut out of a picture of their own."""

    colours: UInt8[np.ndarray, "h w 3"]
    alpha: UInt8[np.ndarray, "h w"]
    """255 body, 0 none, grey at the edges."""
    left: int
    """Of the frame's columns: where the piece begins; it may leave the frame."""
    top: int


def dress_in_colours(generator: np.random.Generator) -> Clothes:
    """Clothes, skin and hair of somebody new."""
    shirt, trousers, coat, bag = (_cloth(generator, light) for light in (0.55, 0.35, 0.4, 0.4))
    skin = np.array([0.86, 0.68, 0.55]) * generator.uniform(0.45, 1.05)
    hair = np.array([0.35, 0.25, 0.18]) * generator.uniform(0.2, 1.6)
    shoe = np.full(3, generator.uniform(0.08, 0.5))
    shares = {"skin": skin, "hair": hair, "trunk": shirt, "arm": shirt, "leg": trousers, "shoe": shoe, "bag": bag}
    shares["coat"] = coat
    colours = {part: _rgb(share) for part, share in shares.items()}
    stuff = generator.normal(0, 1, (64, 64)).astype(np.float32)
    if generator.random() < 0.4:
        stuff += 1.5 * np.sign(np.sin(np.arange(64) * 2 * np.pi / generator.integers(8, 32)))[:, None].astype(
            np.float32
        )
    pattern = np.clip(128 + 12 * cv2.GaussianBlur(stuff, (0, 0), 0.8), 60, 200).astype(np.uint8)
    return Clothes(colours, pattern)


def draw_walker(
    solids: Solids, moment: float, view: float, height: float, place: Float64[np.ndarray, "2"], clothes: Clothes
) -> DrawnWalker:
    """One frame of a walk, its lowest point on the ground.

    Args:
        solids: the body over time.
        moment: which of its frames; between two, the body is between both.
        view: degrees: 0 sees the walker come, 90 the left side (walking to the left), 270 the right.
        height: pixels that a body height has.
        place: column and row of the frame of the ground below the pelvis.
        clothes: the colours.
    """
    (starts, depth), (ends, _) = (look(_at(p, moment), view) for p in (solids.starts, solids.ends))
    starts, ends = starts * height, ends * height
    radii = np.stack([solids.start_radii, solids.end_radii]) * height
    lowest = max(float((starts[:, 1] + radii[0]).max()), float((ends[:, 1] + radii[1]).max()))
    offset = np.array([place[0], place[1] - lowest])
    starts, ends = starts + offset, ends + offset
    reach = np.concatenate([starts - radii[0][:, None], ends - radii[1][:, None]])
    beyond = np.concatenate([starts + radii[0][:, None], ends + radii[1][:, None]])
    left, top = (int(v) for v in np.floor(reach.min(axis=0)) - 1)
    right, bottom = (int(v) for v in np.ceil(beyond.max(axis=0)) + 2)
    corner = np.array([left, top])
    outlines = _outlines(starts - corner, ends - corner, radii)
    canvas = np.zeros(((bottom - top) * _FINE, (right - left) * _FINE), np.uint8)
    nearness = [
        depth[list(group)].mean() + (0.1 if part == "skirt" else 0.0)
        for group, part in zip(solids.groups, solids.parts, strict=True)
    ]
    order = np.argsort(nearness, kind="stable")
    palette, coated = np.zeros((256, 3), np.uint8), "skirt" in solids.parts
    for number in order:
        part, label = solids.parts[number], int(number) + 1
        _fill(canvas, [outlines[k] for k in solids.groups[number]], label)
        # what is on the far side lies in the shade of the body
        dark = 0.78 if nearness[number] < -0.04 else 1.0
        palette[label] = [round(dark * c) for c in clothes.colours["coat" if coated and part in _COAT else part]]
    size = (right - left, bottom - top)
    alpha = cv2.resize(np.where(canvas > 0, np.uint8(255), np.uint8(0)), size, interpolation=cv2.INTER_AREA)
    colours = cv2.resize(palette[_filled(canvas)], size, interpolation=cv2.INTER_AREA)
    return DrawnWalker(_lit(colours, alpha, height, clothes), alpha, left, top)


def look(points: Float64[np.ndarray, "K 3"], view: float, pitch: float = PITCH) -> tuple[np.ndarray, np.ndarray]:
    """Columns and rows (downwards) [K, 2], and nearness [K], of a body's points for a far camera; in body heights."""
    sine, cosine = math.sin(math.radians(view)), math.cos(math.radians(view))
    down = math.radians(pitch)
    near = cosine * points[:, 0] + sine * points[:, 1]
    across = cosine * points[:, 1] - sine * points[:, 0]
    up = math.cos(down) * points[:, 2] - math.sin(down) * near
    return np.stack([across, -up], axis=1), near


def _at(points: Float64[np.ndarray, "K T 3"], moment: float) -> Float64[np.ndarray, "K 3"]:
    last = points.shape[1] - 1
    before = min(int(moment), last)
    share = min(moment - before, 1.0)
    return np.asarray((1 - share) * points[:, before] + share * points[:, min(before + 1, last)])


def pace_of(solids: Solids) -> float:
    """How far the body comes with each frame, in body heights, so that its feet slip little."""
    shoes = [i for part, group in zip(solids.parts, solids.groups, strict=True) if part == "shoe" for i in group]
    heels = solids.starts[shoes][:, :, 0]
    backwards = np.maximum(-np.diff(heels, axis=1), 0.0).sum() / len(heels)
    # each foot stands for 62 of 100 parts of a stride, and goes backwards under the body meanwhile
    return float(backwards / _STANCE / max(heels.shape[1] - 1, 1))


def _outlines(starts: np.ndarray, ends: np.ndarray, radii: Float64[np.ndarray, "2 K"]) -> list[np.ndarray]:
    """The hull of both discs of each capsule, in fine pixels with binary places."""
    scale = _FINE * 2**_SHIFT
    rings = [c[:, None] + r[:, None, None] * _CIRCLE for c, r in ((starts, radii[0]), (ends, radii[1]))]
    points = np.rint(np.concatenate(rings, axis=1) * scale - 2 ** (_SHIFT - 1)).astype(np.int32)
    return [cv2.convexHull(p) for p in points]


def _fill(canvas: UInt8[np.ndarray, "H W"], outlines: list[np.ndarray], label: int) -> None:
    """Draw capsules, and what lies between those of one group along each row."""
    if len(outlines) == 1:
        cv2.fillConvexPoly(canvas, outlines[0], label, lineType=cv2.LINE_8, shift=_SHIFT)
        return
    piece = np.zeros(canvas.shape, np.uint8)
    for outline in outlines:
        cv2.fillConvexPoly(piece, outline, 255, lineType=cv2.LINE_8, shift=_SHIFT)
    left, top, width, height = cv2.boundingRect(piece)
    part = piece[top : top + height, left : left + width]
    between = np.minimum(np.maximum.accumulate(part, axis=1), np.maximum.accumulate(part[:, ::-1], axis=1)[:, ::-1])
    canvas[top : top + height, left : left + width][between > 0] = label


def _filled(labels: UInt8[np.ndarray, "H W"]) -> UInt8[np.ndarray, "H W"]:
    """Labels that reach a little beyond the body, so that its edges are not mixed with black."""
    wider = cv2.dilate(labels, np.ones((2 * _FINE + 1, 2 * _FINE + 1), np.uint8))
    return np.where(labels > 0, labels, wider)


def _lit(
    colours: UInt8[np.ndarray, "h w 3"], alpha: UInt8[np.ndarray, "h w"], height: float, clothes: Clothes
) -> UInt8[np.ndarray, "h w 3"]:
    """With the stuff's pattern, light from above and limbs that are round."""
    inside = cv2.distanceTransform((alpha > 127).astype(np.uint8), cv2.DIST_L2, 3)
    light = 0.72 + 0.28 * np.minimum(inside / (_ROUND * height), 1.0)
    light *= np.linspace(1.08, 0.9, len(alpha), dtype=np.float32)[:, None]
    grain = max(1, round(height / 64))
    rows, columns = (np.arange(n) // grain % len(clothes.pattern) for n in alpha.shape)
    light *= clothes.pattern[rows[:, None], columns[None, :]] * np.float32(1 / 128)
    return np.asarray(np.clip(colours * light[:, :, None], 0, 255), np.uint8)


def _cloth(generator: np.random.Generator, light: float) -> np.ndarray:
    tint = generator.uniform(0, 1, 3)
    return np.asarray(np.clip(light + 0.6 * (tint - tint.mean()) + generator.normal(0, 0.15), 0.05, 0.95))


def _rgb(shares: np.ndarray) -> tuple[int, int, int]:
    red, green, blue = (int(v) for v in np.clip(np.rint(255 * shares), 0, 255))
    return red, green, blue
