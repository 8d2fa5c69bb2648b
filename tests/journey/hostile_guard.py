"""Who watches while hostile input is read: forbidden events, memory, and everything on disk."""

import hashlib
import os
import resource
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import shape_checks

from gaitprint.store import Store

ROOM = 2**30
"""Bytes that a run may take on top of what the process has."""
FORBIDDEN = {
    *("os.system", "os.exec", "os.fork", "os.posix_spawn", "os.kill", "subprocess.Popen", "pty.spawn"),
    *("pickle.find_class", "socket.connect", "socket.bind", "socket.getaddrinfo", "urllib.Request", "webbrowser.open"),
    *("shutil.rmtree", "shutil.move", "tempfile.mkstemp", "code.__new__", "function.__new__", "builtins.input"),
}
"""Events of Python's own that no reading of data may raise."""


class Watch:
    """Notes forbidden events while it is on.

    A hook can never be taken away again and costs something at every event: who is never on has none.
    """

    def __init__(self) -> None:
        self.on = False
        self.seen: list[str] = []
        self._hooked = False

    def begin(self) -> None:
        """Be on, with nothing seen."""
        if not self._hooked:
            sys.addaudithook(self._hear)
            self._hooked = True
        self.seen, self.on = [], True

    def _hear(self, event: str, arguments: tuple[object, ...]) -> None:
        # the checks of shapes make functions of their own
        if self.on and event in FORBIDDEN and sys._getframe(1).f_globals.get("__name__") != shape_checks.__name__:
            self.seen.append(f"{event}{arguments!r}")


WATCH = Watch()


@contextmanager
def guarded() -> Iterator[None]:
    """Little memory, and somebody who watches."""
    used = (
        int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize() if sys.platform == "linux" else 0
    )
    before = resource.getrlimit(resource.RLIMIT_AS)
    if used:
        resource.setrlimit(resource.RLIMIT_AS, (used + ROOM, before[1]))
    WATCH.begin()
    try:
        yield
    finally:
        WATCH.on = False
        resource.setrlimit(resource.RLIMIT_AS, before)


def snapshot(root: Path, but: Path) -> dict[str, tuple[object, ...]]:
    """Everything below a folder, with its content, but for one folder in it."""
    found: dict[str, tuple[object, ...]] = {}
    for folder, folders, files in os.walk(root):
        folders[:] = [name for name in folders if Path(folder, name) != but]
        for name in (*folders, *files):
            path = Path(folder, name)
            status = path.lstat()
            whole = stat.S_ISREG(status.st_mode) and status.st_size < 2**30
            content = hashlib.sha256(path.read_bytes()).hexdigest() if whole else ""
            target = str(path.readlink()) if path.is_symlink() else ""
            found[str(path)] = status.st_mode, status.st_size, status.st_mtime_ns, content, target
    return found


def content(store: Path) -> dict[str, tuple[object, ...]]:
    """Every sequence of a store: its record, what is said of it, and its frames' bytes."""
    opened = Store.open(store)
    return {
        row.key: (row.record, row.length, row.sha256, row.warnings, str(row.quality), opened.frames(i).tobytes())
        for i, row in enumerate(opened.rows)
    }
