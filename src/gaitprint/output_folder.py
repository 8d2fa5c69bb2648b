"""A folder belongs to one run: what it was begun with is written first, and compared when it is entered again."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from gaitprint.atomic_files import check_writable, read_json, write_json
from gaitprint.errors import ArtefactError
from gaitprint.locks import LOCK, sole_writer


@contextmanager
def bound_folder(
    folder: Path, name: str, facts: dict[str, Any], identity: str, what: str, beside: tuple[str, ...] = ()
) -> Iterator[None]:
    """Bind a folder and be the only process that writes into it for the length of a block.

    Raises:
        ArtefactError: the folder is another's; nothing is written. DataError: another process is writing into it.
    """
    check_bound_folder(folder, name, facts, identity, what, beside)
    with sole_writer(folder, folder=True):
        bind_folder(folder, name, facts, identity, what, beside)
        yield


def bind_folder(
    folder: Path, name: str, facts: dict[str, Any], identity: str, what: str, beside: tuple[str, ...] = ()
) -> None:
    """Write `facts` as `<folder>/<name>` into a new or empty folder, or check that the folder's are the same.

    Args:
        identity: the entry of `facts` that must agree.
        what: for the error, for example "a run under another recipe".
        beside: what else may lie in a new folder.

    Raises:
        ArtefactError: the folder is another's; nothing is written.
    """
    if not check_bound_folder(folder, name, facts, identity, what, beside):
        write_json(Path(folder) / name, facts)


def check_bound_folder(
    folder: Path, name: str, facts: dict[str, Any], identity: str, what: str, beside: tuple[str, ...] = ()
) -> bool:
    """Whether the folder is bound already, by the same facts; for finding out before long work that it is another's.

    Raises:
        ArtefactError: it is. DataError: nothing can be written there.
    """
    path = Path(folder) / name
    if path.is_file():
        held = read_json(path, f"what {folder} was begun with")
        if not isinstance(held, dict) or held.get(identity) != facts[identity]:
            raise ArtefactError(f"{folder} holds {what}: choose a new folder or remove it")
        return True
    others = []
    if Path(folder).is_dir():
        for found in sorted(Path(folder).iterdir()):
            # Killed while it wrote this very file, a run leaves the temporary one.
            if found.name.startswith(f".{name}.") and found.suffix == ".tmp":
                found.unlink()
            elif found.name not in (LOCK, *beside):
                others.append(found.name)
    if others:
        raise ArtefactError(f"{folder} is not empty ({others[0]}) and holds no {name}: choose a new folder")
    check_writable(path)
    return False
