"""The engine for several machines: a schema of a PostgreSQL server, of several servers the one that is primary.

A change is acknowledged when its commit has returned: with `synchronous_standby_names` set on the server that is when
the standby has it on its disk, too.
"""

import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from gaitprint.errors import ArtefactError, DataError
from gaitprint.extras import require_extra
from gaitprint.gallery.contract import INDEXED, TABLES, UNIQUE
from gaitprint.gallery.postgres_address import PostgresAddress
from gaitprint.gallery.postgres_rows import PostgresRows, schema_statements
from gaitprint.gallery.rows_copy import copy_rows

FORMAT = 2
_MARK = f"gaitprint gallery {FORMAT}"
"""The comment of a gallery's schema."""
_WAIT = 20
"""Seconds that a writer waits for another one."""
_DISK_FULL, _LOCKED, _READ_ONLY = "53100", "55P03", "25006"


class PostgresEngine:
    """A gallery in a schema of a database, held open; threads take turns, processes have one each.

    Args:
        address: such as `postgresql://user:password@host:5432/database?schema=staff`.

    Raises:
        ArtefactError: no gallery there. DataError: no server answers, or none is the primary. ConfigError: no address,
            or pg8000 is missing.
    """

    def __init__(self, address: str) -> None:
        require_extra("pg8000")
        self._address = PostgresAddress.parse(address)
        self._turn = threading.RLock()
        self._connection: Any = None
        self._depth = 0
        with self._turn, self._in_a_line():
            self._connect()
            comment = self._ask("SELECT obj_description(to_regnamespace(%s), 'pg_namespace')", self._address.schema)
        if comment != _MARK:
            self.close()
            found = f"holds {comment!r}" if comment else "has none"
            raise ArtefactError(
                f"no gallery at {self._address.shown}, which {found}: make one with `gaitprint gallery create`"
            )

    @classmethod
    def create(cls, address: str, facts: dict[str, str]) -> "PostgresEngine":
        """Make an empty schema with these facts in `meta`.

        Raises:
            ArtefactError: a schema of this name is there. DataError: no server answers, or it may not be made.
        """
        require_extra("pg8000")
        made = cls.__new__(cls)
        made._address, made._turn, made._connection, made._depth = (
            PostgresAddress.parse(address),
            threading.RLock(),
            None,
            0,
        )
        schema = made._address.schema
        try:
            with made._turn, made._in_a_line():
                made._connect()
                if made._ask("SELECT to_regnamespace(%s)", schema) is not None:
                    raise ArtefactError(f"{made._address.shown} is there: choose another schema, or drop it first")
                with made._transaction("BEGIN") as rows:
                    made._do(f"CREATE SCHEMA {schema}")
                    for statement in schema_statements():
                        made._do(statement)
                    for kind, pairs in (("UNIQUE ", UNIQUE), ("", INDEXED)):
                        for table, column in pairs:
                            made._do(f"CREATE {kind}INDEX {table}_{column} ON {table} ({column})")
                    for name, value in facts.items():
                        rows.insert("meta", {"id": name, "value": value})
                    made._do(f"COMMENT ON SCHEMA {schema} IS '{_MARK}'")
        except BaseException:
            made.close()
            raise
        return made

    @property
    def place(self) -> Path | None:
        """See `Engine`: there is no file, and no index is left on machines that a purge does not reach."""
        return None

    @property
    def label(self) -> str:
        """See `Engine`; without the password."""
        return self._address.shown

    @contextmanager
    def reading(self) -> Iterator[PostgresRows]:
        """See `Engine`."""
        with (
            self._turn,
            self._in_a_line(),
            self._transaction("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY") as rows,
        ):
            yield rows

    @contextmanager
    def writing(self) -> Iterator[PostgresRows]:
        """See `Engine`."""
        with self._turn, self._in_a_line(), self._transaction("BEGIN") as rows:
            if self._depth == 1:
                # one writer at a time: samples are committed in the order of their ids, which the index relies on
                self._do(f"SET LOCAL lock_timeout = '{_WAIT}s'")
                self._ask("SELECT 1 FROM pg_advisory_xact_lock(hashtext(%s))", _MARK + self._address.schema)
            yield rows

    def scrub(self) -> None:
        """See `Engine`. Tables are written anew; the server's own log and its backups keep what they had."""
        with self._turn, self._in_a_line():
            self._connect()
            self._do(f"SET lock_timeout = '{_WAIT}s'")
            for table in TABLES:
                self._do(f"VACUUM FULL {table}")

    def copy_to(self, path: Path) -> None:
        """See `Engine`: a file of the embedded engine."""
        with self.reading() as rows:
            counted = ("people", "samples")
            last = {t: int(self._ask("SELECT coalesce(pg_sequence_last_value(pg_get_serial_sequence(%s, 'id')), 0)", t))
                    for t in counted}  # fmt: skip
            copy_rows(rows, path, last)

    def problems(self) -> list[str]:
        """See `Engine`: the server checks its own pages."""
        try:
            with self.reading() as rows:
                for table in TABLES:
                    rows.rows(table, ["id"], last=1)
        except (DataError, ArtefactError) as error:
            return [str(error)]
        return []

    def close(self) -> None:
        """See `Engine`."""
        with self._turn, suppress(Exception):
            connection, self._connection = self._connection, None
            if connection is not None:
                connection.close()

    def discard(self) -> None:
        """See `Engine`."""
        with self._turn, self._in_a_line():
            self._connect()
            self._do(f"DROP SCHEMA {self._address.schema} CASCADE")
        self.close()

    def _connect(self) -> None:
        if self._connection is None:
            self._connection = self._address.connect()
            self._do(f"SET search_path = {self._address.schema}")
            # whatever the server's own setting: a commit that has returned is on the disk, and on that of the standby
            self._do("SET synchronous_commit = on")

    def _do(self, statement: str) -> None:
        self._connection.cursor().execute(statement)

    def _ask(self, statement: str, *values: Any) -> Any:
        cursor = self._connection.cursor()
        cursor.execute(statement, values)
        return cursor.fetchone()[0]

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[PostgresRows]:
        if self._depth == 0:
            self._begin(begin)
        self._depth += 1
        try:
            yield PostgresRows(self._connection.cursor())
            if self._depth == 1:
                self._do("COMMIT")
        except BaseException:
            if self._depth == 1:
                self._roll_back()
            raise
        finally:
            self._depth -= 1

    def _begin(self, begin: str) -> None:
        import pg8000

        if self._connection is not None:
            try:
                self._do(begin)
                return
            except (pg8000.Error, OSError, struct.error):
                # the server was started anew, or another one is primary now: nothing was begun, so nothing is lost
                self.close()
        self._connect()
        self._do(begin)

    def _roll_back(self) -> None:
        import pg8000

        try:
            self._do("ROLLBACK")
        except (pg8000.Error, OSError, struct.error):
            self.close()

    @contextmanager
    def _in_a_line(self) -> Iterator[None]:
        """Say what the server or the network says in one line, with the way out."""
        import pg8000

        try:
            yield
        except (pg8000.Error, OSError, struct.error) as error:
            facts = error.args[0] if error.args and isinstance(error.args[0], dict) else {}
            code, words = facts.get("C", ""), " ".join(str(facts.get("M", error)).split())
            way = {
                _LOCKED: f"another process has been writing or reading for {_WAIT} s: try again",
                _DISK_FULL: "the disk of the server is full, nothing was changed: make room there and try again",
                _READ_ONLY: "the server is a standby now, nothing was changed: try again",
            }.get(code)
            if way is None and not code:
                # whether a commit that was under way was made nobody can tell here: enrolling again passes it over
                way = f"the connection was lost ({words}): try again"
            raise DataError(f"{self._address.shown}: {way or f'the server refused it ({words})'}") from None
