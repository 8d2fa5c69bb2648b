"""Moves a mesh as the joints of a walk go: every rigid part is turned along its bone, and the skin follows the parts."""

import numpy as np
from jaxtyping import Float64

from gaitprint.synthetic.bodies import Rest, mesh
from gaitprint.synthetic.gait import Points
from gaitprint.synthetic.traits import Body, Manner

Turns = Float64[np.ndarray, "T 3 3"]

PARENTS = {
    "pelvis": None,
    "belly": "pelvis",
    "waist": "belly",
    "chest": "waist",
    "neck": "chest",
    "head": "neck",
}
for _side in ("left", "right"):
    for _part, _parent in (
        ("shoulder", "chest"),
        ("upper_arm", "shoulder"),
        ("forearm", "upper_arm"),
        ("hand", "forearm"),
        ("thigh", "pelvis"),
        ("shank", "thigh"),
        ("foot", "shank"),
        ("toes", "foot"),
    ):
        PARENTS[f"{_side}_{_part}"] = _parent if _parent in ("chest", "pelvis") else f"{_side}_{_parent}"

_FORWARD, _LEFT, _UP = np.eye(3)
_TOES = 0.6
"""Share of the foot's pitch that the toes give back when the heel is up."""
_DROP = 10.0
"""Degrees by which shoulders are lower than in the mesh, whose arms are spread."""


def measure(vertices: Rest, joints: Rest, hair: Body) -> Body:
    """The proportions of a mesh in the words of drawn bodies, so that joints and loads fit it; hair is taken over."""
    at = dict(zip(mesh().parts, joints, strict=True))
    thigh, shank = (float(np.linalg.norm(at[a] - at[b])) for a, b in (("left_shank", "left_thigh"), ("left_foot", "left_shank")))
    upper, lower = (float(np.linalg.norm(at[a] - at[b])) for a, b in (("left_forearm", "left_upper_arm"), ("left_hand", "left_forearm")))
    of = {part: vertices[mesh().follow[:, i] > 0.5] for i, part in enumerate(mesh().parts)}
    trunk = np.concatenate([of[p] for p in ("pelvis", "belly", "waist", "chest")])
    feet, hand, head = np.concatenate([of["left_foot"], of["left_toes"]]), of["left_hand"], of["head"]
    shoulder = float(at["left_upper_arm"][2])
    skull = head[head[:, 2] > 0.94]
    hip = float(at["left_thigh"][2])

    def depth(height: float) -> float:
        near = trunk[np.abs(trunk[:, 2] - height) < 0.02]
        return 0.5 * float(np.ptp(near[:, 0]))

    def thick(part: str, low: float, high: float) -> float:
        start, end = at[part], at[part.replace("thigh", "shank") if "thigh" in part else part.replace("shank", "foot")]
        along = (end - start) / np.linalg.norm(end - start)
        places = of[part] - start
        share = places @ along / np.linalg.norm(end - start)
        apart = np.linalg.norm(places - (places @ along)[:, None] * along, axis=1)
        middle = 0.5 * (low + high)
        near = np.argsort(np.abs(share - middle), kind="stable")[:12]
        return float(apart[near].mean())

    waist = at["waist"][2]
    return Body(
        hip_height=hip,
        thigh_share=thigh / (thigh + shank),
        hip_width=float(at["left_thigh"][1] - at["right_thigh"][1]),
        shoulder_width=float(at["left_upper_arm"][1] - at["right_upper_arm"][1]),
        shoulder_height=shoulder,
        shoulder_slope=float(at["neck"][2]) - shoulder,
        upper_arm=upper,
        forearm=lower,
        hand=float(np.linalg.norm(hand.mean(axis=0) - at["left_hand"])) * 1.2,
        chest_radius=depth(0.5 * (shoulder + waist)),
        waist_radius=depth(waist),
        seat_radius=depth(hip),
        thigh_radius=thick("left_thigh", 0.35, 0.65),
        knee_radius=thick("left_shank", 0.0, 0.12),
        calf_radius=thick("left_shank", 0.2, 0.45),
        ankle_radius=thick("left_shank", 0.8, 1.0),
        foot=float(np.ptp(feet[:, 0])) - 0.04,
        head_radius=0.5 * float(np.ptp(skull[:, 1])),
        hair_back=hair.hair_back,
        hair_down=hair.hair_down,
        belly=0.0,
    )


def turns(paths: dict[str, Points], joints: Rest, manner: Manner, body: Body) -> dict[str, Turns]:
    """How every part is turned from where it rests, over T frames."""
    at = dict(zip(mesh().parts, joints, strict=True))
    count = len(paths["pelvis"])
    across_hips, spine = paths["left_hip"] - paths["right_hip"], paths["neck"] - paths["pelvis"]
    across_shoulders = paths["left_shoulder"] - paths["right_shoulder"]
    spine = spine / np.linalg.norm(spine, axis=1, keepdims=True)
    found = {}
    for part, share in (("pelvis", 0.0), ("belly", 0.35), ("waist", 0.7), ("chest", 1.0)):
        across = (1 - share) * across_hips / body.hip_width + share * across_shoulders / body.shoulder_width
        found[part] = _frame(0.3 * _UP + (0.0 + share) * spine + (1 - share) * _UP * 0.7, across)
    # how far the head is carried forward, against what the mesh has of it
    bend = np.clip((manner.head_forward - 0.018) / 0.06, -0.5, 0.6)
    found["neck"] = found["chest"] @ _pitch(np.full(count, bend))
    level = 0.5 * spine + 0.5 * _UP
    found["head"] = _frame(level, 0.15 * across_shoulders / body.shoulder_width + _LEFT)
    for side, sign in (("left", 1.0), ("right", -1.0)):
        found |= {f"{side}_{k}": v for k, v in _arm(paths, at, side, sign, found["chest"]).items()}
        found |= {f"{side}_{k}": v for k, v in _leg(paths, at, side).items()}
    return found


def _arm(paths: dict[str, Points], at: dict[str, np.ndarray], side: str, sign: float, chest: Turns) -> dict[str, Turns]:
    lowered = _about(_FORWARD, np.radians(-sign * _DROP))
    found = {"shoulder": chest @ lowered}
    tip = 2 * at[f"{side}_hand"] - at[f"{side}_forearm"]
    bones = (("upper_arm", "forearm", "shoulder", "elbow"), ("forearm", "hand", "elbow", "wrist"))
    for part, end, start_point, end_point in bones:
        rest, way = at[f"{side}_{end}"] - at[f"{side}_{part}"], paths[f"{side}_{end_point}"] - paths[f"{side}_{start_point}"]
        swing = np.arctan2(way[:, 0], -way[:, 2])
        ahead = np.stack([np.cos(swing), 0 * swing, np.sin(swing)], axis=1)
        found[part] = _frame(way, ahead) @ _frame(rest[None], _FORWARD[None])[0].T
    found["hand"] = found["forearm"]
    del tip
    return found


def _leg(paths: dict[str, Points], at: dict[str, np.ndarray], side: str) -> dict[str, Turns]:
    ahead = paths[f"{side}_toe"] - paths[f"{side}_heel"]
    level = np.hypot(ahead[:, 0], ahead[:, 1])
    heading = np.arctan2(ahead[:, 1], ahead[:, 0])
    found = {}
    for part, end, start_point, end_point, share in (
        ("thigh", "shank", "hip", "knee", 0.5),
        ("shank", "foot", "knee", "ankle", 0.8),
    ):
        rest, way = at[f"{side}_{end}"] - at[f"{side}_{part}"], paths[f"{side}_{end_point}"] - paths[f"{side}_{start_point}"]
        across = np.stack([-np.sin(share * heading), np.cos(share * heading), 0 * heading], axis=1)
        found[part] = _frame(way, across) @ _frame(rest[None], _LEFT[None])[0].T
    pitch = np.arctan2(ahead[:, 2], level)
    rest = at[f"{side}_toes"] - at[f"{side}_foot"]
    home = _about(_UP, -float(np.arctan2(rest[1], rest[0])))
    turned = np.stack([_about(_UP, float(h)) for h in heading])
    found["foot"] = turned @ _pitch(-pitch) @ home
    found["toes"] = turned @ _pitch(-pitch + _TOES * np.minimum(pitch, 0.0)) @ home
    return found


def place(turned: dict[str, Turns], joints: Rest) -> Float64[np.ndarray, "J T 3"]:
    """Where the joints of the parts go; the middle between the hips stays at the origin."""
    at = dict(zip(mesh().parts, joints, strict=True))
    found: dict[str, np.ndarray] = {}
    for part, parent in PARENTS.items():
        if parent is None:
            found[part] = np.zeros((len(turned[part]), 3))
        else:
            found[part] = found[parent] + turned[parent] @ (at[part] - at[parent])
    middle = 0.5 * (found["left_thigh"] + found["right_thigh"])
    return np.stack([found[part] - middle for part in mesh().parts])


def skin(
    vertices: Rest, joints: Rest, turned: dict[str, Turns], placed: Float64[np.ndarray, "J T 3"]
) -> Float64[np.ndarray, "T V 3"]:
    """Vertices that follow the parts, each a mixture of some (linear blend skinning)."""
    count = placed.shape[1]
    result = np.zeros((count, len(vertices), 3))
    for i, part in enumerate(mesh().parts):
        near = np.flatnonzero(mesh().follow[:, i])
        moved = np.einsum("tij,vj->tvi", turned[part], vertices[near] - joints[i], optimize=False) + placed[i][:, None]
        result[:, near] += mesh().follow[near, i, None] * moved
    return result


def _frame(way: np.ndarray, hint: np.ndarray) -> Turns:
    """Turns whose third axis goes along `way` and whose first is as near to `hint` as it can be, [T, 3, 3]."""
    third = way / np.linalg.norm(way, axis=-1, keepdims=True)
    across = hint - (hint * third).sum(axis=-1, keepdims=True) * third
    across = across / np.linalg.norm(across, axis=-1, keepdims=True)
    return np.stack([np.cross(across, third), across, third], axis=-1)


def _pitch(angle: np.ndarray) -> Turns:
    """Turns by angles about the axis to the left: forward goes down."""
    sine, cosine, none, one = np.sin(angle), np.cos(angle), 0 * angle, 0 * angle + 1
    return np.stack(
        [np.stack([cosine, none, sine], -1), np.stack([none, one, none], -1), np.stack([-sine, none, cosine], -1)], -2
    )


def _about(axis: np.ndarray, angle: float) -> np.ndarray:
    """A turn by an angle about an axis (Rodrigues)."""
    x, y, z = axis
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross
