"""Clothes on a mesh: its skin moved outwards, by what hangs from it and by how thick the cloth of each part is.

An upper garment falls from chest, blades and belly to its hem, and hides the waist; below the hem are trousers. What
swings freely, the skirt of a coat, is not of the mesh but of capsules (`solids`).
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

from gaitprint.synthetic.bodies import Rest, mesh
from gaitprint.synthetic.street import Clothes

Amounts = Float64[np.ndarray, " V"]

_SLEEVE_END = 0.55
"""Where a short sleeve ends, as a share of the upper arm."""
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
    sole, toecap = generator.uniform(0.006, 0.020), generator.uniform(0.006, 0.020)
    return Garments(
        hem=float(hem + 0.12 if thick else hem),
        drape=float(0.5 + 0.5 * drape if thick else drape),
        flare=float(flare),
        jacket=bool(jacket < 0.55),
        long_sleeves=bool(thick or short < 0.6),
        width=float(width),
        collar=float(collar if thick else 0.3 * collar),
        hair=float(np.clip(hair, 0.004, 0.024)),
        sole=float(sole),
        toecap=float(toecap),
    )


def clothe(vertices: Rest, joints: Rest, clothes: Clothes, garments: Garments) -> Rest:
    """The resting mesh in its clothes; thicknesses are shares of the height, as those of `Clothes`."""
    at = dict(zip(mesh().parts, joints, strict=True))
    follow = dict(zip(mesh().parts, mesh().follow.T, strict=True))
    below = _trousers(vertices, at, follow, clothes, garments)
    hip, knee = float(at["left_thigh"][2]), float(at["left_shank"][2])
    covered = np.clip((vertices[:, 2] - (hip - garments.hem * (hip - knee))) / 0.012, 0.0, 1.0)
    trunk = sum(follow[p] for p in ("pelvis", "belly", "waist", "chest"))
    upper = np.clip(trunk + follow["left_thigh"] + follow["right_thigh"], 0.0, 1.0) * covered
    cloth = np.interp(vertices[:, 2], (hip, hip + 0.1, 0.75), (0.007, 0.006, 0.001)) + clothes.trunk * np.interp(vertices[:, 2], (hip, hip + 0.1, 0.75, 0.80), (1.1, 1.2, 0.8, 0.6))
    thickness = np.maximum(below, upper * cloth)
    thickness += follow["neck"] * (garments.collar + 0.3 * clothes.trunk)
    thickness += _arms(vertices, at, follow, clothes, garments)
    scalp = follow["head"] * np.clip((vertices[:, 2] - 0.895 - 0.4 * vertices[:, 0]) / 0.03, 0.0, 1.0)
    thickness += scalp * (garments.hair + 0.6 * clothes.hat)
    worn = vertices + thickness[:, None] * normals(vertices)
    worn = _hang(worn, upper * (trunk > 0.4), garments)
    return _shoes(worn, at, follow, clothes, garments)


def _trousers(
    vertices: Rest, at: dict[str, np.ndarray], follow: dict[str, Amounts], clothes: Clothes, garments: Garments
) -> Amounts:
    """Thickness on hips and legs."""
    knee, ankle = float(at["left_shank"][2]), float(at["left_foot"][2])
    width = 0.001 + 0.014 * garments.width
    down = np.clip((knee - vertices[:, 2]) / (knee - ankle), 0.0, 1.0)
    leg = (1 - down) * (1.1 * width + clothes.trousers) + down * (1.9 * width + clothes.cuffs)
    thighs, shanks = (follow[f"left_{p}"] + follow[f"right_{p}"] for p in ("thigh", "shank"))
    thigh = np.clip((vertices[:, 2] - knee) / (0.25 - knee + ankle), 0.0, 1.0)
    on_thigh = (1 - thigh) * (1.1 * width + clothes.trousers) + thigh * (0.5 * width + 0.8 * clothes.trousers)
    return np.asarray(thighs * on_thigh + shanks * leg + follow["pelvis"] * (0.003 + 0.5 * clothes.trousers))


def _arms(
    vertices: Rest, at: dict[str, np.ndarray], follow: dict[str, Amounts], clothes: Clothes, garments: Garments
) -> Amounts:
    """Thickness of sleeves."""
    total = np.zeros(len(vertices))
    for side in ("left", "right"):
        shoulder, elbow, wrist = (at[f"{side}_{p}"] for p in ("upper_arm", "forearm", "hand"))
        along = (vertices - shoulder) @ (elbow - shoulder) / ((elbow - shoulder) @ (elbow - shoulder))
        lower = np.clip((vertices - elbow) @ (wrist - elbow) / ((wrist - elbow) @ (wrist - elbow)), 0.0, 1.0)
        on = np.clip((_SLEEVE_END - along) / 0.06, 0.0, 1.0) if not garments.long_sleeves else 1.0
        upper = on * (0.007 + clothes.sleeves)
        total += follow[f"{side}_shoulder"] * (0.003 + 0.7 * clothes.sleeves) + follow[f"{side}_upper_arm"] * upper
        if garments.long_sleeves:
            total += follow[f"{side}_forearm"] * (0.007 + clothes.sleeves + 0.003 * lower)
    return total


def _hang(vertices: Rest, cover: Amounts, garments: Garments) -> Rest:
    """Cloth falls from what stands out above: no part of the trunk is narrower than what hangs over it."""
    some = np.flatnonzero(cover > 0.0)
    x, y, z = vertices[some].T
    x = x - x.mean()
    radius, angle = np.hypot(x, y), np.arctan2(y, x)
    apart = np.abs(angle[:, None] - angle)
    near = (np.minimum(apart, 2 * np.pi - apart) < _REACH) & (z >= z[:, None])
    fallen = np.where(near, radius + garments.flare * (z - z[:, None]), 0.0).max(axis=1)
    out = garments.drape * cover[some] * np.maximum(fallen - radius, 0.0) / np.maximum(radius, 0.02)
    moved = vertices.copy()
    moved[some, 0] += out * x
    moved[some, 1] += out * y
    return moved


def _shoes(
    vertices: Rest, at: dict[str, np.ndarray], follow: dict[str, Amounts], clothes: Clothes, garments: Garments
) -> Rest:
    """Shoes: wider and longer than feet, with soles."""
    moved, out = vertices.copy(), normals(vertices)
    for side in ("left", "right"):
        on = follow[f"{side}_foot"] + follow[f"{side}_toes"]
        ankle = at[f"{side}_foot"]
        low = np.clip((ankle[2] - vertices[:, 2]) / ankle[2], 0.0, 1.0)
        moved += (on * (0.008 + clothes.shoes))[:, None] * out
        moved[:, 2] -= on * low * garments.sole
        ahead = vertices[:, 0] - ankle[0]
        moved[:, 0] += on * low * np.where(ahead > 0, garments.toecap * ahead / 0.10, 0.6 * garments.toecap * ahead / 0.03)
    return moved


def normals(vertices: Rest) -> Float64[np.ndarray, "V 3"]:
    """Unit vectors outwards: the mean of the triangles around a vertex, by their areas."""
    faces = mesh().faces
    a, b, c = (vertices[faces[:, i]] for i in range(3))
    of_face = np.cross(b - a, c - a)
    total = np.zeros_like(vertices)
    for i in range(3):
        np.add.at(total, faces[:, i], of_face)
    return np.asarray(total / np.maximum(np.linalg.norm(total, axis=1, keepdims=True), 1e-12))
