"""All rows of an engine into a new file of the embedded one: how a gallery on a server is backed up."""

from collections.abc import Mapping
from pathlib import Path

from gaitprint.gallery.contract import TABLES, Reader
from gaitprint.gallery.sqlite import SqliteEngine

_AT_ONCE = 200
"""Rows that are held in memory together: vectors and walks are large."""


def copy_rows(reader: Reader, path: Path, last: Mapping[str, int]) -> None:
    """Write all rows of one moment, with their ids.

    Args:
        reader: of that moment.
        path: of the new file.
        last: the highest id that was ever given, by table: a copy gives no id again either.
    """
    facts = dict(reader.rows("meta", ["id", "value"]))
    engine = SqliteEngine.create(path, facts)
    try:
        with engine.writing() as writer:
            for table, columns in TABLES.items():
                if table == "meta":
                    continue
                # ids first: they are small, and one moment holds for all that follows
                ids = [row for (row,) in reader.rows(table, ["id"])]
                for start in range(0, len(ids), _AT_ONCE):
                    for row in reader.rows(table, ["id", *columns], ("id", "in", ids[start : start + _AT_ONCE])):
                        writer.insert(table, dict(zip(("id", *columns), row, strict=True)))
            # a row that comes and goes moves the counter of the file on
            for table, number in last.items():
                if number and not writer.rows(table, ["id"], ("id", "=", number)):
                    writer.insert(table, {"id": number})
                    writer.delete(table, ("id", "=", number))
    finally:
        engine.close()
