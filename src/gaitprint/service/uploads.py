"""A file that is sent in: told by its first bytes, laid on the disk under a name of ours, gone when it was read."""

import hashlib
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from gaitprint.errors import GaitprintError
from gaitprint.service.problems import RefusedError

VECTORS, ZIP, CLIP = "vectors", "zip", "clip"
_ENDINGS = {VECTORS: ".safetensors", ZIP: ".zip", CLIP: ".video"}


@dataclass(frozen=True)
class SentFile:
    """Where a file lies while it is read."""

    path: Path
    kind: str
    digest: str
    """The first digits of its SHA-256: a name for walks that come without one, the same when it is sent again."""


def kind_of(start: bytes) -> str:
    """What a file is by its first 16 bytes: `vectors`, `zip`, `clip`, or empty.

    >>> kind_of((300).to_bytes(8, "little") + b"{"), kind_of(b"PK" + bytes([3, 4])), kind_of(b"GIF8")
    ('vectors', 'zip', '')
    """
    if start[8:9] == b"{" and int.from_bytes(start[:8], "little") < 1 << 30:
        return VECTORS
    if start.startswith(b"PK\x03\x04"):
        return ZIP
    avi = (start[:4], start[8:12]) == (b"RIFF", b"AVI ")
    return CLIP if avi or start[4:8] == b"ftyp" or start.startswith(b"\x1a\x45\xdf\xa3") else ""


@contextmanager
def on_disk(file: BinaryIO) -> Iterator[SentFile]:
    """Lay a file on the disk for the length of a block; what is said against it there does not name that place.

    Raises:
        RefusedError: 415, no kind of file that is taken; 422, what is in it cannot be used.
    """
    # its name and what the client calls its kind say nothing
    start = file.read(16)
    file.seek(0)
    kind = kind_of(start)
    if not kind:
        raise RefusedError(
            415, "the file is none of vectors (.safetensors), a walk (.npz, or a .zip of images), a clip (.mp4, .mkv)"
        )
    with tempfile.TemporaryDirectory(prefix="gaitprint-") as folder:
        # a name of ours: that of the client may be any path
        path = Path(folder) / f"walk{_ENDINGS[kind]}"
        with path.open("wb") as out:
            shutil.copyfileobj(file, out, 1 << 20)
        with path.open("rb") as written:
            digest = hashlib.file_digest(written, "sha256").hexdigest()[:16]
        try:
            yield SentFile(path, kind, digest)
        except RefusedError:
            raise
        except GaitprintError as error:
            said = str(error).replace(f"{folder}/", "").replace(path.name, "the file")
            raise RefusedError(422, said) from None
