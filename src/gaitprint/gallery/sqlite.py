"""The embedded engine: one file of SQLite, written ahead (WAL), synced at every commit (FULL).

SQLite comes with APSW: Python's own module brings whatever the system has, and 3.7.0 to 3.51.2 can lose pages in WAL
mode where two connections write (the WAL-reset bug).
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

import apsw

from gaitprint.atomic_files import check_writable, sync_folder
from gaitprint.errors import ArtefactError, DataError, StorageError
from gaitprint.gallery.contract import INDEXED, TABLES, UNIQUE
from gaitprint.gallery.sqlite_rows import SqliteRows

APPLICATION = 0x47414954
"""The mark of our files, at byte 68: "GAIT"."""
FORMAT = 2
"""2: with tables for walks; a file of 1 gets them when it is opened."""
_WAIT = 20_000
"""Milliseconds that a writer waits for another one."""
_SAFE = (3, 51, 3)


class SqliteEngine:
    """A gallery's file, held open; threads take turns.

    Args:
        path: of a file that `create` made.

    Raises:
        ArtefactError: missing, no gallery, damaged or of another version. DataError: it cannot be read.
    """

    def __init__(self, path: Path) -> None:
        self.place = Path(path)
        # a connection has one transaction at a time, whatever thread asks
        self._turn = threading.RLock()
        if not self.place.is_file():
            raise ArtefactError(f"no gallery at {path}: make one with `gaitprint gallery create`")
        with _in_a_line(self.place):
            self._connection = apsw.Connection(str(self.place), flags=apsw.SQLITE_OPEN_READWRITE)
            try:
                _check_ours(self._connection, self.place)
                _set_up(self._connection)
                _bring_up_to_date(self._connection)
            except BaseException:
                self.close()
                raise
        self._rows = SqliteRows(self._connection)

    @classmethod
    def create(cls, path: Path, facts: dict[str, str]) -> "SqliteEngine":
        """Make an empty file with these facts in `meta`; it has its name only when it is whole.

        Raises:
            ArtefactError: something is there. DataError: it cannot be written.
        """
        path = Path(path)
        if path.exists() or path.is_symlink():
            raise ArtefactError(f"{path} is there: choose another name, or remove it first")
        check_writable(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_name(f".{path.name}.new")
        with suppress(FileNotFoundError):
            fresh.unlink()
        with _in_a_line(path):
            connection = apsw.Connection(str(fresh))
            _set_up(connection)
            with connection:
                for statement in _schema():
                    connection.execute(statement)
                connection.executemany("INSERT INTO meta (id, value) VALUES (?, ?)", list(facts.items()))
            connection.close()
        # closed, so that the log is part of the file before it has its name
        fresh.rename(path)
        sync_folder(path.parent)
        return cls(path)

    @property
    def label(self) -> str:
        """See `Engine`."""
        return str(self.place)

    @contextmanager
    def reading(self) -> Iterator[SqliteRows]:
        """See `Engine`."""
        with self._turn, _in_a_line(self.place), self._transaction("BEGIN"):
            yield self._rows

    @contextmanager
    def writing(self) -> Iterator[SqliteRows]:
        """See `Engine`."""
        with self._turn, _in_a_line(self.place), self._transaction("BEGIN IMMEDIATE"):
            yield self._rows

    def scrub(self) -> None:
        """See `Engine`. Deleted rows were overwritten when they were deleted; this takes their traces out."""
        with self._turn, _in_a_line(self.place):
            # VACUUM writes the file anew, and the log must lose its old pages before and after
            for statement in ("PRAGMA wal_checkpoint(TRUNCATE)", "VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)"):
                busy = next(iter(self._connection.execute(statement)), (0,))[0]
                if busy:
                    raise DataError(
                        f"{self.place}: another process still reads what was erased; the people are out of every "
                        "answer, end it and run `gaitprint gallery check` to finish"
                    )

    def copy_to(self, path: Path) -> None:
        """See `Engine`."""
        with self._turn, _in_a_line(self.place):
            copy = apsw.Connection(str(path))
            try:
                with copy.backup("main", self._connection, "main") as backup:
                    while not backup.done:
                        backup.step(1000)
                # one file, without a log beside it
                copy.pragma("journal_mode", "delete")
            finally:
                copy.close()

    def problems(self) -> list[str]:
        """See `Engine`."""
        with self._turn:
            try:
                found = [str(line) for (line,) in self._connection.execute("PRAGMA integrity_check")]
            except apsw.Error as error:
                found = [str(error)]
        return [] if found == ["ok"] else found

    def close(self) -> None:
        """See `Engine`."""
        with self._turn, suppress(apsw.Error):
            self._connection.close()

    def discard(self) -> None:
        """See `Engine`."""
        self.close()
        self.place.unlink(missing_ok=True)

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[None]:
        if self._connection.in_transaction:  # of the same thread: part of the outer one
            yield
            return
        self._connection.execute(begin)
        try:
            yield
            self._connection.execute("COMMIT")
        finally:
            # a full disk may have rolled it back already; a sync that failed is never tried again
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")


def is_gallery(path: Path) -> bool:
    """Whether a path is the file of a gallery, by its first bytes."""
    if not path.is_file():
        return False
    with path.open("rb") as stream:
        head = stream.read(72)
    return head.startswith(b"SQLite format 3\0") and head[68:] == APPLICATION.to_bytes(4, "big")


def _check_ours(connection: apsw.Connection, path: Path) -> None:
    """Before anything is set, which would write to a database of somebody else."""
    # the first statement may already have to wait
    connection.set_busy_timeout(_WAIT)
    application, version = connection.pragma("application_id"), connection.pragma("user_version")
    if application != APPLICATION:
        raise ArtefactError(f"{path} is no gallery: make one with `gaitprint gallery create`")
    if not 1 <= version <= FORMAT:
        raise ArtefactError(f"{path} is of format {version}, this package reads {FORMAT}: update the package")


def _set_up(connection: apsw.Connection) -> None:
    if tuple(map(int, apsw.sqlite_lib_version().split("."))) < _SAFE:
        raise ArtefactError(f"SQLite {apsw.sqlite_lib_version()} may lose data: install apsw 3.51.3 or newer")
    connection.set_busy_timeout(_WAIT)
    # a page that is read from a mapping of a file that fails ends the process, so none is ever mapped
    settings = {"mmap_size": 0, "journal_mode": "wal", "synchronous": "full", "secure_delete": True}
    for name, value in settings.items():
        connection.pragma(name, value)


def _bring_up_to_date(connection: apsw.Connection) -> None:
    """Give an older file the tables that have come since; what is in it stays as it is."""
    if connection.pragma("user_version") == FORMAT:
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        # another process may have done it meanwhile, so nothing is made twice
        for statement in _schema():
            connection.execute(statement)
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def _schema() -> list[str]:
    made = [f"PRAGMA application_id = {APPLICATION}", f"PRAGMA user_version = {FORMAT}"]
    for table, columns in TABLES.items():
        key = "id TEXT PRIMARY KEY" if table == "meta" else "id INTEGER PRIMARY KEY AUTOINCREMENT"
        cells = ", ".join([key, *(f"{c} {kind}" for c, kind in columns.items())])
        made.append(f"CREATE TABLE IF NOT EXISTS {table} ({cells})")
    made += [f"CREATE UNIQUE INDEX IF NOT EXISTS {table}_{column} ON {table} ({column})" for table, column in UNIQUE]
    return made + [f"CREATE INDEX IF NOT EXISTS {table}_{column} ON {table} ({column})" for table, column in INDEXED]


@contextmanager
def _in_a_line(path: Path) -> Iterator[None]:
    """Say what SQLite says of a file in one line, with the way out."""
    said = partial("{0}: {1}".format, path)
    try:
        yield
    except apsw.BusyError:
        raise StorageError(said(f"another process has been writing for {_WAIT // 1000} s: try again")) from None
    except apsw.FullError:
        raise StorageError(said("the disk is full, nothing was changed: make room there and try again")) from None
    except (apsw.CorruptError, apsw.NotADBError) as error:
        raise ArtefactError(said(f"no gallery, or damaged ({error}): use a backup of it")) from None
    except (apsw.ReadOnlyError, apsw.CantOpenError, apsw.PermissionsError) as error:
        raise StorageError(said(f"cannot be opened for writing ({error}): ask for the right to it")) from None
    except (apsw.IOError, apsw.NoMemError) as error:
        raise StorageError(said(f"reading or writing failed, nothing was changed ({error}): check the disk")) from None
