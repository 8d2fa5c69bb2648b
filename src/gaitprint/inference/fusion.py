"""Several networks' embeddings of the same sequences, put together into one: [GaitGL ; GaitMask]."""

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Float32

from gaitprint.atomic_files import sha256_json
from gaitprint.errors import ArtefactError, ConfigError
from gaitprint.types import Embeddings, PartLayout, SequenceRecord

SCALES = ("raw", "unit")
"""`raw` puts the vectors together as they are (the method); `unit` scales each network's vector to length 1 first."""


def fuse(embeddings: Sequence[Embeddings], scale: str = SCALES[0]) -> Embeddings:
    """One embedding a sequence, of width D1 + D2 + ..., its part layout the networks' blocks in the given order.

    Raises:
        ArtefactError: fewer than two, not the same records in the same order (names the first difference), not of the
            same data, or one network twice.
        ConfigError: an unknown scale.
    """
    if scale not in SCALES:
        raise ConfigError(f"fusion scales 'raw' or 'unit', found {scale!r}")
    if len(embeddings) < 2:
        raise ArtefactError(f"fusion needs the embeddings of two networks or more, found {len(embeddings)}")
    for place, other in enumerate(embeddings[1:], start=2):
        _check_same_records(embeddings[0], other, place)
        _check_same_data(embeddings[0], other, place)
    _check_different_networks(embeddings)
    vectors = [e.vectors if scale == "raw" else _unit_length(e.vectors) for e in embeddings]
    blocks = tuple(block for e in embeddings for block in e.layout.blocks)
    source = sha256_json({"fusion": scale, "sources": [e.source for e in embeddings]})
    settings: dict[str, object] = {"fusion": scale, "networks": [e.settings for e in embeddings]}
    return Embeddings(
        np.concatenate(vectors, axis=1, dtype=np.float32), embeddings[0].records, PartLayout(blocks), source, settings
    )


def _check_same_records(first: Embeddings, other: Embeddings, place: int) -> None:
    for row, (a, b) in enumerate(zip(first.records, other.records, strict=False)):
        if a != b:
            names = f"row {row} is {_named(a)} in one and {_named(b)} in the other"
            raise ArtefactError(
                f"embeddings 1 and {place} are not of the same sequences: {names}; embed the same --part of the same "
                "store with both networks"
            )
    if len(first) != len(other):
        longer, rows = (1, first) if len(first) > len(other) else (place, other)
        key = rows.records[min(len(first), len(other))].key
        raise ArtefactError(
            f"embeddings 1 and {place} hold {len(first)} and {len(other)} sequences: {key!r} is only in {longer}; "
            "embed the same store with both networks"
        )


def _check_different_networks(embeddings: Sequence[Embeddings]) -> None:
    """One network counted twice changes distances by a factor and is never what was meant."""
    places: dict[str, int] = {}
    for place, one in enumerate(embeddings, start=1):
        before = places.setdefault(one.source, place)
        if before != place:
            raise ArtefactError(f"embeddings {before} and {place} are of the same network: give each network once")


def _named(record: SequenceRecord) -> str:
    return f"{record.key!r} (subject {record.subject!r}, {record.condition}, {record.view})"


def different_data(first: Embeddings, other: Embeddings) -> tuple[str, str] | None:
    """The beginnings of the fingerprints of the data that both are of, where they differ; None: nobody says they do.

    Equal names are no proof, for 001/nm-01/090 is in many data sets. Networks for other sizes have other stores.
    """
    one, two = (_origins(e.settings) for e in (first, other))
    kind = next((what for what in ("store", "data") if one[what] and two[what]), None)
    if kind is None or one[kind] == two[kind] or one["height"] != two["height"]:
        return None
    return one[kind][:12], two[kind][:12]


def _check_same_data(first: Embeddings, other: Embeddings, place: int) -> None:
    differ = different_data(first, other)
    if differ is not None:
        raise ArtefactError(
            f"embeddings 1 and {place} have the same names and are of different data ({' and '.join(differ)}): embed "
            "the same store with both networks"
        )


def _origins(settings: Mapping[str, object]) -> dict[str, str]:
    """Fingerprints of the store and of the sequences behind vectors, and the height of frames; "" for not said."""
    networks = settings.get("networks")
    inner = [_origins(n) for n in networks if isinstance(n, Mapping)] if isinstance(networks, list) else []
    preprocessing = settings.get("preprocessing")
    # data prepared in another height are another store with other fingerprints, even of the same recordings
    height = preprocessing.get("height") if isinstance(preprocessing, Mapping) else ""
    own = {"store": settings.get("store"), "data": settings.get("data"), "height": height}
    return {what: str(value or next((i[what] for i in inner if i[what]), "")) for what, value in own.items()}


def _unit_length(vectors: Float32[np.ndarray, "N D"]) -> Float32[np.ndarray, "N D"]:
    """Each row divided by its Euclidean length; a row of zeros stays one."""
    # summed in float64: 16,384 squares in float32 lose digits that distances of unit vectors need
    lengths = np.sqrt(np.einsum("nd,nd->n", vectors, vectors, dtype=np.float64))
    scaled: Float32[np.ndarray, "N D"] = (vectors / np.where(lengths > 0, lengths, 1.0)[:, None]).astype(np.float32)
    return scaled
