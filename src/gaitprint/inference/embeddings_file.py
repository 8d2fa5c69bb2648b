"""Embeddings on disk: one safetensors file, the tensors `vectors` and `records` and a JSON card in the metadata.

The records lie in a tensor of bytes, JSON lines in UTF-8, for the metadata of safetensors may not pass 100 MB, which is
600,000 sequences with long keys. The card holds part layout, source, settings and the SHA-256 of both tensors, and has
its own beside it, so a damaged file is found when it is opened and not as a strange figure later. Files of version 1,
whose records are in the card, are read as well.
"""

import json
import logging
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float32
from safetensors import SafetensorError, safe_open

from gaitprint.atomic_files import atomic_file, check_writable, sha256_of
from gaitprint.errors import ArtefactError, GaitprintError, did_you_mean
from gaitprint.memory import check_room
from gaitprint.tensor_headers import packed_header
from gaitprint.types import Embeddings, PartLayout, SequenceRecord

_LOG = logging.getLogger(__name__)
FORMAT = "gaitprint-embeddings"
VERSION = 2


def save_embeddings(path: Path, embeddings: Embeddings) -> None:
    """Write the whole file, or nothing.

    Raises:
        ArtefactError: the settings are no JSON values, or too long to be read again.
        DataError: the folder cannot be written to.
    """
    # little-endian and in C order, as the format has it, on whatever machine
    vectors = np.ascontiguousarray(embeddings.vectors, dtype="<f4")
    try:
        records = _packed(embeddings.records)
        card = json.dumps(_card(embeddings, vectors, records), ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise ArtefactError(f"the records and settings of embeddings must be plain JSON values: {error}") from None
    end = vectors.nbytes + len(records)
    header = {
        "__metadata__": {"format": FORMAT, "version": str(VERSION), "card": card, "card_sha256": sha256_of(card)},
        "vectors": {"dtype": "F32", "shape": list(vectors.shape), "data_offsets": [0, vectors.nbytes]},
        "records": {"dtype": "U8", "shape": [len(records)], "data_offsets": [vectors.nbytes, end]},
    }
    head = packed_header(Path(path), header)
    # The header is written by hand because `safetensors.numpy.save` copies all vectors once more in memory.
    with atomic_file(path) as stream:
        stream.write(head)
        stream.write(vectors.data)
        stream.write(records)


def check_embeddings_place(path: Path) -> None:
    """Find out before long work whether embeddings can be written at `path`; only embeddings are written over.

    Raises:
        DataError: the folder cannot be written to.
        ArtefactError: another file is there, such as the model.
    """
    check_writable(path)
    if not Path(path).exists():
        return
    try:
        with safe_open(path, framework="numpy") as file:
            ours = (file.metadata() or {}).get("format") == FORMAT
    except (SafetensorError, OSError):
        ours = False
    if not ours:
        raise ArtefactError(f"{path} is there and holds no embeddings: choose another name, or remove it first")


def load_embeddings(path: Path) -> Embeddings:
    """Read and check a file of `save_embeddings`.

    Raises:
        ArtefactError: missing, foreign, damaged or of another version.
    """
    path = Path(path)
    if not path.is_file():
        raise ArtefactError(f"no embeddings at {path}: {_way_out(path)}")
    fewer = "embed fewer subjects at a time, or make smaller templates with `gaitprint gallery compress`"
    check_room(path.stat().st_size, f"reading {path}", fewer)
    try:
        with safe_open(path, framework="numpy") as file:
            metadata: dict[str, str] = file.metadata() or {}
            if metadata.get("format") != FORMAT:
                raise ArtefactError(f"{path} is a safetensors file but holds no embeddings: `model embed` makes some")
            version = metadata.get("version")
            if version not in ("1", str(VERSION)):
                raise ArtefactError(
                    f"{path} is of version {version}, this package reads 1 and {VERSION}: run `model embed` again"
                )
            vectors: np.ndarray = file.get_tensor("vectors")
            records: bytes | None = None if version == "1" else file.get_tensor("records").tobytes()
    except (SafetensorError, OSError) as error:
        raise ArtefactError(f"{path} is no embeddings file, or is damaged ({error}): run `model embed` again") from None
    loaded = _assemble(path, metadata, vectors, records)
    _LOG.info(
        "read %s: %d vectors of %d floats, source %s",
        path,
        len(loaded),
        loaded.layout.width,
        loaded.source[:12],
    )
    return loaded


def _assemble(path: Path, metadata: dict[str, str], vectors: np.ndarray, packed: bytes | None) -> Embeddings:
    card = metadata.get("card", "")
    if sha256_of(card) != metadata.get("card_sha256"):
        raise ArtefactError(f"the records of {path} are damaged (SHA-256 differs): run `model embed` again")
    try:
        values = json.loads(card)
        if sha256_of(np.ascontiguousarray(vectors).data) != values["vectors_sha256"]:
            raise ArtefactError(f"the vectors of {path} are damaged (SHA-256 differs): run `model embed` again")
        if packed is not None and sha256_of(packed) != values["records_sha256"]:
            raise ArtefactError(f"the records of {path} are damaged (SHA-256 differs): run `model embed` again")
        # the last line ends with a break as well; JSON escapes those within texts
        rows = values["records"] if packed is None else map(json.loads, packed.decode("utf-8").split("\n")[:-1])
        records = tuple(SequenceRecord(*row) for row in rows)
        layout = PartLayout(tuple((parts, channels) for parts, channels in values["layout"]))
        return Embeddings(vectors, records, layout, values["source"], values["settings"])
    except ArtefactError:
        raise
    except (GaitprintError, ValueError, KeyError, TypeError) as error:
        raise ArtefactError(f"{path} does not fit together ({error}): run `model embed` again") from None


def _packed(records: tuple[SequenceRecord, ...]) -> bytes:
    """A line of JSON each."""
    lines = (json.dumps([r.key, r.subject, r.condition, r.view], ensure_ascii=False) + "\n" for r in records)
    return "".join(lines).encode("utf-8")


def _card(embeddings: Embeddings, vectors: Float32[np.ndarray, "N D"], records: bytes) -> dict[str, Any]:
    return {
        "layout": [list(block) for block in embeddings.layout.blocks],
        "source": embeddings.source,
        "settings": embeddings.settings,
        "vectors_sha256": sha256_of(vectors.data),
        "records_sha256": sha256_of(records),
    }


def _way_out(path: Path) -> str:
    if path.is_dir():
        return "this is a folder, give the file that `model embed` wrote"
    if path.exists():
        return "this is no regular file, give the file that `model embed` wrote"
    if not path.parent.is_dir():
        return f"the folder {path.parent} does not exist"
    others = [p.name for p in path.parent.iterdir() if p.suffix == ".safetensors" and p.is_file()]
    return did_you_mean(path.name, others) if others else "make some with `gaitprint model embed`"
