from dataclasses import replace

import numpy as np
import pytest

from gaitprint.errors import ArtefactError, ConfigError
from gaitprint.inference.fusion import fuse
from gaitprint.types import Embeddings, PartLayout, SequenceRecord


def made_up(n=5, parts=2, channels=3, seed=0, source="s", subjects="abcde"):
    vectors = np.random.default_rng(seed).normal(size=(n, parts * channels)).astype(np.float32)
    records = tuple(SequenceRecord(f"{subjects[i]}/nm/0", subjects[i], "nm", "0") for i in range(n))
    return Embeddings(vectors, records, PartLayout(((parts, channels),)), source, {"network": source})


def test_raw_fusion_is_one_vector_behind_the_other():
    a, b = made_up(seed=0, source="a"), made_up(parts=4, channels=2, seed=1, source="b")
    fused = fuse([a, b])
    for i in range(5):
        assert fused.vectors[i].tolist() == a.vectors[i].tolist() + b.vectors[i].tolist()
    assert fused.layout.blocks == ((2, 3), (4, 2))
    assert fused.records == a.records
    assert fused.settings == {"fusion": "raw", "networks": [{"network": "a"}, {"network": "b"}]}


def test_unit_fusion_gives_every_network_length_one_and_leaves_zeros():
    a, b = made_up(seed=0), made_up(seed=1, source="b")
    a.vectors[2] = 0
    fused = fuse([a, b], "unit")
    for i in range(5):
        norm = sum(float(v) ** 2 for v in b.vectors[i]) ** 0.5
        np.testing.assert_allclose(fused.vectors[i, 6:], [float(v) / norm for v in b.vectors[i]], rtol=1e-6)
    assert not fused.vectors[2, :6].any()


def test_source_tells_networks_their_order_and_the_scale_apart():
    a, b, c = made_up(source="a"), made_up(source="b"), made_up(source="c")
    sources = {e.source for e in (fuse([a, b]), fuse([b, a]), fuse([a, b], "unit"), fuse([a, b, c]), a)}
    assert len(sources) == 5
    assert fuse([a, b]).source == fuse([a, b]).source


def test_inputs_are_not_changed():
    a, b = made_up(seed=0), made_up(seed=1, source="b")
    before = a.vectors.copy()
    fuse([a, b], "unit").vectors[:] = 9
    np.testing.assert_array_equal(a.vectors, before)


def test_errors_name_the_first_difference():
    with pytest.raises(ArtefactError, match=r"row 3 is 'd/nm/0' .* and 'x/nm/0' .* embed the same --part"):
        fuse([made_up(), made_up(subjects="abcxy")])
    with pytest.raises(ArtefactError, match="hold 5 and 3 sequences: 'd/nm/0' is only in 1"):
        fuse([made_up(), made_up(n=3)])
    with pytest.raises(ArtefactError, match="hold 3 and 5 sequences: 'd/nm/0' is only in 3"):
        fuse([made_up(n=3), made_up(n=3), made_up()])
    with pytest.raises(ArtefactError, match="two networks or more, found 1"):
        fuse([made_up()])
    with pytest.raises(ConfigError, match="'raw' or 'unit', found 'log'"):
        fuse([made_up(), made_up()], "log")


def of(store="", data="", height=64, source="a"):
    facts = {"network": source, "preprocessing": {"height": height}}
    settings = {"networks": [facts]} | ({"store": store} if store else {}) | ({"data": data} if data else {})
    return replace(made_up(source=source), settings=settings)


def test_vectors_of_different_data_are_refused_though_their_names_agree():
    fused = fuse([of("one"), of("one", source="b")])
    for first, other in (
        (of("one", "x"), of("two", "x")),
        (of("", "x"), of("", "y")),
        (of("one", "x"), of("", "y")),
        (fused, of("two")),
        (of("two"), fused),
    ):
        with pytest.raises(ArtefactError, match=r"same names and are of different data .* embed the same store"):
            fuse([first, other])
    with pytest.raises(ArtefactError, match="embeddings 1 and 3 have"):
        fuse([of("one"), of("one"), of("two")])


def test_what_may_be_of_the_same_data_is_fused():
    for first, other in (
        (of("one", "all of it"), of("one", "a part, and then the same rows", source="b")),
        (of("one"), of("", "x", source="b")),
        (of(), of("two", source="b")),
        (of("one", height=64), of("two", height=128, source="b")),  # each network has a store of its own size
        (fuse([of("one"), of("one", source="b")]), of("one", source="c")),
    ):
        assert len(fuse([first, other])) == 5


def test_one_network_twice_is_refused():
    a, b = made_up(source="a"), made_up(source="b", seed=1)
    for given, places in (([a, a], "1 and 2"), ([a, b, made_up(source="a")], "1 and 3")):
        with pytest.raises(ArtefactError, match=f"embeddings {places} are of the same network: give each network once"):
            fuse(given)
