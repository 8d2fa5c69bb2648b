"""What is sent in becomes walks: told by its first bytes, held to be hostile, gone from the disk when it was read."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from gaitprint.errors import GaitprintError
from gaitprint.inference.embeddings_file import load_embeddings
from gaitprint.service.problems import RefusedError
from gaitprint.types import Embeddings


def kind_of(start: bytes) -> str:
    """What a file is by its first bytes: `vectors`, `zip`, `clip`, or empty.

    >>> kind_of((300).to_bytes(8, "little") + b"{"), kind_of(b"PK" + bytes([3, 4])), kind_of(b"GIF8")
    ('vectors', 'zip', '')
    """
    if start[8:9] == b"{" and int.from_bytes(start[:8], "little") < 1 << 30:
        return "vectors"
    if start.startswith(b"PK\x03\x04"):
        return "zip"
    films = (
        start[4:8] == b"ftyp" or start.startswith(b"\x1a\x45\xdf\xa3") or (start[:4], start[8:12]) == (b"RIFF", b"AVI ")
    )
    return "clip" if films else ""


def read_walks(file: BinaryIO) -> Embeddings:
    """The walks of a file that was sent in.

    Raises:
        RefusedError: 415, no kind of file that is taken; 422, damaged.
    """
    start = file.read(16)
    file.seek(0)
    kind = kind_of(start)
    if kind != "vectors":
        raise RefusedError(415, "the file is none of vectors (.safetensors), as `gaitprint model embed` writes them")
    with _on_disk(file, ".safetensors") as path:
        try:
            return load_embeddings(path)
        except GaitprintError as error:
            # the place on our disk is nobody's business
            raise RefusedError(422, str(error).replace(str(path), "the file")) from None


@contextmanager
def _on_disk(file: BinaryIO, ending: str) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="gaitprint-") as folder:
        path = Path(folder) / f"walks{ending}"
        with path.open("wb") as out:
            shutil.copyfileobj(file, out, 1 << 20)
        yield path
