"""One hierarchy of errors: each names what was expected, what was found, and the way out.

The command line prints such an error as one line and exits 1; anything else is a defect of ours.
"""

import re
import signal
from collections.abc import Iterable
from difflib import get_close_matches

from gaitprint.texts import natural_order

_SHOWN = 20
"""Known names in one line: a data set has ten thousand subjects."""


class GaitprintError(Exception):
    """The parent of every error this package raises on purpose."""


class ConfigError(GaitprintError):
    """A setting is unknown, of the wrong type, or out of its range."""


class ComponentError(GaitprintError):
    """A named network, loss, data set, transform or scorer does not exist."""


class ContractError(GaitprintError, AssertionError):
    """A component broke a promise of its kind; see `gaitprint.testing`. A runner of tests counts it as a failure."""


class DataError(GaitprintError):
    """A file, folder or sequence is missing, damaged, hostile or not what was expected."""


class AbsentError(DataError):
    """Who or what was asked for by its number or name is not there."""


class StorageError(DataError):
    """The disk is full or fails, or another process holds the file: nothing was changed, another try may succeed."""


class GrantError(GaitprintError):
    """It is there, and not for whoever asks."""


class ReadError(DataError):
    """The system could not read a file this time; another try may succeed."""


class ShapeError(GaitprintError):
    """An array has the wrong shape or type."""


class ArtefactError(GaitprintError):
    """A weights file, checkpoint, store or embeddings file is damaged or was made under other settings."""


class BackendWarning(UserWarning):
    """A back end that is installed does not work on this machine, and others are used."""


class SilhouetteWarning(UserWarning):
    """Silhouettes were mended, or look like another thing than a person who walks."""


class RunInterruptedError(GaitprintError):
    """A run was asked to leave and has; nothing is lost.

    Args:
        message: what is said.
        signal: the name of the signal.
    """

    def __init__(self, message: str, signal: str = "SIGTERM") -> None:
        super().__init__(message)
        self.code = LeftError(signal).code


class LeftError(BaseException):
    """Somebody asked the program to leave. It is no failure: whoever catches errors lets it pass.

    Args:
        name: of the signal, SIGINT (Ctrl-C) or SIGTERM.
    """

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.signal = name
        self.code = 128 + signal.Signals[name].value
        """The exit code, as a shell says it: 130 and 143."""


class RoomError(GaitprintError):
    """Something would not fit into memory, by an estimate made before it was begun."""


class ProtocolError(GaitprintError):
    """A protocol selects nothing, or asks for what the data do not hold."""


def did_you_mean(wrong: str, known: Iterable[str]) -> str:
    """The tail of an error about a misspelt name: the nearest known name, or the first of them all."""
    names = sorted(set(known), key=natural_order)
    if wrong.isdecimal():  # 040 is no misspelt 001, but 98 may mean 098
        near = [name for name in names if name.isdecimal() and int(name) == int(wrong)]
        if not near and len(names) > _SHOWN:
            return f"there are {len(names)}, {names[0]} to {names[-1]}"
    else:
        folded = {_folded(name): name for name in reversed(names)}
        close = get_close_matches(_folded(wrong), folded, n=3)
        near = [folded[name] for name in close if not _other_numbers(wrong, name)]
        if not near and wrong and len(names) > _SHOWN:
            near = [name for name in names if name.startswith(wrong)]
    if near:
        way = f""" (in a list of names '"{near[0]}"', for it holds a comma)""" if "," in near[0] else ""
        return f"did you mean {near[0]!r}?{way}"
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return "known: " + (", ".join(names[:_SHOWN]) + more if names else "none")


def _folded(name: str) -> str:
    """A name without what people leave out: capitals, and the zeros before numbers."""
    return re.sub(r"(?<![0-9])0+(?=[0-9])", "", name.casefold())


def _other_numbers(one: str, two: str) -> bool:
    """Whether both names hold numbers, and others: 016/nm-05/090 is no misspelt 001/nm-05/090."""
    first, second = ([int(digits) for digits in re.findall(r"[0-9]+", name)] for name in (one, two))
    return bool(first and second) and first != second
