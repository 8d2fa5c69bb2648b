"""Moves a mesh as the joints of a walk go: every rigid part is turned along its bone, and the skin follows the parts.

A part is turned so that its bone points as the walker's does; the sideways axis of legs and trunk, and the forward axis
of arms, settle the turn about the bone itself.
"""

from itertools import pairwise

import numpy as np
from jaxtyping import Float64

from gaitprint.synthetic.bodies import Joints, Vertices, mesh
from gaitprint.synthetic.gait import Points
from gaitprint.synthetic.traits import Body, Manner

Turns = Float64[np.ndarray, "T 3 3"]
Turn = Float64[np.ndarray, "3 3"]
ByPart = dict[str, np.ndarray]
"""A joint [3] for every part."""

_LIMBS = {
    "shoulder": "chest",
    "upper_arm": "shoulder",
    "forearm": "upper_arm",
    "hand": "forearm",
    "thigh": "pelvis",
    "shank": "thigh",
    "foot": "shank",
    "toes": "foot",
}
SPINE = ("pelvis", "belly", "waist", "chest", "neck", "head")
PARENTS = {child: parent for parent, child in pairwise(SPINE)} | {
    f"{side}_{limb}": parent if parent in SPINE else f"{side}_{parent}"
    for side in ("left", "right")
    for limb, parent in _LIMBS.items()
}
"""Every part but the pelvis hangs on another, that comes before it."""

_FORWARD, _LEFT, _UP = np.eye(3)
_TOES = 0.6
"""Share of the foot's pitch that the toes give back when the heel is up."""
_DROP = np.radians(10.0)
"""By how much the shoulders are lower than in the mesh, whose arms are spread."""
_STRETCH = 0.06
"""Length of the neck, about."""


def turns(paths: dict[str, Points], joints: Joints, manner: Manner, body: Body) -> dict[str, Turns]:
    """How every part is turned from where it rests, over T frames.

    Args:
        paths: of `joint_paths`.
        joints: of the resting mesh, [J, 3].
        manner: of which the head's carriage counts.
        body: of which the widths of hips and shoulders count.
    """
    at = dict(zip(mesh().parts, joints, strict=True))
    hips = (paths["left_hip"] - paths["right_hip"]) / body.hip_width
    shoulders = (paths["left_shoulder"] - paths["right_shoulder"]) / body.shoulder_width
    spine = _unit(paths["neck"] - paths["pelvis"])
    found = {}
    for part, share in (("pelvis", 0.0), ("belly", 0.35), ("waist", 0.7), ("chest", 1.0)):
        found[part] = _frames((1 - share) * _UP + share * spine, (1 - share) * hips + share * shoulders)
    # against how the mesh carries its head, which is as the mean person does
    forward = np.clip((manner.head_forward - Manner().head_forward) / _STRETCH, -0.5, 0.6)
    found["neck"] = _times(found["chest"], _pitches(np.full(len(spine), forward)))
    found["head"] = _frames(0.5 * spine + 0.5 * _UP, 0.15 * shoulders + _LEFT)
    for side, sign in (("left", 1.0), ("right", -1.0)):
        found[f"{side}_shoulder"] = _times(found["chest"], _about(_FORWARD, -sign * _DROP))
        found |= _arm(paths, at, side) | _leg(paths, at, side)
    return found


def place(turned: dict[str, Turns], joints: Joints) -> Float64[np.ndarray, "J T 3"]:
    """Where the joints of the parts go; the middle between the hips stays at the origin."""
    at = dict(zip(mesh().parts, joints, strict=True))
    found = {"pelvis": np.zeros((len(turned["pelvis"]), 3))}
    for part, parent in PARENTS.items():
        found[part] = found[parent] + (turned[parent] * (at[part] - at[parent])).sum(axis=2)
    middle = 0.5 * (found["left_thigh"] + found["right_thigh"])
    return np.stack([found[part] - middle for part in mesh().parts])


def skin(
    vertices: Vertices, joints: Joints, turned: dict[str, Turns], placed: Float64[np.ndarray, "J T 3"]
) -> Float64[np.ndarray, "T V 3"]:
    """Vertices that follow the parts, each a mixture of some (linear blend skinning)."""
    result = np.zeros((placed.shape[1], len(vertices), 3))
    for i, part in enumerate(mesh().parts):
        near = np.flatnonzero(mesh().follow[:, i])
        moved = np.einsum("tij,vj->tvi", turned[part], vertices[near] - joints[i]) + placed[i][:, None]
        result[:, near] += mesh().follow[near, i, None] * moved
    return result


def _arm(paths: dict[str, Points], at: ByPart, side: str) -> dict[str, Turns]:
    """Upper arm, forearm and hand, which goes on as the forearm does."""
    found = {}
    for part, end, start_point, end_point in (
        ("upper_arm", "forearm", "shoulder", "elbow"),
        ("forearm", "hand", "elbow", "wrist"),
    ):
        rest, way = at[f"{side}_{end}"] - at[f"{side}_{part}"], _way(paths, side, start_point, end_point)
        swing = np.arctan2(way[:, 0], -way[:, 2])
        ahead = np.stack([np.cos(swing), 0 * swing, np.sin(swing)], axis=1)
        found[f"{side}_{part}"] = _times(_frames(way, ahead), _frames(rest[None], _FORWARD[None])[0].T)
    return found | {f"{side}_hand": found[f"{side}_forearm"]}


def _leg(paths: dict[str, Points], at: ByPart, side: str) -> dict[str, Turns]:
    """Thigh, shank, foot and toes; the knee turns out a little less than the foot does."""
    ahead = _way(paths, side, "heel", "toe")
    heading = np.arctan2(ahead[:, 1], ahead[:, 0])
    pitch = np.arctan2(ahead[:, 2], np.hypot(ahead[:, 0], ahead[:, 1]))
    found = {}
    for part, end, start_point, end_point, share in (
        ("thigh", "shank", "hip", "knee", 0.5),
        ("shank", "foot", "knee", "ankle", 0.8),
    ):
        rest, way = at[f"{side}_{end}"] - at[f"{side}_{part}"], _way(paths, side, start_point, end_point)
        across = np.stack([-np.sin(share * heading), np.cos(share * heading), 0 * heading], axis=1)
        found[f"{side}_{part}"] = _times(_frames(way, across), _frames(rest[None], _LEFT[None])[0].T)
    rest = at[f"{side}_toes"] - at[f"{side}_foot"]
    home = _about(_UP, -float(np.arctan2(rest[1], rest[0])))
    turned = np.stack([_about(_UP, float(h)) for h in heading])
    # toes stay on the ground where the heel has left it
    for part, angle in (("foot", pitch), ("toes", pitch - _TOES * np.minimum(pitch, 0.0))):
        found[f"{side}_{part}"] = _times(_times(turned, _pitches(-angle)), home)
    return found


def _way(paths: dict[str, Points], side: str, start: str, end: str) -> Points:
    return np.asarray(paths[f"{side}_{end}"] - paths[f"{side}_{start}"])


def _unit(vectors: np.ndarray) -> np.ndarray:
    return np.asarray(vectors / np.sqrt(np.square(vectors).sum(axis=-1, keepdims=True)))


def _frames(way: np.ndarray, hint: np.ndarray) -> Turns:
    """Turns whose third axis goes along `way`, and whose second is as near to `hint` as it can be."""
    third = _unit(way)
    second = _unit(hint - (hint * third).sum(axis=-1, keepdims=True) * third)
    return np.stack([np.cross(second, third), second, third], axis=-1)


def _times(turned: Turns, then: Turns | Turn) -> Turns:
    """Matrix products; those of numpy's library may differ between processors in the last bit."""
    return np.asarray((turned[:, :, :, None] * then[..., None, :, :]).sum(axis=2))


def _pitches(angle: Float64[np.ndarray, " T"]) -> Turns:
    """Turns by angles about the axis to the left: forward goes down."""
    sine, cosine, none = np.sin(angle), np.cos(angle), 0 * angle
    rows = ((cosine, none, sine), (none, none + 1, none), (-sine, none, cosine))
    return np.stack([np.stack(row, axis=-1) for row in rows], axis=-2)


def _about(axis: np.ndarray, angle: float) -> Turn:
    """A turn by an angle about an axis (Rodrigues' formula)."""
    x, y, z = axis
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return np.asarray(np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * _times(cross[None], cross)[0])
