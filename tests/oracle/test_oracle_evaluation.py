"""Every evaluation figure of the independent implementations, from the same features."""

import dataclasses

import numpy as np
import pytest

from gaitprint.evaluation.identification.answers import answer_probes, write_grew_answer, write_hid_answer
from gaitprint.evaluation.identification.evaluate import evaluate
from gaitprint.evaluation.protocol.protocol import load_protocol, with_lists
from gaitprint.types import Distances, Embeddings, PartLayout, SequenceRecord

ROUNDED = 0.011


def embeddings_of(golden, subjects, conditions, views):
    features = golden["features"]
    n, channels, parts = features.shape
    records = tuple(
        SequenceRecord(f"{i}/{s}/{c}/{v}", s, c, v)
        for i, (s, c, v) in enumerate(zip(subjects, conditions, views, strict=True))
    )
    vectors = np.ascontiguousarray(features.transpose(0, 2, 1)).reshape(n, -1)
    return Embeddings(vectors, records, PartLayout(((parts, channels),)), "golden")


def labelled(golden):
    return embeddings_of(golden, *([str(x) for x in golden[k]] for k in ("labels", "types", "views")))


def parts_of(embeddings):
    ((parts, channels),) = embeddings.layout.blocks
    return embeddings.vectors.astype(np.float64).reshape(len(embeddings), parts, channels)


def euc(probes, gallery):
    x, y = parts_of(probes), parts_of(gallery)
    total = np.zeros((len(x), len(y)))
    for p in range(x.shape[1]):
        total += np.linalg.norm(x[:, None, p] - y[None, :, p], axis=-1)
    return (total / x.shape[1]).astype(np.float32)


def cos(probes, gallery):
    x, y = (v / np.linalg.norm(v, axis=-1, keepdims=True) for v in (parts_of(probes), parts_of(gallery)))
    return (1 - np.einsum("qpc,gpc->qg", x, y, optimize=True) / x.shape[1]).astype(np.float32)


def flat(probes, gallery):
    x, y = (e.vectors.astype(np.float64) for e in (probes, gallery))
    squares = (x**2).sum(1)[:, None] + (y**2).sum(1)[None] - 2 * x @ y.T
    return np.sqrt(np.maximum(squares, 0)).astype(np.float32)


DISTANCES = {"euc": euc, "cos": cos}


def run(embeddings, protocol, compare):
    return evaluate(embeddings, protocol, Distances(compare), generator=np.random.default_rng(0), resamples=20)


@pytest.mark.parametrize("metric", ["euc", "cos"])
@pytest.mark.parametrize(("case", "name"), [("casiab", "casia-b"), ("oumvlp", "oumvlp"), ("casiae", "casia-e")])
def test_tables_of_probe_view_and_gallery_view(golden, case, name, metric):
    data = golden(f"evaluation_{case}")
    found = run(labelled(data), load_protocol(name), DISTANCES[metric])
    for result in found.results:
        expected = f"single_view/{metric}/{result.name}"
        np.testing.assert_allclose(result.matrix, data[f"{expected}/matrix"], atol=ROUNDED, rtol=0)
        np.testing.assert_allclose(result.rows, data[f"{expected}/per_probe_view"], atol=ROUNDED, rtol=0)
        assert result.mean == pytest.approx(float(data[f"{expected}/mean"]), abs=ROUNDED)
        views = [v for v in data["view_list"] if not (case == "casiae" and v == "270")]
        assert list(result.row_names) == views


@pytest.mark.parametrize("metric", ["euc", "cos"])
@pytest.mark.parametrize("case", ["casia-b", "oumvlp"])
def test_one_gallery_of_all_views(golden, case, metric):
    data = golden(f"evaluation_{case.replace('-', '')}")
    found = run(labelled(data), load_protocol(f"{case}-cross-view"), DISTANCES[metric])
    for result in found.results:
        expected = f"cross_view_gallery/{metric}/{result.name}"
        np.testing.assert_allclose(result.rows, data[f"{expected}/rank1_per_probe_view"], atol=ROUNDED, rtol=0)
        np.testing.assert_allclose(result.precision_rows, data[f"{expected}/map_per_probe_view"], atol=ROUNDED, rtol=0)
        assert result.mean == pytest.approx(float(data[f"{expected}/rank1"]), abs=ROUNDED)
        assert result.mean_average_precision == pytest.approx(float(data[f"{expected}/map"]), abs=ROUNDED)


@pytest.mark.parametrize(("case", "name"), [("casiab", "casia-b"), ("oumvlp", "oumvlp")])
def test_rank_one_to_five_with_flat_distances(golden, case, name):
    data = golden(f"evaluation_{case}")
    found = run(labelled(data), load_protocol(name), flat)
    tables = np.stack([r.table[:, :, :5] for r in found.results])
    np.testing.assert_allclose(tables, data["gaitset_flat_euc/acc"], atol=ROUNDED, rtol=0)


def test_oumvlp_counts_probes_without_gallery_item_both_ways(golden):
    data = golden("evaluation_oumvlp")
    protocol = load_protocol("oumvlp")
    wrong = run(labelled(data), protocol, euc)["NM"]
    left_out = run(labelled(data), dataclasses.replace(protocol, unmatched="left-out"), euc)["NM"]
    scaled = data["single_view/euc/NM/matrix"] * data["n_probe"] / data["n_probe_with_gallery"]
    np.testing.assert_allclose(left_out.matrix, scaled, atol=2 * ROUNDED, rtol=0)
    off = ~np.eye(len(scaled), dtype=bool)
    assert wrong.counts.unmatched == (data["n_probe"] - data["n_probe_with_gallery"])[off].sum()
    assert wrong.counts.trials == data["n_probe"][off].sum()
    assert wrong.mean == pytest.approx(61.0, abs=0.05)
    assert wrong.mean_matched == pytest.approx(left_out.mean, abs=1e-9)
    assert wrong.mean_matched == pytest.approx(73.7, abs=0.05)
    np.testing.assert_allclose(wrong.rows_matched, left_out.rows)


@pytest.mark.parametrize("metric", ["euc", "cos"])
def test_gait3d(golden, metric):
    data = golden("evaluation_gait3d")
    embeddings = labelled(data)
    lists = {"PROBE_SET": [str(k) for k in data["probe_set"]]}
    result = run(embeddings, with_lists(load_protocol("gait3d"), lists), DISTANCES[metric])["Gait3D"]
    assert result.counts.probes == 130
    assert result.counts.left_out == 130 - len(data["euc/ap_per_valid_probe"])
    np.testing.assert_allclose(result.cmc / 100, data[f"{metric}/cmc"], atol=1e-6)
    for k in (1, 5, 10):
        assert result.cmc[k - 1] == pytest.approx(float(data[f"{metric}/rank{k}_percent"]), abs=1e-3)
    assert result.mean_average_precision == pytest.approx(float(data[f"{metric}/map_percent"]), abs=1e-3)
    assert result.mean_inverse_penalty == pytest.approx(float(data[f"{metric}/minp_percent"]), abs=1e-3)
    matched = result.trials.matched
    np.testing.assert_allclose(
        result.trials.average_precision[matched], data[f"{metric}/ap_per_valid_probe"], atol=1e-6
    )
    np.testing.assert_allclose(result.trials.inverse_penalty[matched], data[f"{metric}/inp_per_valid_probe"], atol=1e-6)


@pytest.mark.parametrize("case", ["plain", "rerank"])
def test_hid_answer_is_the_same_text(golden, golden_folder, tmp_path, case):
    data = golden("evaluation_hid")
    subjects = [None if s == "probe" else str(s) for s in data["labels"]]
    videos = [str(v) for v in data["views"]]
    embeddings = embeddings_of(data, subjects, ["x"] * len(videos), videos)
    distances = euc if case == "plain" else lambda p, g: data["reranked_distance"]
    answers = answer_probes(embeddings, load_protocol("hid"), Distances(distances))
    expected = [v for v, s in zip(videos, subjects, strict=True) if s is None]
    path = tmp_path / "answer.csv"
    first = [ids[0] for ids in answers.subjects]
    write_hid_answer(path, answers.probes, first, expected_probes=expected, known_ids=answers.known)
    assert path.read_bytes() == (golden_folder / f"evaluation_hid_{case}.csv").read_bytes()


def test_grew_answer_is_the_same_text(golden, golden_folder, tmp_path):
    data = golden("evaluation_grew")
    subjects = [None if c == "03" else str(s) for s, c in zip(data["labels"], data["types"], strict=True)]
    embeddings = embeddings_of(data, subjects, map(str, data["types"]), map(str, data["views"]))
    answers = answer_probes(embeddings, load_protocol("grew-test"), Distances(euc), top=20)
    path = tmp_path / "answer.csv"
    expected = {str(v) for v, c in zip(data["views"], data["types"], strict=True) if c == "03"}
    write_grew_answer(path, answers.probes, answers.subjects, expected_probes=expected, known_ids=answers.known)
    assert path.read_bytes() == (golden_folder / "evaluation_grew_submission.csv").read_bytes()


def test_grew_figures(golden):
    data = golden("evaluation_grew")
    embeddings = embeddings_of(data, *(map(str, data[k]) for k in ("labels_true", "types", "views")))
    result = run(embeddings, load_protocol("grew"), euc)["GREW"]
    expected = data["real_scene_gallery01_probe02_rank1_5_10_20"]
    np.testing.assert_allclose(result.cmc[[0, 4, 9, 19]], expected, atol=ROUNDED, rtol=0)
