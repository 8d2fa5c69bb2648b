import dataclasses

import numpy as np
import pytest

from gaitprint.errors import DataError, ProtocolError, ShapeError
from gaitprint.evaluation.identification.answers import answer_probes, video_name, write_grew_answer, write_hid_answer
from gaitprint.evaluation.protocol.protocol import Selection, load_protocol
from gaitprint.types import Distances, Embeddings, PartLayout, SequenceRecord

KNOWN = {f"{i:05}" for i in range(30)}
TWENTY = tuple(f"{i:05}" for i in range(20))


def embeddings_of(*records):
    vectors = np.arange(len(records), dtype=np.float32)[:, None]
    return Embeddings(vectors, tuple(SequenceRecord(*r) for r in records), PartLayout(((1, 1),)), "made")


def euclid(probes, gallery):
    return np.abs(probes.vectors - gallery.vectors.T)


HID = embeddings_of(
    ("0500/a/default", "0500", "a", "default"),
    ("probe/p1/default", None, "p1", "default"),
    ("0502/b/default", "0502", "b", "default"),
    ("0502/c/default", "0502", "c", "default"),
    ("probe/p2/default", None, "p2", "default"),
)


def test_nearest_first_and_ties_by_place():
    found = answer_probes(HID, load_protocol("hid"), Distances(euclid), top=3)
    assert found.probes == ("p1", "p2")
    assert found.subjects == (("0500", "0502", "0502"), ("0502", "0502", "0500"))
    assert found.known == {"0500", "0502"}


def test_the_video_is_the_innermost_name_that_says_something():
    assert video_name(SequenceRecord("probe/03/v7", None, "03", "v7")) == "v7"
    assert video_name(SequenceRecord("probe/v7/default", None, "v7", "default")) == "v7"


def test_answers_need_one_probe_selection_and_a_labelled_gallery_large_enough():
    for name in ("casia-b", "hid-draws"):
        with pytest.raises(ProtocolError, match="one probe selection and no draws"):
            answer_probes(HID, load_protocol(name), Distances(euclid))
    with pytest.raises(ProtocolError, match="4 nearest gallery sequences were asked for, the gallery holds 3"):
        answer_probes(HID, load_protocol("hid"), Distances(euclid), top=4)
    rest = dataclasses.replace(load_protocol("hid"), gallery=Selection(conditions=("a", "p1")), exclude=("same-key",))
    with pytest.raises(ProtocolError, match="1 gallery sequences of hid have no subject"):
        answer_probes(HID, rest, Distances(euclid))
    with pytest.raises(ShapeError, match=r"\[2, 3\]"):
        answer_probes(HID, load_protocol("hid"), Distances(lambda p, g: euclid(g, p)))


@pytest.mark.parametrize("header", ["label", "subjectID"])
def test_a_hid_answer_byte_for_byte(tmp_path, header):
    path = tmp_path / "answer.csv"
    write_hid_answer(path, ["b", "a"], ["00001", "00002"], expected_probes=["a", "b"], known_ids=KNOWN, header=header)
    assert path.read_bytes() == f"videoID,{header}\nb,00001\na,00002\n".encode()


def test_a_grew_answer_byte_for_byte(tmp_path):
    path = tmp_path / "answer.csv"
    write_grew_answer(path, ["v"], [TWENTY], expected_probes=["v"], known_ids=KNOWN)
    ranks, ids = (",".join(x) for x in ([f"rank{k}" for k in range(1, 21)], [str(i) for i in range(20)]))
    assert path.read_bytes() == f"videoId,{ranks}\nv,{ids}\n".encode()


@pytest.mark.parametrize(
    ("probes", "ids", "message"),
    [
        (["a", "a"], ["00001", "00001"], "probe 'a' is answered twice"),
        (["a"], ["00001"], "1 of 2 probes have no answer .b, ...."),
        (["a", "b", "c"], ["00001"] * 3, "1 answered probes are not in the expected list .c, ...."),
        (["a", "b"], ["00001", "1"], "1 answered ids are not in the gallery .'1', ....: zeros matter"),
        (["a", "b"], ["00001"], "2 probes came with 1 answers"),
        (["a", "b,c"], ["00001"] * 2, "'b,c' cannot stand in a comma-separated file"),
        (["a", ""], ["00001"] * 2, "'' cannot stand"),
    ],
)
def test_a_wrong_hid_answer_is_never_written(tmp_path, probes, ids, message):
    path = tmp_path / "answer.csv"
    with pytest.raises(DataError, match=message):
        write_hid_answer(path, probes, ids, expected_probes=["a", "b"], known_ids=KNOWN)
    assert not path.exists()
    with pytest.raises(DataError, match=message):
        write_grew_answer(path, probes, [(i,) * 20 for i in ids], expected_probes=["a", "b"], known_ids=KNOWN)
    assert not path.exists()


def test_wrong_grew_lines(tmp_path):
    path = tmp_path / "answer.csv"
    with pytest.raises(DataError, match="has 20 ids a probe, 'v' has 19"):
        write_grew_answer(path, ["v"], [TWENTY[:19]], expected_probes=["v"], known_ids=KNOWN)
    with pytest.raises(DataError, match="whole numbers such as '00012', found 'ann'"):
        write_grew_answer(path, ["v"], [(*TWENTY[:19], "ann")], expected_probes=["v"], known_ids={*KNOWN, "ann"})
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_is_an_error(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match="choose another place"):
        write_hid_answer(tmp_path / "file" / "a.csv", ["a"], ["00001"], expected_probes=["a"], known_ids=KNOWN)
