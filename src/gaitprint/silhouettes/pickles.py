"""Arrays out of pickle files, without unpickling: silhouettes are handed round as pickles, which can run programs.

What NumPy 1 and 2 and Python 2 and 3 write of an array is read, by any protocol and in any order of memory: of a view,
of a transposed array, of a matrix or an array mapped from a file; and a list of such arrays, a frame each.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from gaitprint.archives.folder import FolderFiles
from gaitprint.errors import DataError
from gaitprint.silhouettes._pickle_tree import Call, Symbol, read_tree
from gaitprint.silhouettes._plain_arrays import plain_array
from gaitprint.silhouettes.first_bytes import other_kind

_MAKE = frozenset({"numpy.core.multiarray._reconstruct", "numpy._core.multiarray._reconstruct"})
_FROM_BUFFER = frozenset({"numpy.core.numeric._frombuffer", "numpy._core.numeric._frombuffer"})
_NO_BYTES = frozenset({"builtins.bytes", "__builtin__.bytes", "__builtin__.str"})
"""How Python 3 writes nothing at all for readers of protocol 0 to 2."""
_CLASSES = frozenset(
    {"numpy.ndarray", "numpy.matrix", "numpy.matrixlib.defmatrix.matrix", "numpy.memmap"}
    | {f"numpy.{core}.memmap.memmap" for core in ("core", "_core")}
)
"""Kinds of arrays whose state is a plain array's; a masked array is none of them, for what it hides would be shown."""
_ADMITTED = _MAKE | _FROM_BUFFER | _NO_BYTES | _CLASSES | {"numpy.dtype", "_codecs.encode"}
_WAY_OUT = "a pickled NumPy array or list of arrays is read, nothing else; save it again with numpy.save"


def read_array_pickle(path: Path, max_bytes: int) -> np.ndarray | list[np.ndarray]:
    """The array or arrays of a pickle file; see `parse_pickle`.

    Args:
        path: the file.
        max_bytes: the largest file that is read.
    """
    path = Path(path)
    files = FolderFiles(path.parent, boundary=Path(path.absolute().anchor))
    return parse_pickle(files.read(path.name, max_bytes), files.called(path.name), max_bytes)


def parse_pickle(data: bytes, name: str, max_bytes: int) -> np.ndarray | list[np.ndarray]:
    """The array of a pickle written by any version of NumPy and Python, or its list; nothing in it is ever called.

    The size an array claims is held against the bytes that are there before memory is taken, so that none is larger
    than its file. A list of arrays of one shape becomes one array, [T, H, W] of frames [H, W].

    Args:
        data: the whole file.
        name: of the file, for errors.
        max_bytes: of all arrays of a list together, which may name one of them many times.

    Raises:
        DataError: no array, anything besides arrays, object or structured values, damaged, truncated, too large.
    """
    other = other_kind(data)
    if other:
        raise DataError(f"{name} is no pickle: it is {other}")
    try:
        tree = read_tree(data, _ADMITTED)
        return _arrays(tree, max_bytes) if isinstance(tree, list | tuple) else _array(tree)
    except DataError as error:
        raise DataError(f"the pickle {name} {error}: {_WAY_OUT}") from None


def _arrays(trees: Sequence[Any], max_bytes: int) -> np.ndarray | list[np.ndarray]:
    if not trees:
        raise DataError(f"holds an empty {type(trees).__name__}")
    arrays: list[np.ndarray] = []
    room = max_bytes
    for tree in trees:
        if not isinstance(tree, Call):
            raise DataError(f"holds a {type(trees).__name__} of {type(tree).__name__}, not of arrays")
        arrays.append(_array(tree))
        room -= arrays[-1].nbytes
        if room < 0:
            raise DataError(f"holds a list of more than {max_bytes} bytes in arrays")
    alike = {(array.dtype, array.shape) for array in arrays}
    return np.stack(arrays) if len(alike) == 1 else arrays


def _array(tree: Any) -> np.ndarray:
    if not isinstance(tree, Call):
        raise DataError(f"holds {'a name' if isinstance(tree, Symbol) else type(tree).__name__}, no array")
    axes: Any = None
    if tree.function.name in _MAKE:
        _expect(_is_tuple(tree.state, 5), "an array without a state")
        version, shape, dtype, fortran, values = tree.state
        # (version, shape, dtype, is_fortran, bytes), as `ndarray.__setstate__` takes them
        _expect(version == 1 and isinstance(fortran, bool), "an array state of another version")
        layout = "F" if fortran else "C"
    elif tree.function.name in _FROM_BUFFER:
        _expect(len(tree.arguments) in (4, 5) and tree.state is None, "a buffer with other arguments")
        # since NumPy 2.3 an array whose axes lie in another order comes with that order
        values, dtype, shape, layout, axes = (*tree.arguments, None)[:5]
        _expect(layout in (("C", "F") if axes is None else ("K",)), "an unknown layout of memory")
    else:
        raise DataError(f"holds a result of {tree.function.name}, no array")
    _expect(isinstance(shape, tuple) and all(type(n) is int for n in shape), "a shape that is none")
    if isinstance(values, list):
        raise DataError("holds an array of objects")
    array = plain_array(_bytes(values), *_kind_and_order(dtype), shape, layout == "F")
    if axes is None:
        return array
    numbers = isinstance(axes, tuple) and all(type(axis) is int for axis in axes)
    _expect(numbers and sorted(axes) == list(range(array.ndim)), "an order of axes that is none")
    # the buffer holds the array with its axes in the order of memory; `axes` leads back
    return np.ascontiguousarray(array.transpose(axes))


def _kind_and_order(tree: Any) -> tuple[str, str]:
    is_type = isinstance(tree, Call) and tree.function.name == "numpy.dtype" and _is_tuple(tree.arguments, 3)
    _expect(is_type and isinstance(tree.arguments[0], str), "no type of values")
    if tree.state is None:
        return tree.arguments[0], "|"
    _expect(_is_tuple(tree.state, 8) and tree.state[0] == 3, "a type of another version")
    # (3, byte order, subarray, names, fields, size, alignment, flags): the three in between make a structured type
    order, *structure = tree.state[1:5]
    _expect(isinstance(order, str) and structure == [None, None, None], "a structured type")
    return tree.arguments[0], order


def _bytes(tree: Any) -> bytes | bytearray:
    if isinstance(tree, Call) and tree.function.name == "_codecs.encode":
        # How Python 3 writes bytes for readers of protocol 0 to 2.
        _expect(_is_tuple(tree.arguments, 2) and tree.arguments[1] == "latin1", "an unknown coding of bytes")
        tree = tree.arguments[0]
    elif isinstance(tree, Call) and tree.function.name in _NO_BYTES and tree.arguments == ():
        return b""
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
