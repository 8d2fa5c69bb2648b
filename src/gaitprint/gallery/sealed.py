"""An engine whose values that say who somebody is are sealed, each by a key that lies in another file.

Not sealed are numbers, times, cameras, conditions, checksums, distances and days of expiry.
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from gaitprint.extras import require_extra
from gaitprint.gallery.contract import Engine, Reader, Writer
from gaitprint.gallery.key_file import KeyFile
from gaitprint.gallery.sealed_rows import FOUND, SealedRows, key_name

KEYS = "keys"
"""A fact: where the file of keys lies."""
DOOMED = "doomed"
"""A fact: names of keys that are to be destroyed, of values that are deleted."""


class SealedEngine:
    """An engine behind a file of keys.

    Args:
        inner: keeps the sealed rows.
        keys: open them.
    """

    def __init__(self, inner: Engine, keys: KeyFile) -> None:
        require_extra("cryptography")
        self._inner, self._keys = inner, keys
        # one read of all: an index is made of thousands of values
        keys.load()
        self._finish()
        forget_keyless(inner, keys)

    @property
    def place(self) -> Path | None:
        """See `Engine`: no index lies beside it, for it would hold what is sealed."""
        return None

    @property
    def label(self) -> str:
        """See `Engine`."""
        return self._inner.label

    @contextmanager
    def reading(self) -> Iterator[Reader]:
        """See `Engine`."""
        with self._inner.reading() as rows:
            yield SealedRows(rows, self._keys)  # type: ignore[arg-type]

    @contextmanager
    def writing(self) -> Iterator[Writer]:
        """See `Engine`."""
        with self._inner.writing() as rows:
            made = SealedRows(rows, self._keys)
            yield made
            # a key that nothing needs costs nothing; a value without its key is lost
            self._keys.add(made.made)
            if made.doomed:
                _doom(rows, made.doomed)
        # after the commit: a change that fails has destroyed nothing
        if made.doomed:
            self._finish()

    def scrub(self) -> None:
        """See `Engine`."""
        self._finish()
        self._inner.scrub()

    def copy_to(self, path: Path) -> None:
        """See `Engine`: sealed as it is, without keys."""
        self._inner.copy_to(path)

    def problems(self) -> list[str]:
        """See `Engine`."""
        return self._inner.problems()

    def close(self) -> None:
        """See `Engine`."""
        self._inner.close()
        self._keys.close()

    def discard(self) -> None:
        """See `Engine`; the keys go, too."""
        self._inner.discard()
        self._keys.close()
        self._keys.place.unlink(missing_ok=True)

    def _finish(self) -> None:
        """Destroy the keys of what is deleted: also those of a process that was killed before it could."""
        with self._inner.reading() as reader:
            found = _fact(reader, DOOMED)
        if not found:
            return
        with self._inner.writing() as writer:
            names = [bytes.fromhex(name) for name in json.loads(_fact(writer, DOOMED) or "[]")]
            self._keys.destroy(names)
            writer.update("meta", DOOMED, {"value": ""})


def forget_keyless(inner: Engine, keys: KeyFile) -> None:
    """Take out what no key opens any more: a backup that is put back forgets whom a purge has erased since."""
    with inner.reading() as reader:
        gone = {
            table: [
                row
                for row, cell in reader.rows(table, ["id", column])
                if cell and keys.get(key_name(cell, (table, column) in FOUND)) is None
            ]
            for table, column in (("people", "name"), ("samples", "key"), ("probes", "key"), ("undo", "images"))
        }
    # the usual case: nothing was put back, and nothing is written
    if not any(gone.values()):
        return
    with inner.writing() as writer:
        for table, rows in gone.items():
            for row in rows:
                writer.delete(table, ("id", "=", row))
        for person in gone["people"]:
            writer.delete("negatives", ("person", "=", person))
        for kind, table in (("sample", "samples"), ("probe", "probes")):
            for row in gone[table]:
                writer.delete("walks", ("owner", "=", f"{kind}:{row}"))
                writer.delete("fresh", ("owner", "=", f"{kind}:{row}"))
        for row in gone["samples"]:
            writer.delete("templates", ("id", "=", row))


def _doom(writer: Writer, names: Sequence[bytes]) -> None:
    """Note names of keys with the change that deletes their values, so that neither is done without the other."""
    before = json.loads(_fact(writer, DOOMED) or "[]")
    value = {"value": json.dumps([*before, *(name.hex() for name in names)])}
    if writer.rows("meta", ["id"], ("id", "=", DOOMED)):
        writer.update("meta", DOOMED, value)
    else:
        writer.insert("meta", {"id": DOOMED, **value})


def _fact(reader: Reader, name: str) -> str:
    rows = reader.rows("meta", ["value"], ("id", "=", name))
    return str(rows[0][0]) if rows else ""
