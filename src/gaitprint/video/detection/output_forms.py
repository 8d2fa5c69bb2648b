"""The forms in which detection networks answer, and the boxes and scores of one class in each.

| form | outputs | a box is |
| --- | --- | --- |
| rows | one, [1, N, 5 + C] | centre column and row, width, height; how likely it is a thing; scores of C classes |
| columns | one, [1, 4 + C, N] | centre column and row, width, height; scores of C classes |
| boxes-scores | two, [1, N, 4] and [1, N, C] (or [1, N]) | as `boxes` of the settings says |
| final | one, [N, 6] or [1, N, 6] | left, top, right, bottom; score; class |
"""

from collections.abc import Callable, Mapping
from typing import Literal

import numpy as np
from jaxtyping import Float

from gaitprint.errors import ArtefactError

Form = Literal["auto", "rows", "columns", "boxes-scores", "final"]
BoxOrder = Literal["corners", "corners-rows-first", "centre"]
Found = tuple[Float[np.ndarray, "N 4"], Float[np.ndarray, " N"]]
"""Boxes as left, top, right, bottom in the units of the network, and the scores of the class."""
Outputs = Mapping[str, np.ndarray]
_EXPECTED = (
    "expected one output [1, N, 5 + C] (rows), [1, 4 + C, N] (columns) or [1, N, 6] (final), or boxes [1, N, 4] with "
    "scores [1, N, C] (boxes-scores)"
)


def read_detections(outputs: Outputs, form: Form, order: BoxOrder, person: int, name: str) -> Found:
    """The boxes of one class in what a network said.

    Args:
        form: see above; auto: boxes-scores where there is one output of boxes and another of scores, final where rows
            have six numbers, else rows where they are more than the numbers in each, else columns.
        order: of the four numbers in boxes-scores; the other forms have orders of their own.
        person: number of the class, from 0.
        name: of the network, for errors.

    Raises:
        ArtefactError: the outputs have another form, or no such class.
    """
    found = {key: values[0] if values.ndim == 3 and len(values) == 1 else values for key, values in outputs.items()}
    chosen = _form_of(found) if form == "auto" else form
    reader = _READERS.get(chosen)
    answer = reader(found, order, person) if reader else None
    if answer is None:
        shapes = ", ".join(f"{key} {list(values.shape)}" for key, values in outputs.items())
        why = f"no class {person} as {chosen}" if reader else "no form that is known"
        raise ArtefactError(f"{name} answers {shapes}, which is {why}: {_EXPECTED}; set form, and person below C")
    return answer


def _form_of(found: Outputs) -> str:
    if _boxes_and_scores(found):
        return "boxes-scores"
    shapes = [values.shape for values in found.values()]
    if len(shapes) != 1 or len(shapes[0]) != 2:
        return ""
    ((one, two),) = shapes
    if two == 6:
        return "final"
    return "rows" if one > two else "columns"


def _rows(found: Outputs, _order: BoxOrder, person: int) -> Found | None:
    rows = _only(found)
    if rows is None or not 0 <= person < rows.shape[1] - 5:
        return None
    return as_corners(rows[:, :4], "centre"), rows[:, 4] * rows[:, 5 + person]


def _columns(found: Outputs, _order: BoxOrder, person: int) -> Found | None:
    columns = _only(found)
    if columns is None or not 0 <= person < len(columns) - 4:
        return None
    return as_corners(columns[:4].T, "centre"), columns[4 + person]


def _final(found: Outputs, _order: BoxOrder, person: int) -> Found | None:
    rows = _only(found)
    if rows is None or rows.shape[1] != 6:
        return None
    of_class = rows[rows[:, 5].round() == person]
    return of_class[:, :4], of_class[:, 4]


def _pair(found: Outputs, order: BoxOrder, person: int) -> Found | None:
    both = _boxes_and_scores(found)
    if not both or not 0 <= person < both[1].shape[1]:
        return None
    return as_corners(both[0], order), both[1][:, person]


_READERS: dict[str, Callable[[Outputs, BoxOrder, int], Found | None]] = {
    "rows": _rows,
    "columns": _columns,
    "final": _final,
    "boxes-scores": _pair,
}


def as_corners(boxes: Float[np.ndarray, "N 4"], order: BoxOrder) -> Float[np.ndarray, "N 4"]:
    """Boxes as left, top, right, bottom."""
    if order == "corners":
        return boxes
    if order == "corners-rows-first":
        return boxes[:, [1, 0, 3, 2]]
    return np.concatenate([boxes[:, :2] - boxes[:, 2:] / 2, boxes[:, :2] + boxes[:, 2:] / 2], axis=1)


def _only(found: Outputs) -> np.ndarray | None:
    """The one output, where it is one table."""
    tables = list(found.values())
    return tables[0] if len(tables) == 1 and tables[0].ndim == 2 else None


def _boxes_and_scores(found: Outputs) -> tuple[np.ndarray, np.ndarray] | None:
    """The outputs [N, 4] and [N, C], whatever their names and their order; of scores [N] C is 1."""
    tables = [v.reshape(v.shape[-1], 1) if v.ndim < 2 or (v.ndim == 2 and len(v) == 1) else v for v in found.values()]
    if len(tables) != 2 or any(table.ndim != 2 for table in tables) or len(tables[0]) != len(tables[1]):
        return None
    # where both have four columns the one that is named so holds the boxes, else the first
    boxes = [i for i, table in enumerate(tables) if table.shape[1] == 4]
    if not boxes:
        return None
    named = ["box" in name.lower() for name in found]
    first = boxes[0] if len(boxes) == 1 else int(named == [False, True])
    return tables[first], tables[1 - first]
