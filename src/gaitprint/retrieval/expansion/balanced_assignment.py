"""Probes shared out among subjects, so that nobody has more than there is room for."""

import numpy as np
from jaxtyping import Float64

_ROUNDS = 1000
"""Most of them; full columns that compete for the same rows come to rest slowly."""
_ENOUGH = 1e-4
"""The relative change of a column's weight at which rounds end; columns are then as near to their room."""


def shares(distances: Float64[np.ndarray, "Q S"], temperature: float) -> Float64[np.ndarray, "Q S"]:
    """exp(-distance / temperature), each row summing to 1."""
    # a common factor of a row cancels; without it exp would underflow to rows of zeros
    nearest = distances.min(axis=1, keepdims=True)
    found = np.exp((nearest - distances) / temperature)
    return np.asarray(found / found.sum(axis=1, keepdims=True))


def assign_balanced(given: Float64[np.ndarray, "Q S"], room: float) -> Float64[np.ndarray, "Q S"]:
    """Shares nearest to those given (in relative entropy) whose rows sum to 1 and whose columns to at most `room`.

    Rows and columns are scaled in turn (Sinkhorn's algorithm, after Cuturi, NIPS 2013), a column only where it is too
    full. Where the rows just fill all columns these become equal.

    Args:
        given: shares; no entry is 0.
        room: of each column, at least rows / columns.
    """
    rows, columns = given.shape
    # where the rows just fill all columns every column is full: none may stay below its room
    exact = room * columns <= rows * (1.0 + 1e-9)
    weights = np.ones(columns)
    for _ in range(_ROUNDS):
        scaled = room / (given.T @ (1.0 / (given @ weights)))
        if not exact:
            # a column that is not full keeps its weight: the limit is an upper one
            scaled = np.minimum(1.0, scaled)
        change = np.abs(scaled / weights - 1.0).max()
        weights = scaled
        if change <= _ENOUGH:
            break
    found = given * weights
    found /= found.sum(axis=1, keepdims=True)
    return found
