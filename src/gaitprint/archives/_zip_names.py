"""What a member of a zip archive is called: the format knows code page 437 and UTF-8, programs know more.

`zip` on Unix writes UTF-8 with or without the flag that says so, and may put the name into an extra field besides
(0x7075, of Info-ZIP). Bytes that are UTF-8 are hardly ever meant as code page 437, where they are box drawings.
"""

import struct
import zipfile
import zlib

_UTF8_FLAG = 0x800
_UNICODE_PATH = 0x7075
_PATH_VERSION = 1


def member_name(member: zipfile.ZipInfo) -> tuple[str, bool]:
    """The name of a member, and whether it is a guess: of bytes that are no UTF-8, whose code page nobody says."""
    # the library cuts a name at NUL, but not this one
    name = member.orig_filename
    if member.flag_bits & _UTF8_FLAG or name.isascii():
        return name, False
    # the library has decoded by code page 437 already; that maps every byte to one character, so the bytes come back
    raw = name.encode("cp437")
    unicode_name = _unicode_path(member.extra, raw)
    if unicode_name is not None:
        return unicode_name, False
    try:
        return raw.decode("utf-8"), False
    except UnicodeDecodeError:
        return name, True


def _unicode_path(extra: bytes, raw: bytes) -> str | None:
    """The name in the extra field, where it is one and belongs to this name."""
    while len(extra) >= 4:
        kind, size = struct.unpack("<HH", extra[:4])
        field, extra = extra[4 : 4 + size], extra[4 + size :]
        if kind == _UNICODE_PATH and len(field) > 5:
            version, check = struct.unpack("<BL", field[:5])
            # a program that renamed the member and left the field behind is found out by the checksum of the old name
            if version == _PATH_VERSION and check == zlib.crc32(raw):
                try:
                    return field[5:].decode("utf-8")
                except UnicodeDecodeError:
                    return None
    return None
