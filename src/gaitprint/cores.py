"""How many cores this process may use: fewer than the machine has in a container, which libraries do not see."""

import math
import os
from collections.abc import Iterator
from pathlib import Path

WORKERS = 0
"""Processes beside this one that share its work, where nobody says how many."""


def usable_cores() -> int:
    """Cores that this process may run on, cut to the share of time that its control groups leave it; at least 1.

    A container started with `--cpus=2` on a machine of 64 cores sees them all, and 64 threads on the time of two
    are slower than two.
    """
    seen = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min([seen, *map(math.ceil, _quotas())]))


def _quotas(root: Path = Path("/")) -> Iterator[float]:
    """Cores' worth of time that each control group around this process allows, where it sets a limit.

    Args:
        root: of the file system.
    """
    for line in _text(root / "proc/self/cgroup").splitlines():
        _, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        if controllers and "cpu" not in controllers.split(","):
            continue
        mount = root / "sys/fs/cgroup" / ("cpu" if controllers else "")
        # within a container the path may be that of the machine outside, and only the mount itself is there
        inner = [part for part in path.split("/") if part not in ("", "..")]
        for depth in range(len(inner) + 1):
            yield from _limit(mount.joinpath(*inner[:depth]))


def _limit(group: Path) -> Iterator[float]:
    both = _text(group / "cpu.max").split()  # version 2: "200000 100000", or "max 100000"
    if not both:  # version 1
        both = [_text(group / f"cpu.cfs_{part}_us").strip() for part in ("quota", "period")]
    try:
        quota, period = map(int, both)
    except ValueError:
        return
    if quota > 0 and period > 0:
        yield quota / period


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError):
        return ""
