"""Clothes on a mesh: its skin moved outwards, by how thick the cloth of each part of the body is."""

import numpy as np
from jaxtyping import Float64

from gaitprint.synthetic.bodies import Rest, mesh
from gaitprint.synthetic.street import Clothes

_SHARES = {
    "pelvis": (0.6, 0.5),
    "belly": (1.1, 0.0),
    "waist": (1.2, 0.0),
    "chest": (1.0, 0.0),
    "neck": (0.35, 0.0),
}
"""How thick the trunk's cloth and the trousers are on each part, as shares."""


def clothe(vertices: Rest, joints: Rest, clothes: Clothes) -> Rest:
    """The resting mesh in its clothes; thicknesses are shares of the height, as those of `Clothes`."""
    thickness = np.zeros(len(vertices))
    for i, part in enumerate(mesh().parts):
        follow, kind = mesh().follow[:, i], part.removeprefix("left_").removeprefix("right_")
        if kind in _SHARES:
            trunk, trousers = _SHARES[kind]
            base = {"pelvis": 0.006, "belly": 0.008, "waist": 0.008, "chest": 0.002, "neck": 0.0}[kind]
            cloth = np.full(len(vertices), base + trunk * clothes.trunk + trousers * clothes.trousers)
        elif kind == "shoulder":
            cloth = np.full(len(vertices), 0.7 * clothes.sleeves)
        elif kind in ("upper_arm", "forearm"):
            cloth = np.full(len(vertices), 0.004 + clothes.sleeves)
        elif kind == "thigh":
            cloth = np.full(len(vertices), 0.004 + 0.9 * clothes.trousers)
        elif kind == "shank":
            top, end = joints[i, 2], joints[mesh().parts.index(part.replace("shank", "foot")), 2]
            down = np.clip((top - vertices[:, 2]) / (top - end), 0.0, 1.0)
            cloth = (1 - down) * (0.006 + clothes.trousers) + down * (clothes.cuffs + 0.010)
        elif kind in ("foot", "toes"):
            cloth = np.full(len(vertices), 0.007 + clothes.shoes)
        elif kind == "head":
            scalp = np.clip((vertices[:, 2] - 0.93) / 0.03, 0.0, 1.0)
            cloth = (0.011 + 0.5 * clothes.hat) * scalp
        else:
            cloth = np.zeros(len(vertices))
        thickness += follow * cloth
    return np.asarray(vertices + thickness[:, None] * normals(vertices))


def normals(vertices: Rest) -> Float64[np.ndarray, "V 3"]:
    """Unit vectors outwards: the mean of the triangles around a vertex, by their areas."""
    faces = mesh().faces
    a, b, c = (vertices[faces[:, i]] for i in range(3))
    of_face = np.cross(b - a, c - a)
    total = np.zeros_like(vertices)
    for i in range(3):
        np.add.at(total, faces[:, i], of_face)
    return np.asarray(total / np.maximum(np.linalg.norm(total, axis=1, keepdims=True), 1e-12))
