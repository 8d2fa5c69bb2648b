"""A pickle as a tree of plain values: its instructions are read, none is carried out.

Python's own unpickler calls what the file names. This one knows the few instructions that a pickled array consists of;
a call stays a `Call` that says what would have been called.
"""

import pickletools
from dataclasses import dataclass
from typing import Any

from gaitprint.errors import DataError

MAX_INSTRUCTIONS = 500
"""A pickled array takes about sixty; a list of frames some 25 each, for which the file's bytes allow, see `_budget`."""
_MOST_INSTRUCTIONS = 500_000

_NUMBERS = frozenset({"INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4"})
_BYTES = frozenset({"BINSTRING", "SHORT_BINSTRING", "BINBYTES", "SHORT_BINBYTES", "BINBYTES8", "BYTEARRAY8"})
_TEXTS = frozenset({"UNICODE", "BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8"})
_VALUES = _NUMBERS | _BYTES | _TEXTS
_CONSTANTS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False, "EMPTY_TUPLE": ()}
_LISTS = frozenset({"EMPTY_LIST", "LIST", "APPEND", "APPENDS"})
_TUPLES = {"TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}
_OTHER_THINGS = {
    "DICT": "a dictionary or a structured type",
    "EMPTY_DICT": "a dictionary or a structured type",
    "EMPTY_SET": "a set",
    "FROZENSET": "a set",
    "FLOAT": "a float",
    "BINFLOAT": "a float",
    "NEXT_BUFFER": "values that lie outside of it (NEXT_BUFFER, written with a buffer_callback)",
}


@dataclass(frozen=True)
class Symbol:
    """A name the file refers to; never looked up."""

    name: str


@dataclass(eq=False)
class Call:
    """What the file wants called, with which arguments, and the state it wants set on the result."""

    function: Symbol
    arguments: tuple[Any, ...]
    state: Any = None


def read_tree(data: bytes, admitted: frozenset[str]) -> Any:
    """The value a pickle describes, made of None, bool, int, str, bytes, tuple, list, `Symbol` and `Call`.

    A list may hold itself: nothing may descend into one without a limit.

    Args:
        data: the whole pickle.
        admitted: the dotted names it may refer to.

    Raises:
        DataError: another name, an instruction that arrays do not need, too many, damaged; without the file's name.
    """
    stack: list[Any] = []
    marks: list[int] = []
    memo: dict[Any, Any] = {}
    budget = _budget(len(data))
    try:
        # `genops` only tells instructions apart; nothing of it looks a name up or calls one
        for count, (opcode, argument, position) in enumerate(pickletools.genops(data)):
            if count >= budget:
                raise DataError(f"has more than {budget} instructions, one array needs about 60, a list 25 a frame")
            name = opcode.name
            if name == "STOP":
                if position is None or position + 1 != len(data) or len(stack) != 1:
                    raise DataError("holds more than one object")
                return stack.pop()
            if name in _VALUES:
                stack.append(argument)
            elif name in _CONSTANTS:
                stack.append(_CONSTANTS[name])
            elif name in _TUPLES:
                _gather(stack, len(stack) - _TUPLES[name])
            elif name == "MARK":
                marks.append(len(stack))
            elif name == "TUPLE":
                _gather(stack, marks.pop())
            elif name in _LISTS:
                _list(stack, marks, name)
            # by reference: what APPENDS and BUILD do to it later is seen by whoever gets it from the memo
            elif name == "MEMOIZE":
                memo[len(memo)] = stack[-1]
            elif name in ("PUT", "BINPUT", "LONG_BINPUT"):
                memo[argument] = stack[-1]
            elif name in ("GET", "BINGET", "LONG_BINGET"):
                stack.append(memo[argument])
            elif name == "GLOBAL":
                stack.append(_symbol(_text(argument).replace(" ", ".", 1), admitted))
            elif name == "STACK_GLOBAL":
                attribute, module = stack.pop(), stack.pop()
                stack.append(_symbol(f"{_text(module)}.{_text(attribute)}", admitted))
            elif name == "REDUCE":
                arguments, function = stack.pop(), stack.pop()
                if not isinstance(function, Symbol) or not isinstance(arguments, tuple):
                    raise ValueError("a call of something that is no name")
                stack.append(Call(function, arguments))
            elif name == "BUILD":
                state = stack.pop()
                if not isinstance(stack[-1], Call) or stack[-1].state is not None:
                    raise ValueError("a state for something that has none")
                stack[-1].state = state
            elif name not in ("PROTO", "FRAME"):
                raise DataError(
                    f"holds {_OTHER_THINGS.get(name, f'the instruction {name} {_name_in(argument)}'.strip())}"
                )
    except (ValueError, IndexError, KeyError, OverflowError) as error:
        raise DataError(f"is damaged or truncated ({str(error)[:80]!r})") from None
    raise DataError("is damaged or truncated (no end)")


def _gather(stack: list[Any], start: int) -> None:
    if not 0 <= start <= len(stack):
        raise IndexError("a tuple of more values than there are")
    stack[start:] = [tuple(stack[start:])]


def _list(stack: list[Any], marks: list[int], name: str) -> None:
    """Carry out one of the four instructions that make lists."""
    start = {"EMPTY_LIST": len(stack), "APPEND": len(stack) - 1}.get(name, -1)
    # LIST and APPENDS take all values down to the last mark
    if start < 0:
        start = marks.pop()
    values = stack[start:]
    del stack[start:]
    if name in ("EMPTY_LIST", "LIST"):
        stack.append(values)
    elif isinstance(stack[-1], list):
        stack[-1].extend(values)
    else:
        raise ValueError("a value for something that is no list")


def _budget(size: int) -> int:
    """The instructions that a file of so many bytes may hold: small files with many of them are no frames."""
    return min(_MOST_INSTRUCTIONS, MAX_INSTRUCTIONS + size // 16)


def _symbol(name: str, admitted: frozenset[str]) -> Symbol:
    if name not in admitted:
        raise DataError(f"refers to {name[:80]!r}")
    return Symbol(name)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("a name that is no text")
    return value


def _name_in(argument: Any) -> str:
    return repr(argument.replace(" ", ".", 1)[:80]) if isinstance(argument, str) else ""
