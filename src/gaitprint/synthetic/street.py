"""Walks as cameras in the wild see them: every walk in clothes of its own, at its own speed, from its own camera.

The body and the manner are the person's, and are kept; all that is put on, carried or done for one walk is drawn anew,
so that nothing but body and manner tells two walks of one person from those of others.
"""

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float64

from gaitprint.synthetic.camera import Camera
from gaitprint.synthetic.gait import joint_paths, stride_length
from gaitprint.synthetic.solids import Solids, bag_kind, bag_side, dress
from gaitprint.synthetic.traits import Body, Manner, Outfit, draw, vary

_BODY_JITTER, _MANNER_JITTER = 0.10, 0.30
"""How much a trait moves from one walk of a person to the next, in parts of its spread over people."""


@dataclass(frozen=True)
class Clothes:
    """What one walk is done in; thicknesses are fractions of the body's height."""

    trunk: float
    sleeves: float
    trousers: float
    cuffs: float
    """How much wider the trousers are at the ankle than there: flared or baggy."""
    shoes: float
    """What shoes add to the foot's radius."""
    hat: float
    hair_back: float
    hair_down: float
    coat: bool
    bag: bool


def walk_in_the_street(
    body: Body, manner: Manner, kind: str, frames: int, generator: np.random.Generator
) -> tuple[Solids, Clothes]:
    """One walk of a person: the moving body, and what it is done in.

    Args:
        body, manner: of the person.
        kind: ``nm``: light clothes; ``bg``: with a bag; ``cl``: thick clothes, most often a coat, at times a bag too.
        frames: how many, at 25 a second.
        generator: of this walk.
    """
    body, manner = vary(body, _BODY_JITTER, generator), at_speed(vary(manner, _MANNER_JITTER, generator), generator)
    clothes, outfit = dress_up(kind, generator), draw(Outfit, generator)
    outfit = replace(outfit, coat_thickness=max(clothes.trunk, 0.0), bag_size=float(generator.uniform(0.04, 0.09)))
    held = bag_side(outfit) if clothes.bag and bag_kind(outfit) != "back" else None
    free = float(generator.uniform(0.5, 1.0)) if kind == "cl" else float(generator.uniform(0.75, 1.15))
    busy = float(generator.uniform(0.1, 0.7)) * free
    # hands in pockets, a telephone: an arm that hardly swings for no reason that the clothes show
    still = generator.random(2) < 0.08
    arms = tuple(busy if held == side or still[i] else free for i, side in enumerate(("left", "right")))
    rate = 1.0 / stride_length(manner)
    phase = generator.uniform() + np.cumsum(rate * (1.0 + 0.02 * _drift(frames, generator)))
    worn = "+".join(name for name, on in (("nm", True), ("bg", clothes.bag), ("cl", clothes.coat)) if on)
    dressed = put_on(body, clothes, under_coat=clothes.coat)
    return dress(joint_paths(dressed, manner, phase, (arms[0], arms[1])), dressed, outfit, worn), clothes


def at_speed(manner: Manner, generator: np.random.Generator) -> Manner:
    """The same manner slower or faster: cadence and stride grow together, about as the square root of the speed."""
    speed = float(np.clip(generator.normal(1.0, 0.12), 0.7, 1.35))
    root = speed**0.5
    return replace(
        manner,
        cadence=manner.cadence * root,
        hip_swing=manner.hip_swing * root,
        arm_swing=manner.arm_swing * speed,
        push_off=manner.push_off * root,
        trunk_lean=manner.trunk_lean + 4.0 * (speed - 1.0),
    )


def dress_up(kind: str, generator: np.random.Generator) -> Clothes:
    """What somebody puts on for one walk."""
    thick = kind == "cl"
    trunk = generator.uniform(0.008, 0.035) if thick else abs(generator.normal(0.0, 0.006))
    coat = thick and generator.random() < 0.75
    wide = generator.uniform(0.0, 0.022) if generator.random() < 0.35 else abs(generator.normal(0.0, 0.005))
    hooded = generator.random() < (0.35 if thick else 0.12)
    return Clothes(
        trunk=float(trunk),
        sleeves=float(trunk * generator.uniform(0.4, 0.9)),
        trousers=float(wide),
        cuffs=float(wide * generator.uniform(0.3, 1.6)),
        shoes=float(abs(generator.normal(0.0, 0.003))),
        hat=float(generator.uniform(0.003, 0.02)) if hooded else 0.0,
        hair_back=float(generator.normal(0.0, 0.006)),
        hair_down=float(generator.normal(0.0, 0.015)),
        coat=bool(coat),
        bag=bool(kind == "bg" or generator.random() < (0.15 if thick else 0.0)),
    )


def put_on(body: Body, clothes: Clothes, under_coat: bool) -> Body:
    """The body as wide as its clothes; what a coat covers is widened by the coat instead."""
    trunk, sleeves = (0.0, 0.0) if under_coat else (clothes.trunk, clothes.sleeves)
    return replace(
        body,
        chest_radius=body.chest_radius + trunk,
        waist_radius=body.waist_radius + 1.2 * trunk,
        seat_radius=body.seat_radius + 0.6 * trunk + 0.5 * clothes.trousers,
        arm_radius=body.arm_radius + sleeves,
        thigh_radius=body.thigh_radius + 0.8 * clothes.trousers,
        knee_radius=body.knee_radius + clothes.trousers,
        calf_radius=body.calf_radius + 0.5 * (clothes.trousers + clothes.cuffs),
        ankle_radius=body.ankle_radius + clothes.cuffs,
        foot_radius=body.foot_radius + clothes.shoes,
        head_radius=body.head_radius + 0.5 * clothes.hat,
        hair_back=body.hair_back + clothes.hair_back + clothes.hat,
        hair_down=body.hair_down + clothes.hair_down + 2.0 * clothes.hat,
    )


def stand_somewhere(view: float, generator: np.random.Generator) -> Camera:
    """A camera about `view` degrees from the walker's front: its height, its distance and how the walker passes it."""
    return Camera(
        view=view + float(generator.uniform(-9.0, 9.0)),
        pitch=float(generator.triangular(-2.0, 6.0, 24.0)),
        distance=1.0 / float(generator.uniform(0.04, 0.30)),
        turn=float(generator.normal(0.0, 0.20)),
    )


def _drift(frames: int, generator: np.random.Generator) -> Float64[np.ndarray, " T"]:
    """Slow changes of the pace, of about 1 at the most."""
    # over 12 frames, about half a stride; of fewer frames numpy would give 12
    slow = np.convolve(generator.normal(0.0, 1.0, frames), np.ones(12) / 12**0.5, "same")[:frames]
    return np.asarray(np.clip(slow, -2.0, 2.0))
