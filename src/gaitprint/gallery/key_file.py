"""Keys of a sealed gallery, in a file of their own that no backup of the gallery holds: to destroy a key is to erase.

Each value that says who somebody is has a key of its own, 256 bits. A copy of the gallery holds only what the key file
still opens, wherever it is and whenever it was made.
"""

import os
import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

import apsw

from gaitprint.atomic_files import check_writable, sync_folder
from gaitprint.errors import ArtefactError, DataError

APPLICATION = 0x474B4559
"""The mark of such files: "GKEY"."""
SEARCHING = b"searching"
"""The name of the key by which names are found, which is destroyed with the file alone."""
_WAIT = 20_000


class KeyFile:
    """Keys by their names, held in memory and kept in a file.

    Args:
        path: of a file that `create` made.

    Raises:
        ArtefactError: missing, or no file of keys.
    """

    def __init__(self, path: Path) -> None:
        self.place = Path(path)
        if not self.place.is_file():
            raise ArtefactError(f"the keys of the gallery are not at {path}: GAITPRINT_KEYS says where else they are")
        self._turn = threading.RLock()
        self._known: dict[bytes, bytes] = {}
        with self._in_a_line():
            self._connection = apsw.Connection(str(self.place), flags=apsw.SQLITE_OPEN_READWRITE)
            self._connection.set_busy_timeout(_WAIT)
            if self._connection.pragma("application_id") != APPLICATION:
                raise ArtefactError(f"{path} is no file of keys: `gaitprint gallery create --encrypt` makes one")
            _set_up(self._connection)

    @classmethod
    def create(cls, path: Path) -> "KeyFile":
        """Make a file with the key for searching, which only its owner may read.

        Raises:
            ArtefactError: something is there. DataError: it cannot be written.
        """
        path = Path(path)
        if path.exists() or path.is_symlink():
            raise ArtefactError(f"{path} is there: keys are never written over, choose another name")
        check_writable(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_name(f".{path.name}.new")
        fresh.unlink(missing_ok=True)
        # before anything is in it
        os.close(os.open(fresh, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        # the name comes last: half a file of keys would lock everybody out
        connection = apsw.Connection(str(fresh), flags=apsw.SQLITE_OPEN_READWRITE)
        _set_up(connection)
        with connection:
            connection.execute(f"PRAGMA application_id = {APPLICATION}")
            connection.execute("CREATE TABLE keys (name BLOB PRIMARY KEY, key BLOB NOT NULL) WITHOUT ROWID")
            connection.execute("INSERT INTO keys VALUES (?, ?)", (SEARCHING, os.urandom(32)))
        connection.close()
        fresh.rename(path)
        sync_folder(path.parent)
        return cls(path)

    def get(self, name: bytes) -> bytes | None:
        """A key; None: it was destroyed, or never was."""
        with self._turn:
            if name not in self._known:
                with self._in_a_line():
                    rows = list(self._connection.execute("SELECT key FROM keys WHERE name = ?", (name,)))
                if not rows:
                    return None
                self._known[name] = rows[0][0]
            return self._known[name]

    def load(self) -> None:
        """Take all keys into memory, where many values are to be read."""
        with self._turn, self._in_a_line():
            self._known = dict(self._connection.execute("SELECT name, key FROM keys"))

    def add(self, keys: dict[bytes, bytes]) -> None:
        """Keep new keys; on the disk when this returns, so before the values that they seal."""
        if keys:
            with self._turn, self._in_a_line(), self._connection:
                self._connection.executemany("INSERT INTO keys VALUES (?, ?)", list(keys.items()))
            self._known |= keys

    def destroy(self, names: Collection[bytes]) -> None:
        """Destroy keys: what they sealed is lost in every copy."""
        with self._turn, self._in_a_line():
            with self._connection:
                self._connection.executemany("DELETE FROM keys WHERE name = ?", [(name,) for name in names])
            # deleted rows are overwritten in the file; its log must not keep them either
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            for name in names:
                self._known.pop(name, None)

    def close(self) -> None:
        """Let go of the file."""
        with self._turn:
            self._connection.close()

    @contextmanager
    def _in_a_line(self) -> Iterator[None]:
        try:
            yield
        except (apsw.CorruptError, apsw.NotADBError) as error:
            raise ArtefactError(f"{self.place} is no file of keys, or damaged ({error}): use a copy of it") from None
        except apsw.Error as error:
            raise DataError(f"{self.place} cannot be read or written ({error}): check disk and rights") from None


def _set_up(connection: apsw.Connection) -> None:
    for name, value in {"mmap_size": 0, "journal_mode": "wal", "synchronous": "full", "secure_delete": True}.items():
        connection.pragma(name, value)
