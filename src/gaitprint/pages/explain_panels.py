"""The figures of an explanation: bodies in strips, what sets two walks apart, and when."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from jaxtyping import Float64, UInt8

from gaitprint.explanation.likelihood_ratios import LikelihoodRatio
from gaitprint.explanation.pair_explanation import PairExplanation, Strips, frame_of
from gaitprint.report.panels import BodyBands, Meeting, Moments, Panel, TimeLine
from gaitprint.types import Frames

MEETINGS = 5
"""Pairs of moments shown."""
ROLES = {
    "right one": "the nearest walk of the same person",
    "wrong one": "the nearest walk of anybody else",
    "nearest": "the nearest walk",
    "next person": "the nearest walk of another person than that",
    "other": "the walk it was to be compared with",
}


def panels_of(
    strips: Strips, pairs: Sequence[PairExplanation], beside: Sequence[LikelihoodRatio | None]
) -> tuple[Panel, ...]:
    """The figures: a body for each comparison, one for what sets two apart, and the moments of each."""
    reach = max([1.0, *(float(np.abs(u.strips).max()) for u in beside if u is not None)])
    bodies: list[Panel] = [_body(strips, c, u, reach) for c, u in zip(pairs, beside, strict=True)]
    if len(pairs) == 2:
        bodies.append(_rivals(strips, pairs[0], pairs[1]))
    moments = [_moments(strips, c) for c in pairs]
    ends = [float(end) for m in moments for line in m.lines for end in (*line.values, *line.won)]
    return (*bodies, *(replace(m, reach=(min(ends), max(ends))) for m in moments))


def _mean(frames: Frames) -> UInt8[np.ndarray, "H W"]:
    """Average all frames, for no single one stands for the walk."""
    return np.asarray(frames.mean(axis=0).round(), np.uint8)


def _shown(one: PairExplanation) -> tuple[tuple[int, int], ...]:
    """Pairs of moments that set two walks apart most, each moment once."""
    left = one.moments.sum(axis=0)
    meetings = []
    for _ in range(min(MEETINGS, *left.shape)):
        a, b = (int(i) for i in np.unravel_index(int(left.argmax()), left.shape))
        meetings.append((a, b))
        # each moment is shown once: its row and its column are done
        left[a], left[:, b] = -np.inf, -np.inf
    return tuple(meetings)


def _frames(one: PairExplanation, pair: tuple[int, int], stride: int) -> tuple[int, int]:
    return frame_of(pair[0], len(one.probe_frames), stride), frame_of(pair[1], len(one.other_frames), stride)


def _body(strips: Strips, one: PairExplanation, usual: LikelihoodRatio | None, reach: float) -> BodyBands:
    bodies = (("probe", _mean(one.probe_frames)), (one.role, _mean(one.other_frames)))
    title = f"{one.other.key}: {ROLES[one.role]}"
    if usual is None:
        shares = 100 * one.strips / (one.total or 1.0)
        # an even share is pale, four times of it fully orange, a quarter fully blue
        tones = np.clip(np.log2(np.maximum(len(strips) * shares / 100, 1e-3)) / -2, -1, 1)
        note = "How the distance is spread over the body: orange strips hold more than an even share, blue ones less."
        return BodyBands(title, note, bodies, strips.edges, strips.names, shares, tones, "share of the distance, %")
    value, low, high = usual.strips.T
    note = (
        "Blue strips are as near as is usual for two walks of one person, orange ones as far as is usual for two "
        "people; a bar's line is its 95 % interval. At 1 both are equally usual."
    )
    return BodyBands(
        title, note, bodies, strips.edges, strips.names, value, np.clip(value, -1, 1), "times as usual",
        ("← two people", "one person →"), low=low, high=high, ratios=True, reach=reach,
    )  # fmt: skip


def _rivals(strips: Strips, near: PairExplanation, far: PairExplanation) -> BodyBands:
    gain = 100 * (far.strips - near.strips) / (far.total or 1.0)
    walks = (("probe", near.probe_frames), (near.role, near.other_frames), (far.role, far.other_frames))
    bodies = tuple((role, _mean(frames)) for role, frames in walks)
    wrong = near.role == "wrong one"
    sign = -1 if wrong else 1
    top = np.abs(gain).max() or 1.0
    note = (
        f"In which strips {near.other.key} or {far.other.key} is nearer to the probe. The bars add up to what sets the "
        "two distances apart."
    )
    return BodyBands(
        f"Where the {near.role} is nearer than the {far.role}", note, bodies, strips.edges, strips.names, gain,
        sign * gain / top, "% of the distance", (f"← {far.role} nearer", f"{near.role} nearer →"),
        end_colours=("alike", "apart") if wrong else ("apart", "alike"),
    )  # fmt: skip


def _moments(strips: Strips, one: PairExplanation) -> Moments:
    total = one.total or 1.0
    meetings = []
    # one scale for all pairs of moments, so that their colours can be compared
    scale = max(float(one.moments[:, a, b].max()) for a, b in _shown(one)) or 1.0
    for pair in _shown(one):
        p, o = _frames(one, pair, strips.stride)
        piece = one.moments[:, pair[0], pair[1]]
        meetings.append(
            Meeting(
                (one.probe_frames[p], one.other_frames[o]),
                (p + 1, o + 1),
                np.clip(-piece / scale, -1, 1),
                f"{100 * piece.sum() / total:.1f} %",
            )
        )
    lines = (
        _line("the probe", one.moments.sum(axis=(0, 2)) / total, one.probe_won, len(one.probe_frames), strips.stride),
        _line(
            f"the {one.role}", one.moments.sum(axis=(0, 1)) / total, one.other_won, len(one.other_frames), strips.stride
        ),
    )
    note = (
        "Above, the moments that meet in the features that set the two walks apart most, and in which strips. Below, "
        "for both walks, how much of the distance comes from each moment (bars) and how much of all features (line): "
        "where bars stay below the line, the walks are alike (blue)."
    )
    return Moments(f"When: the probe and {one.other.key}", note, strips.edges, tuple(meetings), lines)


def _line(
    label: str, values: Float64[np.ndarray, " M"], won: Float64[np.ndarray, " M"], length: int, stride: int
) -> TimeLine:
    places = np.array([frame_of(m, length, stride) + 1.0 for m in range(len(values))])
    return TimeLine(label, places, 100 * values, 100 * won)
