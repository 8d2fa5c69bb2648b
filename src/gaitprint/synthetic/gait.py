"""Where the joints of a walking body are at every frame: forward kinematics of periodic joint angles.

Axes of the walker: x forward, y to the left, z up; the origin is the middle of the pelvis. Unit: body height.
The shapes of the joint angles over a stride follow those of textbooks on human walking: the thigh swings like a
cosine, the knee bends a little under load and much in the swing, the foot pushes off behind.
"""

import numpy as np
from jaxtyping import Float64

from gaitprint.synthetic.traits import Body, Manner

FRAMES_A_SECOND = 25.0

Points = Float64[np.ndarray, "T 3"]
Angles = Float64[np.ndarray, "T"]

_LEFT, _RIGHT = 1.0, -1.0


def stride_length(manner: Manner) -> float:
    """Frames a full stride (two steps) lasts."""
    return 120.0 * FRAMES_A_SECOND / manner.cadence


def joint_paths(
    body: Body, manner: Manner, phase: Angles, arm_shares: tuple[float, float] = (1.0, 1.0)
) -> dict[str, Points]:
    """The joints' places over time.

    Args:
        body: proportions.
        manner: the way of walking.
        phase: strides done since the right heel touched the ground, [T].
        arm_shares: how much of their swing the left and the right arm keep.

    Returns:
        Points by name; ``left_`` and ``right_`` with hip, knee, ankle, heel, toe, shoulder, elbow, wrist, hand; and
        waist, chest, neck, head, pelvis.
    """
    turn = 2 * np.pi * phase
    zero = np.zeros_like(phase)
    yaw = np.radians(manner.pelvis_turn) * np.cos(turn)
    sway = -manner.hip_sway * np.sin(turn)
    lean = np.radians(manner.trunk_lean + manner.trunk_nod * np.cos(2 * turn))
    roll = np.radians(manner.trunk_roll) * np.sin(turn)
    joints = {"pelvis": _points(zero, zero, zero)}
    spine = _points(np.sin(lean), -np.sin(roll), np.cos(lean) * np.cos(roll))
    # from the middle of the pelvis, which is the origin
    rise = body.shoulder_height - body.hip_height
    joints["waist"] = 0.42 * rise * spine + _points(zero + body.belly, zero, zero)
    joints["chest"] = 0.78 * rise * spine
    joints["neck"] = (rise + body.shoulder_slope) * spine
    head = 1.0 - body.head_radius - body.shoulder_height - body.shoulder_slope
    joints["head"] = joints["neck"] + _points(zero + manner.head_forward, -0.3 * np.sin(roll), zero + head)
    sides = (("left", _LEFT, 0.5 + manner.leg_lag, arm_shares[0]), ("right", _RIGHT, 0.0, arm_shares[1]))
    for name, side, lag, share in sides:
        joints |= {f"{name}_{part}": p for part, p in _leg(body, manner, phase - lag, side, yaw, sway).items()}
        shoulder = rise * spine + _across(
            side * body.shoulder_width / 2, -np.radians(manner.shoulder_turn) * np.cos(turn)
        )
        shoulder[:, 2] += -side * np.sin(roll) * body.shoulder_width / 2
        # an arm swings against the leg of its side, half a stride apart
        swing = phase - lag + 0.5 - manner.arm_lag
        joints |= {f"{name}_{part}": p for part, p in _arm(body, manner, swing, side, share, shoulder).items()}
    return joints


def _leg(body: Body, manner: Manner, phase: Angles, side: float, yaw: Angles, sway: Angles) -> dict[str, Points]:
    """One leg from the hip down; `phase` counts from its own heel strike."""
    swing = manner.hip_swing * (1.0 + side * manner.leg_imbalance)
    hip = manner.hip_offset + swing * (np.cos(2 * np.pi * (phase + 0.05)) - 0.12 * np.cos(4 * np.pi * (phase - 0.05)))
    knee = (
        manner.knee_rest
        + manner.knee_stance * _bump(phase, 0.14, 0.065)
        + manner.knee_swing * _bump(phase, 0.72, 0.092)
    )
    ankle = (
        8.0 * _bump(phase, 0.42, 0.11) - 5.0 * _bump(phase, 0.07, 0.04) - manner.push_off * _bump(phase, 0.63, 0.055)
    )
    thigh, shank = np.radians(hip), np.radians(hip - knee)
    pitch = np.radians(hip - knee + ankle)
    length = body.hip_height - 0.045
    start = _across(side * body.hip_width / 2, yaw)
    start[:, 2] += np.radians(manner.pelvis_drop) * np.sin(2 * np.pi * phase) * body.hip_width / 2
    # legs lean sideways so that the feet come down half a step's width from the line of walking
    slant = (side * manner.step_width / 2 - sway - start[:, 1]) / length
    upper, lower = body.thigh_share * length, (1 - body.thigh_share) * length
    knee_at = start + upper * _points(np.sin(thigh), slant, -np.cos(thigh))
    ankle_at = knee_at + lower * _points(np.sin(shank), slant, -np.cos(shank))
    out = side * np.sin(np.radians(manner.toe_out)) * np.cos(pitch)
    ahead = _points(np.cos(pitch), out, np.sin(pitch))
    below = _points(np.sin(pitch), 0 * out, -np.cos(pitch))
    heel = ankle_at - 0.25 * body.foot * ahead + 0.022 * below
    return {"hip": start, "knee": knee_at, "ankle": ankle_at, "heel": heel, "toe": heel + body.foot * ahead}


def _arm(body: Body, manner: Manner, phase: Angles, side: float, share: float, shoulder: Points) -> dict[str, Points]:
    """One arm from the shoulder down; it is furthest forward at phase 0."""
    forward = share * manner.arm_swing * (1.0 + side * manner.arm_imbalance) * np.cos(2 * np.pi * phase)
    bend = np.maximum(2.0, manner.elbow_rest) + manner.elbow_gain * np.maximum(forward, 0.0)
    upper, lower = np.radians(manner.arm_offset + forward), np.radians(manner.arm_offset + forward + bend)
    spread = np.radians(max(manner.arm_spread, 2.0))
    out = side * np.sin(spread)
    elbow = shoulder + body.upper_arm * _points(np.sin(upper), 0 * upper + out, -np.cos(upper) * np.cos(spread))
    along = _points(np.sin(lower), 0 * lower - 0.2 * out, -np.cos(lower))
    wrist = elbow + body.forearm * along
    return {"shoulder": shoulder, "elbow": elbow, "wrist": wrist, "hand": wrist + body.hand * along}


def _bump(phase: Angles, centre: float, width: float) -> Angles:
    """A periodic bell of height 1 around `centre`; centre and width in strides."""
    return np.asarray(np.exp((np.cos(2 * np.pi * (phase - centre)) - 1.0) / (2 * np.pi * width) ** 2))


def _across(distance: float, yaw: Angles) -> Points:
    """A point `distance` to the left, turned about the upright axis."""
    return _points(-distance * np.sin(yaw), distance * np.cos(yaw), np.zeros_like(yaw))


def _points(x: Angles, y: Angles, z: Angles) -> Points:
    return np.stack([x, y, z], axis=1)
