"""Templates: the codes of many sequences with their records, in memory and in one file."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from gaitprint.card_file import read_card_file, write_card_file
from gaitprint.errors import ArtefactError, GaitprintError, ShapeError
from gaitprint.quantization.codec import Codec
from gaitprint.quantization.codec_file import MAKER
from gaitprint.quantization.packing import Codes
from gaitprint.types import Embeddings, SequenceRecord

FORMAT = "gaitprint-templates"
VERSION = 1


@dataclass(frozen=True, eq=False)
class Templates:
    """Codes with their records; only their own codec can read them."""

    codes: Codes
    records: tuple[SequenceRecord, ...]
    codec: Codec

    def __post_init__(self) -> None:
        self.codec.check_codes(self.codes)
        rows = len(next(iter(self.codes.values())))
        if len(self.records) != rows:
            raise ShapeError(f"{rows} templates came with {len(self.records)} records: one each is needed")

    def __len__(self) -> int:
        return len(self.records)

    def embeddings(self) -> Embeddings:
        """The vectors that the templates stand for."""
        vectors = self.codec.decode(self.codes)
        settings: dict[str, object] = {"codec": self.codec.settings.name}
        return Embeddings(vectors, self.records, self.codec.layout, self.codec.source, settings)


def make_templates(codec: Codec, embeddings: Embeddings) -> Templates:
    """The templates of embeddings.

    Raises:
        ArtefactError: they are of another source or layout than the codec.
    """
    codec.check_fits(embeddings)
    return Templates(codec.encode(embeddings.vectors), embeddings.records, codec)


def save_templates(path: Path, templates: Templates) -> int:
    """Write the whole file, or nothing; returns its bytes. The codec is not in it.

    Raises:
        DataError: the folder cannot be written to.
    """
    card = {"codec": templates.codec.fingerprint, "name": templates.codec.settings.name, "count": len(templates)}
    arrays = {**templates.codes, "records": pack_records(templates.records)}
    return write_card_file(path, FORMAT, VERSION, card, arrays)


def load_templates(path: Path, codec: Codec) -> Templates:
    """Read and check a file of `save_templates`.

    Raises:
        ArtefactError: missing, foreign, damaged, of another version or of another codec.
    """
    card, arrays = read_card_file(path, FORMAT, VERSION, "template", MAKER)
    if card.get("codec") != codec.fingerprint:
        raise ArtefactError(
            f"the templates of {path} were made by the codec {card.get('name')} ({str(card.get('codec'))[:12]}), this "
            f"is {codec.settings.name} ({codec.fingerprint[:12]}): give the codec that was written beside them"
        )
    try:
        records = _unpack_records(arrays.pop("records"))
        return Templates(arrays, records, codec)
    except (GaitprintError, ValueError, KeyError, TypeError) as error:
        raise ArtefactError(f"{path} does not fit together ({error}): make it again") from None


def pack_records(records: tuple[SequenceRecord, ...]) -> UInt8[np.ndarray, " B"]:
    """Records as JSON lines in UTF-8; a header of safetensors could not hold those of two million."""
    lines = (json.dumps([r.key, r.subject, r.condition, r.view], ensure_ascii=False) for r in records)
    return np.frombuffer("\n".join(lines).encode("utf-8"), np.uint8)


def _unpack_records(packed: UInt8[np.ndarray, " B"]) -> tuple[SequenceRecord, ...]:
    text = packed.tobytes().decode("utf-8")
    return tuple(SequenceRecord(*json.loads(line)) for line in text.split("\n")) if text else ()
