"""People drawn as silhouettes, and models that make marked vectors of them: the mark says by which."""

import zlib

import numpy as np

import gaitprint as gp
from gaitprint.types import Frames, PartLayout, SequenceRecord, Silhouettes

WIDTH = 12
MARK = 1000.0


def frames_of(person: int, take: int, grey: bool = False) -> Frames:
    """Frames that differ from person to person and a little from take to take."""
    random = np.random.default_rng([5, person])
    frames = np.broadcast_to(random.integers(0, 2, (16, 11)) * 255, (9, 16, 11)).astype(np.uint8)
    frames[:, take % 8, :] = np.random.default_rng([6, person, take]).integers(0, 256 if grey else 2, (9, 11))
    return frames if grey else frames.clip(0, 1) * np.uint8(255)


class Model:
    """Makes vectors of walks; those of two models differ in the first number by thousands."""

    def __init__(self, number: int) -> None:
        self.number, self.source, self.asked = number, f"model {number}", 0

    def embed(self, walks: list[Silhouettes]) -> gp.Embeddings:
        """One vector a walk, by what its frames are."""
        vectors = []
        for walk in walks:
            self.asked += 1
            own = np.random.default_rng([1, zlib.crc32(walk.frames[0, 8:].tobytes())]).standard_normal(WIDTH)
            beside = np.random.default_rng([zlib.crc32(walk.frames.tobytes()), self.number]).standard_normal(WIDTH)
            vector = own + 0.1 * beside
            vector[0] = MARK * self.number
            vectors.append(vector)
        layout = PartLayout(((2, WIDTH // 2),))
        return gp.Embeddings(np.array(vectors, np.float32), tuple(w.record for w in walks), layout, self.source)


def walks_of(people: range, takes: range = range(2), grey: bool = False) -> list[Silhouettes]:
    """Silhouettes of people, with names."""
    return [
        Silhouettes(frames_of(p, take, grey), SequenceRecord(f"{p:03d}/{take}", f"{p:03d}", "nm", "090"))
        for p in people
        for take in takes
    ]


def marks(vectors: np.ndarray) -> set[int]:
    """Which models made vectors."""
    return {round(float(v) / MARK) for v in vectors[:, 0]}
