"""8 bits: what is quantised, and the gate that ranks have to pass."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest

from gaitprint.datasets.synthetic import SyntheticSettings
from gaitprint.deploy.onnx_graph import onnx_model
from gaitprint.errors import ArtefactError, ConfigError
from gaitprint.exported import ranks, trial
from gaitprint.exported.eight_bit import eight_bit
from gaitprint.exported.opening import graph_backend, open_exported
from gaitprint.exported.ranks import RankAgreement, check_ranks, rank_agreement
from gaitprint.exported.trial import Trial, stored_trial
from gaitprint.inference.running import form_of
from gaitprint.models.model_file import load_model
from gaitprint.silhouettes.clips import Preprocessing
from gaitprint.stages.export_model import export_model
from gaitprint.store import MemorySequences, Store
from gaitprint.types import SequenceRecord

ENGINES = ("onnxruntime", "openvino")


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few walkers, and a gate that a small network in 8 bits passes."""
    small = SyntheticSettings(2, frames=6, conditions=("nm-01", "cl-01"), views=("090",))
    monkeypatch.setattr(trial, "_CALIBRATING", small)
    monkeypatch.setattr(trial, "_RANKING", replace(small, start=501))
    monkeypatch.setattr(ranks, "AGREEMENT", 0.0)
    monkeypatch.setattr(ranks, "RANK_1_CHANGE", 100.0)


def noise(n: int, frames: int) -> np.ndarray:
    return (np.random.default_rng(frames).random((n, frames, 16, 10)) > 0.5).astype(np.float32)


def test_both_engines_run_it_near_full_precision(model_file: Path) -> None:
    form = form_of(load_model(model_file).model)
    assert form is not None
    graph = onnx_model(form).SerializeToString()
    reduced = eight_bit(graph, [noise(2, t) for t in (3, 9)])
    for frames in (1, 4, 11):
        wanted = graph_backend("onnxruntime").open_graph(graph, 16, 1)(noise(3, frames))
        one, two = (graph_backend(engine).open_graph(reduced, 16, 1)(noise(3, frames)) for engine in ENGINES)
        size = np.linalg.norm(wanted)
        assert 1e-4 * size < np.linalg.norm(one - wanted) < 0.05 * size
        assert np.linalg.norm(one - two) < 0.01 * size


def test_the_first_convolution_and_the_head_stay_in_full_precision(model_file: Path) -> None:
    form = form_of(load_model(model_file).model)
    assert form is not None
    reduced = onnx.load_from_string(eight_bit(onnx_model(form).SerializeToString(), [noise(1, 6)]))
    whole = {weight.name: weight.data_type for weight in reduced.graph.initializer}
    first, *others = (node for node in reduced.graph.node if node.op_type == "Conv")
    (head,) = (node for node in reduced.graph.node if node.op_type == "MatMul")
    assert whole[first.input[1]] == whole[head.input[1]] == onnx.TensorProto.FLOAT
    assert all(node.input[1] not in whole for node in others), "what is not in full precision is dequantised first"
    integers = [onnx.numpy_helper.to_array(w) for w in reduced.graph.initializer if w.name.endswith("_quantized")]
    weights = [values for values in integers if values.dtype == np.int8 and values.ndim == 5]
    assert len(weights) == len(others) == 7
    assert max(np.abs(values.astype(int)).max() for values in weights) <= 64


def records(*names: str) -> tuple[SequenceRecord, ...]:
    return tuple(SequenceRecord(f"{name}/{i}", name[0], name[1:], "090") for i, name in enumerate(names))


def test_ranks_are_of_other_walks() -> None:
    """a1 is seen twice, and the nearest of either is never the other."""
    who = records("a1", "a1", "a2", "b1", "b2")
    exact = np.array([[0], [0.1], [1], [3], [4]], np.float32)
    reduced = np.array([[0], [0.1], [2.4], [3], [4]], np.float32)
    same = rank_agreement(exact, exact, who)
    assert same == RankAgreement(5, 100.0, 100.0, 100.0)
    assert same.passes
    found = rank_agreement(exact, reduced, who)
    # a2's nearest was a1 and is b1, that of b1 was b2 and is a2
    assert found == RankAgreement(5, 60.0, 100.0, 60.0)
    assert not found.passes
    assert found.describe() == ("60.0 % of the nearest neighbours of 5 sequences agree, rank-1 100.0 -> 60.0")


@pytest.mark.parametrize(
    ("agreement", "reduced", "passes"),
    [(99.0, 90.2, True), (98.9, 90.0, False), (99.5, 89.7, False), (99.5, 90.3, False)],
)
def test_both_limits_count(agreement: float, reduced: float, passes: bool) -> None:
    assert RankAgreement(1000, agreement, 90.0, reduced).passes is passes


def test_what_loses_ranks_is_refused_with_figures() -> None:
    who = records("a1", "a2", "b1", "b2")
    clips = tuple(np.full((1, 1, 2, 2), value, np.float32) for value in (0, 1, 4, 5))
    given = Trial((), who, clips, "made-up walks")
    exact = np.array([[0], [1], [4], [5]], np.float32)
    ticks = []
    assert check_ranks(exact, lambda clip: clip[:, :, 0, :1], given, "an engine", lambda: ticks.append(1)).passes
    assert len(ticks) == 4
    with pytest.raises(ArtefactError, match=r"8 bits in an engine, on made-up walks, 0.0 % .* rank-1 100.0 -> 0.0; it"):
        check_ranks(exact, lambda clip: clip[:, :, 0, :1] % 4, given, "an engine", lambda: None)


@pytest.mark.usefixtures("few")
@pytest.mark.parametrize("kind", ["onnx", "xml"])
def test_an_export_in_8_bits_says_how_ranks_agree(
    kind: str, model_file: Path, exported: Path, tmp_path: Path, walk: np.ndarray
) -> None:
    told: list[tuple[int, int, str]] = []
    report = export_model(model_file, tmp_path / f"a.{kind}", int8=True, progress=lambda *what: told.append(what))
    assert report.precision == "int8"
    assert report.describe().startswith("in 8 bits, on synthetic walkers: in o")
    assert "of 4 sequences agree, rank-1" in report.describe()
    assert told[-1][:2] == (4 * (1 + len(report.ranks)),) * 2
    opened = open_exported(tmp_path / f"a.{kind}")
    assert opened.card.precision == "int8"
    assert opened.card.checked["ranks"] == report.to_dict()["ranks"]
    wanted = open_exported(exported / "small.onnx").vector(walk)
    assert 1e-4 < np.linalg.norm(opened.vector(walk) - wanted) / np.linalg.norm(wanted) < 0.05


@pytest.mark.usefixtures("few")
def test_a_store_of_ones_own_calibrates_and_is_ranked(model_file: Path, walkers_store: Path, tmp_path: Path) -> None:
    report = export_model(model_file, tmp_path / "a.onnx", int8=True, calibration=walkers_store)
    assert report.trial == "sequences of the store"
    assert report.ranks["openvino"].sequences == 3 * 5 * 2
    store = Store.open(walkers_store)
    made = stored_trial(store, store, Preprocessing())
    assert len(made.calibration) == 36
    assert all(clip.shape == (1, 12, 64, 44) for clip in (*made.calibration, *made.clips))


def test_all_the_tested_are_ranked_alike_by_walks_of_one_view() -> None:
    frames = np.full((2, 64, 64), 255, np.uint8)
    kept = [SequenceRecord(f"{s}/{c}/{v}", f"{s:02d}", str(c), v) for s in range(50) for c in range(6) for v in "AB"]
    walked = MemorySequences(tuple(kept[:-1]), (frames,) * (len(kept) - 1))
    found = stored_trial(walked, walked, Preprocessing()).records
    # the last walk of B is missing, so that A is the commoner view
    assert len(found) == 200
    assert {r.view for r in found} == {"A"}
    assert set(Counter(r.subject for r in found).values()) == {4}
    assert len({r.condition for r in found[:50]}) > 1


def test_ranks_that_are_lost_leave_nothing(model_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trial, "_CALIBRATING", SyntheticSettings(1, frames=6, conditions=("nm-01",), views=("090",)))
    monkeypatch.setattr(trial, "_RANKING", SyntheticSettings(2, 0, 6, ("nm-01", "cl-01"), ("090",), 501))
    monkeypatch.setattr(ranks, "AGREEMENT", 100.1)
    with pytest.raises(ArtefactError, match="nothing is written: with 8 bits in onnxruntime"):
        export_model(model_file, tmp_path / "a.onnx", int8=True)
    assert list(tmp_path.iterdir()) == []


def test_what_8_bits_need(model_file: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"name .*a\.safetensors \.onnx or \.xml"):
        export_model(model_file, tmp_path / "a.safetensors", int8=True)
    with pytest.raises(ConfigError, match="is for 8 bits: give --int8 as well"):
        export_model(model_file, tmp_path / "a.onnx", calibration=tmp_path)
    frames = np.full((2, 64, 64), 255, np.uint8)
    one = MemorySequences(records("a1", "a2"), (frames, frames))
    two = MemorySequences(records("a1", "b1"), (frames, frames))
    nobody = MemorySequences((SequenceRecord("x", None, "1", "090"),), (frames,))
    with pytest.raises(ConfigError, match="nobody to calibrate with"):
        stored_trial(nobody, two, Preprocessing())
    with pytest.raises(ConfigError, match="found 1 with 2 walks"):
        stored_trial(one, one, Preprocessing())
    with pytest.raises(ConfigError, match="found 2 with 2 walks"):
        stored_trial(one, two, Preprocessing())
