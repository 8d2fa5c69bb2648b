"""The flesh on the joints: tapered capsules between pairs of joints, and clothes and bags of the same stuff.

A capsule is the hull of two balls. Capsules of one group are filled between each other along every image row, so
that two halves of a trunk, or the two sides of a coat's skirt, have no gap.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

from gaitprint.synthetic.gait import Points
from gaitprint.synthetic.traits import Body, Outfit


@dataclass(frozen=True)
class Solids:
    """K capsules over T frames: the balls at both ends, and which group each belongs to."""

    starts: Float64[np.ndarray, "K T 3"]
    ends: Float64[np.ndarray, "K T 3"]
    start_radii: Float64[np.ndarray, " K"]
    end_radii: Float64[np.ndarray, " K"]
    groups: tuple[tuple[int, ...], ...]
    """The capsules of each group, by number."""
    parts: tuple[str, ...]
    """What each group is: hair, skin, trunk, arm, leg, shoe, skirt or bag."""


class _Pile:
    """Collects capsules; one that is not tied to the one before opens a group."""

    def __init__(self) -> None:
        self.capsules: list[tuple[Points, Points, float, float]] = []
        self.groups: list[list[int]] = []
        self.parts: list[str] = []
        self.part = ""

    def add(
        self, start: Points, end: Points, radius: float, end_radius: float | None = None, tied: bool = False
    ) -> None:
        if not tied:
            self.groups.append([])
            self.parts.append(self.part)
        self.groups[-1].append(len(self.capsules))
        self.capsules.append((start, end, radius, radius if end_radius is None else end_radius))

    def done(self) -> Solids:
        starts, ends, start_radii, end_radii = zip(*self.capsules, strict=True)
        groups = tuple(tuple(g) for g in self.groups)
        return Solids(
            np.stack(starts), np.stack(ends), np.array(start_radii), np.array(end_radii), groups, tuple(self.parts)
        )


def dress(joints: dict[str, Points], body: Body, outfit: Outfit, condition: str) -> Solids:
    """Capsules of a body as it goes in condition ``nm``, ``bg`` (with a bag), ``cl`` (in a coat), or ``bg+cl``."""
    pile = _Pile()
    worn = condition.split("+")
    cloth = max(outfit.coat_thickness, 0.007) if "cl" in worn else 0.0
    _head(pile, joints, body)
    _trunk(pile, joints, body, cloth)
    for side in ("left", "right"):
        _arm(pile, {k.removeprefix(f"{side}_"): v for k, v in joints.items()}, body, 0.7 * cloth)
        _leg(pile, {k.removeprefix(f"{side}_"): v for k, v in joints.items()}, body)
    if "cl" in worn:
        _skirt(pile, joints, body, outfit, cloth)
    if "bg" in worn:
        _bag(pile, joints, body, outfit)
    return pile.done()


def put_about(joints: dict[str, Points], body: Body, outfit: Outfit, condition: str, drop: float = 0.0) -> Solids:
    """What is around a body that is drawn otherwise: hair, the skirt of a coat, a bag.

    Arguments as those of `dress`, and by how much lower a shoulder bag hangs.
    """
    pile = _Pile()
    worn = condition.split("+")
    _hair(pile, joints["head"], body)
    if "cl" in worn:
        _skirt(pile, joints, body, outfit, max(outfit.coat_thickness, 0.007))
    if "bg" in worn:
        _bag(pile, joints, body, outfit, drop)
    return pile.done()


def bag_kind(outfit: Outfit) -> str:
    """What this person carries."""
    return "hand" if outfit.bag_choice < 1.0 else "shoulder" if outfit.bag_choice < 2.0 else "back"


def bag_side(outfit: Outfit) -> str:
    """The side on which this person carries it."""
    return "left" if outfit.bag_side > 0 else "right"


def _head(pile: _Pile, at: dict[str, Points], body: Body) -> None:
    head, radius = at["head"], body.head_radius
    pile.part = "skin"
    pile.add(head, _by(head, 0.012, 0.0, -0.040), radius, 0.78 * radius)
    pile.add(_by(head, 0.5 * radius, 0.0, -0.025), _by(head, radius + 0.002, 0.0, -0.030), 0.3 * radius, 0.010)
    _hair(pile, head, body)
    pile.part = "skin"
    pile.add(_by(head, -0.008, 0.0, -0.03), _by(at["neck"], 0.0, 0.0, -0.03), body.neck_radius, 1.2 * body.neck_radius)


def _hair(pile: _Pile, head: Points, body: Body) -> None:
    pile.part, back, down = "hair", max(body.hair_back, 0.0), max(body.hair_down, 0.0)
    radius = body.head_radius
    pile.add(_by(head, -0.4 * back, 0.0, -0.002), _by(head, -back, 0.0, -0.02 - down), radius, 0.9 * radius)


def _trunk(pile: _Pile, at: dict[str, Points], body: Body, cloth: float) -> None:
    chest, waist, seat = body.chest_radius + cloth, body.waist_radius + 1.3 * cloth, body.seat_radius + 1.1 * cloth
    pile.part, yoke = "trunk", _by(at["neck"], 0.0, 0.0, -0.012)
    pile.add(yoke, at["left_shoulder"], 0.026, 0.72 * body.arm_radius + cloth)
    pile.add(yoke, at["right_shoulder"], 0.026, 0.72 * body.arm_radius + cloth, tied=True)
    first = True
    for side in ("left", "right"):
        high = at["chest"] + 0.62 * (at[f"{side}_shoulder"] - at["chest"]) * (1.0, 1.0, 0.35)
        middle = at["waist"] + 0.5 * body.waist_width / body.hip_width * 2 * (at[f"{side}_hip"] - at["pelvis"]) * (
            1,
            1,
            0,
        )
        low = at["pelvis"] + 0.62 * (at[f"{side}_hip"] - at["pelvis"]) + (-0.008, 0, 0.012)
        pile.add(high, middle, 0.92 * chest, waist, tied=not first)
        pile.add(middle, low, waist, seat, tied=True)
        first = False


def _arm(pile: _Pile, at: dict[str, Points], body: Body, cloth: float) -> None:
    pile.part, radius = "arm", body.arm_radius + cloth
    pile.add(at["shoulder"], at["elbow"], 0.94 * radius, 0.86 * radius)
    pile.add(at["elbow"], at["wrist"], 0.86 * radius, 0.62 * body.arm_radius + cloth)
    pile.part = "skin"
    pile.add(at["wrist"], at["hand"], 0.6 * body.arm_radius, 0.55 * body.arm_radius)


def _leg(pile: _Pile, at: dict[str, Points], body: Body) -> None:
    pile.part, calf = "leg", at["knee"] + 0.32 * (at["ankle"] - at["knee"])
    pile.add(at["hip"], at["knee"], body.thigh_radius, body.knee_radius)
    pile.add(at["knee"], calf, body.knee_radius, body.calf_radius)
    pile.add(calf, at["ankle"], body.calf_radius, body.ankle_radius)
    pile.part = "shoe"
    pile.add(at["ankle"], at["heel"], body.ankle_radius, 1.1 * body.foot_radius)
    pile.add(at["heel"], at["toe"], 1.1 * body.foot_radius, 0.8 * body.foot_radius)


def _skirt(pile: _Pile, at: dict[str, Points], body: Body, outfit: Outfit, cloth: float) -> None:
    """The coat below the waist: it follows each thigh, damped, and closes the gap between them."""
    pile.part, share = "skirt", min(max(outfit.coat_length, 0.45), 0.98)
    hem_radius = 0.6 * body.thigh_radius + 0.4 * body.knee_radius + cloth + max(outfit.coat_flare, 0.0)
    hems = {side: at[f"{side}_hip"] + share * (at[f"{side}_knee"] - at[f"{side}_hip"]) for side in ("left", "right")}
    middle = 0.5 * (hems["left"] + hems["right"])
    first = True
    for side in ("left", "right"):
        hem = middle + 0.8 * (hems[side] - middle)
        # nearer to the middle than the hips: the origin is the middle of the pelvis
        pile.add(0.8 * at[f"{side}_hip"], hem, body.seat_radius + 1.1 * cloth, hem_radius, tied=not first)
        first = False


def _bag(pile: _Pile, at: dict[str, Points], body: Body, outfit: Outfit, drop: float = 0.0) -> None:
    pile.part, size, side = "bag", outfit.bag_size, bag_side(outfit)
    sign = 1.0 if side == "left" else -1.0
    kind = bag_kind(outfit)
    if kind == "back":
        behind = np.array((-body.chest_radius - 0.75 * size, 0.0, 0.0))
        for y, tied in ((0.045, False), (-0.045, True)):
            top, low = at["chest"] + _by(behind, 0.0, y, 0.03), at["waist"] + _by(behind, 0.01, y, 0.0)
            pile.add(top, low, 0.85 * size, size, tied=tied)
    elif kind == "shoulder":
        place = _by(at[f"{side}_hip"], -0.035, sign * (0.035 + 0.5 * size), 0.075 - drop)
        for x, tied in ((0.05, False), (-0.05, True)):
            pile.add(_by(place, 0.7 * x, 0.0, 0.04), _by(place, x, 0.0, -0.045), 0.6 * size, 0.75 * size, tied=tied)
        pile.add(_by(at[f"{side}_shoulder"], 0.0, 0.0, 0.012), place, 0.022, 0.018)
    else:
        grip = at[f"{side}_hand"]
        for x, tied in ((0.06, False), (-0.06, True)):
            pile.add(_by(grip, 0.3 * x, 0.0, -0.01), _by(grip, x, 0.0, -0.105), 0.018, 0.55 * size, tied=tied)


def _by(point: np.ndarray, x: float, y: float, z: float) -> np.ndarray:
    """A point moved forward, left and up."""
    return np.asarray(point + np.array((x, y, z)))
