"""Arrays out of pickle files, without unpickling: silhouettes are handed round as pickles, which can run programs."""

from pathlib import Path
from typing import Any

import numpy as np

from gaitprint.errors import DataError
from gaitprint.silhouettes._pickle_tree import Call, Symbol, read_tree
from gaitprint.silhouettes._plain_arrays import plain_array
from gaitprint.sources.folder import FolderFiles

_MAKE = frozenset({"numpy.core.multiarray._reconstruct", "numpy._core.multiarray._reconstruct"})
_FROM_BUFFER = frozenset({"numpy.core.numeric._frombuffer", "numpy._core.numeric._frombuffer"})
_ADMITTED = _MAKE | _FROM_BUFFER | {"numpy.ndarray", "numpy.dtype", "_codecs.encode"}
_WAY_OUT = "one pickled NumPy array is read, nothing else; save it again with numpy.save"


def read_array_pickle(path: Path, max_bytes: int) -> np.ndarray:
    """The one array of a pickle file; see `parse_pickle`.

    Args:
        path: the file.
        max_bytes: the largest file that is read.
    """
    path = Path(path)
    files = FolderFiles(path.parent, boundary=Path(path.absolute().anchor))
    return parse_pickle(files.read(path.name, max_bytes), files.called(path.name), max_bytes)


def parse_pickle(data: bytes, name: str, max_bytes: int) -> np.ndarray:
    """The one array of a pickle written by any version of NumPy and Python; nothing in it is ever called.

    The size the array claims is held against the bytes that are there before memory is taken, so that an array is never
    larger than its file and `max_bytes` is not needed here.

    Args:
        data: the whole file.
        name: of the file, for errors.
        max_bytes: see above.

    Raises:
        DataError: no array, anything besides one array, object or structured values, damaged, truncated.
    """
    del max_bytes
    try:
        return _array(read_tree(data, _ADMITTED))
    except DataError as error:
        raise DataError(f"the pickle {name} {error}: {_WAY_OUT}") from None


def _array(tree: Any) -> np.ndarray:
    if not isinstance(tree, Call):
        raise DataError(f"holds {'a name' if isinstance(tree, Symbol) else type(tree).__name__}, no array")
    if tree.function.name in _MAKE:
        _expect(_is_tuple(tree.state, 5), "an array without a state")
        version, shape, dtype, fortran, values = tree.state
        _expect(version == 1 and isinstance(fortran, bool), "an array state of another version")
    elif tree.function.name in _FROM_BUFFER:
        _expect(_is_tuple(tree.arguments, 4) and tree.state is None, "a buffer with other arguments")
        values, dtype, shape, layout = tree.arguments
        _expect(layout in ("C", "F"), "an unknown layout of memory")
        fortran = layout == "F"
    else:
        raise DataError(f"holds a result of {tree.function.name}, no array")
    _expect(isinstance(shape, tuple) and all(type(n) is int for n in shape), "a shape that is none")
    return plain_array(_bytes(values), *_kind_and_order(dtype), shape, fortran)


def _kind_and_order(tree: Any) -> tuple[str, str]:
    is_type = isinstance(tree, Call) and tree.function.name == "numpy.dtype" and _is_tuple(tree.arguments, 3)
    _expect(is_type and isinstance(tree.arguments[0], str), "no type of values")
    if tree.state is None:
        return tree.arguments[0], "|"
    _expect(_is_tuple(tree.state, 8) and tree.state[0] == 3, "a type of another version")
    order, *structure = tree.state[1:5]
    _expect(isinstance(order, str) and structure == [None, None, None], "a structured type")
    return tree.arguments[0], order


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
