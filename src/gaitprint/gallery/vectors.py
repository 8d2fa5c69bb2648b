"""Vectors as rows hold them: float32, little-endian, with the SHA-256 that says they are still what was enrolled."""

from collections.abc import Sequence
from hashlib import sha256

import numpy as np
from jaxtyping import Float32

from gaitprint.errors import ArtefactError
from gaitprint.gallery.contract import Reader

_AT_ONCE = 500
"""Rows that are asked for together."""


def pack_vector(vector: Float32[np.ndarray, " D"]) -> tuple[bytes, bytes]:
    """The bytes of a vector, and their SHA-256."""
    data = np.ascontiguousarray(vector, dtype="<f4").tobytes()
    return data, sha256(data).digest()


def unpack_vector(data: bytes, digest: bytes, width: int, what: str) -> Float32[np.ndarray, " D"]:
    """The vector of checked bytes.

    Raises:
        ArtefactError: they are not what was enrolled.
    """
    if len(data) != 4 * width or sha256(data).digest() != digest:
        raise ArtefactError(f"{what} is damaged (SHA-256 differs): use a backup, or purge it and enrol it again")
    return np.frombuffer(data, "<f4").astype(np.float32, copy=False)


def read_templates(
    reader: Reader, ids: Sequence[int], digests: Sequence[bytes], width: int
) -> Float32[np.ndarray, "n D"]:
    """The vectors of samples, in the order asked for, each checked.

    Raises:
        ArtefactError: one is missing or damaged.
    """
    made = np.empty((len(ids), width), np.float32)
    for start in range(0, len(ids), _AT_ONCE):
        # a list of ids has a limit in a statement
        part = [int(i) for i in ids[start : start + _AT_ONCE]]
        rows = dict(reader.rows("templates", ["id", "vector"], ("id", "in", part)))
        for place, sample in enumerate(part, start):
            if sample not in rows:
                raise ArtefactError(f"the template of sample {sample} is missing: use a backup of the gallery")
            made[place] = unpack_vector(rows[sample], digests[place], width, f"the template of sample {sample}")
    return made
