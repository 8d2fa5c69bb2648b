"""Which sequences are good enough: a line of text such as ``height>=60,holes<0.05,frames>=20``."""

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from jaxtyping import Bool
from numpy.typing import ArrayLike

from gaitprint.config import require
from gaitprint.errors import ConfigError, did_you_mean
from gaitprint.silhouettes.quality import FIELDS, Quality

LENGTH = "frames"
"""The name of a sequence's number of frames, beside those of its measurements."""

_OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
}
_PART = re.compile(r"\s*([A-Za-z_]+)\s*(>=|<=|>|<)\s*([+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)\s*")


@dataclass(frozen=True)
class Bound:
    """One comparison that a sequence has to stand, such as ``holes<0.05``."""

    field: str
    """A name of `QualityFilter.fields`."""
    comparison: str
    """``>=``, ``<=``, ``>`` or ``<``."""
    value: float
    """What the measurement is compared with."""

    def __post_init__(self) -> None:
        if self.field not in QualityFilter.fields:
            hint = did_you_mean(self.field, QualityFilter.fields)
            raise ConfigError(f"a quality filter knows no measurement {self.field!r}; {hint}")
        known = ", ".join(_OPERATORS)
        require(self.comparison in _OPERATORS, f"a quality filter compares by {known}, found {self.comparison!r}")
        require(bool(np.isfinite(self.value)), f"{self.field} is compared with a number, found {self.value}")

    def __str__(self) -> str:
        return f"{self.field}{self.comparison}{self.value:g}"


@dataclass(frozen=True)
class QualityFilter:
    """Comparisons, all of which must hold.

    A measurement that is NaN passes every comparison: what is not known is no reason to drop a sequence. So
    ``period>0`` drops nothing, and ``height>=60`` keeps sequences without boxes.
    """

    bounds: tuple[Bound, ...]
    """The comparisons, one at least."""

    fields: ClassVar[tuple[str, ...]] = (*FIELDS, LENGTH)
    """What can be compared: the measurements of `Quality`, and ``frames``, the length of the sequence."""

    def __post_init__(self) -> None:
        require(bool(self.bounds), "a quality filter needs at least one comparison such as 'frames>=20', found none")

    @classmethod
    def parse(cls, text: str) -> "QualityFilter":
        """From comparisons with commas between, such as ``height>=60,holes<0.05,frames>=20``.

        Raises:
            ConfigError: an unknown measurement, or a part that is no comparison.
        """
        return cls(tuple(_parse_part(part) for part in text.split(",")))

    def keeps(self, quality: Quality, length: int) -> bool:
        """Whether a sequence of `length` frames is good enough."""
        for bound in self.bounds:
            value = float(length) if bound.field == LENGTH else float(getattr(quality, bound.field))
            if not (np.isnan(value) or _OPERATORS[bound.comparison](value, bound.value)):
                return False
        return True

    def mask(self, columns: Mapping[str, ArrayLike]) -> Bool[np.ndarray, " N"]:
        """`keeps` of many sequences: one column of N values a measurement, those that are compared at least.

        Raises:
            ConfigError: a column is missing.
        """
        masks: list[np.ndarray] = []
        for bound in self.bounds:
            if bound.field not in columns:
                has = ", ".join(columns) or "none"
                raise ConfigError(f"the quality filter {self} needs the measurement {bound.field!r}, found {has}")
            # in the column's own precision: 0.05 as a store holds it, in float32, is 0.05
            values = np.asarray(columns[bound.field])
            # every comparison with NaN is false, so what is unknown has to be let through by itself
            masks.append(np.isnan(values) | _OPERATORS[bound.comparison](values, bound.value))
        return np.asarray(np.logical_and.reduce(masks))

    def __str__(self) -> str:
        return ",".join(map(str, self.bounds))


def _parse_part(part: str) -> Bound:
    match = _PART.fullmatch(part)
    if match is None:
        raise ConfigError(
            f"a quality filter is comparisons such as 'height>=60' with commas between, found {part.strip()!r}; "
            f"measurements: {', '.join(QualityFilter.fields)}"
        )
    field, comparison, value = match.groups()
    return Bound(field, comparison, float(value))
