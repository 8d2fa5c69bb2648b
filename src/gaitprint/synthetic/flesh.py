"""People of flesh in the street: meshes instead of capsules, in the same clothes, gaits, days and cameras.

Hair behind the head, skirts of coats and bags are capsules about the joints of the mesh, drawn into the same picture.
"""

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float32, Float64, UInt8

from gaitprint.extras import require_extra
from gaitprint.synthetic.bodies import Shape, draw_shape, mesh, rest, vary_shape
from gaitprint.synthetic.camera import Camera, look, stand
from gaitprint.synthetic.clothing import choose, clothe
from gaitprint.synthetic.gait import Points, joint_paths
from gaitprint.synthetic.measuring import measure, skull
from gaitprint.synthetic.posing import Turns, place, skin, turns
from gaitprint.synthetic.raster import ROWS, SIZE
from gaitprint.synthetic.solids import Solids, put_about
from gaitprint.synthetic.street import Clothes, Walk, meet, set_out
from gaitprint.synthetic.traits import Body, Manner

_SHAPE_JITTER = 0.05
"""How much local changes of shape move from one walk of a person to the next, in parts of their spread over people."""
_CUT_WALKS, _CUT_BELOW = 0.3, 0.2
"""Share of the walks, by camera, that are cut somewhere, and share of those that lack feet and not a head."""
_JOINTS = {"shoulder": "upper_arm", "elbow": "forearm", "wrist": "hand", "hip": "thigh", "knee": "shank"}
"""Joints of the walker, and the parts of the mesh that turn about them."""


@dataclass(frozen=True)
class Person:
    """Somebody: a body, hair and a manner."""

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
    """One walk of a person; the other arguments as those of `walk_in_the_street`."""
    gone = set_out((person.hair, person.manner), kind, frames, day, walk)
    garments = choose(kind, day)
    vertices, joints = rest(vary_shape(person.shape, _SHAPE_JITTER, walk))
    manner, body = suited(gone.manner), measure(vertices, joints, _thinner_hair(gone.body))
    paths = joint_paths(body, manner, gone.phase, gone.arms)
    turned = turns(paths, joints, manner, body)
    placed = place(turned, joints)
    moved = skin(clothe(vertices, joints, _narrower(gone.clothes), garments), joints, turned, placed)
    found = _found(paths, placed, turned["head"], skull(vertices) - joints[mesh().parts.index("head")])
    return Moving(moved, _around(found, body, gone, garments.jacket))


def suited(manner: Manner) -> Manner:
    """A manner of the capsules, for limbs of flesh: steps, lean and arms as real walks' mean pictures have them."""
    return replace(
        manner,
        hip_swing=0.90 * manner.hip_swing,
        hip_offset=manner.hip_offset + 3.0,
        knee_rest=manner.knee_rest - 1.0,
        step_width=manner.step_width - 0.008,
        trunk_lean=manner.trunk_lean - 2.0,
        arm_swing=1.2 * manner.arm_swing,
        arm_offset=manner.arm_offset - 2.0,
        arm_spread=manner.arm_spread + 5.5,
        elbow_rest=0.8 * manner.elbow_rest,
        elbow_gain=0.75 * manner.elbow_gain,
    )


def come_into_view(frames: int, generator: np.random.Generator) -> Float64[np.ndarray, " T"]:
    """What the picture's border hides of a figure, as `hidden` of `photograph_flesh`: mostly nothing.

    Of some walks the first or the last frames are cut, as of people who stand nearer than a camera sees them whole.
    """
    chance, last, low, deep = generator.random(4)
    count = min(int(generator.integers(2, 7)), frames)
    hidden = np.zeros(frames)
    if chance < _CUT_WALKS:
        hidden[:count] = (0.08 + 0.42 * deep) * np.arange(count, 0, -1) / count * (-1.0 if low < _CUT_BELOW else 1.0)
    return hidden[::-1].copy() if last < 0.5 else hidden


def photograph_flesh(
    moving: Moving,
    cameras: tuple[Camera, ...],
    raggedness: Float32[np.ndarray, "2 V T R"],
    hidden: Float64[np.ndarray, "V T"],
) -> UInt8[np.ndarray, "V T 64 64"]:
    """Normalised silhouettes of one walk from several cameras.

    Args:
        moving: the body over time.
        cameras: from where.
        raggedness: as of `photograph`.
        hidden: the share of the figure that lies above the picture, or below it where negative; what is seen fills the
            height, as the normalisation makes it.

    Raises:
        ConfigError: numba is not installed.
    """
    require_extra("numba")
    from gaitprint.synthetic.cover import cover

    solids, moments = moving.around, len(moving.vertices)
    sight = stand(cameras, moments)
    ends = (look(solids.starts, solids.start_radii, sight), look(solids.ends, solids.end_radii, sight))
    count = len(cameras) * moments
    seen = [np.broadcast_to(values, (len(cameras), moments)).reshape(-1) for values in (*sight, hidden)]
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
        np.stack(seen, axis=1),
        raggedness.reshape(2, count, SIZE * ROWS),
        frames,
    )
    return frames.reshape(len(cameras), -1, SIZE, SIZE)


def _narrower(clothes: Clothes) -> Clothes:
    """Trousers have a width of their own beside that of the street's, whose share is smaller therefore."""
    return replace(clothes, trousers=0.6 * clothes.trousers, cuffs=0.6 * clothes.cuffs)


def _thinner_hair(body: Body) -> Body:
    """The scalp of the mesh has hair of its own."""
    return replace(body, hair_back=body.hair_back - 0.006)


def _found(
    paths: dict[str, Points], placed: Float64[np.ndarray, "J T 3"], head: Turns, centre: np.ndarray
) -> dict[str, Points]:
    """The walker's joints where the mesh has them."""
    at = dict(zip(mesh().parts, placed, strict=True))
    found = paths | {"chest": 0.5 * (at["chest"] + at["neck"]), "waist": at["waist"], "neck": at["neck"]}
    found["head"] = at["head"] + (head * centre).sum(axis=2)
    for side in ("left", "right"):
        for name, part in _JOINTS.items():
            found[f"{side}_{name}"] = at[f"{side}_{part}"]
        found[f"{side}_hand"] = at[f"{side}_hand"] + paths[f"{side}_hand"] - paths[f"{side}_wrist"]
    return found


def _around(joints: dict[str, Points], body: Body, gone: Walk, jacket: bool) -> Solids:
    """Hair, skirt and bag; a jacket has no skirt."""
    worn = gone.worn.replace("+cl", "") if jacket else gone.worn
    outfit = replace(gone.outfit, bag_size=1.2 * gone.outfit.bag_size)
    return put_about(joints, body, outfit, worn, drop=0.04)
