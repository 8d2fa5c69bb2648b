"""Sequences of a store that are good enough, by the measurements made while preparing."""

import numpy as np
from jaxtyping import Bool

from gaitprint.errors import ArtefactError, ConfigError
from gaitprint.silhouettes.quality_filter import QualityFilter
from gaitprint.store import Store


def quality_mask(store: Store, text: str) -> Bool[np.ndarray, " N"] | None:
    """Which sequences a filter such as `height>=60,holes<0.05` keeps; None where there is no filter.

    Raises:
        ConfigError: a malformed filter, or one that keeps nothing.
        ArtefactError: a store without measurements.
    """
    if not text:
        return None
    chosen = QualityFilter.parse(text)
    if not store.quality:
        raise ArtefactError(f"the store {store.root} holds no measurements: prepare it again to filter by them")
    keep = chosen.mask({**store.quality, "frames": store.lengths})
    if not keep.any():
        raise ConfigError(
            f"no sequence of {store.root} passes {text!r}: `gaitprint data doctor` shows what is usual there"
        )
    return keep
