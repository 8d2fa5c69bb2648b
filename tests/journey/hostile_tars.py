"""Tar archives, packed or not, that lead out, lie, swell or break off."""

import bz2
import gzip
import lzma
import tarfile
from collections.abc import Callable

from hostile_kinds import KEPT, LEFT_OUT, REFUSED, Family, Scene
from hostile_pickles import WHOLE
from hostile_zips import OUT, PLACE, clean_files, save

TARS = Family("tar")


def header(name: str, data: bytes = b"", kind: bytes = tarfile.REGTYPE, **more: object) -> bytes:
    """A member of a tar, its header and its content."""
    made = tarfile.TarInfo(name)
    made.size, made.type = len(data), kind
    for key, value in more.items():
        setattr(made, key, value)
    return (
        made.tobuf(tarfile.GNU_FORMAT if not more.get("pax_headers") else tarfile.PAX_FORMAT)
        + data
        + bytes(-len(data) % 512)
    )


def fixed(block: bytes, place: int, value: bytes) -> bytes:
    """Another value in a header of 512 bytes, with its checksum made right again."""
    block = bytearray(block)
    block[place : place + len(value)] = value
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block[:512])
    return bytes(block)


def tarred(scene: Scene, more: bytes) -> bytes:
    return b"".join(header(n, d) for n, d in clean_files(scene).items()) + more + bytes(1024)


def tar_kind(called: str, more: bytes, says: str, outcome: str = LEFT_OUT, holds: bytes = b"") -> None:
    @TARS.add(f"{called}", says, outcome)
    def _(scene):
        save(scene, "set.tar", tarred(scene, more))
        assert (holds or more[:50]) in scene.source.read_bytes()


def packed_kind(called: str, ending: str, change: Callable[[bytes], bytes], says: str, outcome: str = REFUSED) -> None:
    @TARS.add(f"{called}", says, outcome)
    def _(scene):
        sound = tarred(scene, header(PLACE, WHOLE))
        save(scene, f"set.{ending}", change(sound))
        assert scene.source.read_bytes() != sound


def pax(text: str) -> bytes:
    """An extended header of any text."""
    return header("x", text.encode(), tarfile.XHDTYPE)


def record(key: str, value: str) -> str:
    line = f" {key}={value}\n"
    length = len(line) + len(str(len(line)))
    return f"{length + (len(str(length)) > len(str(len(line))))}{line}"


tar_kind("a name that climbs out", header("../../outside/x.pkl", WHOLE), OUT, REFUSED)
tar_kind("a name from the root", header("/etc/cron.d/x.pkl", WHOLE), OUT, REFUSED)
tar_kind("a name with backslashes", header("..\\x.pkl", WHOLE), OUT, REFUSED)
tar_kind("a name of a drive", header("C:x.pkl", WHOLE), OUT, REFUSED)
tar_kind("a line break in a name", header("002/nm-01\n/000/000.pkl", WHOLE), "unprintable", REFUSED)
tar_kind("a name that is no text", header("002/nm-01/\udcff/000.pkl", WHOLE), "unprintable", REFUSED, b"002/nm-01/\xff")
tar_kind("a name of five thousand letters", header("x" * 5000, WHOLE), "too long", REFUSED)
tar_kind("a name of two megabytes", header("x" * 2**21, WHOLE), "no sound tar", REFUSED)
tar_kind("a name twice", header(PLACE, WHOLE) * 2, "twice", REFUSED)
tar_kind("a link outside", header(PLACE, b"", tarfile.SYMTYPE, linkname="/etc/passwd"), "link or a device")
tar_kind(
    "a link inside", header(PLACE, b"", tarfile.SYMTYPE, linkname="../../../001/nm-01/000/000.pkl"), "link or a device"
)
tar_kind("a hard link outside", header(PLACE, b"", tarfile.LNKTYPE, linkname="/etc/passwd"), "link or a device")
tar_kind(
    "a hard link inside", header(PLACE, b"", tarfile.LNKTYPE, linkname="001/nm-01/000/000.pkl"), "link or a device"
)
tar_kind("a hard link to itself", header(PLACE, b"", tarfile.LNKTYPE, linkname=PLACE), "link or a device")
tar_kind(
    "a link that is a folder to others",
    header("002", b"", tarfile.SYMTYPE, linkname="/tmp") + header(PLACE, WHOLE),
    "twice",
    REFUSED,
)
tar_kind("a device", header(PLACE, b"", tarfile.CHRTYPE, devmajor=1, devminor=5), "link or a device")
tar_kind("a disk", header(PLACE, b"", tarfile.BLKTYPE), "link or a device")
tar_kind("a pipe", header(PLACE, b"", tarfile.FIFOTYPE), "link or a device")
tar_kind("a kind of member that is none", header(PLACE, WHOLE, b"Z"), "link or a device")
_HEAD = header(PLACE, WHOLE)
tar_kind("a size of eight gigabytes", fixed(_HEAD, 124, b"77777777777\0"), "sound tar", REFUSED, b"77777777777\0")
tar_kind("a negative size", fixed(_HEAD, 124, b"\xff" * 12), "no sound tar", REFUSED, b"\xff" * 12)
tar_kind("a size that is no number", fixed(_HEAD, 124, b"EVIL"), "no sound tar", REFUSED, b"EVIL")
tar_kind("a wrong checksum", _HEAD[:148] + b"0000000\0" + _HEAD[156:], "no sound tar", REFUSED, b"0000000\0")
tar_kind("rubbish behind a member", b"\1\2\3" * 512, "no sound tar", REFUSED)
tar_kind(
    "a size of attributes that is negative", pax(record("size", "-5")) + _HEAD, "no sound tar", REFUSED, b"size=-5"
)
tar_kind(
    "a size of attributes that is no number", pax(record("size", "abc")) + _HEAD, "sound tar", REFUSED, b"size=abc"
)
tar_kind("a size of five thousand digits", pax(record("size", "9" * 5000)) + _HEAD, "sound tar", REFUSED, b"9" * 5000)
tar_kind("attributes of no length", pax("0 x=y\n") + _HEAD, "no sound tar", REFUSED, b"0 x=y")
tar_kind("attributes that lead out", pax(record("path", "../../x.pkl")) + _HEAD, OUT, REFUSED, b"path=../../x.pkl")
tar_kind("attributes of NUL", pax(record("path", "a\0b.pkl")) + _HEAD, OUT, REFUSED, b"a\0b.pkl")
tar_kind("a table of attributes of two megabytes", pax("x" * 2**21) + _HEAD, "no sound tar", REFUSED, b"x" * 999)
tar_kind(
    "holes of a terabyte",
    pax(
        record("GNU.sparse.size", str(2**40))
        + record("GNU.sparse.map", f"{2**40},0")
        + record("GNU.sparse.numblocks", "1")
    )
    + _HEAD,
    "the limit is",
    LEFT_OUT,
    b"GNU.sparse",
)
tar_kind(
    "holes whose map is no numbers",
    pax(record("GNU.sparse.map", "a,b")) + _HEAD,
    "sound tar",
    REFUSED,
    b"GNU.sparse.map=a,b",
)
tar_kind(
    "a thousand long names in a row", header("././@LongLink", b"x\0", b"L") * 1500 + _HEAD, "no sound tar", REFUSED
)
tar_kind("a gadget in it", header(PLACE, b"cos\nsystem\n(S'touch canary'\ntR."), "os.system", LEFT_OUT, b"os\nsystem")
packed_kind("cut in a member", "tar", lambda d: d[:-20_000], "", REFUSED)
packed_kind("cut in a header", "tar", lambda d: d[:700], "", REFUSED)
packed_kind("nothing", "tar", lambda d: b"", "no sound tar")
packed_kind("a zip under its name", "tar", lambda d: b"PK\x03\x04" + bytes(900), "no sound tar")
packed_kind("gz, cut", "tar.gz", lambda d: gzip.compress(d)[:-300], "no sound tar")
packed_kind("gz, its checksum wrong", "tgz", lambda d: gzip.compress(d)[:-8] + b"EVILEVIL", "", KEPT)
packed_kind("gz, its middle flipped", "tgz", lambda d: flipped(gzip.compress(d)), "no sound tar")
packed_kind("bz2, cut", "tar.bz2", lambda d: bz2.compress(d)[:-300], "no sound tar")
packed_kind("xz, cut", "tar.xz", lambda d: lzma.compress(d)[:-300], "no sound tar")
packed_kind("gz, zeros", "tar.gz", lambda d: bytes(3000), "found no sequence")
packed_kind("xz under the name of gz", "tar.gz", lzma.compress, "", KEPT)
packed_kind("not packed under the name of gz", "tar.gz", lambda d: d + bytes(512), "", KEPT)


def flipped(data: bytes) -> bytes:
    middle = len(data) // 2
    return data[:middle] + bytes(b ^ 0x5A for b in data[middle : middle + 50]) + data[middle + 50 :]


@TARS.add("gz, a member that swells", "the limit is")
def _(scene):
    scene.source = scene.root / "set.tar.gz"
    with gzip.open(scene.source, "wb", 1) as stream:
        head = tarfile.TarInfo(PLACE)
        head.size = 2**28 + 1
        stream.write(head.tobuf(tarfile.GNU_FORMAT))
        for _ in range(2**4):
            stream.write(bytes(2**24))
        stream.write(bytes(512))
        stream.write(tarred(scene, b""))
    assert scene.source.stat().st_size < 2**22
