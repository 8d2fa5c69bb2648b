"""Files of NumPy's own formats that lie, swell, or hold what is no sequence."""

import io
import struct
import warnings
import zipfile
import zlib
from typing import Any

import numpy as np
from hostile_kinds import KEPT, LEFT_OUT, Family, is_cut
from hostile_pickles import GOOD, dump

ARRAYS = Family("array")


def npy(value: Any, version: tuple[int, int] | None = None) -> bytes:
    stream = io.BytesIO()
    np.lib.format.write_array(stream, np.asanyarray(value), version)
    return stream.getvalue()


def forged(header: str | bytes, values: bytes = b"", version: bytes = b"\x01\x00") -> bytes:
    """An .npy file whose header says whatever it likes."""
    text = (header.encode() if isinstance(header, str) else header) + b"\n"
    length = len(text).to_bytes(2 if version[0] == 1 else 4, "little")
    return b"\x93NUMPY" + version + length + text + values


def claims(shape: str, values: bytes, kind: str = "|u1", order: str = "False") -> bytes:
    return forged(f"{{'descr': '{kind}', 'fortran_order': {order}, 'shape': {shape}, }}", values)


def npz(members: dict[str, bytes] | list[tuple[str, bytes]], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    stream = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(stream, "w", method) as archive:
        warnings.simplefilter("ignore")  # of names that stand twice
        for name, data in members.items() if isinstance(members, dict) else members:
            archive.writestr(name, data)
    return stream.getvalue()


def sized(data: bytes, size: int) -> bytes:
    """A zip of one member that claims to unpack to so many bytes, in both of its headers."""
    central = data.index(b"PK\x01\x02")
    packed = struct.pack("<I", size)
    return data[:22] + packed + data[26 : central + 24] + packed + data[central + 28 :]


def npy_kind(called: str, data: bytes, holds: Any, says: str, outcome: str = LEFT_OUT) -> None:
    ARRAYS.file(f"npy, {called}", "000.npy", data, holds, says, outcome)


def npz_kind(called: str, data: bytes, holds: Any, says: str, outcome: str = LEFT_OUT) -> None:
    ARRAYS.file(f"npz, {called}", "000.npz", data, holds, says, outcome)


def bomb(name: str, claimed: int) -> bytes:
    """A zip of one member that unpacks to a gigabyte of zeros and claims to be of another size."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = packer.compress(bytes(2**24)) + packer.flush(zlib.Z_FULL_FLUSH)
    packed = block * 2**6 + packer.flush()
    checksum = zlib.crc32(bytes(min(claimed, 1000)))
    facts = struct.pack("<HHHHHIIIHH", 20, 0, 8, 0, 33, checksum, len(packed), claimed, len(name), 0)
    local = b"PK\x03\x04" + facts + name.encode() + packed
    central = b"PK\x01\x02\x14\0" + facts + bytes(14) + name.encode()
    return local + central + b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, 1, 1, len(central), len(local), 0)


WHOLE, VALUES = npy(GOOD), GOOD.tobytes()
SHAPE = "(6, 64, 64)"
EVIL = "__import__('os').system('touch canary')"

npy_kind("a header that is a program", forged(EVIL), EVIL.encode(), "header")
npy_kind("a shape that is a program", claims(f"({EVIL},)", VALUES), EVIL.encode(), "header")
npy_kind("a type that is a program", claims(SHAPE, VALUES, EVIL.replace("'", '"')), b"system", "header")
npy_kind("a header nested ten thousand deep", forged("(" * 10_000 + ")" * 10_000), b"(" * 10_000, "header")
npy_kind("a header of a megabyte", forged(" " * 2**20, version=b"\x02\0"), b" " * 2**20, "header")
npy_kind("a header of four gigabytes claimed", b"\x93NUMPY\x02\0\xff\xff\xff\xff{}", b"\xff\xff\xff\xff", "header")
npy_kind("a header cut off", WHOLE[:60], is_cut(WHOLE), "header")
npy_kind("a header of none", WHOLE[:8], is_cut(WHOLE), "no .npy array")
npy_kind("version nine", b"\x93NUMPY\x09\0" + WHOLE[8:], b"\x09\0", "version 1, 2 or 3")
npy_kind("version zero", b"\x93NUMPY\0\0" + WHOLE[8:], b"Y\0\0", "version 1, 2 or 3")
npy_kind("a pickled array of objects", npy(np.array([GOOD[0], "x"], object)), b"|O", "only numbers")
npy_kind("a pickle under its name", dump(GOOD), b"\x80\x04", "no .npy array")
npy_kind("a zip under its name", npz({"frames.npy": WHOLE}), b"PK", "no .npy array")
npy_kind("nothing", b"", lambda d: not d, "no .npy array")
npy_kind("a structured type", npy(np.zeros(3, [("x", "u1"), ("y", "u2")])), b"[('x'", "plain numbers")
npy_kind("texts", npy(np.array(["ab"])), b"<U2", "only numbers")
npy_kind("dates", npy(np.array(["2024-01-01"], "M8[D]")), b"M8", "plain numbers")
npy_kind("void", npy(np.zeros(4, "V8")), b"V8", "only numbers")
npy_kind("long doubles", npy(np.zeros((6, 64, 64), np.longdouble)), b"f16", "only numbers")
npy_kind("floats that are NaN", npy(np.full((6, 64, 64), np.nan)), b"f8", "not finite")
npy_kind("floats that are infinite", npy(np.full((6, 64, 64), np.inf, np.float16)), b"f2", "not finite")
npy_kind("integers of sixteen bits", npy(GOOD.astype(">u2")), b">u2", "", KEPT)
npy_kind("negative integers", npy(GOOD.astype(np.int8)), b"i1", "int8")
npy_kind("one number", npy(np.uint8(3)), b"()", "uint8 []")
npy_kind("one row", npy(GOOD[0, 0]), b"(64,)", "[64]")
npy_kind("four axes", npy(np.stack([GOOD, GOOD])), b"(2, 6, 64, 64)", "[2, 6, 64, 64]")
npy_kind("no frames", npy(GOOD[:0]), b"(0, 64, 64)", "at least one frame")
npy_kind("frames of no rows", npy(GOOD[:, :0]), b"(6, 0, 64)", "at least one frame")
npy_kind("a negative axis", claims("(-6, 64, 64)", VALUES), b"(-6,", "header")
npy_kind("an axis of ninety digits", claims("(" + "9" * 90 + ",)", VALUES), b"9" * 90, "claims")
npy_kind("a petabyte", claims("(1099511627776, 32, 32)", VALUES), b"1099511627776", "claims")
npy_kind("an overflowing axis beside none", claims("(0, 99999999999999999999)", b""), b"(0, 9999", "000.npy")
npy_kind("a shape of commas", claims("(,,,)", b"\xff"), b"(,,,)", "000.npy")
npy_kind("digits apart", claims("(6, 6 4, 64)", VALUES), b"6 4", "shape")
npy_kind("a frame too few", claims("(7, 64, 64)", VALUES), b"(7,", "claims")
npy_kind("a byte too many", WHOLE + b"\0", WHOLE + b"\0", "claims")
npy_kind("cut in the middle", WHOLE[: len(WHOLE) // 2], is_cut(WHOLE), "claims")
npy_kind("all black", npy(GOOD * 0), WHOLE[:10], "black")
npy_kind("masks of zero and one", npy(GOOD // 255), b"\1\1", "", KEPT)
npy_kind("all frames of another size", npy(GOOD[:, :, :40]), b"(6, 64, 40)", "64 x 64", KEPT)
npy_kind("a gadget in the values' place", WHOLE[:128] + b"cos\nsystem\n(S'touch canary'\ntR.", b"cos\nsystem", "claims")

npz_kind("two arrays", npz({"a.npy": WHOLE, "b.npy": WHOLE}), b"b.npy", "exactly one array")
npz_kind("no array", npz({}), b"PK\x05\x06", "exactly one array")
npz_kind("a pickle inside", npz({"frames.npy": npy(np.array([{}], object))}), b"frames", "only numbers")
npz_kind("a plain pickle inside", npz({"frames.npy": dump(GOOD)}), b"frames", "no .npy array")
npz_kind("a file that is no array", npz({"readme.txt": b"hello"}), b"readme", "no .npy array")
npz_kind("an npz in an npz", npz({"frames.npy": npz({"frames.npy": WHOLE})}), b"frames", "no .npy array")
npz_kind("a gigabyte of zeros", bomb("frames.npy", 2**30), b"frames", "the limit is")
npz_kind("a gigabyte that claims to be small", bomb("frames.npy", 1000), b"frames", "no .npy array")
npz_kind(
    "a small one that claims to be a gigabyte", sized(npz({"frames.npy": WHOLE}), 2**30), b"frames", "the limit is"
)
npz_kind(
    "a small one that claims to be larger", sized(npz({"frames.npy": WHOLE}), len(WHOLE) + 9), b"frames", "000.npz"
)
npz_kind("a name twice", npz([("frames.npy", WHOLE), ("frames.npy", npy(GOOD * 0))]), b"frames", "twice")
npz_kind("packed by bzip2", npz({"frames.npy": WHOLE}, zipfile.ZIP_BZIP2), b"BZh", "method 12")
npz_kind("packed by lzma", npz({"frames.npy": WHOLE}, zipfile.ZIP_LZMA), b"frames", "method 14")
_GOOD = npz({"frames.npy": WHOLE})
_CENTRAL = _GOOD.index(b"PK\x01\x02")
npz_kind(
    "packed by a method of nobody",
    _GOOD[:8] + b"\x63\0" + _GOOD[10 : _CENTRAL + 10] + b"\x63\0" + _GOOD[_CENTRAL + 12 :],
    b"\x63\0",
    "method 99",
)
npz_kind(
    "encrypted", _GOOD[:6] + b"\1\0" + _GOOD[8 : _CENTRAL + 8] + b"\1\0" + _GOOD[_CENTRAL + 10 :], b"\1\0", "encrypted"
)
npz_kind(
    "its checksum wrong", _GOOD.replace(struct.pack("<I", zlib.crc32(WHOLE)), b"\xde\xad\xbe\xef"), b"\xde\xad", "CRC"
)
npz_kind("its middle flipped", _GOOD[:60] + bytes(99) + _GOOD[159:], bytes(99), "000.npz")
npz_kind("cut in the middle", _GOOD[: len(_GOOD) // 2], is_cut(_GOOD), "zip file")
npz_kind("its directory at a place of nothing", _GOOD[:-6] + b"\xff\xff\xff\x7f\0\0", b"\xff\xff\xff\x7f", "000.npz")
npz_kind(
    "its member at a place of nothing",
    _GOOD[: _CENTRAL + 42] + b"\xff\xff\xff\x7f" + _GOOD[_CENTRAL + 46 :],
    b"\xff\xff\xff\x7f",
    "000.npz",
)
npz_kind("zeros", bytes(5000), bytes(5000), "zip file")
npz_kind("an .npy under its name", WHOLE, b"NUMPY", "it is a .npy array")
npz_kind("a name that leads out", npz({"../../frames.npy": WHOLE}), b"../../frames", "", KEPT)
npz_kind("a name from the root", npz({"/etc/frames.npy": WHOLE}), b"/etc/frames", "", KEPT)
npz_kind("a name of line breaks", npz({"a\nb\x1b[2J": WHOLE, "c": WHOLE}), b"a\nb\x1b[2J", "exactly one array")

npy_kind("columns first", npy(np.asfortranarray(GOOD)), b"True", "", KEPT)
npy_kind("version two", npy(GOOD, (2, 0)), b"\x02\0", "", KEPT)
npy_kind("truths", npy(GOOD > 0), b"|b1", "", KEPT)
