"""Text as programs write it, UTF-8 with or without a byte order mark, or UTF-16 and UTF-32 with one; names in order."""

import codecs
import re
from collections.abc import Sequence
from pathlib import Path

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    # before UTF-16, whose mark is the beginning of this one
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


def decode_text(data: bytes) -> str:
    r"""The text of a file, without its byte order mark.

    >>> decode_text(b"\xef\xbb\xbf{}"), decode_text("{}".encode("utf-16")), decode_text(b"{}")
    ('{}', '{}', '{}')

    Raises:
        ValueError: another coding, which cannot be told, or damaged.
    """
    mark, coding = next((m for m in _MARKS if data.startswith(m[0])), (b"", "utf-8"))
    if not mark and b"\0" in data:
        raise ValueError("it holds zero bytes, as UTF-16 without a byte order mark does: save it as UTF-8")
    try:
        return data[len(mark) :].decode(coding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        found = f"byte 0x{data[len(mark) + error.start]:02x} in line {line}" if coding == "utf-8" else "damaged"
        raise ValueError(f"it is no text in {coding.upper()} ({found}): save it as UTF-8") from None


def read_text(path: Path) -> str:
    """The text of a regular file, without its byte order mark.

    Raises:
        FileNotFoundError: no such file.
        ValueError: a folder, a device, or a pipe, which may never end; the system refuses; no text. The path is not
            in the message.
    """
    path = Path(path)
    try:
        if path.is_dir():
            raise ValueError("it is a folder: give a file")
        if path.exists() and not path.is_file():
            raise ValueError("it is no regular file")
        return decode_text(path.read_bytes())
    except FileNotFoundError:
        raise
    except PermissionError as error:
        raise ValueError(f"{error.strerror}: ask for the right to read it") from None
    except OSError as error:
        raise ValueError(error.strerror or str(error)) from None


def listing(parts: Sequence[str], shown: int = 12) -> str:
    """The first of some parts of a message, and how many more there are.

    >>> listing(["a", "b", "c"], 2)
    'a; b; and 1 more'
    """
    more = f"; and {len(parts) - shown} more" if len(parts) > shown else ""
    return "; ".join(parts[:shown]) + more


def natural_order(name: str) -> tuple[tuple[str | tuple[int, str], ...], str]:
    """A sorting key that takes runs of digits as numbers.

    >>> sorted(["108", "54", "0", "view-10", "view-9"], key=natural_order)
    ['0', '54', '108', 'view-9', 'view-10']
    """
    parts = re.split(r"([0-9]+)", name)
    # a number is its length and its digits: the longer is the larger
    return tuple(_number(part) if i % 2 else part for i, part in enumerate(parts)), name


def _number(digits: str) -> tuple[int, str]:
    significant = digits.lstrip("0")
    return len(significant), significant
