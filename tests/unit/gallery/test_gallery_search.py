"""What is found by bounds is what a comparison with everybody finds, whatever the vectors, also after any change."""

from pathlib import Path

import numpy as np
import pytest
from drawn_people import drawn, filled

import gaitprint as gp
from gaitprint.gallery.index_file import index_path
from gaitprint.gallery.projection import Projection, lower_bounds
from gaitprint.types import PartLayout


def everybody(probe: gp.Embeddings, walks: gp.Embeddings, pipeline: str) -> list[tuple[str, float]]:
    """People by the nearest of their walks, ties in the order of enrolling: by comparing with all of them."""
    distances = gp.distances(probe, walks, pipeline or None)[0]
    best: dict[str, float] = {}
    for record, distance in zip(walks.records, distances.tolist(), strict=True):
        best[str(record.subject)] = min(distance, best.get(str(record.subject), np.inf))
    return sorted(best.items(), key=lambda item: item[1])


def awkward(width: int) -> gp.Embeddings:
    """Duplicates, ties, points far from the origin next to each other, and some that differ where no basis looks."""
    random = np.random.default_rng(3)
    base = random.standard_normal((30, width))
    far = 1000.0 + 0.01 * random.standard_normal((30, width))
    sparse = np.zeros((30, width))
    sparse[np.arange(30), np.arange(30)] = 5.0
    vectors = np.concatenate([base, base[:10] + 1e-4, far, sparse, -sparse]).astype(np.float32)
    records = [gp.SequenceRecord(f"w{i}", f"{i // 2:03d}", "", "") for i in range(len(vectors))]
    return gp.Embeddings(vectors, tuple(records), PartLayout(((2, width // 2),)), "drawn")


@pytest.mark.parametrize("pipeline", ["", "unit-length", "part-mean"])
def test_search_finds_what_a_comparison_with_everybody_finds(tmp_path: Path, pipeline: str) -> None:
    walks = awkward(300)
    gallery = gp.Gallery.create(tmp_path / "g", pipeline=pipeline)
    gallery.enroll(walks)
    for i in range(0, len(walks), 9):
        probe = gp.Embeddings(walks.vectors[[i]] + np.float32(0.003), walks.records[i : i + 1], walks.layout, "drawn")
        [answer] = gallery.identify(probe, top=6)
        wanted = everybody(probe, walks, pipeline)[:6]
        assert [c.distance for c in answer.candidates] == [distance for _, distance in wanted]
        assert answer.margin == wanted[1][1] - wanted[0][1]


def test_bounds_are_below_every_distance() -> None:
    random = np.random.default_rng(4)
    vectors = (random.standard_normal((60, 500)) * np.geomspace(30, 1e-3, 500) + 50).astype(np.float32)
    projection = Projection.fit(vectors[:20])
    assert projection.dimensions == 20
    projected, left = projection.project(vectors)
    squares = np.einsum("ij,ij->i", projected, projected)
    for i in range(60):
        bounds = lower_bounds((projected[i : i + 1], left[i : i + 1]), projected, left, squares)
        true = np.sqrt(np.square(vectors.astype(np.float64) - vectors[i]).sum(axis=1))
        assert (bounds <= true).all()
        assert bounds[np.arange(60) != i].mean() > 0.1 * true.mean(), "they say something"


def test_the_index_beside_a_gallery_is_used_and_never_believed(tmp_path: Path) -> None:
    walks, probe = drawn(range(300), range(1), width=300), drawn(range(3), range(5, 6), width=300)
    gallery = gp.Gallery.create(tmp_path / "g")
    gallery.enroll(walks)
    right = gallery.identify(probe)
    place = index_path(tmp_path / "g")
    sound = place.read_bytes()
    random = np.random.default_rng(5)
    mutated = [b"", sound[: len(sound) // 2], sound.replace(b"\n", b"", 1)]
    for _ in range(20):
        data = bytearray(sound)
        data[int(random.integers(len(data)))] ^= 1 << int(random.integers(8))
        mutated.append(bytes(data))
    for data in (*mutated, sound):
        place.write_bytes(data)
        with gp.Gallery.open(tmp_path / "g") as again:
            assert again.identify(probe) == right
        assert place.read_bytes() != data or data == sound, "a damaged one is made anew"
    with gp.Gallery.create(tmp_path / "other") as other:
        other.enroll(drawn(range(100, 400), range(1), width=300))
        wanted = other.identify(probe)
    index_path(tmp_path / "other").write_bytes(sound)
    with gp.Gallery.open(tmp_path / "other") as other:
        assert other.identify(probe) == wanted, "another gallery's"


def test_a_row_of_an_old_backup_does_not_pass_for_a_newer_one(tmp_path: Path) -> None:
    """After a backup was put back the next samples get ids that the index file has for others."""
    gallery = gp.Gallery.create(tmp_path / "g")
    gallery.enroll(drawn(range(300), range(1)))
    gallery.backup(tmp_path / "old")
    gallery.enroll(drawn(range(300, 600), range(1)))
    gallery.identify(drawn(range(1)))
    gallery.close()
    index = index_path(tmp_path / "g").read_bytes()
    (tmp_path / "old").replace(tmp_path / "g")
    index_path(tmp_path / "g").write_bytes(index)
    with gp.Gallery.open(tmp_path / "g") as again:
        again.enroll(drawn(range(700, 1000), range(1)))
        for p in (5, 305, 705):
            [answer] = again.identify(drawn(range(p, p + 1), range(5, 6)), top=1)
            assert (answer.candidates[0].name == f"{p:03d}") == (p != 305)


def test_a_damaged_template_is_said_and_never_compared(tmp_path: Path) -> None:
    gallery = filled(tmp_path / "g")
    with gallery._engine.writing() as writer:
        writer.update("templates", 3, {"vector": drawn(range(1)).vectors[0].tobytes()})
    with pytest.raises(gp.GaitprintError, match="template of sample 3 is damaged"):
        gallery.identify(drawn(range(1, 2)))
    assert gallery.check().problems == (
        "the template of sample 3 is damaged (SHA-256 differs): use a backup, or purge it and enrol it again",
    )
    gallery.purge(samples=[3])
    assert gallery.identify(drawn(range(1, 2)))[0].candidates[0].name == "001"


def test_steps_that_look_at_more_than_two_walks_are_refused(tmp_path: Path) -> None:
    for pipeline in ("k-reciprocal", "cluster-expansion"):
        with pytest.raises(gp.GaitprintError, match="looks at more than two walks"):
            gp.Gallery.create(tmp_path / "g", pipeline=pipeline)
    assert not list(tmp_path.iterdir())
