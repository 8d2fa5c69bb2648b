"""Pickles written instruction by instruction, so that they may say what no object of Python would."""

from typing import Any


class Code(bytes):
    """Instructions that leave one value on the stack."""


def encode(value: Any) -> bytes:
    """A plain value, or instructions, as instructions."""
    match value:
        case Code():
            return value
        case str():
            return b"X" + len(value.encode()).to_bytes(4, "little") + value.encode()
        case bytes():
            return b"B" + len(value).to_bytes(4, "little") + value
        case None:
            return b"N"
        case int():
            return b"I%d\n" % value
        case tuple() | list():
            return b"(" + b"".join(map(encode, value)) + (b"t" if isinstance(value, tuple) else b"l")
        case dict():
            return b"(" + b"".join(encode(w) for item in value.items() for w in item) + b"d"
    raise TypeError(type(value))


def name(dotted: str) -> Code:
    module, _, attribute = dotted.rpartition(".")
    return Code(f"c{module}\n{attribute}\n".encode())


def call(function: str | Code, *arguments: Any) -> Code:
    return Code((name(function) if isinstance(function, str) else function) + encode(arguments) + b"R")
