"""The header of a safetensors file, held to what can be read again: https://huggingface.co/docs/safetensors."""

import json
from pathlib import Path
from typing import Any

from gaitprint.errors import ArtefactError

MAX_HEADER = 100_000_000
"""Bytes; a file whose header is longer can be written but is refused by every reader."""


def packed_header(path: Path, header: dict[str, Any]) -> bytes:
    """The first bytes of a safetensors file: the header's length and the header, padded to a multiple of eight.

    Args:
        path: of the file, for the error.
        header: the tensors' types, shapes and places, and `__metadata__`.

    Raises:
        ArtefactError: the header is too long to be read again.
    """
    text = json.dumps(header, ensure_ascii=False).encode("utf-8")
    text += b" " * (-len(text) % 8)
    check_header(path, len(text))
    return len(text).to_bytes(8, "little") + text


def check_header(path: Path, size: int) -> None:
    """Raise ArtefactError where a header of `size` bytes could not be read again."""
    if size > MAX_HEADER:
        raise ArtefactError(
            f"{path} is not written: what it says of itself takes {size} bytes, more than the {MAX_HEADER} that can be "
            "read again: shorten its settings and notes"
        )
