"""The competition form on labelled data: random galleries of a sequence or so per subject, many times over."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from jaxtyping import Int

from gaitprint.errors import ProtocolError
from gaitprint.evaluation.protocol.distance_blocks import Blocks
from gaitprint.evaluation.protocol.metrics import rank_probes
from gaitprint.evaluation.protocol.protocol import Draws, Protocol
from gaitprint.evaluation.protocol.selection import choose_pool, compared_pairs, require_subjects
from gaitprint.evaluation.protocol.trials import Trials, join_rows, make_trials
from gaitprint.types import Embeddings, SequenceRecord


def draw_trials(
    embeddings: Embeddings,
    protocol: Protocol,
    name: str,
    codes: Int[np.ndarray, " N"],
    distances: Callable[[Embeddings, Embeddings], Blocks],
) -> tuple[Trials, int]:
    """Trials of all draws of one probe selection (the draw is the row of the table), and the size of a gallery.

    Raises:
        ProtocolError: the pool is empty, has unlabelled sequences, or too few sequences a subject.
    """
    parts = []
    for repetition, (probes, gallery) in enumerate(drawn_sides(protocol, name, embeddings.records, codes)):
        left, right = embeddings.select(probes), embeddings.select(gallery)
        for some, block in distances(left, right):
            valid = compared_pairs(protocol, left.records[some], right.records)
            ranks = rank_probes(block, codes[probes[some]], codes[gallery], valid, bool(protocol.metrics))
            row = np.full(len(ranks.rank), repetition)
            parts.append(make_trials(ranks, probes[some], gallery, codes[probes[some]], row, 0))
    return join_rows(parts), len(gallery)


def drawn_sides(
    protocol: Protocol, name: str, records: Sequence[SequenceRecord], subjects: Int[np.ndarray, " N"]
) -> Iterator[tuple[Int[np.ndarray, " Q"], Int[np.ndarray, " G"]]]:
    """Rows that are probes and rows that are gallery, draw by draw, of one probe selection.

    Args:
        protocol: of the mode `draws`.
        name: of the probe selection.
        records: of the embeddings.
        subjects: a number for each record's subject.

    Raises:
        ProtocolError: the pool is empty, has unlabelled sequences, or too few sequences a subject.
    """
    pool = choose_pool(protocol, name, records)
    pool = np.array(sorted(pool, key=lambda i: records[i].key))  # draws do not depend on the order of a file's rows
    require_subjects(protocol, name, pool, records, "sequences")
    for repetition in range(protocol.draws.repetitions):
        # each draw has a generator of its own: more repetitions leave the first ones as they were
        generator = np.random.Generator(np.random.PCG64([protocol.draws.seed, repetition]))
        probes, gallery = draw_sides(pool, subjects[pool], protocol.draws, generator)
        if len(probes) == 0:
            raise ProtocolError(
                f"protocol {protocol.name}: no subject of {name} has more than {protocol.draws.gallery} sequences, so "
                "none is left to be probe: select more conditions or views, or lower draws.gallery"
            )
        yield probes, gallery


def draw_sides(
    pool: Int[np.ndarray, " N"], subjects: Int[np.ndarray, " N"], draws: Draws, generator: np.random.Generator
) -> tuple[Int[np.ndarray, " Q"], Int[np.ndarray, " G"]]:
    """One draw: rows that are probes and rows that are gallery, subject by subject.

    A subject with too few sequences for a probe takes no part.
    """
    probes: list[np.ndarray] = []
    gallery: list[np.ndarray] = []
    for subject in np.unique(subjects):
        own = pool[subjects == subject]
        # one draw decides both sides, so that no sequence is on both
        chosen = generator.permutation(own)[: draws.sequences]
        if len(chosen) > draws.gallery:
            gallery.append(chosen[: draws.gallery])
            probes.append(chosen[draws.gallery :])
    none = np.zeros(0, np.int64)
    return np.concatenate([none, *probes]), np.concatenate([none, *gallery])
