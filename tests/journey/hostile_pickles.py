"""Pickles that run nothing and are no sequence: bombs, lies, damage, and values of another kind."""

import bz2
import collections
import gzip
import io
import pickle
import struct
import zlib
from typing import Any

import numpy as np
from hostile_kinds import KEPT, LEFT_OUT, Family, is_cut
from hostile_opcodes import Code, call, encode, name

from gaitprint.layouts.miniature import figure

PICKLES = Family("pickle")
GOOD = figure(2)
WHOLE = pickle.dumps(GOOD, 4)


class Odd(np.ndarray):
    """A subclass, as astronomers and statisticians pickle them."""


def file(called: str, data: bytes, holds: Any, says: str, outcome: str = LEFT_OUT) -> None:
    PICKLES.file(called, "000.pkl", data, holds, says, outcome)


def array(shape: Any, values: Any = b"", kind: Any = "u1", order: Any = "|", fortran: Any = False) -> bytes:
    """A pickled array that claims whatever it likes."""
    made = call("numpy.core.multiarray._reconstruct", name("numpy.ndarray"), (0,), b"b")
    dtype = Code(call("numpy.dtype", kind, 0, 1) + encode((3, order, None, None, None, -1, -1, 0)) + b"b")
    flag = Code(b"\x89" if fortran is False else b"\x88" if fortran is True else encode(fortran))
    return b"\x80\x03" + made + encode((1, shape, dtype, flag, values)) + b"b."


def big(number: int) -> Code:
    """An integer of any size."""
    data = number.to_bytes(number.bit_length() // 8 + 1, "little", signed=True)
    return Code(b"\x8b" + struct.pack("<i", len(data)) + data)


def dump(value: Any, protocol: int = 4) -> bytes:
    return pickle.dumps(value, protocol)


assert np.array_equal(pickle.loads(array(GOOD.shape, GOOD.tobytes())), GOOD), "the forger can write a true one"

# Bombs
nested = b"\x80\x02" + b"N" + b"\x85" * 100_000 + b"."
file("nested a hundred thousand deep", nested, b"\x85" * 1000, "instructions")
file("lists nested in lists", b"(" * 50_000 + b"l" * 50_000 + b".", b"l" * 1000, "instructions")
laughs = b"\x80\x02)q\x00" + b"".join(
    b"0h" + bytes([i]) * 1 + b"h" + bytes([i]) + b"\x86q" + bytes([i + 1]) for i in range(100)
)
file("a billion laughs in tuples", laughs + b".", b"h\x63h\x63\x86", "POP")
file("tuples that double a hundred times", b"\x80\x02)" + b"2\x86" * 100 + b".", b"2\x86" * 100, "DUP")
file("a memo at place four billion", b"\x80\x02Nr\xff\xff\xff\xff.", b"r\xff\xff\xff\xff", "NoneType, no array")
file(
    "a hundred thousand memos",
    b"\x80\x02N" + b"".join(b"r" + struct.pack("<I", i) for i in range(100_000)) + b".",
    b"r",
    "instr",
)
file("a number of a million digits", b"L" + b"9" * 1_000_000 + b"L\n.", b"9" * 1_000_000, "damaged")
file(
    "a number of four megabytes",
    b"\x80\x02\x8b" + struct.pack("<i", 2**22) + b"\x7f" * 2**22 + b".",
    b"\x8b",
    "int, no array",
)
file("a number of negative length", b"\x80\x02\x8b" + struct.pack("<i", -5) + b".", b"\x8b\xfb\xff\xff\xff", "damaged")
file("bytes of negative length", b"T" + struct.pack("<i", -5) + b".", b"T\xfb\xff\xff\xff", "damaged")
file("a text of four gigabytes", b"\x80\x02X\xff\xff\xff\xffabc.", b"X\xff\xff\xff\xff", "damaged")
file("bytes of an exabyte", b"\x80\x04\x8e" + struct.pack("<Q", 2**60) + b"abc.", struct.pack("<Q", 2**60), "damaged")
file(
    "a byte array of an exabyte", b"\x80\x05\x96" + struct.pack("<Q", 2**60) + b".", struct.pack("<Q", 2**60), "damaged"
)
file("a frame of an exabyte", b"\x80\x04\x95" + struct.pack("<Q", 2**60) + b"N.", struct.pack("<Q", 2**60), "no array")

# Lies about the array
file("a terabyte claimed", array((2**34, 64, 64), b"abc"), b"abc", "claims an array")
file("a size of twenty thousand digits", array((big(10**20_000), 64), b""), b"\x8b", "claims an array")
file("a size that overflows beside none", array((0, big(2**80))), b"\x8b", "000.pkl")
file("a size past the address space beside none", array((0, big(2**62), 64)), b"\x8b", "000.pkl")
file("a hundred axes", array((1,) * 100, b"\xff"), b"I1\n" * 100, "shape")
file("forty axes of one", array((1,) * 8 + (64, 64), b"\xff" * 4096), b"I64\n", "shape")
file("a negative axis", array((-1, 64, 64), GOOD.tobytes()), b"I-1\n", "shape")
file("two negative axes", array((-6, -64, 64), GOOD.tobytes()), b"I-6\nI-64\n", "shape")
file("an axis that is text", array(("6", 64, 64), GOOD.tobytes()), encode("6"), "shape that is none")
file("an axis that is a call", array((call("numpy.dtype", 6), 64, 64), GOOD.tobytes()), b"R", "shape that is none")
file("a shape that is a number", array(6, GOOD.tobytes()), encode(6), "shape that is none")
file("a frame fewer than claimed", array((7, 64, 64), GOOD.tobytes()), b"I7\n", "holds 24576 bytes")
file("a frame more than claimed", array((5, 64, 64), GOOD.tobytes()), b"I5\n", "holds 24576 bytes")
file("values that are none", array(GOOD.shape, None), b"N", "no bytes")
file(
    "values that are text no byte holds",
    array(GOOD.shape, "\u4e00" * GOOD.size),
    "\u4e00".encode(),
    "its bytes are no bytes",
)
file("a type that is none", array(GOOD.shape, GOOD.tobytes(), 7), encode(7), "no type of values")
file("a type of objects claimed", array((6,), b"\0" * 48, "O8"), encode("O8"), "type '|O8'")
file("a type of a million bytes", array((1,), b"\0" * 9, "V1000000"), encode("V1000000"), "only numbers")
file("an order of bytes that is none", array(GOOD.shape, GOOD.tobytes(), "u1", "?"), encode("?"), "only numbers")
file("a flag that is no truth", array(GOOD.shape, GOOD.tobytes(), fortran=7), encode(7), "another version")

# Values of another kind
OTHERS = {
    "None": (None, "NoneType"),
    "a number": (7, "int"),
    "a text": ("walk", "str"),
    "bytes": (GOOD.tobytes(), "bytes"),
    "a truth": (True, "bool"),
    "a float that is NaN": (float("nan"), "a float"),
    "a list of frames": (list(GOOD), "", KEPT),
    "a tuple of arrays": ((GOOD, GOOD), "[2, 6, 64, 64]"),
    "a dictionary of arrays": ({"frames": GOOD}, "dictionary"),
    "an ordered dictionary": (collections.OrderedDict(frames=GOOD), "OrderedDict"),
    "a set": ({1, 2}, "set"),
    "a scalar of NumPy": (np.uint8(255), "scalar"),
    "a type": (np.dtype("u1"), "no array"),
    "a class": (dict, "dict"),
    "an array of objects": (np.array([GOOD[0], None], object), "holds an array of objects"),
    "a structured array": (np.zeros(3, [("x", "u1"), ("y", "f4")]), "structured"),
    "dates": (np.array(["2024-01-01"], "M8[D]"), "type of another version"),
    "times past": (np.array([1, 2], "m8[s]"), "type of another version"),
    "texts": (np.array(["a", "bb"]), "type"),
    "texts of bytes": (np.array([b"a", b"bb"]), "type"),
    "complex numbers": (np.ones((6, 64, 64), complex), "'<c16'"),
    "a subclass of an array": (GOOD.view(Odd), "Odd"),
    "a masked array": (np.ma.masked_array(GOOD, GOOD == 0), "_mareconstruct"),
    "floats that are NaN": (np.full((6, 64, 64), np.nan, np.float32), "not finite"),
    "floats": (GOOD.astype(np.float64) / 255, "", KEPT),
    "integers of sixteen bits": (GOOD.astype(np.uint16), "", KEPT),
    "integers with a sign": (GOOD.astype(np.int64), "", KEPT),
    "integers below zero": (-GOOD.astype(np.int64), "from -255 to 0"),
    "labels of several things": (GOOD // 255 + (GOOD > 0) * np.eye(64, dtype=np.uint8), "labels of several things"),
    "photographs": (np.clip(GOOD, 60, 190) + np.arange(GOOD.shape[-1], dtype=np.uint8), "photographs"),
    "one number as an array": (np.array(7, np.uint8), "uint8 []"),
    "one row": (np.full(64, 255, np.uint8), "[64]"),
    "colour frames": (np.repeat(GOOD[..., None], 3, -1), "", KEPT),
    "no frames": (GOOD[:0], "[0, 64, 64]"),
    "frames without a column": (GOOD[:, :, :0], "[6, 64, 0]"),
    "masks of zero and one": (GOOD // 255, "", KEPT),
    "all black": (GOOD * 0, "black"),
    "frames of another size that are black": (np.zeros((6, 50, 50), np.uint8), "none of 6 frames"),
    "one pixel": (np.full((6, 1, 1), 255, np.uint8), "none of 6 frames"),
    "one row a million columns wide": (np.full((2, 1, 1_000_000), 255, np.uint8), "far too flat"),
    "one column a million rows high": (np.full((2, 1_000_000, 1), 255, np.uint8), "none of 2 frames"),
}
for _called, (_value, *_expected) in OTHERS.items():
    file(_called, dump(_value), lambda data: data[-1:] == b".", *_expected)

# Damage
for _share in (0, 1, 10, 50, 99):
    _cut = WHOLE[: len(WHOLE) * _share // 100]
    file(f"cut after {_share} in a hundred", _cut, is_cut(WHOLE), "damaged")
file("the last byte missing", WHOLE[:-1], is_cut(WHOLE), "damaged")
file("bytes behind its end", WHOLE + b"\0\0", b".\0\0", "more than one object")
file("a gadget behind its end", WHOLE + b"cos\nsystem\n(X\x02\0\0\0idtR.", b"cos\nsystem\n", "more than one object")
file("two pickles", WHOLE + WHOLE, WHOLE + WHOLE, "more than one object")
file("two values and one end", b"\x80\x02NN.", b"NN.", "more than one object")
file("an end and nothing", b".", b".", "more than one object")
file("a mark too few", b"\x80\x02t.", b"t.", "damaged")
file("a tuple of more than there is", b"\x80\x02N\x87.", b"N\x87", "damaged")
file("a value out of an empty memo", b"\x80\x02h\x07.", b"h\x07", "damaged")
file("a state for a number", b"\x80\x02I1\nI2\nb.", b"b.", "damaged")
file("a protocol of the future", b"\x80\xc8" + WHOLE[2:-1] + b"\x99.", b"\x80\xc8", "damaged")
file("an instruction of an extension", b"\x80\x02\x82\x07.", b"\x82\x07", "EXT1")
file("an instruction of a large extension", b"\x80\x02\x84\x07\0\0\0.", b"\x84\x07", "EXT4")
file("a persistent name", b"Psecret\n.", b"Psecret", "PERSID")
file("a persistent value", b"\x80\x02NQ.", b"NQ", "BINPERSID")
file("a buffer out of band", b"\x80\x05\x97.", b"\x97", "NEXT_BUFFER")
file("a new object with words", b"\x80\x04cbuiltins\nobject\n)}\x92.", b"\x92", "builtins.object")
file(
    "bytes flipped in the middle",
    WHOLE[:20] + bytes(b ^ 0x55 for b in WHOLE[20:40]) + WHOLE[40:],
    lambda d: d != WHOLE,
    "000.pkl",
)
file("nothing but zeros", bytes(1000), bytes(1000), "damaged")
file("a pickle within a pickle", dump(dump(np.zeros(3, np.uint8))), b"numpy", "holds bytes")
_LINES = io.BytesIO(b"cposix\nsystem\x1b[2J\rroot\n.")
file("a name that moves the cursor", _LINES.getvalue(), b"\x1b[2J\r", "000.pkl")

# Other files under its name
file("a gzip file", gzip.compress(WHOLE), b"\x1f\x8b", "packed with gzip: unpack it first")
file("a bzip2 file", bz2.compress(WHOLE), b"BZh", "packed with bzip2: unpack it first")
file("a zlib stream", zlib.compress(WHOLE), b"\x78", "damaged")
file("a page of HTML", b"<!doctype html><p>404 Not Found</p>", b"<p>", "a web page")
file("a program", b"\x7fELF\x02\x01\x01" + bytes(500), b"\x7fELF", "damaged")

# Harmless
for _protocol in range(6):
    file(f"protocol {_protocol}", dump(GOOD, _protocol), b".", "", KEPT)
file("columns first", dump(np.asfortranarray(GOOD)), b"_reconstruct", "", KEPT)
file("truths", dump(GOOD > 0), b"b1", "", KEPT)
