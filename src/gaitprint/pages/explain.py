"""What an explanation says, in sentences, figures and tables."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from jaxtyping import Float64, Int

from gaitprint.explanation.likelihood_ratios import LikelihoodRatio
from gaitprint.explanation.nearest_matches import NearestMatches
from gaitprint.explanation.pair_explanation import PairExplanation, Strips
from gaitprint.pages.explain_panels import ROLES
from gaitprint.report.panels import Panel, ratio_text
from gaitprint.report.values import Cell, Report, Table

SYNTHETIC = "Synthetic walkers are not people: this says nothing about how anybody is recognised."


def findings(
    strips: Strips,
    pairs: Sequence[PairExplanation],
    beside: Sequence[LikelihoodRatio | None],
    rivals: NearestMatches | None,
) -> Iterator[str]:
    """What came out, in sentences."""
    for i, (one, usual) in enumerate(zip(pairs, beside, strict=True)):
        place = "" if rivals is None else f", place {rivals.rivals[i].place} of {rivals.gallery}"
        ratio = "" if usual is None else f". Such a distance is {spoken(usual.whole)}"
        yield f"{one.other.key} is {ROLES[one.role]}: distance {one.distance:.4g}{place}{ratio}."
    if len(pairs) == 2:
        yield rivalry(strips, pairs[0], pairs[1])
    for one in pairs:
        heavy = np.argsort(-one.strips, kind="stable")[:3]
        share, even = 100 * one.strips[heavy].sum() / (one.total or 1.0), 100 * len(heavy) / len(strips)
        yield (
            f"Farthest apart from {one.other.key}: {regions(strips, heavy)}; {len(heavy)} of {len(strips)} strips hold "
            f"{share:.0f} % of the distance{' squared' if one.scorer.part_sum.squared else ''} (evenly: {even:.0f} %)."
        )


def rivalry(strips: Strips, near: PairExplanation, far: PairExplanation) -> str:
    """Say in which strips each of two walks is the nearer one."""
    gain = far.strips - near.strips
    order = np.argsort(-gain, kind="stable")
    best, worst = order[:3], order[::-1][:3]
    text = f"{near.other.key} is nearer than {far.other.key} in {int((gain > 0).sum())} of {len(strips)} strips"
    text += f", most of all: {regions(strips, best[gain[best] > 0])}" if (gain > 0).any() else ""
    return text + (
        f"; {far.other.key} is nearer at: {regions(strips, worst[gain[worst] < 0])}." if (gain < 0).any() else "."
    )


def regions(strips: Strips, chosen: Int[np.ndarray, " _"]) -> str:
    """Name the regions of some strips, from the top."""
    return ", ".join(dict.fromkeys(strips.names[s] for s in np.sort(chosen)))


def spoken(ratio: Float64[np.ndarray, " 3"]) -> str:
    """A likelihood ratio and its interval for people."""
    value, low, high = (float(v) for v in ratio)
    if low <= 0 <= high:
        return f"about as usual for one person as for two (ratio {ratio_text(value)}, 95 % {_ends(low, high)})"
    whom = "two people as for one" if value < 0 else "one person as for two"
    if value < 0:
        value, low, high = -value, -high, -low
    if ratio_text(low) == ratio_text(high):  # the most that is ever said
        return f"{ratio_text(value)} times as usual or more for {whom} (more cannot be told from so few people)"
    return f"{ratio_text(value)} times as usual for {whom} (95 % {_ends(low, high)})"


def _ends(low: float, high: float) -> str:
    return f"{ratio_text(low)} to {ratio_text(high)}"


def people(usual: LikelihoodRatio) -> str:
    """What a ratio was learnt from."""
    learnt = usual.likelihood
    return (
        f"{usual.kind} ({learnt.people} people, {learnt.same_pairs} pairs of walks of one of them, "
        f"{learnt.other_pairs} of two)"
    )


def warnings(strips: Strips, beside: Sequence[LikelihoodRatio | None], known: bool, synthetic: bool) -> Iterator[str]:
    """What must be known to read it."""
    if synthetic:
        yield SYNTHETIC
    size, widest = int(strips.edges[-1]), int(np.diff(strips.seen, axis=1).max())
    frames = "one frame" if strips.stride == 1 else f"{strips.stride} frames"
    yield (
        "This is what the network compares, not what the person is. A strip is named by its middle: rows around it can "
        f"change it too, {widest} of {size} at most; regions of the body are rough. A moment is {frames} and "
        f"sees {strips.frames_seen}."
    )
    learnt = [u for u in beside if u is not None]
    if learnt:
        bound = min(u.likelihood.people for u in learnt)
        yield (
            "Ratios say how usual such distances are among other people, not how likely it is the same person. Strips "
            "depend on each other: do not multiply theirs. No ratio is given beyond the number of people it was learnt "
            f"from, here {bound}. Learnt from {'; '.join({u.kind: people(u) for u in learnt}.values())}."
        )
    if known and len(learnt) < len(beside):
        yield "Too few people have two walks each, so it cannot be said how usual these distances are."
    if not known:
        yield "How usual these distances are is told from embeddings of other walks: give them by --embeddings."


def page(
    strips: Strips,
    pairs: Sequence[PairExplanation],
    beside: Sequence[LikelihoodRatio | None],
    rivals: NearestMatches | None,
    said: Sequence[str],
    warned: Sequence[str],
    drawn: tuple[Panel, ...],
    networks: Sequence[dict[str, Any]],
) -> Report:
    """The page as values."""
    probe = pairs[0].probe
    names = " + ".join(str(n.get("title") or n.get("network")) for n in networks)
    facts = [("Probe", probe.key), ("Networks", names), ("Distance", pairs[0].scorer.scorer.distance)]
    if rivals is not None:
        facts.append(("Walks ranked", str(rivals.gallery)))
    return Report(
        title=_title(pairs),
        subtitle="Which strips of the body, and which moments, make walks alike or not.",
        facts=tuple(facts),
        findings=tuple(said),
        warnings=tuple(warned),
        panels=drawn,
        tables=(_table(strips, pairs, beside),),
    )


def _title(pairs: Sequence[PairExplanation]) -> str:
    near = pairs[0]
    who = near.other.subject or near.other.key
    if near.role == "right one":
        return f"Why {near.probe.key} is found"
    if near.role == "wrong one":
        return f"Why {near.probe.key} is taken for {who}"
    return f"{near.probe.key} against {', '.join(c.other.key for c in pairs)}"


def _table(strips: Strips, pairs: Sequence[PairExplanation], beside: Sequence[LikelihoodRatio | None]) -> Table:
    columns = ["Rows"]
    for one, usual in zip(pairs, beside, strict=True):
        columns += [f"{one.role}: share of the distance", *([f"{one.role}: ratio"] if usual is not None else [])]
    rows: list[tuple[Cell, ...]] = []
    for s, name in enumerate(strips.names):
        row = [f"{strips.edges[s] + 1}-{strips.edges[s + 1]}, {name}"]
        for one, usual in zip(pairs, beside, strict=True):
            row.append(f"{100 * one.strips[s] / (one.total or 1.0):.1f} %")
            if usual is not None:
                value, low, high = (ratio_text(float(v)) for v in usual.strips[s])
                row.append(f"{value} ({low} to {high})")
        rows.append(tuple(row))
    note = (
        "Shares are exact and add up to the distance (its square, where it is Euclid's). A ratio of 3: three times as "
        "usual for one person as between two people; 1/3 the other way round; beside it its 95 % interval."
    )
    return Table("Strip by strip", tuple(columns), tuple(rows), note)


def plain(
    strips: Strips,
    pairs: Sequence[PairExplanation],
    beside: Sequence[LikelihoodRatio | None],
    rivals: NearestMatches | None,
) -> dict[str, Any]:
    """Everything as values for JSON."""
    against = []
    for i, (one, usual) in enumerate(zip(pairs, beside, strict=True)):
        values: dict[str, Any] = {
            "role": one.role,
            "key": one.other.key,
            "subject": one.other.subject,
            "distance": one.distance,
            "total": one.total,
            "place": None if rivals is None else rivals.rivals[i].place,
            "strips": one.strips.tolist(),
            "probe_moments": one.moments.sum(axis=(0, 2)).tolist(),
            "other_moments": one.moments.sum(axis=(0, 1)).tolist(),
        }
        if usual is not None:
            values["log10_ratio"] = {"whole": usual.whole.tolist(), "strips": usual.strips.tolist()}
            values["learnt_from"] = people(usual)
        against.append(values)
    rows = [
        {"rows": [int(strips.edges[s]), int(strips.edges[s + 1])], "seen": strips.seen[s].tolist(), "region": name}
        for s, name in enumerate(strips.names)
    ]
    return {
        "probe": pairs[0].probe.key,
        "pipeline": pairs[0].scorer.settings,
        "strips": rows,
        "gallery": None if rivals is None else rivals.gallery,
        "against": against,
    }
