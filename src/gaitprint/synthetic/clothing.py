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
    coat = 0.5 * clothes.sleeves if clothes.coat else 0.0
    for i, part in enumerate(mesh().parts):
        follow, kind = mesh().follow[:, i], part.removeprefix("left_").removeprefix("right_")
        if kind in _SHARES:
            trunk, trousers = _SHARES[kind]
            cloth = np.full(len(vertices), trunk * clothes.trunk + trousers * clothes.trousers)
        elif kind in ("shoulder", "upper_arm"):
            cloth = np.full(len(vertices), clothes.sleeves + 0.2 * coat)
        elif kind == "forearm":
            cloth = np.full(len(vertices), clothes.sleeves + 0.2 * coat)
        elif kind == "thigh":
            cloth = np.full(len(vertices), 0.9 * clothes.trousers)
        elif kind == "shank":
            top, end = joints[i, 2], joints[mesh().parts.index(part.replace("shank", "foot")), 2]
            down = np.clip((top - vertices[:, 2]) / (top - end), 0.0, 1.0)
            cloth = (1 - down) * clothes.trousers + down * (clothes.cuffs + 0.006)
        elif kind in ("foot", "toes"):
            cloth = np.full(len(vertices), 0.005 + clothes.shoes)
        elif kind == "head":
            scalp = np.clip((vertices[:, 2] - 0.93) / 0.03, 0.0, 1.0)
            cloth = 0.5 * clothes.hat * scalp
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
