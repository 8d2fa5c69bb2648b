"""Zip archives that lead out, lie, swell or break off."""

import io
import struct
import warnings
import zipfile
from collections.abc import Callable

from hostile_arrays import bomb
from hostile_images import GOOD as PICTURE
from hostile_kinds import BAD, LEFT_OUT, REFUSED, Family, Scene
from hostile_pickles import WHOLE

ZIPS = Family("zip")
PLACE = f"{BAD}/000.pkl"
LINK = 0o120777 << 16


def clean_files(scene: Scene) -> dict[str, bytes]:
    return {p.relative_to(scene.set).as_posix(): p.read_bytes() for p in sorted(scene.set.rglob("*")) if p.is_file()}


def save(scene: Scene, name: str, data: bytes) -> None:
    scene.source = scene.root / name
    scene.source.write_bytes(data)


def zipped(
    scene: Scene, members: list[tuple[str | zipfile.ZipInfo, bytes]], method: int = zipfile.ZIP_DEFLATED
) -> bytes:
    """The clean data set as a zip archive, and these members behind it."""
    stream = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        warnings.simplefilter("ignore")
        for name, data in clean_files(scene).items():
            archive.writestr(name, data)
        for name, data in members:
            archive.writestr(name, data, method)
    return stream.getvalue()


def zip_kind(
    called: str, members: list[tuple[str | zipfile.ZipInfo, bytes]], says: str, outcome: str = LEFT_OUT, method: int = 8
) -> None:
    @ZIPS.add(f"{called}", says, outcome)
    def _(scene):
        save(scene, "set.zip", zipped(scene, members, method))
        held = [m.orig_filename for m in zipfile.ZipFile(scene.source).infolist()]
        assert all((m if isinstance(m, str) else m.orig_filename) in held for m, _ in members)


def zip_bytes(called: str, change: Callable[[bytes], bytes], says: str, outcome: str = REFUSED) -> None:
    """A change to the bytes of an archive whose last member is the sequence."""

    @ZIPS.add(f"{called}", says, outcome)
    def _(scene):
        sound = zipped(scene, [(PLACE, WHOLE)])
        save(scene, "set.zip", change(sound))
        assert scene.source.read_bytes() != sound


def info(name: str, attributes: int = 0) -> zipfile.ZipInfo:
    made = zipfile.ZipInfo(name)
    made.filename = made.orig_filename = name
    made.external_attr = attributes
    return made


def last(data: bytes, mark: bytes, offset: int, value: bytes) -> bytes:
    """Overwrite something in the last header of a kind."""
    place = data.rindex(mark) + offset
    return data[:place] + value + data[place + len(value) :]


LOCAL, CENTRAL, END = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"
OUT = "leads out of the archive"
zip_kind("a name that climbs out", [("../../outside/x.pkl", WHOLE)], OUT, REFUSED)
zip_kind("a name that climbs out from inside", [("002/../../x.pkl", WHOLE)], OUT, REFUSED)
zip_kind("a name from the root", [("/etc/cron.d/x.pkl", WHOLE)], OUT, REFUSED)
zip_kind("a name with backslashes", [("..\\..\\x.pkl", WHOLE)], OUT, REFUSED)
zip_kind("a name of a drive", [("C:/x.pkl", WHOLE)], OUT, REFUSED)
zip_kind("a name of a share", [("//server/share/x.pkl", WHOLE)], OUT, REFUSED)
zip_kind("a line break in a name", [("002/nm-01\n/000/000.pkl", WHOLE)], "unprintable", REFUSED)
zip_kind("colours in a name", [("002/nm-01/\x1b[31m/000.pkl", WHOLE)], "unprintable", REFUSED)
zip_kind("a name of five thousand letters", [("x" * 5000, WHOLE)], "too long", REFUSED)
zip_kind("a name a thousand folders deep", [("d/" * 1000 + "x", WHOLE)], "too deep", REFUSED)
zip_kind("a name twice", [(PLACE, WHOLE), (PLACE, WHOLE)], "twice", REFUSED)
zip_kind("a file that is a folder, too", [(BAD, b"x"), (PLACE, WHOLE)], "twice", REFUSED)
zip_kind("a link outside", [(info(PLACE, LINK), b"/etc/passwd")], "is a link")
zip_kind("a link inside", [(info(PLACE, LINK), b"../../../001/nm-01/000/000.pkl")], "is a link")
zip_kind("packed by bzip2", [(PLACE, WHOLE)], "method 12", LEFT_OUT, zipfile.ZIP_BZIP2)
zip_kind("packed by lzma", [(PLACE, WHOLE)], "method 14", LEFT_OUT, zipfile.ZIP_LZMA)
zip_kind("a zip in it", [(f"{BAD}/000.zip", b"PK\x05\x06" + bytes(18))], "is no image")
zip_kind("a gadget in it", [(PLACE, b"cos\nsystem\n(S'touch canary'\ntR.")], "os.system")
zip_kind("a picture cut in it", [(f"{BAD}/0.png", PICTURE[:-9])], "truncated")
zip_kind("an empty folder in it", [(f"{BAD}/", b"")], "found nothing")
zip_bytes("NUL in a name", lambda d: d.replace(PLACE.encode(), b"002/nm-01/000/00\0.pkl"), OUT)
zip_bytes(
    "a local name that is another",
    lambda d: d.replace(PLACE.encode(), b"002/nm-01/000/666.pkl", 1),
    "damaged",
    LEFT_OUT,
)
zip_bytes("cut in the middle", lambda d: d[: len(d) // 2], "no sound zip")
zip_bytes("cut before its end", lambda d: d[:-10], "no sound zip")
zip_bytes("nothing", lambda d: b"", "no sound zip")
zip_bytes("zeros", lambda d: bytes(len(d)), "no sound zip")
zip_bytes("a tar under its name", lambda d: b"ustar" * 300, "no sound zip")
zip_bytes("a directory at a place of nothing", lambda d: last(d, END, 16, b"\xff\xff\xff\x7f"), "damaged")
zip_bytes("a directory that is damaged", lambda d: last(d, CENTRAL, 0, b"EVIL"), "no sound zip")
zip_bytes("more members than there are", lambda d: last(d, END, 12, b"\xff\xff\0\0"), "no sound zip")
zip_bytes("a member at a place of nothing", lambda d: last(d, CENTRAL, 42, b"\xff\xff\xff\x7f"), "damaged", LEFT_OUT)
zip_bytes("a member in another's place", lambda d: last(d, CENTRAL, 42, bytes(4)), "damaged", LEFT_OUT)
zip_bytes("an encrypted member", lambda d: last(d, CENTRAL, 8, b"\1\0"), "encrypted", LEFT_OUT)
zip_bytes("a member of another checksum", lambda d: last(d, CENTRAL, 16, b"EVIL"), "damaged", LEFT_OUT)
zip_bytes("a member of a size beyond", lambda d: last(d, CENTRAL, 24, b"\xff\xff\xff\x7f"), "the limit is", LEFT_OUT)
zip_bytes("a member smaller than it is", lambda d: last(d, CENTRAL, 24, b"\x09\0\0\0"), "damaged", LEFT_OUT)
zip_bytes("a member packed by nobody's method", lambda d: last(d, CENTRAL, 10, b"\x63\0"), "method 99", LEFT_OUT)
zip_bytes("a member for version 99", lambda d: last(d, CENTRAL, 6, b"\x63\0"), "no sound zip")
zip_bytes("a member's bytes flipped", lambda d: last(d, LOCAL, 60, bytes(40)), "damaged", LEFT_OUT)
zip_bytes("a comment that is none", lambda d: d + b"a" * 70_000, "no sound zip")


@ZIPS.add("a picture of a gigabyte", "the limit is")
def _(scene):
    save(scene, "set.zip", merged(scene, bomb(f"{BAD}/0.png", 2**30)))
    assert scene.source.stat().st_size < 2**22


@ZIPS.add("a gigabyte that claims to be small", "damaged")
def _(scene):
    single = bomb(PLACE, 500)
    with zipfile.ZipFile(io.BytesIO(single)) as archive:
        assert archive.infolist()[0].file_size == 500
    save(scene, "set.zip", merged(scene, single))


def merged(scene: Scene, single: bytes) -> bytes:
    """The clean archive, with the only member of another put before it."""
    sound, cut = zipped(scene, []), single.index(CENTRAL)
    start, end = sound.index(CENTRAL), sound.rindex(END)
    entry = single[cut : single.rindex(END)]
    entries, place = b"", start
    while place < end:
        lengths = struct.unpack_from("<HHH", sound, place + 28)
        size = 46 + sum(lengths)
        offset = struct.unpack_from("<I", sound, place + 42)[0] + cut
        entries += sound[place : place + 42] + struct.pack("<I", offset) + sound[place + 46 : place + size]
        place += size
    count = struct.unpack_from("<H", sound, end + 10)[0] + 1
    body = single[:cut] + sound[:start]
    tail = END + struct.pack("<HHHHIIH", 0, 0, count, count, len(entry + entries), len(body), 0)
    return body + entry + entries + tail
