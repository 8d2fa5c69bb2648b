"""A list of sequences of one's own: a CSV, TSV or Parquet file with a row for each, beside the data."""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import pyarrow as pa
import pyarrow.compute
import pyarrow.parquet

from gaitprint.archives import Files
from gaitprint.components import Component
from gaitprint.config import require, require_lists
from gaitprint.errors import DataError
from gaitprint.layouts.contract import FoundSequence, Split
from gaitprint.layouts.manifest_columns import PATH, choose_columns, read_cell
from gaitprint.layouts.miniature import figure, write_array
from gaitprint.layouts.partition import partition_split, partition_splits
from gaitprint.layouts.similar_names import trimmed
from gaitprint.layouts.tree import ARRAYS, PAGED
from gaitprint.silhouettes.first_bytes import other_kind
from gaitprint.texts import decode_text
from gaitprint.types import SequenceRecord

MANIFESTS = (".csv", ".tsv", ".parquet")
MAX_BYTES = 2**28
"""Of the manifest, as it lies and unpacked."""
MAX_ROWS = 10_000_000
_ROWS_AT_ONCE = 1024
"""Of a Parquet file: a column that repeats one long cell is small until it is unpacked."""
_BEFORE_HEADER = re.compile(r"\A(?:\s*(?:#[^\n]*|sep=.)\r?\n)+")
"""Comments, and the line by which a spreadsheet is told what stands between cells."""
MINIATURE = "manifest.csv"


@dataclass(frozen=True)
class ManifestSettings:
    """Settings that name the file and its columns."""

    file: str = MINIATURE
    """The manifest: a .csv or .tsv file with a header line, or a .parquet file; its paths start where it lies."""
    path: str = "path"
    """The column of the sequence's folder of images or array file; the only one that must be there."""
    subject: str = "subject"
    """The column of who walks; an empty cell is nobody known. Of this and the next three, "" is for none."""
    condition: str = "condition"
    """The column of how; without it all are `default`."""
    view: str = "view"
    """The column of from where; without it all are `default`."""
    key: str = "key"
    """The column of the sequence's name; without it that is its path, without the ending of an array file."""
    missing: tuple[str, ...] = ("nan", "NaN", "NaT", "None", "null", "NULL", "NA", "<NA>", "N/A", "n/a", "#N/A", "-")
    """What stands for an empty cell in every column but that of paths, as programs write it; [] for nothing."""
    partition: str = ""
    """A JSON file {"TRAIN_SET": [...], "TEST_SET": [...]}; without one every subject is tested."""

    def __post_init__(self) -> None:
        require_lists(self)
        ending = PurePosixPath(self.file).suffix.lower()
        require(bool(self.path), "`path` is the column that says where each sequence is: it has a name, found none")
        require(ending in MANIFESTS, f"a manifest is a .csv, .tsv or .parquet file, found {self.file!r}")


class Manifest:
    """Any files anywhere under the manifest's folder; ids are text, zeros matter."""

    title = "manifest: sequences listed in a CSV, TSV or Parquet file of your own, a row each"
    protocols: tuple[str, ...] = ()
    strictness = 0
    drawn = False

    def __init__(self, settings: ManifestSettings) -> None:
        self.settings = settings
        self.splits: tuple[str, ...] = partition_splits(settings.partition)

    def scan(self, files: Files) -> list[FoundSequence]:
        """See `Layout.scan`."""
        name = files.called(self.settings.file)
        if not _is_file(files, self.settings.file):
            raise DataError(
                f"manifest: expected the file {name} with a row for each sequence, found none: check the path"
            )
        data = files.read(self.settings.file, MAX_BYTES)
        other = other_kind(data)
        if other:
            raise DataError(f"{name} is {other}: expected a CSV, TSV or Parquet file")
        read = _parquet_rows if self.settings.file.lower().endswith(".parquet") else _csv_rows
        sequences = list(self._sequences(files, name, read(data, name)))
        if not sequences:
            raise DataError(f"{name} lists no sequence: expected a row for each, found only a header")
        return sorted(sequences, key=lambda f: f.record.key)

    def split(self, name: str | None, subjects: Iterable[str]) -> Split:
        """Split by the partition file; see `Layout.split`."""
        return partition_split("manifest", self.settings.partition, name, subjects)

    def write_miniature(self, root: Path) -> None:
        """Three subjects, two conditions, two views, one file each in one folder."""
        lines = ["path,subject,condition,view"]
        for number, subject in enumerate(("anna", "ben", "")):
            for condition in ("day", "night"):
                for view in ("left", "right"):
                    name = f"{number}-{condition}-{view}"
                    write_array(Path(root) / "walks", figure(number), name)
                    lines.append(f"walks/{name}.pkl,{subject},{condition},{view}")
        (Path(root) / MINIATURE).write_text("\n".join(lines) + "\n", encoding="utf-8")

    def _sequences(self, files: Files, name: str, rows: Iterable[Mapping[str, str]]) -> Iterator[FoundSequence]:
        s = self.settings
        wanted = {PATH: s.path, "subject": s.subject, "condition": s.condition, "view": s.view, "key": s.key}
        columns: dict[str, str | None] = {}
        about: tuple[str, ...] = ()
        listed: dict[str, int] = {}
        for number, row in enumerate(rows, start=1):
            if not columns:
                columns, about = choose_columns(name, tuple(row), wanted)
            sequence = self._found(files, f"{name}, row {number}", row, columns, about)
            if sequence.place in listed:
                rows_of_it = f"the rows {listed[sequence.place]} and {number}"
                raise DataError(f"{name}: {rows_of_it} both list {sequence.place!r}: delete one of them")
            listed[sequence.place] = number
            yield sequence

    def _found(
        self,
        files: Files,
        where: str,
        row: Mapping[str, str],
        columns: Mapping[str, str | None],
        about: tuple[str, ...],
    ) -> FoundSequence:
        path = row[str(columns[PATH])]
        place = _place(where, path)
        # a folder may really be called with a space at its end: only what is not there is trimmed
        if trimmed(path) != path and not (files.is_folder(place) or _is_file(files, place)):
            place = _place(where, trimmed(path))
            about = (*about, f"white space around names in the column {columns[PATH]!r} is left out")
        cells = {f: read_cell(row, columns[f], self.settings.missing) for f in ("subject", "condition", "view", "key")}
        subject, condition, view, key = (cell.text for cell in cells.values())
        # of folders the whole name: what follows a dot in it is no ending
        ending = PurePosixPath(place).suffix
        key = key or (place.removesuffix(ending) if ending.lower() in ARRAYS | PAGED else place)
        for text in (place, key, subject, condition, view):
            if text and not text.isprintable():
                raise DataError(f"{where}: {text!a} holds unprintable characters: rename it")
        notes = (*about, *(note for cell in cells.values() for note in cell.notes))
        return FoundSequence(
            SequenceRecord(key, subject or None, condition or "default", view or "default"), place, notes
        )


def _place(where: str, path: str) -> str:
    place = path.replace("\\", "/")
    parts = [p for p in place.split("/") if p not in ("", ".")]
    if not parts or place.startswith("/") or ".." in parts or ":" in parts[0]:
        way = ": write how it goes on from there" if place.startswith("/") or ":" in place else ""
        raise DataError(f"{where}: expected a path below the manifest's folder, found {path!r}{way}")
    return "/".join(parts)


def _is_file(files: Files, place: str) -> bool:
    """Its folder is not listed: what else lies there may be a link that leads nowhere."""
    try:
        files.stamp(place)
    except DataError:
        return False
    return not files.is_folder(place)


def _csv_rows(data: bytes, name: str) -> Iterator[dict[str, str]]:
    try:
        text = decode_text(data)
        if not text.strip():
            raise DataError(f"{name} is empty: expected a header such as path,subject,condition,view, then a row each")
        text = _BEFORE_HEADER.sub("", text)
        # spreadsheets of many countries write semicolons, and some programs tabs whatever the ending
        # of equal counts the first is taken: a header of one column has none of them
        mark = max(",;\t|", key=text.partition("\n")[0].count)
        reader = csv.DictReader(io.StringIO(text, newline=""), strict=True, delimiter=mark, skipinitialspace=True)
        names = reader.fieldnames or ()
        twice = next((n for n in names if n and list(names).count(n) > 1), None)
        if twice is not None:
            raise DataError(f"{name} has two columns {twice!r}: rename one of them")
        for row in reader:
            if not any(cell.strip() for cell in row.values() if isinstance(cell, str)) and None not in row:
                continue  # spreadsheets write empty rows behind the last
            # `csv` keeps surplus cells under None, and fills missing ones with None
            if None in row or None in row.values():
                count = "more" if None in row else "fewer"
                raise DataError(f"{name}, line {reader.line_num}: {count} cells than the header has columns")
            yield row
    except (ValueError, csv.Error) as error:
        raise DataError(f"{name} cannot be read as CSV ({error}): save it as such, in UTF-8") from None


def _parquet_rows(data: bytes, name: str) -> Iterator[dict[str, str]]:
    try:
        with pa.parquet.ParquetFile(pa.BufferReader(data)) as file:
            metadata = file.metadata
            unpacked = sum(metadata.row_group(i).total_byte_size for i in range(metadata.num_row_groups))
            if metadata.num_rows > MAX_ROWS or unpacked > MAX_BYTES:
                raise DataError(
                    f"{name} has {metadata.num_rows} rows of {unpacked} bytes unpacked, the limit is {MAX_ROWS} rows "
                    f"of {MAX_BYTES} bytes: split the data set"
                )
            texts = [field.name for field in file.schema_arrow if field.type in (pa.string(), pa.large_string())]
            # bytes and lists are no names, and may be of any size
            plain = [f.name for f in file.schema_arrow if not (pa.types.is_nested(f.type) or _is_binary(f.type))]
        # opened once more: what is to stay a dictionary has to be said before, and is known only from the schema
        with pa.parquet.ParquetFile(pa.BufferReader(data), read_dictionary=texts) as file:
            for batch in file.iter_batches(_ROWS_AT_ONCE, columns=plain):
                for row in _unpacked(batch, name).to_pylist():
                    yield {column: _text(value) for column, value in row.items()}
    except (pa.ArrowException, OSError, ValueError, OverflowError) as error:
        reason = " ".join(str(error).split())[:100]
        raise DataError(f"{name} cannot be read as Parquet ({reason}): save it as such") from None


def _text(value: object) -> str:
    """A cell's text. A column of whole numbers that lacks some is one of floats: 7.0 was 7 before."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return "" if value is None else str(value)


def _is_binary(kind: pa.DataType) -> bool:
    return kind in (pa.binary(), pa.large_binary()) or pa.types.is_fixed_size_binary(kind)


def _unpacked(batch: pa.RecordBatch, name: str) -> pa.RecordBatch:
    """Rows whose texts are no longer than those of a CSV file may be: a long one that repeats takes no room until now.

    Raises:
        DataError: a longer text.
    """
    columns = []
    for field, column in zip(batch.schema, batch.columns, strict=True):
        if isinstance(column, pa.DictionaryArray) and column.dictionary.type in (pa.string(), pa.large_string()):
            longest = pa.compute.max(pa.compute.binary_length(column.dictionary)).as_py() or 0
            if longest > csv.field_size_limit():
                raise DataError(f"{name}: {field.name!r} holds a text of {longest} bytes: expected the names of files")
            column = column.dictionary_decode()
        columns.append(column)
    return pa.record_batch(columns, batch.schema.names)


component = Component(ManifestSettings, Manifest)
