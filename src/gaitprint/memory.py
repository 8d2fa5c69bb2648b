"""How much memory there is for this process, and refusing beforehand what would not fit.

A process that takes more is killed by the system without a word. What counts is the smallest of what the machine has
free, the limits of its control groups (containers, Slurm) and its own limit (`ulimit -v`). Where the estimate is wrong,
the variable GAITPRINT_MEMORY says how much may be taken, such as 64GB.
"""

import os
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from gaitprint.errors import ConfigError, RoomError

VARIABLE = "GAITPRINT_MEMORY"
_UNLIMITED = 1 << 60
"""Control groups of version 1 say about this where there is no limit."""
_NAMES = {True: ("memory.limit_in_bytes", "memory.usage_in_bytes"), False: ("memory.max", "memory.current")}
"""Files of a group's limit and use, of version 1 and of version 2."""


def check_room(needed: int | float, what: str, way_out: str, available: int | None = None) -> None:
    """Refuse what needs more bytes than are available; nothing where nobody says how many are.

    Args:
        needed: an estimate, bytes.
        what: what needs them, for the error.
        way_out: what to do about it, for the error.
        available: of the place where it is computed; None: of this process.

    Raises:
        RoomError: it will not fit.
    """
    room = available_memory() if available is None or os.environ.get(VARIABLE) else available
    if room is not None and needed > room:
        raise RoomError(
            f"{what} takes about {gigabytes(needed)} of memory, and {gigabytes(room)} are available: {way_out}; "
            f"or say with {VARIABLE}={gigabytes(needed * 1.1).replace(' ', '')} that there is enough"
        )


def available_memory() -> int | None:
    """Bytes that this process may still take; None where the system does not say.

    Raises:
        ConfigError: GAITPRINT_MEMORY is no size.
    """
    setting = os.environ.get(VARIABLE)
    if setting:
        size = parse_size(setting)
        if size is None:
            raise ConfigError(f"{VARIABLE} is a size such as 512MiB or 16GB, found {setting!r}")
        return size
    limits = [n for n in (_machine(Path("/proc/meminfo")), _groups(Path("/")), _own_limit()) if n is not None]
    return max(0, min(limits)) if limits else None


def whole_memory() -> int | None:
    """Bytes that this process may have at most, used or free, which stays the same from run to run; None: nobody says.

    Raises:
        ConfigError: GAITPRINT_MEMORY is no size.
    """
    if os.environ.get(VARIABLE):
        return available_memory()
    limits = [n for n in (_physical(), *_group_limits(Path("/")), _address_limit()) if n is not None]
    return min(limits) if limits else None


def parse_size(text: str) -> int | None:
    """Bytes of a size such as 512MiB or 16GB; None where it is none.

    >>> parse_size("2 GiB"), parse_size("1.5kB"), parse_size("much")
    (2147483648, 1500, None)
    """
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([KMGT])(i?)B?\s*", text, re.IGNORECASE)
    if match is None:
        return None
    number, unit, binary = match.groups()
    return int(float(number) * (1024 if binary else 1000) ** (" KMGT".index(unit.upper())))


def gigabytes(count: int | float) -> str:
    """For people.

    >>> gigabytes(1.23e12), gigabytes(6.6e7)
    ('1230 GB', '0.066 GB')
    """
    return f"{count / 1e9:.0f} GB" if count >= 1e11 else f"{count / 1e9:.2g} GB"


def _machine(meminfo: Path) -> int | None:
    """What the system could give without swapping (Linux); elsewhere all the memory there is."""
    try:
        for line in meminfo.read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    except (OSError, ValueError, IndexError):
        pass
    return _physical()


def _physical() -> int | None:
    """All the memory there is."""
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return None


def _groups(root: Path) -> int | None:
    """What the control groups of this process, and those above them, leave."""
    left = (_left(group, *_NAMES[first]) for group, first in _own_groups(root))
    return min((n for n in left if n is not None), default=None)


def _group_limits(root: Path) -> Iterator[int]:
    """What they allow."""
    for group, first in _own_groups(root):
        with suppress(OSError, ValueError):  # "max" where there is none
            limit = int((group / _NAMES[first][0]).read_text())
            if limit < _UNLIMITED:
                yield limit


def _own_groups(root: Path) -> Iterator[tuple[Path, bool]]:
    """Each group, and whether it is of version 1."""
    try:
        lines = (root / "proc/self/cgroup").read_text().splitlines()
    except OSError:
        return
    for line in lines:
        _, kinds, place = line.split(":", 2)
        first = "memory" in kinds.split(",")
        if kinds and not first:
            continue
        top = root / "sys/fs/cgroup" / ("memory" if first else "")
        here = top / place.lstrip("/")
        for group in {top, here, *(p for p in here.parents if p.is_relative_to(top))}:
            yield group, first


def _left(group: Path, limit: str, usage: str) -> int | None:
    """Limit less use; file pages that nobody has used of late count as free, for the system gives them back."""
    try:
        bytes_ = int((group / limit).read_text())  # "max" where there is none
        used = int((group / usage).read_text())
        cached = [line for line in (group / "memory.stat").read_text().splitlines() if "inactive_file " in line]
        return None if bytes_ >= _UNLIMITED else bytes_ - used + int(cached[-1].split()[1] if cached else 0)
    except (OSError, ValueError, IndexError):
        return None


def _address_limit() -> int | None:
    try:
        import resource

        limit = resource.getrlimit(resource.RLIMIT_AS)[0]
    except (ImportError, OSError):
        return None
    return None if limit == resource.RLIM_INFINITY else limit


def _own_limit() -> int | None:
    limit = _address_limit()
    try:
        used = int(Path("/proc/self/statm").read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError, IndexError):
        return None
    return None if limit is None else limit - used
