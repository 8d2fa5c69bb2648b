"""How well weights recognise people whom they have not seen, as their card says it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gaitprint.config import build_settings


@dataclass(frozen=True)
class CardFigure:
    """Rank-1 of one set of probes."""

    on: str
    """Who was measured and how, such as `CASIA-B 075-124, zero-shot`."""
    probes: str
    """The probe set's name in its protocol."""
    rank1: float
    """Percent."""
    low: float | None = None
    """Lower end of the 95 % interval over subjects, percent; None: there is none."""
    high: float | None = None
    """Upper end."""


def card_figures(metrics: Mapping[str, Any]) -> tuple[CardFigure, ...]:
    """The figures that a card's `metrics` hold under `figures`.

    Raises:
        ConfigError: one that is none.
    """
    given = metrics.get("figures", [])
    rows = given if isinstance(given, list) else [given]
    return tuple(build_settings(CardFigure, row, f"figures[{i}] of the card") for i, row in enumerate(rows))
