"""The files of a store's folder, and whether a folder may become one."""

import os
from pathlib import Path

from gaitprint.atomic_files import reason_and_way_out
from gaitprint.errors import DataError

HEAD = "store.json"
FRAMES = "frames.bin"
JOURNAL = "journal.jsonl"
QUARANTINE = "quarantine.json"
INDEX = "index-{}.arrow"
"""By generation: a reader of the state before goes on with its own index."""
_LEFTOVERS = (f".{HEAD}.*.tmp", f".{QUARANTINE}.*.tmp", ".index-*.tmp")
"""What a writer killed while it published leaves."""
# patterns, not only names: temporary files and indexes of other states are ours as well
_OURS = (HEAD, FRAMES, JOURNAL, QUARANTINE, INDEX.format("*"), *_LEFTOVERS)


def check_free(root: Path) -> None:
    """Raise DataError unless `root` is a new or empty folder, or that of a store, finished or not."""
    root = Path(root)
    try:
        str(root).encode("utf-8")  # Arrow opens no other, and that would come out after all the work
        if os.path.lexists(root) and not root.is_dir():
            raise DataError(f"cannot make the store's folder {root}: a file is there; choose another place")
        others = [p.name for p in root.iterdir() if not any(p.match(o) for o in _OURS)] if root.exists() else []
    except (OSError, ValueError) as error:
        raise DataError(f"cannot use {str(root)!a} as the store's folder: {reason_and_way_out(error)}") from None
    if others:
        raise DataError(f"{root} holds other files ({others[0]}, ...): give `data prepare` an empty or new folder")


def drop_leftovers(root: Path) -> None:
    """Remove the temporary files of a writer that was killed while it published."""
    for leftover in (p for pattern in _LEFTOVERS for p in root.glob(pattern)):
        leftover.unlink()
