"""The trials of a probe selection by the probe's view and by its condition, whatever rows its table has."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Bool, Float64

from gaitprint.errors import ProtocolError, did_you_mean
from gaitprint.evaluation.identification.result import Evaluation, ProbeSetResult
from gaitprint.evaluation.protocol.protocol import Protocol
from gaitprint.evaluation.protocol.selection import short_view
from gaitprint.evaluation.protocol.trials import Trials
from gaitprint.texts import natural_order

Kind = Literal["view", "condition"]
KINDS: tuple[Kind, ...] = ("view", "condition")


@dataclass(frozen=True, eq=False)
class Group:
    """The trials of a probe selection that share a view or a condition."""

    kind: Kind
    name: str
    trials: Bool[np.ndarray, " M"]
    """Which; all of them have probes of this view or condition, and some of them count."""
    probes: int
    """Distinct probe sequences with a trial that counts."""


def groups_of(evaluation: Evaluation, result: ProbeSetResult, kind: Kind) -> list[Group]:
    """The groups of one kind that hold a trial that counts, by name, 54 before 108."""
    trials, protocol = result.trials, evaluation.protocol
    names = np.array([_name(protocol, evaluation, int(i), kind) for i in trials.probe], str)
    counts = used(protocol, trials) & result.counted[trials.row, trials.column]
    return [
        # those in cells that do not count too: `counted` leaves them out of the means
        Group(kind, name, names == name, len(np.unique(trials.probe[counts & (names == name)])))
        for name in sorted({str(name) for name in names[counts]}, key=natural_order)
    ]


def used(protocol: Protocol, trials: Trials) -> Bool[np.ndarray, " M"]:
    """Trials that take part in rank-k."""
    return trials.matched if protocol.unmatched == "left-out" else np.ones(len(trials), bool)


def figure_names(protocol: Protocol) -> tuple[str, ...]:
    """What a protocol prints: `rank-1`, ..., and mAP and mINP where it asks for them."""
    return (*(f"rank-{k}" for k in protocol.ranks), *protocol.metrics)


def figure_values(
    name: str, protocol: Protocol, trials: Trials
) -> tuple[Float64[np.ndarray, " M"], Bool[np.ndarray, " M"]]:
    """Each trial's value of a figure in per cent, and which trials have one.

    Raises:
        ProtocolError: the protocol has no figure of that name.
    """
    metrics = {"mAP": trials.average_precision, "mINP": trials.inverse_penalty}
    if name in protocol.metrics:
        return 100.0 * metrics[name], trials.matched
    rank = name.removeprefix("rank-")
    if name.startswith("rank-") and rank.isascii() and rank.isdecimal() and int(rank) >= 1:
        return 100.0 * (trials.matched & (trials.rank <= int(rank))), used(protocol, trials)
    known = ["rank-1", *figure_names(protocol)]
    raise ProtocolError(
        f"protocol {protocol.name} has no figure {name!r}: {did_you_mean(name, known)} "
        "(rank-K takes any K, mAP and mINP are there where the protocol's `metrics` name them)"
    )


def _name(protocol: Protocol, evaluation: Evaluation, row: int, kind: Kind) -> str:
    record = evaluation.records[row]
    return short_view(protocol, record.view) if kind == "view" else record.condition
