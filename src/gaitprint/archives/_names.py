"""Names inside a source: relative, parts joined by "/", never leading out, whatever the archive says."""

from dataclasses import dataclass

from gaitprint.errors import DataError

MAX_NAME = 4096
MAX_DEPTH = 32
"""Folders above a file: every level of a name costs memory, and names pack well."""
_CLUTTER = frozenset({"__macosx", "thumbs.db", "desktop.ini", "@eadir", "$recycle.bin", "lost+found", "icon\r"})
"""In small letters."""


@dataclass(frozen=True)
class Listing:
    """What lies directly in a folder, sorted by name; hidden entries and clutter are passed over."""

    folders: tuple[str, ...]
    files: tuple[str, ...]


def is_clutter(name: str) -> bool:
    """Whether an entry is hidden, or what an operating system leaves behind."""
    return name.startswith(".") or name.lower() in _CLUTTER


def check_printable(where: str, name: str) -> None:
    """Raise DataError where a name holds line breaks or worse: it could not be told to anybody."""
    if not name.isprintable():
        raise DataError(f"{where}: the name {name!a} holds unprintable characters: rename it")


def inside(folder: str, name: str) -> str:
    """The name of an entry of a folder; the root is ""."""
    return f"{folder}/{name}" if folder else name


def parent(name: str) -> str:
    """The folder of an entry; "" for what lies in the root."""
    return name.rpartition("/")[0]


class NameTree:
    """The tree of an archive's members, built from their names; a backslash parts folders, as Windows means it.

    Raises:
        DataError: a name that leads out of the archive, is unprintable, far too long, or stands twice.
    """

    def __init__(self, where: str) -> None:
        self._where = where
        self._folders: dict[str, dict[str, None]] = {"": {}}
        self._files: dict[str, dict[str, None]] = {"": {}}
        self.backslashes = 0
        """Names whose folders were parted by backslashes."""

    def add(self, given: str, is_folder: bool) -> str | None:
        """Enter one member; returns its name in the tree, or None for the root, hidden and cluttering entries."""
        name = given.replace("\\", "/")
        parts = [p for p in name.split("/") if p not in ("", ".")]
        # ":" in the first part is a drive (C:) or an alternate stream of a file on Windows; NUL ends a name in the
        # system's calls, so that what is checked would not be what is opened
        if name.startswith("/") or ".." in parts or "\0" in name or (parts and ":" in parts[0]):
            raise DataError(f"{self._where}: the name {given[:80]!a} leads out of the archive: pack it anew")
        if len(name) > MAX_NAME or len(parts) > MAX_DEPTH:
            raise DataError(f"{self._where}: the name {given[:80]!a}... is too long or too deep: pack it anew")
        if not parts or any(is_clutter(p) for p in parts):
            return None
        check_printable(self._where, "/".join(parts))
        self.backslashes += name != given
        folder = ""
        # many archives have no entries for folders: those on the way to a member are made
        for part in parts if is_folder else parts[:-1]:
            self._check_new(folder, part, self._files)
            self._folders[folder][part] = None
            folder = inside(folder, part)
            self._folders.setdefault(folder, {})
            self._files.setdefault(folder, {})
        if is_folder:
            return folder
        # of two members of one name programs read the first or the last: what one of them checked, another would not
        # open
        self._check_new(folder, parts[-1], self._files)
        self._check_new(folder, parts[-1], self._folders)
        self._files[folder][parts[-1]] = None
        return inside(folder, parts[-1])

    @property
    def notes(self) -> tuple[str, ...]:
        """What was done about names, for people."""
        if not self.backslashes:
            return ()
        return (f"{self._where}: {self.backslashes} names have backslashes between their folders, read as slashes",)

    def _check_new(self, folder: str, part: str, held: dict[str, dict[str, None]]) -> None:
        if part in held[folder]:
            raise DataError(f"{self._where}: {inside(folder, part)[:80]!r} stands in it twice: pack it anew")

    def list(self, folder: str) -> Listing:
        """What lies in a folder of the tree."""
        if folder not in self._folders:
            raise DataError(f"{self._where} has no folder {folder!r}: check the path")
        return Listing(tuple(sorted(self._folders[folder])), tuple(sorted(self._files[folder])))

    def is_folder(self, name: str) -> bool:
        """Whether a name is a folder of the tree."""
        return name in self._folders
