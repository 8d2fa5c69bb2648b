"""Arrays out of pickle files, without unpickling: silhouettes are handed round as pickles, which can run programs."""

from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from gaitprint.errors import DataError
from gaitprint.silhouettes._files import read_limited, shown
from gaitprint.silhouettes._pickle_tree import Call, Symbol, read_tree

_MAKE = frozenset({"numpy.core.multiarray._reconstruct", "numpy._core.multiarray._reconstruct"})
_FROM_BUFFER = frozenset({"numpy.core.numeric._frombuffer", "numpy._core.numeric._frombuffer"})
_ADMITTED = _MAKE | _FROM_BUFFER | {"numpy.ndarray", "numpy.dtype", "_codecs.encode"}
_TYPES = frozenset({"b1", "u1", "u2", "u4", "u8", "i1", "i2", "i4", "i8", "f2", "f4", "f8"})
_WAY_OUT = "one pickled NumPy array is read, nothing else; save it again with numpy.save"


def read_array_pickle(path: Path, max_bytes: int, root: Path | None = None) -> np.ndarray:
    """The one array of a pickle written by any version of NumPy and Python; nothing in the file is ever called.

    The size the array claims is held against the bytes that are there before memory is taken.

    Args:
        path: the file.
        max_bytes: the largest file that is read.
        root: see `read_limited`.

    Raises:
        DataError: no array, anything besides one array, object or structured values, damaged, truncated, too large.
    """
    data = read_limited(path, max_bytes, root)
    try:
        return _array(read_tree(data, _ADMITTED))
    except DataError as error:
        raise DataError(f"the pickle {shown(path)} {error}: {_WAY_OUT}") from None


def _array(tree: Any) -> np.ndarray:
    if not isinstance(tree, Call):
        raise DataError(f"holds {'a name' if isinstance(tree, Symbol) else type(tree).__name__}, no array")
    if tree.function.name in _MAKE:
        _expect(_is_tuple(tree.state, 5), "an array without a state")
        version, shape, dtype, fortran, values = tree.state
        _expect(version == 1 and isinstance(fortran, bool), "an array state of another version")
        return _assemble(_bytes(values), _dtype(dtype), shape, "F" if fortran else "C")
    if tree.function.name in _FROM_BUFFER:
        _expect(_is_tuple(tree.arguments, 4) and tree.state is None, "a buffer with other arguments")
        values, dtype, shape, order = tree.arguments
        _expect(order in ("C", "F"), "an unknown order of memory")
        return _assemble(_bytes(values), _dtype(dtype), shape, order)
    raise DataError(f"holds a result of {tree.function.name}, no array")


def _assemble(values: bytes | bytearray, dtype: np.dtype[Any], shape: Any, order: Any) -> np.ndarray:
    _expect(isinstance(shape, tuple) and len(shape) <= 8, "a shape of more than 8 dimensions")
    _expect(all(type(n) is int and 0 <= n <= len(values) for n in shape), "a shape that its bytes cannot fill")
    claimed = prod(shape) * dtype.itemsize
    if claimed != len(values):
        raise DataError(f"claims an array {list(shape)} of {claimed} bytes and holds {len(values)}")
    return np.array(np.frombuffer(values, dtype).reshape(shape, order=order), order="C")


def _dtype(tree: Any) -> np.dtype[Any]:
    _expect(
        isinstance(tree, Call) and tree.function.name == "numpy.dtype" and _is_tuple(tree.arguments, 3),
        "no type of values",
    )
    kind = tree.arguments[0]
    if not isinstance(kind, str) or kind not in _TYPES:
        raise DataError(f"holds values of type {str(kind)[:20]!r}, only numbers are read")
    _expect(tree.state is None or (_is_tuple(tree.state, 8) and tree.state[0] == 3), "a type of another version")
    order: Any = "|" if tree.state is None else tree.state[1]
    _expect(order in ("|", "<", ">") and (tree.state is None or tree.state[2:5] == (None,) * 3), "a structured type")
    return np.dtype(kind).newbyteorder(order)


def _bytes(tree: Any) -> bytes | bytearray:
    if isinstance(tree, Call) and tree.function.name == "_codecs.encode":
        # How Python 3 writes bytes for readers of protocol 0 to 2.
        _expect(_is_tuple(tree.arguments, 2) and tree.arguments[1] == "latin1", "an unknown coding of bytes")
        tree = tree.arguments[0]
    if isinstance(tree, str):
        try:
            return tree.encode("latin1")
        except UnicodeEncodeError:
            raise DataError("is damaged: its bytes are no bytes") from None
    _expect(isinstance(tree, bytes | bytearray), "values that are no bytes")
    result: bytes | bytearray = tree
    return result


def _is_tuple(tree: Any, length: int) -> bool:
    return isinstance(tree, tuple) and len(tree) == length


def _expect(condition: bool, found: str) -> None:
    if not condition:
        raise DataError(f"is damaged or holds something else: {found}")
