import hashlib
import json
import os

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import load_file, save_file

from gaitprint import tensor_headers
from gaitprint.errors import ArtefactError, DataError
from gaitprint.inference.embeddings_file import load_embeddings, save_embeddings
from gaitprint.types import Embeddings, PartLayout, SequenceRecord


def made_up(n=4):
    vectors = np.random.default_rng(7).normal(size=(n, 6)).astype(np.float32)
    records = tuple(SequenceRecord(f"ü{i}/nm/0", None if i == 1 else str(i), "nm", "0°") for i in range(n))
    return Embeddings(vectors, records, PartLayout(((1, 2), (2, 2))), "abc", {"network": "tiny", "list": [1, 2.5]})


def assert_equal(found, expected):
    assert found.vectors.tobytes() == expected.vectors.tobytes()
    assert found.records == expected.records
    assert found.layout == expected.layout
    assert (found.source, found.settings) == (expected.source, expected.settings)


def rewritten(path, **changes):
    """The file with other metadata, as a foreign or older program would have written it."""
    tensors = load_file(path)
    length = int.from_bytes(path.read_bytes()[:8], "little")
    metadata = json.loads(path.read_bytes()[8 : 8 + length])["__metadata__"]
    save_file(tensors, path, {k: v for k, v in {**metadata, **changes}.items() if v is not None})


def test_there_and_back(tmp_path):
    path = tmp_path / "new" / "e.safetensors"
    save_embeddings(path, made_up())
    assert_equal(load_embeddings(path), made_up())
    assert [p.name for p in path.parent.iterdir()] == ["e.safetensors"]


def test_any_safetensors_reader_opens_it(tmp_path):
    save_embeddings(tmp_path / "e.safetensors", made_up())
    np.testing.assert_array_equal(load_file(tmp_path / "e.safetensors")["vectors"], made_up().vectors)


def test_a_transposed_array_is_written_in_order(tmp_path):
    e = made_up(6)
    turned = Embeddings(np.asfortranarray(e.vectors), e.records, e.layout, e.source, e.settings)
    save_embeddings(tmp_path / "e.safetensors", turned)
    assert_equal(load_embeddings(tmp_path / "e.safetensors"), e)


@given(position=st.floats(0, 0.999), bit=st.integers(0, 7))
def test_no_flipped_bit_goes_unnoticed(tmp_path_factory, position, bit):
    path = tmp_path_factory.mktemp("flip") / "e.safetensors"
    save_embeddings(path, made_up())
    data = bytearray(path.read_bytes())
    data[int(position * len(data))] ^= 1 << bit
    path.write_bytes(data)
    try:
        found = load_embeddings(path)
    except ArtefactError as error:
        assert "\n" not in str(error)  # noqa: PT017
    else:
        assert_equal(found, made_up())


def test_a_file_cut_short_is_an_error(tmp_path):
    path = tmp_path / "e.safetensors"
    save_embeddings(path, made_up())
    data = path.read_bytes()
    for length in (0, 5, 8, 100, len(data) - 1):
        path.write_bytes(data[:length])
        with pytest.raises(ArtefactError, match="no embeddings file, or is damaged"):
            load_embeddings(path)


def test_damaged_vectors_and_records_are_told_apart(tmp_path):
    path = tmp_path / "e.safetensors"
    save_embeddings(path, made_up())
    data = bytearray(path.read_bytes())
    place = data.index(made_up().vectors.tobytes()) + 30
    data[place] ^= 1
    path.write_bytes(data)
    with pytest.raises(ArtefactError, match=r"the vectors of .* are damaged"):
        load_embeddings(path)
    data[place] ^= 1
    path.write_bytes(data.replace("ü2".encode(), "ü3".encode()))
    with pytest.raises(ArtefactError, match=r"the records of .* are damaged"):
        load_embeddings(path)


def test_missing_and_misspelt(tmp_path):
    save_embeddings(tmp_path / "gaitgl.safetensors", made_up())
    with pytest.raises(ArtefactError, match=r"no embeddings at .*did you mean 'gaitgl.safetensors'\?"):
        load_embeddings(tmp_path / "gaitgI.safetensors")
    with pytest.raises(ArtefactError, match=r"the folder .*nowhere does not exist"):
        load_embeddings(tmp_path / "nowhere" / "gaitgl.safetensors")
    with pytest.raises(ArtefactError, match="this is a folder"):
        load_embeddings(tmp_path)
    os.mkfifo(tmp_path / "pipe.safetensors")
    with pytest.raises(ArtefactError, match="no regular file, give the file that `model embed` wrote"):
        load_embeddings(tmp_path / "pipe.safetensors")
    with pytest.raises(ArtefactError, match=r"known: gaitgl\.safetensors$"):
        load_embeddings(tmp_path / "elsewhere")


def test_foreign_and_future_files(tmp_path):
    path = tmp_path / "e.safetensors"
    save_file({"conv.weight": np.ones(3, np.float32)}, path)
    with pytest.raises(ArtefactError, match="holds no embeddings"):
        load_embeddings(path)
    save_embeddings(path, made_up())
    rewritten(path, version="3")
    with pytest.raises(ArtefactError, match="version 3, this package reads 1 and 2"):
        load_embeddings(path)
    save_embeddings(path, made_up())
    rewritten(path, card_sha256=None)
    with pytest.raises(ArtefactError, match=r"records of .* are damaged"):
        load_embeddings(path)


def as_version_1(path, **changes):
    """The file as version 1 was: records in the card, and no tensor of them."""
    e = load_embeddings(path)
    card = {
        "records": [[r.key, r.subject, r.condition, r.view] for r in e.records],
        "layout": e.layout.blocks,
        "source": e.source,
        "settings": e.settings,
        "vectors_sha256": hashlib.sha256(e.vectors.tobytes()).hexdigest(),
    }
    text = json.dumps({k: v for k, v in {**card, **changes}.items() if v is not None}, ensure_ascii=False)
    told = {"version": "1", "card": text, "card_sha256": hashlib.sha256(text.encode()).hexdigest()}
    save_file({"vectors": e.vectors}, path, {"format": "gaitprint-embeddings", **told})


def test_a_file_of_version_1_is_read(tmp_path):
    path = tmp_path / "e.safetensors"
    save_embeddings(path, made_up())
    as_version_1(path)
    assert_equal(load_embeddings(path), made_up())
    save_embeddings(path, load_embeddings(path))
    for change in ({"records": []}, {"records": [["k"]]}, {"records": None}, {"vectors_sha256": None}):
        save_embeddings(path, made_up())
        as_version_1(path, **change)
        with pytest.raises(ArtefactError, match="does not fit together"):
            load_embeddings(path)


def test_records_longer_than_a_header_may_be_are_read_again(tmp_path):
    key = "k" * 2_000_000
    records = tuple(SequenceRecord(f"{key}{i}", None, "nm", "0") for i in range(51))
    e = Embeddings(np.zeros((51, 1), np.float32), records, PartLayout(((1, 1),)), "abc")
    save_embeddings(tmp_path / "e.safetensors", e)
    assert load_embeddings(tmp_path / "e.safetensors").records == records


def test_settings_longer_than_a_header_may_be_are_not_written(tmp_path, monkeypatch):
    monkeypatch.setattr(tensor_headers, "MAX_HEADER", 2000)
    e = made_up()
    save_embeddings(tmp_path / "e", Embeddings(e.vectors, e.records, e.layout, e.source, {"x": "y" * 1000}))
    with pytest.raises(ArtefactError, match=r"is not written: what it says of itself takes [0-9]+ bytes, more than"):
        save_embeddings(tmp_path / "f", Embeddings(e.vectors, e.records, e.layout, e.source, {"x": "y" * 2000}))
    assert [p.name for p in tmp_path.iterdir()] == ["e"]


def test_a_key_that_is_no_text_leaves_nothing_behind(tmp_path):
    e = made_up(1)
    odd = (SequenceRecord("\ud800", None, "nm", "0"),)
    with pytest.raises(ArtefactError, match="plain JSON values"):
        save_embeddings(tmp_path / "e", Embeddings(e.vectors, odd, e.layout, e.source))
    assert list(tmp_path.iterdir()) == []


def test_a_card_that_contradicts_the_vectors(tmp_path):
    path = tmp_path / "e.safetensors"
    for change in ({"layout": [[1, 5]]}, {"source": None}, {"records_sha256": None}, None):
        save_embeddings(path, made_up())
        length = int.from_bytes(path.read_bytes()[:8], "little")
        card = json.loads(json.loads(path.read_bytes()[8 : 8 + length])["__metadata__"]["card"])
        card = {"vectors_sha256": card["vectors_sha256"]} if change is None else {**card, **change}
        text = json.dumps({k: v for k, v in card.items() if v is not None})
        rewritten(path, card=text, card_sha256=hashlib.sha256(text.encode()).hexdigest())
        with pytest.raises(ArtefactError, match="does not fit together"):
            load_embeddings(path)


def test_settings_that_are_no_json_leave_nothing_behind(tmp_path):
    e = made_up()
    for settings in ({"x": object()}, {"x": float("nan")}):
        with pytest.raises(ArtefactError, match="plain JSON values"):
            save_embeddings(tmp_path / "e", Embeddings(e.vectors, e.records, e.layout, e.source, settings))
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match="choose another place"):
        save_embeddings(tmp_path / "file" / "e.safetensors", made_up())
