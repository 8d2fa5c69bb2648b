"""Embeddings that transforms and scorers are tried on: drawn ones, and those that break formulas."""

import numpy as np

from gaitprint.types import Embeddings, PartLayout, SequenceRecord

Blocks = tuple[tuple[int, int], ...]


def drawn_sides(blocks: Blocks, probes: int, gallery: int, seed: int = 0) -> tuple[Embeddings, Embeddings]:
    """Probes and gallery of normally distributed numbers, each sequence of a subject of its own."""
    x = np.random.default_rng(seed).normal(size=(probes + gallery, PartLayout(blocks).width))
    return _side(x[:probes], "p", blocks), _side(x[probes:], "g", blocks)


def hard_cases(blocks: Blocks) -> dict[str, tuple[Embeddings, Embeddings]]:
    """What breaks formulas, by name; vectors can not be written to."""
    d = PartLayout(blocks).width
    cases = {
        "one of each": (np.ones((1, d)), np.zeros((1, d))),
        "one probe": (np.ones((1, d)), np.eye(5, d)),
        "one gallery item": (np.eye(5, d), np.ones((1, d))),
        "identical vectors": (np.full((30, d), 2.5), np.full((4, d), 2.5)),
        "zeros": (np.zeros((3, d)), np.zeros((3, d))),
        "pairs of duplicates": (np.repeat(np.eye(4, d), 2, axis=0), np.eye(4, d)),
        # their squares leave the range of float32
        "large numbers": (1e15 * np.eye(3, d), 1e15 * np.eye(4, d)),
        "small numbers": (1e-15 * np.eye(3, d), 1e-15 * np.eye(4, d)),
    }
    return {name: (_side(p, "p", blocks), _side(g, "g", blocks)) for name, (p, g) in cases.items()}


def _side(vectors: np.ndarray, name: str, blocks: Blocks) -> Embeddings:
    records = tuple(SequenceRecord(f"{name}{i}", f"{name}{i}", "nm", "090") for i in range(len(vectors)))
    embeddings = Embeddings(vectors.astype(np.float32), records, PartLayout(blocks), "weights", {"networks": "x"})
    embeddings.vectors.setflags(write=False)
    return embeddings
