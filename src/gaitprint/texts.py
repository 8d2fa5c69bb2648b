"""Text as programs write it, UTF-8 with or without a byte order mark, or UTF-16 and UTF-32 with one; names in order."""

import codecs
import re

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
    try:
        return data[len(mark) :].decode(coding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        found = f"byte 0x{data[len(mark) + error.start]:02x} in line {line}" if coding == "utf-8" else "damaged"
        raise ValueError(f"it is no text in {coding.upper()} ({found}): save it as UTF-8") from None


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
