"""`gaitprint gallery capacity`: what a gallery of so many people takes on this machine."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from gaitprint.experiments.capacity import Capacity, Demand, plan_capacity
from gaitprint.quantization.settings import named

DEFAULT = ("float32", "fp16", "int8", "pca-128", "pca-128-int8")
"""Codecs that are planned where none is named."""


@dataclass(frozen=True)
class CapacityReport:
    """Bytes by arithmetic, time by a short run."""

    demand: Demand
    codecs: tuple[Capacity, ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)


def capacity(
    people: int,
    *,
    templates: int = 1,
    width: int = 2048,
    parts: int = 16,
    codecs: Sequence[str] = (),
    probes: int = 1,
    seed: int = 0,
) -> CapacityReport:
    """Bytes on disk and in memory, and milliseconds of an exact search, for each codec.

    Args:
        people: how many are enrolled.
        templates: of each.
        width: floats of an embedding.
        parts: of an embedding; they matter to `int8-part` and `pq` only.
        codecs: names such as `pca-128-int8`; none: a selection.
        probes: that are searched together.
        seed: of the made-up templates.

    Raises:
        GaitprintError: in one line.
    """
    demand = Demand(people, templates, width, parts, probes)
    kinds = [named(name) for name in codecs or (n for n in DEFAULT if named(n).width <= width)]
    return CapacityReport(demand, plan_capacity(demand, kinds, np.random.Generator(np.random.PCG64(seed))))
