"""A safetensors file of arrays with a JSON card, of which no bit can change unnoticed.

The card stands in the metadata, with its SHA-256 beside it and those of the arrays within it. Nothing is unpickled.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open

from gaitprint.atomic_files import atomic_file, check_writable, sha256_of
from gaitprint.errors import ArtefactError
from gaitprint.tensor_headers import packed_header

_TYPES = {"<f4": "F32", "<f2": "F16", "|i1": "I8", "|u1": "U8"}


def write_card_file(path: Path, form: str, version: int, card: dict[str, Any], arrays: Mapping[str, np.ndarray]) -> int:
    """Write the whole file, or nothing; returns its bytes.

    Raises:
        ArtefactError: the card is too long to be read again.
        DataError: the folder cannot be written to.
    """
    # wide elements first: then each array starts at a multiple of its element's size
    order = sorted(arrays, key=lambda name: (-arrays[name].itemsize, name))
    whole = {name: np.ascontiguousarray(arrays[name]) for name in order}
    text = json.dumps({**card, "sha256": {n: sha256_of(a.data) for n, a in whole.items()}}, allow_nan=False)
    header: dict[str, Any] = {
        "__metadata__": {"format": form, "version": str(version), "card": text, "card_sha256": sha256_of(text)}
    }
    place = 0
    for name, array in whole.items():
        offsets = [place, place + array.nbytes]
        header[name] = {"dtype": _TYPES[array.dtype.str], "shape": list(array.shape), "data_offsets": offsets}
        place = offsets[1]
    head = packed_header(Path(path), header)
    with atomic_file(path) as stream:
        stream.write(head)
        for array in whole.values():
            stream.write(array.data)
    return len(head) + place


def check_card_place(path: Path, form: str, what: str) -> None:
    """Find out before long work whether such a file can be written at `path`; only one of its kind is written over.

    Raises:
        DataError: the folder cannot be written to.
        ArtefactError: another file is there.
    """
    check_writable(path)
    if not Path(path).exists():
        return
    try:
        with safe_open(path, framework="numpy") as file:
            ours = (file.metadata() or {}).get("format") == form
    except (SafetensorError, OSError):
        ours = False
    if not ours:
        raise ArtefactError(f"{path} is there and is no file of a {what}: choose another folder")


def read_card_file(
    path: Path, form: str, version: int, what: str, maker: str
) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """The card and the arrays, both whole.

    Args:
        path: of the file.
        form: its format, as it was written.
        version: likewise.
        what: for errors, such as "codec".
        maker: likewise, the command that makes one.

    Raises:
        ArtefactError: missing, foreign, damaged or of another version.
    """
    path = Path(path)
    if not path.is_file():
        raise ArtefactError(f"no {what} at {path}: make one with `{maker}`")
    try:
        with safe_open(path, framework="numpy") as file:
            metadata: dict[str, str] = file.metadata() or {}
            if metadata.get("format") != form:
                raise ArtefactError(f"{path} is a safetensors file but holds no {what}: `{maker}` makes one")
            arrays = {name: np.asarray(file.get_tensor(name)) for name in file.keys()}  # noqa: SIM118 - it has no iterator
    except (SafetensorError, OSError, TypeError) as error:
        raise ArtefactError(f"{path} is no file of a {what}, or is damaged ({error}): make it again") from None
    if metadata.get("version") != str(version):
        found = metadata.get("version")
        raise ArtefactError(f"{path} is of version {found}, this package reads version {version}: make it again")
    text = metadata.get("card", "")
    if sha256_of(text) != metadata.get("card_sha256"):
        raise ArtefactError(f"the card of {path} is damaged (SHA-256 differs): make it again")
    card: dict[str, Any] = json.loads(text)
    if card.pop("sha256", None) != {n: sha256_of(np.ascontiguousarray(a).data) for n, a in arrays.items()}:
        raise ArtefactError(f"the arrays of {path} are damaged (SHA-256 differs): make it again")
    return card, arrays
