"""What the service keeps beside the gallery: keys, webhooks, what is still to be sent; synced at every commit."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import apsw

from gaitprint.errors import ArtefactError, ConfigError, StorageError
from gaitprint.gallery.postgres_address import address_in

_SCHEMA = """
CREATE TABLE IF NOT EXISTS keys (
    id TEXT PRIMARY KEY, name TEXT, digest BLOB, scopes TEXT, cameras TEXT, created TEXT, used TEXT, revoked TEXT
);
CREATE TABLE IF NOT EXISTS webhooks (
    id TEXT PRIMARY KEY, url TEXT, secret TEXT, events TEXT, cameras TEXT, tags TEXT, created TEXT
);
CREATE TABLE IF NOT EXISTS deliveries (
    id TEXT PRIMARY KEY, webhook TEXT, person INTEGER, body TEXT, tries INTEGER, due REAL, said TEXT, given_up INTEGER
);
"""
APPLICATION = 0x47414953
"""The mark of the file: "GAIS"."""
_WAIT = 10_000
"""Milliseconds that one process waits for another."""


def side_path(gallery: Path, state: Path | None = None) -> Path:
    """Where it lies: `staff.gallery.service` beside `staff.gallery`, or where somebody says.

    Raises:
        ConfigError: the gallery is on a server, and nobody says.
    """
    if state is not None:
        return state
    if address_in(gallery) is not None:
        raise ConfigError("a gallery on a server has no place beside it: give --state FILE for keys and webhooks")
    return gallery.with_name(f"{gallery.name}.service")


class SideFile:
    """The file, held open; threads take turns.

    Args:
        path: of the file; made where there is none, readable by its owner alone.

    Raises:
        ArtefactError: another file is there. StorageError: it cannot be read or written.
    """

    def __init__(self, path: Path) -> None:
        self.place = path
        self._turn = threading.RLock()
        # born private: it holds secrets of webhooks
        with suppress(FileExistsError, OSError):
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        with self._said():
            self._connection = apsw.Connection(str(path))
            # the commands write here while the service runs
            self._connection.set_busy_timeout(_WAIT)
            if self._connection.pragma("application_id") not in (0, APPLICATION):
                raise ArtefactError(f"{path} is another file than the service's: move it away")
            for name, value in {"journal_mode": "wal", "synchronous": "full", "secure_delete": True}.items():
                self._connection.pragma(name, value)
            with self._connection:
                self._connection.execute(_SCHEMA)
                self._connection.pragma("application_id", APPLICATION)

    def rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """What a query finds."""
        with self._turn, self._said():
            return list(self._connection.execute(sql, values))

    def run(self, sql: str, *values: Any) -> int:
        """Change something, on the disk when this returns; how many rows."""
        with self._turn, self._said():
            with self._connection:
                self._connection.execute(sql, values)
            return int(self._connection.changes())

    @contextmanager
    def together(self) -> Iterator[None]:
        """Changes that are made whole or not at all."""
        with self._turn, self._said(), self._connection:
            yield

    def scrub(self) -> None:
        """Leave nothing of what was deleted in the files."""
        with self._turn, self._said():
            # rows were overwritten when they were deleted, and the log beside the file still has them
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """Let go of the file."""
        with self._turn, suppress(apsw.Error):
            self._connection.close()

    @contextmanager
    def _said(self) -> Iterator[None]:
        try:
            yield
        except apsw.NotADBError:
            raise ArtefactError(f"{self.place} is another file than the service's: move it away") from None
        except apsw.Error as error:
            raise StorageError(
                f"{self.place} cannot be read or written ({error}): check the disk and its rights"
            ) from None
