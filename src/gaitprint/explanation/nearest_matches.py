"""Who is compared with a probe: the nearest walk of the right person and the nearest of a wrong one."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Int

from gaitprint.errors import ProtocolError, did_you_mean
from gaitprint.evaluation.protocol.protocol import Protocol
from gaitprint.evaluation.protocol.selection import choose_pool, choose_sides, compared_pairs, short_view
from gaitprint.retrieval.contracts import Scorer
from gaitprint.retrieval.pipeline import Pipeline
from gaitprint.types import Embeddings, SequenceRecord


@dataclass(frozen=True)
class NearestMatch:
    """A walk of the gallery that the probe is explained against."""

    role: str
    row: int
    """Of the embeddings."""
    place: int
    """Among all walks of the gallery that the probe may be compared with, from 1."""


@dataclass(frozen=True)
class NearestMatches:
    """The walks to explain a probe against, nearest first."""

    rivals: tuple[NearestMatch, ...]
    gallery: int
    """Walks that were ranked."""


def find_nearest_matches(embeddings: Embeddings, protocol: Protocol, probe: int, scorer: Scorer) -> NearestMatches:
    """The nearest walk of the probe's subject and the nearest of anybody else, in the probe's gallery of a protocol.

    View by view the galleries of all views that count are one. Where nobody knows the probe's subject: the nearest
    walk, and the nearest of another subject than that.

    Raises:
        ProtocolError: the protocol does not make a probe of it, or its gallery is empty.
    """
    records = embeddings.records
    gallery = _gallery(protocol, records, probe)
    distances = Pipeline((), scorer).distances(embeddings.select([probe]), embeddings.select(gallery))
    order = np.argsort(distances[0], kind="stable")
    # walks of nobody known count as a person each
    subjects = np.array([records[int(i)].subject or records[int(i)].key for i in gallery])[order]
    subject = records[probe].subject
    roles = ("right one", "wrong one") if subject is not None else ("nearest", "next person")
    same = subjects == (subject if subject is not None else subjects[0])
    matches = []
    for role, among in zip(roles, (same, ~same), strict=True):
        places = np.flatnonzero(among)
        if len(places):
            matches.append(NearestMatch(role, int(gallery[order[places[0]]]), int(places[0]) + 1))
    return NearestMatches(tuple(sorted(matches, key=lambda r: r.place)), len(gallery))


def row_of(embeddings: Embeddings, key: str) -> int:
    """The row of a sequence by its key.

    Raises:
        ProtocolError: there is none.
    """
    for row, record in enumerate(embeddings.records):
        if record.key == key:
            return row
    known = (record.key for record in embeddings.records)
    raise ProtocolError(f"the embeddings have no sequence {key!r}: {did_you_mean(key, known)}")


def _gallery(protocol: Protocol, records: tuple[SequenceRecord, ...], probe: int) -> Int[np.ndarray, " G"]:
    if protocol.mode == "draws":
        pools = [choose_pool(protocol, name, records) for name in protocol.probes]
        pool = next((p for p in pools if probe in p), None)
        if pool is None:
            raise _no_probe(protocol, records[probe])
        return _some(protocol, pool, pool != probe)
    side = next((s for s in choose_sides(protocol, records) if probe in s.probes), None)
    if side is None:
        raise _no_probe(protocol, records[probe])
    use: Bool[np.ndarray, " G"] = side.gallery != probe
    if protocol.mode == "view-by-view" and not protocol.identical_views:
        own = short_view(protocol, records[probe].view)
        use &= np.array([short_view(protocol, records[int(i)].view) != own for i in side.gallery])
    pairs = compared_pairs(protocol, [records[probe]], [records[int(i)] for i in side.gallery])
    return _some(protocol, side.gallery, use if pairs is None else use & pairs[0])


def _some(protocol: Protocol, rows: Int[np.ndarray, " G"], use: Bool[np.ndarray, " G"]) -> Int[np.ndarray, " _"]:
    if not use.any():
        raise ProtocolError(f"protocol {protocol.name} compares this probe with nothing: name a walk with --against")
    return np.asarray(rows[use])


def _no_probe(protocol: Protocol, record: SequenceRecord) -> ProtocolError:
    return ProtocolError(
        f"{record.key!r} is no probe of protocol {protocol.name} ({', '.join(protocol.probes)}): choose another "
        "--protocol, or name a walk to compare it with by --against"
    )
