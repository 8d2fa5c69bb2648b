"""Arrays of plain numbers from what a file claims of them: every claim is held against the bytes that are there."""

from math import prod

import numpy as np

from gaitprint.errors import DataError

_KINDS = frozenset({"b1", "u1", "u2", "u4", "u8", "i1", "i2", "i4", "i8", "f2", "f4", "f8"})
_ORDERS = frozenset({"|", "<", ">", "="})
_MAX_DIMENSIONS = 8
_LONGEST = 2**40
"""Of one axis: numbers can be too long to be printed, and beside an axis of length 0 any passes the check of bytes."""


def plain_array(
    values: bytes | bytearray | memoryview, kind: str, order: str, shape: tuple[int, ...], fortran: bool
) -> np.ndarray:
    """A new array in C order.

    Args:
        values: its bytes.
        kind: NumPy's code of the type and its width in bytes, such as "u1".
        order: "<" or ">", or "|" where bytes have none.
        shape: its shape.
        fortran: the first index runs fastest in `values`.

    Raises:
        DataError: no numbers, or another number of bytes than claimed; without the file's name.
    """
    if kind not in _KINDS or order not in _ORDERS:
        raise DataError(f"holds values of type {(order + kind)[:20]!r}, only numbers are read")
    if len(shape) > _MAX_DIMENSIONS or any(not 0 <= n <= _LONGEST for n in shape):
        sizes = [n if abs(n) <= _LONGEST else "..." for n in shape]
        raise DataError(f"claims an array of shape {str(sizes)[:80]}")
    dtype = np.dtype(order + kind)
    # in Python's integers: NumPy's 64 bits would wrap round, and a hostile shape would fit
    claimed = prod(shape) * dtype.itemsize
    if claimed != len(values):
        raise DataError(
            f"claims an array {str(list(shape))[:80]} of {str(claimed)[:40]} bytes and holds {len(values)} bytes"
        )
    flat = np.frombuffer(values, dtype)
    try:
        # a copy: `frombuffer` is read-only and would keep the whole file in memory
        return np.array(flat.reshape(shape, order="F" if fortran else "C"), order="C")
    except ValueError:  # nothing, times more than there can be
        raise DataError(f"claims an array of shape {str(list(shape))[:80]}") from None
