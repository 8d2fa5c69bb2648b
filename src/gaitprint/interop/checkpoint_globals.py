"""What stands beside the weights in checkpoints: numbers of NumPy, the arguments of a run, paths, dates.

torch's reader of weights refuses a file for any name that it does not know. These names of harmless things it is told,
each with a stand-in of our own: NumPy's numbers become plain ones, of the others nothing is kept. Nothing that the file
names is ever looked up or called.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

_NUMBERS = frozenset({"b1", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8"})


class Bystander:
    """Something that was not looked at: takes any arguments and any state, and keeps none."""

    def __new__(cls, *_arguments: object, **_named: object) -> "Bystander":
        """Make one of whatever is given."""
        # without the arguments: `object` takes none, and a file may give any
        return object.__new__(cls)

    def __init__(self, *_arguments: object, **_named: object) -> None:
        pass

    def __setstate__(self, state: object) -> None:
        pass


class NumberType(Bystander):
    """NumPy's type of a number: its code, such as "i8", and the order of its bytes."""

    def __init__(self, code: object = "", *_flags: object) -> None:
        self.code, self.order = str(code), "|"

    def __setstate__(self, state: object) -> None:
        if isinstance(state, tuple) and len(state) > 1:
            self.order = str(state[1])


def number(kind: object = None, data: object = None) -> object:
    """The plain value of a number of NumPy, or of its text; a bystander of all else."""
    if isinstance(kind, NumberType) and isinstance(data, bytes):
        if kind.code in _NUMBERS and kind.order in ("|", "<", ">", "="):
            return np.frombuffer(data, np.dtype(kind.order + kind.code), count=1)[0].item()
        if kind.code.startswith("U"):
            # NumPy's text is UTF-32 filled up with NUL
            return data.decode("utf-32-be" if kind.order == ">" else "utf-32-le").rstrip("\0")
    return Bystander()


def table(*_arguments: object) -> dict[Any, Any]:
    """An empty table, which the file fills."""
    return {}


def series(*_arguments: object) -> list[Any]:
    """An empty list, which the file fills."""
    return []


_CORES = ("numpy.core", "numpy._core")
_PATHS = ("PosixPath", "WindowsPath", "PurePosixPath", "PureWindowsPath", "Path")
_DATES = ("datetime", "date", "time", "timedelta", "timezone")
_BUILT_IN = ("list", "dict", "int", "float", "str", "bool", "tuple", "set", "frozenset", "range", "slice", "complex")
_TYPES = ("bool", "int8", "int16", "int32", "int64", "uint8", "float16", "float32", "float64", "matrix")
_VALUES = ("decimal.Decimal", "fractions.Fraction", "uuid.UUID")

STAND_INS: list[tuple[Callable[..., Any], str]] = [
    *((number, f"{core}.multiarray.scalar") for core in _CORES),
    *((Bystander, f"{core}.multiarray._reconstruct") for core in _CORES),
    (Bystander, "numpy.ndarray"),
    (NumberType, "numpy.dtype"),
    (Bystander, "argparse.Namespace"),
    (Bystander, "types.SimpleNamespace"),
    (table, "collections.defaultdict"),
    (series, "collections.deque"),
    *((Bystander, f"numpy.{name}") for name in _TYPES),
    *((Bystander, name) for name in _VALUES),
    *((Bystander, f"{module}.{name}") for module in ("pathlib", "pathlib._local") for name in _PATHS),
    *((Bystander, f"datetime.{name}") for name in _DATES),
    # among them what a defaultdict makes where nothing is; it is never asked to
    *((Bystander, f"{module}.{name}") for module in ("builtins", "__builtin__") for name in _BUILT_IN),
]
"""For `torch.serialization.safe_globals`."""
