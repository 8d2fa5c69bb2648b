"""Which file a path is, so that one put in its place is told from it."""

import hashlib
import os
from collections.abc import Iterable


def identity(status: os.stat_result) -> tuple[int, ...]:
    """What another file under the same name has otherwise, even of the same size and with its time set back."""
    # ctime counts as well: unlike mtime it cannot be set back by `touch`, `cp -p` or a restored backup
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns


def short_digest(rows: Iterable[tuple[object, ...]]) -> str:
    """A short text that changes with any value of any row, or their order."""
    # a name that passes `check_printable` holds neither NUL nor line break, so no two tables have one text
    text = "\n".join("\0".join(map(str, row)) for row in rows)
    # the system hands out names that are no UTF-8 with surrogates in them, which plain UTF-8 refuses
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:16]
