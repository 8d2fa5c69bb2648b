"""Clothes on a mesh: its skin moved outwards, by what hangs from it and by how thick the cloth of each part is.

An upper garment falls from chest, blades and belly to its hem, and hides the waist; below the hem are trousers. What
swings freely, the skirt of a coat, is not of the mesh but of capsules (`solids`).
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Float64

from gaitprint.synthetic.bodies import Joints, Vertices, mesh
from gaitprint.synthetic.street import Clothes

Amounts = Float64[np.ndarray, " V"]

_SLEEVE_END = 0.55
"""Where a short sleeve ends, as a share of the upper arm."""
_TIP, _HEEL = 0.10, 0.03
"""How far from the ankle a foot reaches, about."""
_REACH = 0.25
"""Half the sector, in radians, from which cloth falls on a vertex."""


@dataclass(frozen=True)
class Garments:
    """The cut of what is worn on a day; lengths are shares of the body's height where nothing else is said."""

    hem: float
    """How far down the thigh the upper garment reaches, as a share of the thigh; below 0 it ends above the hips."""
    drape: float
    """0 is skin-tight at the waist, 1 falls down freely."""
    flare: float
    """By how much it widens on its way down, as a share of the way."""
    jacket: bool
    """A coat that is one: it ends at the hips, and has no skirt."""
    long_sleeves: bool
    width: float
    """0 are slim trousers, 1 wide ones."""
    bulk: float
    """How thick the upper garment is beyond what `Clothes` say."""
    collar: float
    hair: float
    """Thickness of the hair on the head."""
    sole: float
    toecap: float
    """How much longer than the foot the shoe is."""


def choose(kind: str, generator: np.random.Generator) -> Garments:
    """What somebody puts on; as many draws for every kind, so that a walk with a bag is dressed as its day is."""
    thick, (short, jacket) = kind == "cl", generator.random(2)
    hem, drape, width = generator.uniform(-0.10, 0.30), generator.uniform(0.3, 1.0), generator.beta(2.0, 2.0)
    flare = generator.uniform(-0.08, 0.08)
    collar, hair = generator.uniform(0.0, 0.012), generator.normal(0.013, 0.004)
    bulk = 0.020 * generator.beta(1.2, 2.0)
    sole, toecap = generator.uniform(0.006, 0.020), generator.uniform(0.006, 0.020)
    return Garments(
        hem=float(hem + 0.12 if thick else hem),
        drape=float(0.5 + 0.5 * drape if thick else drape),
        flare=float(flare),
        jacket=bool(jacket < 0.55),
        long_sleeves=bool(thick or short < 0.6),
        width=float(width),
        bulk=float(bulk),
        collar=float(collar if thick else 0.3 * collar),
        hair=float(np.clip(hair, 0.004, 0.024)),
        sole=float(sole),
        toecap=float(toecap),
    )


class _Bare(NamedTuple):
    """A resting mesh without clothes."""

    vertices: Vertices
    joints: dict[str, np.ndarray]
    follow: dict[str, Amounts]

    def along(self, start: str, end: str) -> Amounts:
        """How far along a bone every vertex is, 0 at its start and 1 at its end."""
        bone = self.joints[end] - self.joints[start]
        return np.asarray(((self.vertices - self.joints[start]) * bone).sum(axis=1) / np.square(bone).sum())


def clothe(vertices: Vertices, joints: Joints, clothes: Clothes, garments: Garments) -> Vertices:
    """The resting mesh in its clothes.

    Args:
        vertices: [V, 3], in heights of the body.
        joints: [J, 3].
        clothes: how thick they are.
        garments: their cut.
    """
    parts = mesh().parts
    bare = _Bare(vertices, dict(zip(parts, joints, strict=True)), dict(zip(parts, mesh().follow.T, strict=True)))
    trunk = np.sum([bare.follow[p] for p in ("pelvis", "belly", "waist", "chest")], axis=0)
    hip, knee = (float(bare.joints[p][2]) for p in ("left_thigh", "left_shank"))
    covered = np.clip((vertices[:, 2] - hip + garments.hem * (hip - knee)) / 0.012, 0.0, 1.0)
    upper = covered * np.clip(trunk + bare.follow["left_thigh"] + bare.follow["right_thigh"], 0.0, 1.0)
    levels = (hip, hip + 0.1, 0.75, 0.80)
    cloth = np.interp(vertices[:, 2], levels, (0.006, 0.003, 0.0, 0.0))
    cloth += (clothes.trunk + garments.bulk) * np.interp(vertices[:, 2], levels, (1.1, 1.2, 0.8, 0.6))
    thickness = np.maximum(_trousers(bare, clothes, garments), upper * cloth)
    thickness += bare.follow["neck"] * (garments.collar + 0.3 * clothes.trunk) + _sleeves(bare, clothes, garments)
    # where hair grows: lower at the back than above the face
    scalp = np.clip((vertices[:, 2] - 0.895 - 0.4 * vertices[:, 0]) / 0.03, 0.0, 1.0)
    thickness += bare.follow["head"] * scalp * (garments.hair + 0.6 * clothes.hat)
    worn = _hang(vertices + thickness[:, None] * normals(vertices), upper * (trunk > 0.4), garments)
    return _shoes(bare._replace(vertices=worn), clothes, garments)


def _trousers(bare: _Bare, clothes: Clothes, garments: Garments) -> Amounts:
    """Thickness on hips and legs: least on the thigh, most at the ankle."""
    width, total = 0.003 + 0.013 * garments.width, bare.follow["pelvis"] * (0.007 + 0.5 * clothes.trousers)
    for side in ("left", "right"):
        upper, lower = (
            np.clip(bare.along(f"{side}_{a}", f"{side}_{b}"), 0.0, 1.0)
            for a, b in (("thigh", "shank"), ("shank", "foot"))
        )
        knee, share = 1.1 * width + clothes.trousers, np.clip(2 * upper - 1, 0.0, 1.0)
        thigh = (1 - share) * (0.5 * width + 0.8 * clothes.trousers) + share * knee
        shank = (1 - lower) * knee + lower * (1.9 * width + clothes.cuffs)
        total = total + bare.follow[f"{side}_thigh"] * thigh + bare.follow[f"{side}_shank"] * shank
    return np.asarray(total)


def _sleeves(bare: _Bare, clothes: Clothes, garments: Garments) -> Amounts:
    """Thickness on shoulders and arms."""
    total, cloth = np.zeros(len(bare.vertices)), 0.003 + clothes.sleeves + 0.7 * garments.bulk
    for side in ("left", "right"):
        upper = bare.along(f"{side}_upper_arm", f"{side}_forearm")
        lower = np.clip(bare.along(f"{side}_forearm", f"{side}_hand"), 0.0, 1.0)
        on = 1.0 if garments.long_sleeves else np.clip((_SLEEVE_END - upper) / 0.06, 0.0, 1.0)
        total += bare.follow[f"{side}_shoulder"] * (0.003 + 0.7 * clothes.sleeves)
        total += bare.follow[f"{side}_upper_arm"] * on * cloth
        total += bare.follow[f"{side}_forearm"] * garments.long_sleeves * (cloth + 0.003 * lower)
    return total


def _hang(vertices: Vertices, cover: Amounts, garments: Garments) -> Vertices:
    """Cloth falls from what stands out above: no part of the trunk is narrower than what hangs over it."""
    some = np.flatnonzero(cover > 0.0)
    x, y, z = vertices[some].T
    x = x - x.mean()
    radius, angle = np.sqrt(x * x + y * y), np.arctan2(y, x)
    apart = np.abs(angle[:, None] - angle)
    near = (np.minimum(apart, 2 * np.pi - apart) < _REACH) & (z >= z[:, None])
    fallen = np.where(near, radius + garments.flare * (z - z[:, None]), 0.0).max(axis=1)
    out = garments.drape * cover[some] * np.maximum(fallen - radius, 0.0) / np.maximum(radius, 0.02)
    moved = vertices.copy()
    moved[some, 0] += out * x
    moved[some, 1] += out * y
    return moved


def _shoes(bare: _Bare, clothes: Clothes, garments: Garments) -> Vertices:
    """Shoes: wider and longer than feet, with soles."""
    moved, out = bare.vertices.copy(), normals(bare.vertices)
    for side in ("left", "right"):
        on, ankle = bare.follow[f"{side}_foot"] + bare.follow[f"{side}_toes"], bare.joints[f"{side}_foot"]
        low = on * np.clip((ankle[2] - bare.vertices[:, 2]) / ankle[2], 0.0, 1.0)
        ahead = bare.vertices[:, 0] - ankle[0]
        moved += (on * (0.008 + clothes.shoes))[:, None] * out
        moved[:, 0] += low * garments.toecap * np.where(ahead > 0, ahead / _TIP, 0.6 * ahead / _HEEL)
        moved[:, 2] -= low * garments.sole
    return moved


def normals(vertices: Vertices) -> Float64[np.ndarray, "V 3"]:
    """Unit vectors outwards: the mean of the triangles around a vertex, by their areas."""
    faces = mesh().faces
    a, b, c = (vertices[faces[:, i]] for i in range(3))
    of_face = np.cross(b - a, c - a)
    total = np.zeros_like(vertices)
    for i in range(3):
        np.add.at(total, faces[:, i], of_face)
    return np.asarray(total / np.maximum(np.linalg.norm(total, axis=1, keepdims=True), 1e-12))
