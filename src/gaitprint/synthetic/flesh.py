"""People of flesh in the street: a mesh instead of capsules, in the same clothes, gaits, days and cameras."""

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float32, Float64, UInt8

from gaitprint.synthetic.bodies import Shape, draw_shape, mesh, rest, vary_shape
from gaitprint.synthetic.camera import Camera, look, stand
from gaitprint.synthetic.clothing import choose, clothe
from gaitprint.synthetic.gait import joint_paths
from gaitprint.synthetic.posing import measure, place, skin, turns
from gaitprint.synthetic.raster import ROWS, SIZE
from gaitprint.synthetic.solids import Solids, put_about
from gaitprint.synthetic.street import meet, set_out
from gaitprint.synthetic.traits import Body, Manner

_SHAPE_JITTER = 0.05


@dataclass(frozen=True)
class Person:
    """Somebody: a body, its hair and a manner."""

    shape: Shape
    hair: Body
    """Of which the hair alone counts."""
    manner: Manner


@dataclass(frozen=True)
class Moving:
    """A body over T frames, and what is around it."""

    vertices: Float64[np.ndarray, "T V 3"]
    around: Solids


def meet_in_the_flesh(generator: np.random.Generator) -> Person:
    """Somebody new."""
    hair, manner = meet(generator)
    return Person(draw_shape(generator), hair, manner)


def walk_in_the_flesh(
    person: Person, kind: str, frames: int, day: np.random.Generator, walk: np.random.Generator
) -> Moving:
    """One walk of a person; arguments as those of `walk_in_the_street`."""
    gone = set_out((person.hair, person.manner), kind, frames, day, walk)
    manner = _suited(gone.manner)
    garments = choose(kind, day)
    vertices, joints = rest(vary_shape(person.shape, _SHAPE_JITTER, walk))
    body = measure(vertices, joints, replace(gone.body, hair_back=gone.body.hair_back - 0.006))
    paths = joint_paths(body, manner, gone.phase, gone.arms)
    turned = turns(paths, joints, manner, body)
    placed = place(turned, joints)
    moved = skin(clothe(vertices, joints, gone.clothes, garments), joints, turned, placed)
    at = dict(zip(mesh().parts, placed, strict=True))
    paths |= {"chest": 0.5 * (at["chest"] + at["neck"]), "waist": at["waist"], "neck": at["neck"]}
    skull = joints[mesh().parts.index("head")] * 0 + (0.0, 0.0, 1.0 - body.head_radius)
    i = mesh().parts.index("head")
    paths["head"] = placed[i] + turned["head"] @ (vertices[vertices[:, 2] > 0.94].mean(axis=0) - joints[i])
    del skull
    for side in ("left", "right"):
        for name, part in (("shoulder", "upper_arm"), ("elbow", "forearm"), ("wrist", "hand"), ("hip", "thigh"), ("knee", "shank")):
            move = at[f"{side}_{part}"] - paths[f"{side}_{name}"]
            paths[f"{side}_{name}"] = at[f"{side}_{part}"]
            if name == "wrist":
                paths[f"{side}_hand"] = paths[f"{side}_hand"] + move
    worn = gone.worn.replace("+cl", "") if garments.jacket else gone.worn
    outfit = replace(gone.outfit, bag_size=1.2 * gone.outfit.bag_size)
    return Moving(moved, put_about(paths, body, outfit, worn, low=0.04))


def _suited(manner: Manner) -> Manner:
    """A manner meant for capsules, for limbs of flesh: shorter steps, straighter arms that swing more, further out."""
    return replace(
        manner,
        hip_swing=0.90 * manner.hip_swing,
        hip_offset=manner.hip_offset + 3.0,
        knee_rest=manner.knee_rest - 1.0,
        step_width=manner.step_width - 0.008,
        trunk_lean=manner.trunk_lean - 2.0,
        arm_swing=1.2 * manner.arm_swing,
        arm_offset=manner.arm_offset - 2.0,
        arm_spread=manner.arm_spread + 7.5,
        elbow_rest=0.8 * manner.elbow_rest,
        elbow_gain=0.75 * manner.elbow_gain,
    )


def photograph_flesh(
    moving: Moving, cameras: tuple[Camera, ...], raggedness: Float32[np.ndarray, "2 V T R"]
) -> UInt8[np.ndarray, "V T 64 64"]:
    """Normalised silhouettes, [views, T, 64, 64]; arguments as those of `photograph`."""
    from gaitprint.synthetic.cover import cover

    solids, moments = moving.around, len(moving.vertices)
    sight = stand(cameras, moments)
    ends = (look(solids.starts, solids.start_radii, sight), look(solids.ends, solids.end_radii, sight))
    count = len(cameras) * moments
    balls = np.stack([values for end in ends for values in end], axis=-1).transpose(1, 2, 0, 3)
    group_of = np.zeros(len(solids.starts), np.int64)
    for g, members in enumerate(solids.groups):
        group_of[list(members)] = g
    frames = np.zeros((count, SIZE, SIZE), np.uint8)
    cover(
        moving.vertices,
        mesh().faces,
        np.ascontiguousarray(balls).reshape(count, -1, 6),
        group_of,
        len(solids.groups),
        np.stack([np.broadcast_to(v, (len(cameras), moments)).reshape(-1) for v in sight], axis=1),
        raggedness.reshape(2, count, SIZE * ROWS),
        frames,
    )
    return frames.reshape(len(cameras), -1, SIZE, SIZE)
