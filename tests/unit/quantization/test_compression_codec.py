"""Codecs, their files and their templates: bound to what they were fitted on, and whole or refused."""

import dataclasses
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import load_file, save_file

from gaitprint.errors import ArtefactError, ConfigError, ShapeError
from gaitprint.quantization.codec import fit_codec
from gaitprint.quantization.codec_file import load_codec, save_codec
from gaitprint.quantization.scan import TemplateIndex, rescored
from gaitprint.quantization.settings import CodecSettings, named
from gaitprint.quantization.shortlist import Rescored
from gaitprint.quantization.templates import Templates, load_templates, make_templates, save_templates
from gaitprint.retrieval.contracts import MatrixComparison
from gaitprint.retrieval.distances.exact import flat_euclidean, flat_euclidean_squared
from gaitprint.retrieval.distances.metrics import metric_named
from gaitprint.types import Embeddings, PartLayout, SequenceRecord

LAYOUT = PartLayout(((2, 6), (3, 4)))
NAMES = ("float32", "fp16", "int8", "int8-part", "pq-1", "pq-2", "pca-5", "pca-5-fp16", "pca-5-int8", "pca-6-pq-3")


def made_up(n=40, seed=0, source="weights"):
    vectors = np.random.default_rng(seed).normal(size=(n, LAYOUT.width)).astype(np.float32)
    records = tuple(SequenceRecord(f"{i % 9}ü/{i}", f"{i % 9}ü" if i % 5 else None, "nm", "090") for i in range(n))
    return Embeddings(vectors, records, LAYOUT, source, {"dataset": "walkers"})


def fitted(name, source="weights"):
    return fit_codec(named(name), made_up(60, 5, source), np.random.default_rng(0))


@pytest.mark.parametrize("name", NAMES)
def test_names_and_settings_are_one(name):
    assert named(name).name == name
    assert fitted(name).settings == named(name)


def test_short_names():
    assert named("pca") == CodecSettings(width=128)
    assert named("pq") == CodecSettings(packing="pq", pieces=4)
    assert named("pca-int8").name == "pca-128-int8"
    assert [named(n).learns for n in ("fp16", "int8-part", "pq", "pca")] == [False, False, True, True]


@pytest.mark.parametrize("name", ["", "pca-", "pca-0", "pcaint8", "-int8", "pq-0", "int4", "int8-pca", "fp16-8"])
def test_other_names_are_refused(name):
    with pytest.raises(ConfigError, match="no codec is called"):
        named(name)


def test_settings_out_of_range():
    for values in ({"width": -1}, {"pieces": 0}, {"centres": 257}):
        with pytest.raises(ConfigError, match="found"):
            CodecSettings(**values)


@pytest.mark.parametrize("name", NAMES)
def test_codes_have_the_bytes_that_are_said(name):
    codec, e = fitted(name), made_up()
    codes = codec.encode(e.vectors)
    assert sum(a.nbytes for a in codes.values()) == len(e) * codec.template_bytes
    restored = codec.restored(e)
    assert restored.records == e.records
    assert restored.settings["codec"] == name
    left = np.square(restored.vectors - e.vectors).sum() / np.square(e.vectors).sum()
    assert left < {"float32": 1e-12, "fp16": 1e-6, "int8": 1e-3, "int8-part": 1e-3}.get(name, 0.95)
    codec.check_codes(codes)


def test_bytes_of_a_template_by_hand():
    told = {name: fitted(name).template_bytes for name in NAMES}
    assert told == {
        "float32": 96, "fp16": 48, "int8": 28, "int8-part": 24 + 5 * 4, "pq-1": 5, "pq-2": 10,
        "pca-5": 20, "pca-5-fp16": 10, "pca-5-int8": 9, "pca-6-pq-3": 3,
    }  # fmt: skip


def test_what_a_codec_became_is_said():
    few = fit_codec(named("pca-128-pq-2"), made_up(7), np.random.default_rng(0))
    assert few.description == "6 principal components, 2 codebooks of 7 centres"
    assert fitted("int8-part").description == "24 x int8, 5 x float32"


def test_the_fingerprint_covers_all_that_decides_the_codes():
    codecs = [fitted(n) for n in NAMES]
    codecs += [fitted("pca-5", "other"), fit_codec(named("pca-5"), made_up(60, 6), np.random.default_rng(0))]
    assert len({c.fingerprint for c in codecs}) == len(codecs)
    assert fitted("pq-2").fingerprint == fitted("pq-2").fingerprint


def test_vectors_of_other_networks_are_refused():
    codec = fitted("int8")
    with pytest.raises(ArtefactError, match=r"'weights'.*these are by 'other'.*same networks"):
        make_templates(codec, made_up(source="other"))
    with pytest.raises(ShapeError, match="takes vectors of 24 floats, found 23"):
        codec.encode(np.zeros((1, 23), np.float32))
    with pytest.raises(ShapeError, match="of one length"):
        codec.decode({"codes": np.zeros((2, 24), np.int8), "scales": np.zeros((1, 1), np.float32)})
    with pytest.raises(ShapeError, match="found"):
        codec.decode({"codes": np.zeros((2, 24), np.uint8), "scales": np.zeros((2, 1), np.float32)})


@pytest.mark.parametrize("name", NAMES)
def test_files_there_and_back(name, tmp_path):
    codec, e = fitted(name), made_up()
    assert save_codec(tmp_path / "c.safetensors", codec) == (tmp_path / "c.safetensors").stat().st_size
    found = load_codec(tmp_path / "c.safetensors")
    assert found.fingerprint == codec.fingerprint
    assert (found.subjects, found.dataset, found.source) == (codec.subjects, "walkers", "weights")
    assert len(found.subjects) == 9
    templates = make_templates(codec, e)
    assert save_templates(tmp_path / "t.safetensors", templates) == (tmp_path / "t.safetensors").stat().st_size
    loaded = load_templates(tmp_path / "t.safetensors", found)
    assert loaded.records == e.records
    np.testing.assert_array_equal(loaded.embeddings().vectors, codec.restored(e).vectors)


def test_templates_of_another_codec_are_refused(tmp_path):
    save_templates(tmp_path / "t", make_templates(fitted("pq-2"), made_up()))
    with pytest.raises(ArtefactError, match=r"made by the codec pq-2 .* this is pq-1 .* written beside them"):
        load_templates(tmp_path / "t", fitted("pq-1"))
    with pytest.raises(ShapeError, match="40 templates came with 39 records"):
        Templates(fitted("int8").encode(made_up().vectors), made_up(39).records, fitted("int8"))


def test_no_templates_are_a_file_too(tmp_path):
    codec = fitted("int8")
    save_templates(tmp_path / "t", make_templates(codec, made_up(0)))
    assert len(load_templates(tmp_path / "t", codec)) == 0


@given(position=st.floats(0, 0.9999), bit=st.integers(0, 7), name=st.sampled_from(["pq-2", "pca-5-int8"]))
def test_no_flipped_bit_goes_unnoticed(tmp_path_factory, position, bit, name):
    folder = tmp_path_factory.mktemp("flip")
    codec = fitted(name)
    save_codec(folder / "c", codec)
    save_templates(folder / "t", make_templates(codec, made_up()))
    for file, load in (("c", load_codec), ("t", lambda path: load_templates(path, codec))):
        data = bytearray((folder / file).read_bytes())
        data[int(position * len(data))] ^= 1 << bit
        (folder / file).write_bytes(data)
        try:
            found = load(folder / file)
        except ArtefactError as error:
            assert "\n" not in str(error)  # noqa: PT017
        else:  # a blank of the header's padding
            assert found.fingerprint == codec.fingerprint if file == "c" else len(found) == 40


def test_files_cut_short_missing_foreign_and_future(tmp_path):
    path, codec = tmp_path / "c.safetensors", fitted("pca-5-int8")
    with pytest.raises(ArtefactError, match=r"no codec at .*gaitprint gallery compress"):
        load_codec(path)
    save_codec(path, codec)
    data = path.read_bytes()
    for length in (0, 7, 8, 200, len(data) - 1):
        path.write_bytes(data[:length])
        with pytest.raises(ArtefactError, match="is no file of a codec, or is damaged"):
            load_codec(path)
    save_file({"conv": np.ones(3, np.float32)}, path)
    with pytest.raises(ArtefactError, match="holds no codec"):
        load_codec(path)
    save_templates(path, make_templates(codec, made_up()))
    with pytest.raises(ArtefactError, match="holds no codec"):
        load_codec(path)
    save_codec(path, codec)
    path.write_bytes(path.read_bytes().replace(b'"version": "1"', b'"version": "2"'))
    with pytest.raises(ArtefactError, match="version 2, this package reads version 1"):
        load_codec(path)


def reworded(path, change):
    """The file with a card that somebody has changed, sums and all."""
    import hashlib

    tensors = load_file(path)
    length = int.from_bytes(path.read_bytes()[:8], "little")
    metadata = json.loads(path.read_bytes()[8 : 8 + length])["__metadata__"]
    card = {**json.loads(metadata["card"]), **change}
    text = json.dumps({k: v for k, v in card.items() if v is not None})
    digest = hashlib.sha256(text.encode()).hexdigest()
    save_file(tensors, path, {**metadata, "card": text, "card_sha256": digest})


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"source": "other"}, "the fingerprint differs"),
        ({"settings": {"width": 4, "packing": "int8"}}, "the fingerprint differs"),
        ({"settings": {"width": 5, "packing": "pq"}}, "has float32 arrays"),
        ({"settings": {"width": 5, "packing": "int9"}}, "does not fit together"),
        ({"settings": {"widht": 5}}, "did you mean 'width'"),
        ({"layout": [[1, 9]]}, "axes of 9 floats are wanted"),
        ({"layout": None}, "does not fit together"),
        ({"sha256": None}, "arrays of .* are damaged"),
    ],
)
def test_cards_that_contradict_the_arrays(change, words, tmp_path):
    save_codec(tmp_path / "c", fitted("pca-5-int8"))
    reworded(tmp_path / "c", change)
    with pytest.raises(ArtefactError, match=words):
        load_codec(tmp_path / "c")


def test_templates_whose_records_do_not_fit(tmp_path):
    codec = fitted("int8")
    for records in (b'["a"]', b"[", b"\xff", b'["a", "b", "nm", "0"]'):
        arrays = {**codec.encode(made_up(2).vectors), "records": np.frombuffer(records, np.uint8)}
        from gaitprint.card_file import write_card_file

        write_card_file(tmp_path / "t", "gaitprint-templates", 1, {"codec": codec.fingerprint}, arrays)
        with pytest.raises(ArtefactError, match="does not fit together"):
            load_templates(tmp_path / "t", codec)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("block", [1 << 19, 48])
def test_a_search_is_the_sorted_distances_to_the_restored(name, block, monkeypatch):
    monkeypatch.setattr("gaitprint.quantization.scan.BLOCK", block)
    codec, gallery, probes = fitted(name), made_up(50), made_up(6, 3).vectors
    gallery = gallery.select([*range(50), 7, 7])  # with duplicates
    codes = codec.encode(gallery.vectors)
    index = TemplateIndex.of(codec, codes)
    slow = flat_euclidean_squared(probes, codec.decode(codes))
    found = index.squared(probes)
    np.testing.assert_allclose(found, slow, rtol=1e-4, atol=1e-4)
    for k in (1, 9, 99):
        items, values = index.best(probes, k)
        np.testing.assert_array_equal(items, np.argsort(found, axis=1, kind="stable")[:, :k])
        np.testing.assert_array_equal(values, np.take_along_axis(found, items, axis=1))
    assert index.nbytes == len(gallery) * (codec.template_bytes + (0 if "pq" in name else 4))


def test_searches_say_what_is_wrong():
    codec = fitted("int8")
    with pytest.raises(ShapeError, match="one template at least"):
        TemplateIndex.of(codec, codec.encode(made_up(0).vectors))
    with pytest.raises(ShapeError, match="for one template or more, found 0"):
        TemplateIndex.of(codec, codec.encode(made_up(3).vectors)).best(made_up(1).vectors, 0)


def test_a_shortlist_compared_anew_is_in_exact_order():
    gallery, probes = made_up(30), made_up(4, 3).vectors
    exact = flat_euclidean(probes, gallery.vectors)
    shortlist = np.argsort(-exact, axis=1)[:, :7]
    items, distances = rescored(probes, gallery.vectors, shortlist, metric_named("euclidean", LAYOUT))
    for q in range(4):
        wanted = sorted(shortlist[q], key=lambda n: (exact[q, n], n))
        assert items[q].tolist() == wanted
        np.testing.assert_allclose(distances[q], exact[q, wanted], rtol=1e-6)


@given(seed=st.integers(0, 50), count=st.integers(1, 14))
def test_rescored_rows_are_the_exact_nearest_then_the_others_in_their_order(seed, count):
    generator = np.random.default_rng(seed)
    exact = generator.integers(0, 9, size=(5, 12)).astype(np.float32)
    rough = exact + generator.integers(0, 3, size=exact.shape).astype(np.float32)
    found = Rescored(MatrixComparison(rough), MatrixComparison(exact), count)
    assert found.shape == (5, 12)
    rows = np.concatenate([found.rows(0, 2), found.rows(2, 5)])
    for q in range(5):
        first = sorted(range(12), key=lambda n: (rough[q, n], n))[:count]
        rest = [n for n in range(12) if n not in first]
        assert [rows[q, n] for n in first] == [exact[q, n] for n in first]
        if rest:
            assert min(rows[q, rest]) > max(rows[q, first])
        by_rough = sorted(rest, key=lambda n: (rough[q, n], n))
        assert sorted(rest, key=lambda n: (rows[q, n], n)) == by_rough


def test_a_codec_is_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError):
        fitted("int8").source = "other"
