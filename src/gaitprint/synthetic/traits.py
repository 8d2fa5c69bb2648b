"""Made-up people: the proportions of a body and the manner of a walk, each trait with its spread over people."""

from dataclasses import dataclass, field, fields
from typing import Any, TypeVar

import numpy as np

Traits = TypeVar("Traits", bound="Body | Manner | Outfit")


def _trait(mean: float, spread: float) -> Any:
    """A trait of mean and standard deviation over people; draws are cut at two deviations."""
    return field(default=mean, metadata={"spread": spread})


@dataclass(frozen=True)
class Body:
    """Proportions of a body standing upright; lengths and radii are fractions of its height."""

    hip_height: float = _trait(0.515, 0.014)
    thigh_share: float = _trait(0.52, 0.012)
    """Thigh length over leg length."""
    hip_width: float = _trait(0.105, 0.012)
    """Distance of the hip joints."""
    shoulder_width: float = _trait(0.212, 0.017)
    """Distance of the shoulder joints."""
    shoulder_height: float = _trait(0.768, 0.009)
    shoulder_slope: float = _trait(0.074, 0.010)
    """How much lower the shoulders' ends are than the neck's root."""
    upper_arm: float = _trait(0.172, 0.007)
    forearm: float = _trait(0.150, 0.007)
    hand: float = _trait(0.062, 0.006)
    arm_radius: float = _trait(0.035, 0.0045)
    chest_radius: float = _trait(0.068, 0.008)
    """Half the depth of the chest."""
    waist_radius: float = _trait(0.063, 0.010)
    waist_width: float = _trait(0.076, 0.012)
    """Distance of the centres of the waist's two halves."""
    belly: float = _trait(0.006, 0.012)
    """How far the waist stands forward."""
    seat_radius: float = _trait(0.064, 0.008)
    thigh_radius: float = _trait(0.055, 0.007)
    knee_radius: float = _trait(0.040, 0.005)
    calf_radius: float = _trait(0.039, 0.005)
    ankle_radius: float = _trait(0.029, 0.004)
    foot: float = _trait(0.115, 0.008)
    """Length from the heel's centre to the toes' centre."""
    foot_radius: float = _trait(0.020, 0.002)
    head_radius: float = _trait(0.049, 0.0035)
    neck_radius: float = _trait(0.033, 0.004)
    hair_back: float = _trait(0.008, 0.010)
    """How far the hair stands out behind the head."""
    hair_down: float = _trait(0.012, 0.030)
    """How far the hair reaches below the head; below 0 it is short."""


@dataclass(frozen=True)
class Manner:
    """How somebody walks; angles in degrees, forward and bending positive."""

    cadence: float = _trait(110.0, 7.0)
    """Steps a minute."""
    hip_swing: float = _trait(22.0, 2.8)
    """Half the range of the thigh: with the legs' length it sets the stride."""
    hip_offset: float = _trait(8.0, 2.5)
    knee_stance: float = _trait(13.0, 4.0)
    knee_swing: float = _trait(54.0, 5.0)
    knee_rest: float = _trait(5.0, 2.0)
    push_off: float = _trait(20.0, 4.0)
    """Ankle extension as the foot leaves the ground."""
    toe_out: float = _trait(7.0, 5.0)
    step_width: float = _trait(0.055, 0.018)
    pelvis_turn: float = _trait(5.0, 2.0)
    pelvis_drop: float = _trait(4.0, 1.8)
    hip_sway: float = _trait(0.011, 0.005)
    """Half the sideways way of the pelvis, as a fraction of the height."""
    trunk_lean: float = _trait(3.5, 3.0)
    trunk_nod: float = _trait(1.2, 0.7)
    trunk_roll: float = _trait(1.5, 1.2)
    shoulder_turn: float = _trait(6.0, 3.0)
    head_forward: float = _trait(0.018, 0.010)
    """How far the head stands before the neck's root, as a fraction of the height."""
    arm_swing: float = _trait(17.0, 5.5)
    arm_offset: float = _trait(-3.0, 5.0)
    arm_spread: float = _trait(7.0, 3.0)
    """Angle of the upper arm away from the trunk, sideways."""
    arm_lag: float = _trait(0.0, 0.03)
    """How late the arms are, in strides."""
    elbow_rest: float = _trait(19.0, 7.0)
    elbow_gain: float = _trait(0.4, 0.22)
    """Degrees the elbow bends further for each degree the arm swings forward."""
    arm_imbalance: float = _trait(0.0, 0.16)
    """Share by which the left arm swings more and the right one less."""
    leg_imbalance: float = _trait(0.0, 0.04)
    leg_lag: float = _trait(0.0, 0.012)
    """How much later than half a stride the left leg follows, in strides."""


@dataclass(frozen=True)
class Outfit:
    """The bag that somebody carries in one condition, and the coat worn in another."""

    bag_choice: float = _trait(1.5, 0.9)
    """Below 1 a handbag, below 2 a shoulder bag, otherwise a backpack."""
    bag_size: float = _trait(0.062, 0.010)
    bag_side: float = _trait(0.0, 1.0)
    """Above 0 on the left."""
    coat_length: float = _trait(0.68, 0.16)
    """How far down the thigh the skirt reaches, as a share of the thigh."""
    coat_thickness: float = _trait(0.017, 0.005)
    coat_flare: float = _trait(0.010, 0.006)
    """How much wider than the thigh the hem is."""


def draw(kind: type[Traits], generator: np.random.Generator) -> Traits:
    """Somebody new."""
    return vary(kind(), 1.0, generator)


def vary(traits: Traits, share: float, generator: np.random.Generator) -> Traits:
    """The same somebody at another time: every trait moved by about `share` of its spread over people."""
    # one draw a trait, in their order: another trait, or another order, makes other people of the same seed
    chance = np.clip(generator.standard_normal(len(fields(traits))), -2.0, 2.0)
    moved = {
        f.name: float(getattr(traits, f.name) + share * f.metadata["spread"] * z)
        for f, z in zip(fields(traits), chance, strict=True)
    }
    return type(traits)(**moved)
