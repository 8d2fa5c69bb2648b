"""Whether a walk is good enough to be somebody's, and what was measured of it, as a gallery keeps it."""

import numpy as np

from gaitprint.errors import DataError
from gaitprint.silhouettes.quality import Quality
from gaitprint.silhouettes.quality_filter import QualityFilter


def check_quality(wanted: QualityFilter | None, measured: Quality, length: int) -> None:
    """Refuse a walk whose silhouettes are not good enough, by the number that is not.

    Raises:
        DataError: it is not.
    """
    for bound in wanted.bounds if wanted else ():
        if not QualityFilter((bound,)).keeps(measured, length):
            # said with the number, so that one can tell by how much
            value = length if bound.field == "frames" else getattr(measured, bound.field)
            raise DataError(f"not good enough: {bound.field} is {value:.3g}, wanted {bound}")


def quality_text(measured: Quality, length: int) -> str:
    """What was measured of a walk, as a sample keeps it."""
    values = {"frames": float(length), **vars(measured)}
    return ",".join(f"{name}={value:.3g}" for name, value in values.items() if not np.isnan(value))
