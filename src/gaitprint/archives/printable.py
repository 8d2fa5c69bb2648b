"""Paths and the system's words in messages: one printable line, whatever is in a file's name."""

from pathlib import Path

from gaitprint.errors import DataError, ReadError


def unreadable(path: Path | str, error: OSError | ValueError) -> DataError:
    """What the system said, as one line."""
    if isinstance(error, FileNotFoundError):
        return DataError(f"{shown(path)} does not exist: check the path")
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return ReadError(f"{shown(path)} cannot be read: {reason}")


def shown(path: Path | str) -> str:
    """A path as one printable line; file names may hold line breaks and worse."""
    text = str(path)
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape", "surrogatepass").decode() for c in text)
