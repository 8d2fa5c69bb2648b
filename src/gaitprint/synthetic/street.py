"""People as cameras in the wild see them: clothes of the day, their own speed, and cameras of any height and distance.

Body and manner are the person's. An outfit lasts a day, so that some walks of a person look alike and others do not;
load, speed, path and camera are drawn anew for every walk. What two days of a person share is body and manner alone.
"""

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float64

from gaitprint.synthetic.camera import Camera
from gaitprint.synthetic.gait import joint_paths, stride_length
from gaitprint.synthetic.solids import Solids, bag_kind, bag_side, dress
from gaitprint.synthetic.traits import Body, Manner, Outfit, draw, vary

_BODY_SPREAD, _MANNER_SPREAD = 1.5, 1.3
"""How much people differ, in parts of the spreads of the studio: measured on real walks, see the benchmark
`people_spread`."""
_BODY_JITTER, _MANNER_JITTER = 0.03, 0.20
"""How much a trait moves from one walk of a person to the next, in parts of its spread over people of the studio."""
_LONGER_STEPS = 1.12
_DAY_SPEED, _WALK_SPEED = 0.07, 0.04
"""Spread of the speed over the days of a person, and over the walks of a day, as shares."""


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


def meet(generator: np.random.Generator) -> tuple[Body, Manner]:
    """Somebody new."""
    body, manner = vary(Body(), _BODY_SPREAD, generator), vary(Manner(), _MANNER_SPREAD, generator)
    least = {"chest_radius": 0.045, "waist_radius": 0.04, "seat_radius": 0.045}
    body = replace(body, **{name: max(getattr(body, name), value) for name, value in least.items()})
    hair = replace(body, hair_back=1.3 * body.hair_back, hair_down=1.6 * body.hair_down)
    return hair, replace(manner, hip_swing=_LONGER_STEPS * manner.hip_swing)


@dataclass(frozen=True)
class Walk:
    """One walk of a person: what is worn, and how the joints go."""

    body: Body
    manner: Manner
    """At the speed of this walk."""
    clothes: Clothes
    outfit: Outfit
    worn: str
    """``nm``, joined by ``+`` with ``bg`` for a bag and ``cl`` for a coat."""
    phase: Float64[np.ndarray, " T"]
    """Strides done since the right heel touched the ground."""
    arms: tuple[float, float]
    """How much of their swing the left and the right arm keep."""


def set_out(
    person: tuple[Body, Manner], kind: str, frames: int, day: np.random.Generator, walk: np.random.Generator
) -> Walk:
    """What one walk of a person is like; arguments as those of `walk_in_the_street`."""
    clothes, outfit = dress_up(kind, day), draw(Outfit, day)
    usual = float(day.normal(0.0, _DAY_SPEED))
    body = vary(person[0], _BODY_JITTER, walk)
    manner = at_speed(vary(person[1], _MANNER_JITTER, walk), 1.0 + usual + float(walk.normal(0.0, _WALK_SPEED)))
    outfit = replace(outfit, coat_thickness=clothes.trunk, bag_size=float(day.uniform(0.04, 0.09)))
    held = bag_side(outfit) if clothes.bag and bag_kind(outfit) != "back" else None
    free = float(day.uniform(0.5, 1.0)) if kind == "cl" else float(day.uniform(0.85, 1.1))
    busy = float(day.uniform(0.1, 0.7)) * free
    # hands in pockets, a telephone: an arm that hardly swings for no reason that the clothes show
    still = walk.random(2) < 0.05
    arms = tuple(busy if held == side or still[i] else free for i, side in enumerate(("left", "right")))
    # the pace drifts by some percent: no step lasts exactly as long as the one before
    rate = 1.0 / stride_length(manner)
    phase = walk.uniform() + np.cumsum(rate * (1.0 + 0.02 * _drift(frames, walk)))
    worn = "+".join(name for name, on in (("nm", True), ("bg", clothes.bag), ("cl", clothes.coat)) if on)
    return Walk(body, manner, clothes, outfit, worn, phase, (arms[0], arms[1]))


def walk_in_the_street(
    person: tuple[Body, Manner], kind: str, frames: int, day: np.random.Generator, walk: np.random.Generator
) -> Solids:
    """One walk of a person: the moving body and what is on it.

    Args:
        person: body and manner.
        kind: ``nm``: light clothes; ``bg``: with a bag; ``cl``: thick clothes, most often a coat, at times a bag too.
        frames: how many, at 25 a second.
        day: draws the outfit, the same for all walks of a day.
        walk: draws all else.
    """
    gone = set_out(person, kind, frames, day, walk)
    dressed = put_on(gone.body, gone.clothes, under_coat=gone.clothes.coat)
    joints = joint_paths(dressed, gone.manner, gone.phase, gone.arms)
    return dress(joints, dressed, gone.outfit, gone.worn)


def at_speed(manner: Manner, speed: float) -> Manner:
    """The same manner slower or faster than usual: cadence and stride both grow as the square root of the speed."""
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
    # all is drawn for every kind, so that a walk with a bag is in the clothes of the other walks of its day
    coat, wide, hooded, bagged = generator.random(4)
    heavy, light = generator.uniform(0.008, 0.035), abs(generator.normal(0.0, 0.007))
    baggy, slim = generator.uniform(0.0, 0.022), abs(generator.normal(0.0, 0.005))
    trunk, trousers = (heavy if thick else light), (baggy if wide < 0.35 else slim)
    return Clothes(
        trunk=float(trunk),
        sleeves=float(trunk * generator.uniform(0.4, 0.9)),
        trousers=float(trousers),
        cuffs=float(trousers * generator.uniform(0.3, 1.6)),
        shoes=float(abs(generator.normal(0.0, 0.003))),
        hat=float(generator.uniform(0.003, 0.02) * (hooded < (0.35 if thick else 0.12))),
        hair_back=float(generator.normal(0.0, 0.006)),
        hair_down=float(generator.normal(0.0, 0.015)),
        coat=bool(thick and coat < 0.75),
        bag=bool(kind == "bg" or (thick and bagged < 0.15)),
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
