"""The proportions of a mesh, in the words of the drawn bodies: joints and loads are reckoned from them."""

import numpy as np

from gaitprint.synthetic.bodies import Joints, Vertices, mesh
from gaitprint.synthetic.traits import Body

_SKULL = 0.94
"""What lies higher is the skull."""
_SLICE = 0.02
"""Half the height of the slices in which the trunk is measured."""
_AROUND = 12
"""Vertices by which a limb's thickness is measured."""


def measure(vertices: Vertices, joints: Joints, hair: Body) -> Body:
    """The body of a resting mesh.

    Args:
        vertices: [V, 3], in heights of the body.
        joints: [J, 3].
        hair: whose hair it has.
    """
    at = dict(zip(mesh().parts, joints, strict=True))
    of = {part: vertices[mesh().follow[:, i] > 0.5] for i, part in enumerate(mesh().parts)}
    trunk = np.concatenate([of[p] for p in ("pelvis", "belly", "waist", "chest")])
    thigh, shank = _apart(at["left_shank"], at["left_thigh"]), _apart(at["left_foot"], at["left_shank"])
    hip, shoulder, waist = (float(at[p][2]) for p in ("left_thigh", "left_upper_arm", "waist"))
    foot = np.concatenate([of["left_foot"], of["left_toes"]])
    return Body(
        hip_height=hip,
        thigh_share=thigh / (thigh + shank),
        hip_width=_apart(at["left_thigh"], at["right_thigh"]),
        shoulder_width=_apart(at["left_upper_arm"], at["right_upper_arm"]),
        shoulder_height=shoulder,
        shoulder_slope=float(at["neck"][2]) - shoulder,
        upper_arm=_apart(at["left_forearm"], at["left_upper_arm"]),
        forearm=_apart(at["left_hand"], at["left_forearm"]),
        # the middle of a hand is a little nearer than where it holds something
        hand=1.2 * _apart(of["left_hand"].mean(axis=0), at["left_hand"]),
        chest_radius=_half_depth(trunk, 0.5 * (shoulder + waist)),
        waist_radius=_half_depth(trunk, waist),
        seat_radius=_half_depth(trunk, hip),
        thigh_radius=_thickness(of["left_thigh"], at["left_thigh"], at["left_shank"], 0.5),
        knee_radius=_thickness(of["left_shank"], at["left_shank"], at["left_foot"], 0.06),
        calf_radius=_thickness(of["left_shank"], at["left_shank"], at["left_foot"], 0.32),
        ankle_radius=_thickness(of["left_shank"], at["left_shank"], at["left_foot"], 0.9),
        # from the middle of the heel's ball to that of the toes'
        foot=float(np.ptp(foot[:, 0])) - 0.04,
        head_radius=0.5 * float(np.ptp(vertices[vertices[:, 2] > _SKULL, 1])),
        belly=0.0,
        hair_back=hair.hair_back,
        hair_down=hair.hair_down,
    )


def skull(vertices: Vertices) -> np.ndarray:
    """The middle of the skull, [3]."""
    return np.asarray(vertices[vertices[:, 2] > _SKULL].mean(axis=0))


def _apart(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.sqrt(np.square(one - other).sum()))


def _half_depth(trunk: np.ndarray, height: float) -> float:
    return 0.5 * float(np.ptp(trunk[np.abs(trunk[:, 2] - height) < _SLICE, 0]))


def _thickness(points: np.ndarray, start: np.ndarray, end: np.ndarray, share: float) -> float:
    """Mean distance from the bone, of the vertices nearest to a share of its way."""
    bone = end - start
    along = ((points - start) * bone).sum(axis=1) / np.square(bone).sum()
    near = np.argsort(np.abs(along - share), kind="stable")[:_AROUND]
    return float(np.sqrt(np.square(points - start - along[:, None] * bone).sum(axis=1))[near].mean())
