"""Lists of sequences with rows that lead out, lie, or cannot be read."""

import io
import struct
from typing import Any

import pyarrow as pa
import pyarrow.parquet
from hostile_kinds import BAD, KEPT, LEFT_OUT, REFUSED, Family, Scene
from hostile_pickles import WHOLE

MANIFESTS = Family("manifest")
COLUMNS = ("key", "path", "subject", "condition", "view")
PLACE = f"{BAD}/000.pkl"
CLEAN = [
    (f"{s}/nm-01/000", f"{s}/nm-01/000{ending}", s, "nm-01", "000")
    for s, ending in (("001", "/000.pkl"), ("003", "/000.npy"), ("004", ""))
]
OWN = (BAD, PLACE, "002", "nm-01", "000")


def save(scene: Scene, name: str, data: bytes) -> None:
    scene.put(PLACE, WHOLE)
    scene.source = scene.put(name, data)
    scene.options = ()


def table(*rows: tuple[str, ...], header: tuple[str, ...] = COLUMNS) -> bytes:
    """Rows as CSV, every cell quoted."""
    lines = [",".join('"' + cell.replace('"', '""') + '"' for cell in row) for row in (header, *rows)]
    return ("\n".join(lines) + "\n").encode("utf-8", "surrogateescape")


def csv_kind(called: str, data: bytes, holds: bytes, says: str, outcome: str = REFUSED) -> None:
    @MANIFESTS.add(f"CSV, {called}", says, outcome)
    def _(scene):
        save(scene, "set.csv", data)
        assert holds in data


def row(**cells: str) -> bytes:
    """The clean rows, and one that is changed."""
    return table(*CLEAN, tuple(cells.get(column, cell) for column, cell in zip(COLUMNS, OWN, strict=True)))


BELOW = "a path below the manifest's folder"
PATHS = {
    "a path that climbs out": ("../outside/000/000.pkl", BELOW),
    "a path that climbs out from inside": ("001/../../outside/x.pkl", BELOW),
    "a path from the root": ("/etc/passwd", BELOW),
    "a path of Windows": ("C:\\walks\\x.pkl", BELOW),
    "a path with backslashes that climbs out": ("..\\..\\x.pkl", BELOW),
    "a share": ("\\\\server\\share\\x.pkl", BELOW),
    "an address": ("https://example.org/x.pkl", BELOW),
    "an address of a file": ("file:///etc/passwd", BELOW),
    "a path of nothing": ("", BELOW),
    "a path of its own folder": (".", BELOW),
    "NUL in a path": ("002/nm-01/000/000\0.pkl", "zero bytes"),
    "a line break in a path": ("002/nm-01/000\n/000.pkl", "unprintable"),
    "colours in a path": ("\x1b[31m002.pkl", "unprintable"),
    "text from right to left in a path": ("002\u202elkp.pkl", "unprintable"),
}
for _called, (_path, _says) in PATHS.items():
    csv_kind(_called, row(path=_path), _path.encode(), _says)
MISSING = {
    "a path to nothing": ("002/nothing.pkl", "does not exist"),
    "a path to a folder of folders": ("002", "only folders"),
    "a path of four thousand letters": ("x" * 4000 + ".pkl", "too long"),
    "a path a thousand folders deep": ("d/" * 1000 + "x.pkl", "does not exist"),
    "a path that is a formula": ("=HYPERLINK(1)", "=HYPERLINK(1)"),
    "a path through a file": (f"{PLACE}/x.pkl", "Not a directory"),
    "a path to the manifest": ("set.csv", "no sequence file"),
    "a path to a program": ("$(touch canary).sh", "$(touch canary)"),
}
for _called, (_path, _says) in MISSING.items():
    csv_kind(_called, row(path=_path), _path.encode(), _says, LEFT_OUT)
for _column in COLUMNS[2:]:
    csv_kind(f"a line break in the {_column}", row(**{_column: "0\nTraceback"}), b"0\nTraceback", "unprintable")
csv_kind("NUL in the subject", row(subject="0\x002"), b"0\x002", "zero bytes")
csv_kind("NUL in the key", row(key="0\x002"), b"0\x002", "zero bytes")
csv_kind("a row twice", table(*CLEAN, CLEAN[0]), b"001/nm-01/000", "both list")
csv_kind("a cell of a megabyte", row(subject="x" * 2**20), b"x" * 2**20, "cannot be read as CSV")
csv_kind("a cell too few", table(*CLEAN, OWN[:3]), b"002", "fewer cells")
csv_kind("a cell too many", table(*CLEAN, (*OWN, "more")), b"more", "more cells")
csv_kind("a quote that never ends", table(*CLEAN) + b'"002/nm-01', b'\n"002/nm-01', "cannot be read as CSV")
csv_kind(
    "no column of paths",
    table(*CLEAN, OWN, header=("key", "file", "subject", "condition", "view")),
    b'"file"',
    "no column 'path'",
)
csv_kind("a header alone", table(), b"key", "lists no sequence")
csv_kind("nothing", b"", b"", "is empty")
csv_kind("UTF-16", row().decode().encode("utf-16"), b"\xff\xfe", "", KEPT)
csv_kind("Latin-1", row(subject="M\udcfcller"), b"M\xfcller", "UTF-8")
csv_kind("half a letter at its end", row() + b"\xc3", b"\n\xc3", "UTF-8")
csv_kind("a table of a spreadsheet under its name", b"PK\x03\x04" + bytes(range(256)), b"PK\x03\x04", "CSV")
csv_kind("zeros", bytes(3000), bytes(3000), "set.csv")
csv_kind("semicolons", row().replace(b",", b";"), b'";"', "", KEPT)
csv_kind("a page of HTML", b"<html>\n<p>404</p>\n", b"<p>", "is a web page")
csv_kind(
    "a gadget for a sequence",
    table(*CLEAN, (BAD, "evil.pkl", "002", "nm-01", "000")),
    b"evil",
    "does not exist",
    LEFT_OUT,
)
csv_kind("a sound row", row(), b"002", "", KEPT)
csv_kind("a formula for a subject", row(subject="=1+1"), b"=1+1", "", KEPT)
csv_kind("a mark of its bytes' order", b"\xef\xbb\xbf" + row(), b"\xef\xbb\xbf", "", KEPT)


@MANIFESTS.add("CSV, a path by a link outside", "link out of", LEFT_OUT)
def _(scene):
    save(scene, "set.csv", row(path="evil/000.pkl"))
    (scene.outside / "000.pkl").write_bytes(WHOLE)
    (scene.set / "evil").symlink_to(scene.outside)


@MANIFESTS.add("CSV, a manifest that is a link outside", "link out of", REFUSED)
def _(scene):
    save(scene, "set.csv", row())
    scene.source.rename(scene.outside / "set.csv")
    scene.source.symlink_to(scene.outside / "set.csv")


@MANIFESTS.add("CSV, a manifest that is a folder", "set.csv", REFUSED)
def _(scene):
    scene.source, scene.options = scene.set / "set.csv", ()
    scene.source.mkdir()


def parquet(rows: list[tuple[Any, ...]] | None = None, **columns: Any) -> bytes:
    """Clean rows and one more as Parquet; columns are replaced."""
    arrays = {
        name: pa.array(cells) for name, cells in zip(COLUMNS, zip(*(rows or [*CLEAN, OWN]), strict=True), strict=True)
    }
    stream = io.BytesIO()
    pa.parquet.write_table(pa.table({**arrays, **columns}), stream)
    return stream.getvalue()


def parquet_kind(called: str, data: bytes, says: str, outcome: str = REFUSED, holds: bytes = b"") -> None:
    @MANIFESTS.add(f"Parquet, {called}", says, outcome)
    def _(scene):
        save(scene, "set.parquet", data)
        assert holds in data


SOUND = parquet()
NO_TEXT = pa.Array.from_buffers(
    pa.string(), 4, [None, pa.py_buffer(struct.pack("<5i", 0, 3, 6, 9, 12)), pa.py_buffer(b"0010030040\xff2")]
)
FAR = pa.array([6 * 10**12] * 4, pa.timestamp("s"))
parquet_kind("bytes that are no text", parquet(subject=NO_TEXT), "cannot be read as Parquet", REFUSED, b"0\xff2")
parquet_kind("dates past the end of time", parquet(more=FAR), "cannot be read as Parquet")
parquet_kind("a path that climbs out", parquet([*CLEAN, (BAD, "../x.pkl", *OWN[2:])]), BELOW, REFUSED, b"../x.pkl")
parquet_kind("NUL in a path", parquet([*CLEAN, (BAD, "x\0.pkl", *OWN[2:])]), "unprintable", REFUSED, b"x\0.pkl")
parquet_kind(
    "a line break in the subject", parquet([*CLEAN, (*OWN[:2], "0\n2", *OWN[3:])]), "unprintable", REFUSED, b"0\n2"
)
parquet_kind("a path to nothing", parquet([*CLEAN, (BAD, "no.pkl", *OWN[2:])]), "does not exist", LEFT_OUT, b"no.pkl")
parquet_kind("paths that are lists", parquet(path=pa.array([["a"], [], None, ["b"]])), "no column 'path'")
parquet_kind("paths that are bytes", parquet(path=pa.array([b"a", b"b", b"c", b"d"])), "no column 'path'")
parquet_kind("paths that are numbers", parquet(path=pa.array([1, 2, 3, 4])), "set")
parquet_kind("paths that are missing", parquet(path=pa.array([None] * 4, pa.string())), BELOW)
parquet_kind("no column of paths", parquet(path=pa.array(["x"] * 4)).replace(b"path", b"p\xc3\xa4h"), "set.parquet")
parquet_kind("cut", SOUND[: len(SOUND) // 2], "cannot be read as Parquet")
parquet_kind("its end alone", SOUND[-200:], "cannot be read as Parquet")
parquet_kind("nothing", b"", "cannot be read as Parquet")
parquet_kind("its marks alone", b"PAR1PAR1", "cannot be read as Parquet")
parquet_kind("a footer of four gigabytes", SOUND[:-8] + b"\xff\xff\xff\xffPAR1", "cannot be read as Parquet")
parquet_kind("a footer of rubbish", SOUND[:-300] + bytes(292) + SOUND[-8:], "cannot be read as Parquet")
parquet_kind("a CSV under its name", row(), "cannot be read as Parquet")
parquet_kind("encrypted", SOUND[:-4] + b"PARE", "cannot be read as Parquet")


@MANIFESTS.add("Parquet, twenty million rows of nothing", "the limit is", REFUSED)
def _(scene):
    save(scene, "set.parquet", parquet_of(path=pa.nulls(20_000_000)))
    assert scene.source.stat().st_size < 2**20


@MANIFESTS.add("Parquet, a cell that swells", "the limit is", REFUSED)
def _(scene):
    save(scene, "set.parquet", parquet_of(path=pa.array(["x" * 2**28, "y"])))
    assert scene.source.stat().st_size < 2**20


@MANIFESTS.add("Parquet, a long cell three thousand times", "a text of 1048576 bytes", REFUSED)
def _(scene):
    cells = pa.DictionaryArray.from_arrays(pa.array([0] * 3000, pa.int32()), pa.array(["x" * 2**20]))
    save(scene, "set.parquet", parquet_of(repeated=cells))
    assert scene.source.stat().st_size < 1000


def parquet_of(**columns: Any) -> bytes:
    stream = io.BytesIO()
    packing = {"compression": "zstd", "use_dictionary": columns.keys() == {"repeated"}, "write_statistics": False}
    pa.parquet.write_table(pa.table(columns).rename_columns(["path"]), stream, store_schema=False, **packing)
    return stream.getvalue()
