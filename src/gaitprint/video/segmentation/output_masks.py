"""The forms in which segmentation networks answer, and the mask of one class in each.

One output, or the first that is a map: [1, h, w], [1, 1, h, w] or [1, h, w, 1] of one class, [1, C, h, w] or
[1, h, w, C] of several, or whole numbers [1, h, w] that name the class of each pixel.
"""

from collections.abc import Mapping
from typing import Literal

import numpy as np
from jaxtyping import Float32

from gaitprint.errors import ArtefactError
from gaitprint.video.segmentation.crops import soft_mask

Values = Literal["logits", "shares"]


def read_mask(
    outputs: Mapping[str, np.ndarray], values: Values, person: int, name: str
) -> Float32[np.ndarray, "_h _w"]:
    """The share of each pixel that is a person's, 0..1.

    Args:
        values: logits (of several classes: softmax over them), or shares from 0 to 1; class numbers are neither.
        person: number of the class, from 0, where there are several.
        name: of the network, for errors.

    Raises:
        ArtefactError: there is no map, no such class, or shares that are none.
    """
    maps = [array for array in outputs.values() if array.ndim in (3, 4) and len(array) == 1 and array.size > 1]
    if not maps:
        raise ArtefactError(
            f"{name} answers {_shapes(outputs)}: expected a mask [1, C, h, w], [1, h, w, C] or [1, h, w]"
        )
    table = maps[0][0]
    if table.ndim == 2 and np.issubdtype(table.dtype, np.integer):
        return np.asarray(table == person, np.float32)
    # fewer classes than columns: what is shorter are the classes
    classes = table[None] if table.ndim == 2 else table if len(table) < table.shape[2] else table.transpose(2, 0, 1)
    if len(classes) > 1 and not 0 <= person < len(classes):
        raise ArtefactError(f"{name} answers {len(classes)} classes, {_shapes(outputs)}, found person = {person}")
    values_of = classes.astype(np.float32)
    if values == "logits" and len(classes) > 1:
        powers = np.exp(values_of - values_of.max(axis=0))
        return np.asarray(powers[person] / powers.sum(axis=0), np.float32)
    chosen = values_of[person if len(classes) > 1 else 0]
    if values == "logits":
        return soft_mask(chosen)
    if not (np.isfinite(chosen).all() and chosen.min() >= -1e-3 and chosen.max() <= 1 + 1e-3):
        raise ArtefactError(
            f"{name} answers values from {chosen.min():.3g} to {chosen.max():.3g}: expected shares from 0 to 1; "
            'set values = "logits" where they are logits'
        )
    return np.asarray(np.clip(chosen, 0, 1), np.float32)


def _shapes(outputs: Mapping[str, np.ndarray]) -> str:
    return ", ".join(f"{key} {list(values.shape)}" for key, values in outputs.items())
