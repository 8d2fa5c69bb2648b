"""Walks from masks in memory, embeddings out and in, distances and tables."""

import sys
import types

import numpy as np
import pytest

import gaitprint as gp
from gaitprint.errors import ArtefactError, ConfigError, DataError, ShapeError
from gaitprint.silhouettes.normalize import normalize_sequence

pytestmark = pytest.mark.usefixtures("one_thread")


def scene(frames):
    """The walker twice as large, away from the middle."""
    large = np.repeat(np.repeat(frames, 2, axis=1), 2, axis=2)[:, :, 20:108]
    return np.pad(large, ((0, 0), (4, 8), (60, 12)))


def test_masks_in_memory_are_what_their_file_is(walks, tmp_path):
    for i, masks in enumerate((walks[0].frames, scene(walks[0].frames), scene(walks[0].frames) > 127)):
        np.save(tmp_path / f"{i}.npy", masks)
        kept, loaded = gp.load_silhouettes(masks, subject="anna"), gp.load_silhouettes(tmp_path / f"{i}.npy")
        assert np.array_equal(kept.frames, loaded.frames)
        assert kept.record.subject == "anna"


def test_a_list_of_masks_may_have_several_sizes(walks):
    masks = list(scene(walks[0].frames))
    grown = [np.pad(mask, (0, i)) for i, mask in enumerate(masks)]
    assert np.array_equal(gp.load_silhouettes(grown).frames, normalize_sequence(grown).frames)


def test_masks_are_named_by_what_they_are(walks):
    first, again, other = (gp.load_silhouettes(np.array(w.frames)).record.key for w in (walks[0], walks[0], walks[1]))
    assert first == again != other
    assert gp.load_silhouettes(walks[0].frames, key="door/17").record.key == "door/17"


@pytest.mark.parametrize("masks", [[], np.zeros((0, 64, 64), np.uint8), np.ones((2, 3, 4, 5), np.uint8)])
def test_masks_that_are_none(masks):
    with pytest.raises(DataError, match="mask"):
        gp.load_silhouettes(masks)


def test_embeddings_go_out_and_come_back(walks, drawn_model, tmp_path):
    made = gp.embed(walks, drawn_model)
    gp.save_embeddings(tmp_path / "e.safetensors", made)
    back = gp.load_embeddings(str(tmp_path / "e.safetensors"))
    assert np.array_equal(back.vectors, made.vectors)
    assert (back.records, back.layout, back.source) == (made.records, made.layout, made.source)
    with pytest.raises(ArtefactError, match="holds no embeddings"):
        gp.save_embeddings(drawn_model, made)
    with pytest.raises(ArtefactError, match="no embeddings at"):
        gp.load_embeddings(tmp_path / "f.safetensors")


def test_distances_are_those_of_the_vectors(walks, drawn_model, other_model):
    made = gp.embed(walks, drawn_model)
    probes, gallery = made.select([0, 3]), made.select([1, 2, 4])
    expected = np.linalg.norm(probes.vectors[:, None].astype(float) - gallery.vectors[None], axis=2)
    assert gp.distances(probes, gallery) == pytest.approx(expected, rel=1e-5)
    ranked = gp.rank(probes, gallery, top=2)
    assert [m.distance for m in ranked[1]] == pytest.approx(sorted(expected[1])[:2], rel=1e-5)
    with pytest.raises(ArtefactError, match="embed both with the same networks"):
        gp.distances(probes, gp.embed(walks, other_model))


def test_a_ranking_is_a_sequence_and_a_table(walks, drawn_model):
    made = gp.embed(walks, drawn_model)
    ranked = gp.rank(made.select([0, 3]), made.select([1, 2, 4]), top=2)
    assert len(ranked) == 2
    assert ranked[1:].matches == ranked.matches[1:]
    assert ranked[1:].probes == (walks[3].record,)
    columns = ranked.to_columns()
    assert columns["place"] == [1, 2, 1, 2]
    assert columns["probe"] == [w.record.key for w in (walks[0], walks[0], walks[3], walks[3])]
    assert columns["key"] == [m.key for row in ranked for m in row]
    assert {len(column) for column in columns.values()} == {4}


def test_embeddings_are_a_table(walks, drawn_model):
    made = gp.embed(walks, drawn_model)
    columns = made.to_columns()
    assert columns["key"] == [w.record.key for w in walks]
    assert list(columns) == ["key", "subject", "condition", "view"]
    full = made.to_columns(vectors=True)
    assert np.array_equal(np.array([full[f"v{i}"] for i in range(made.layout.width)], np.float32).T, made.vectors)


def test_a_data_frame_is_made_of_the_columns(walks, drawn_model, monkeypatch):
    made = gp.embed(walks, drawn_model)
    ranked = gp.rank(made, made, top=1)
    monkeypatch.setitem(sys.modules, "pandas", types.SimpleNamespace(DataFrame=lambda columns: ("frame", columns)))
    assert made.to_frame() == ("frame", made.to_columns())
    assert ranked.to_frame() == ("frame", ranked.to_columns())
    monkeypatch.setitem(sys.modules, "pandas", None)
    for value in (made, ranked):
        with pytest.raises(ConfigError, match=r"pip install pandas.*to_columns"):
            value.to_frame()


class Tensor:
    """What other libraries hold their arrays in."""

    def __init__(self, array):
        self.array = array

    def __array__(self, dtype=None, copy=None):
        return self.array


def test_what_numpy_takes_for_an_array_is_one(walks):
    files, frames = sys.modules["gaitprint.api.files"], walks[0].frames
    assert np.array_equal(np.stack(files._masks.__wrapped__(Tensor(frames), [])), frames)
    assert np.array_equal(np.stack(files._masks.__wrapped__([Tensor(f) for f in frames], [])), frames)


@pytest.mark.parametrize(
    ("masks", "words"),
    [
        (np.full((2, 8, 8), 300.0), "float64.*masks > "),
        (np.full((2, 8, 8), -1), "int64.*masks > "),
        (np.zeros((2, 8, 8, 7), np.uint8), "one value a pixel"),
        (np.array([None]), "object"),
    ],
)
def test_other_arrays_are_refused_with_the_way_out(masks, words):
    with pytest.raises(DataError, match=words):
        gp.load_silhouettes(masks)


@pytest.mark.parametrize("rows", [[0.5], [6], [-7], [[0, 1]], [True], [True] * 7, ["0"]])
def test_rows_that_are_none_are_refused(walks, drawn_model, rows):
    """A row of 0.5 was taken for row 0, and a mask of another length for a shorter one."""
    made = gp.embed(walks, drawn_model)
    with pytest.raises(ShapeError, match=r"rows are|a mask has"):
        made.select(np.array(rows))
    assert made.select([-1]).records == made.select([5]).records
    assert len(made.select([])) == 0
