"""An approximate search, asked for on the command line."""

import sys

import numpy as np
import pytest

from gaitprint.inference.embeddings_file import save_embeddings
from gaitprint.retrieval.knn import approximate
from gaitprint.types import Embeddings, PartLayout, SequenceRecord

CONDITIONS = ["nm-01", "nm-05", "bg-01", "cl-01"]
ASKED = ["--set", "k-reciprocal.search=approximate", "--set", "k-reciprocal.recall=0.95", "--set", "k-reciprocal.k1=6"]


@pytest.fixture(scope="module")
def vectors(tmp_path_factory):
    rng = np.random.default_rng(0)
    records, rows = [], []
    for subject in range(80):
        centre = rng.normal(size=16)
        for condition in CONDITIONS:
            for view in ("000", "090"):
                key = f"{subject:03d}"
                records.append(SequenceRecord(f"{key}/{condition}/{view}", key, condition, view))
                rows.append(centre + 0.4 * rng.normal(size=16))
    path = tmp_path_factory.mktemp("approximate") / "vectors.safetensors"
    save_embeddings(path, Embeddings(np.array(rows, np.float32), tuple(records), PartLayout(((1, 16),)), "made up"))
    return path


def test_evaluate_prints_the_recall_once_a_search(run, vectors, monkeypatch):
    pytest.importorskip("faiss", reason="faiss is not installed: pip install 'gaitprint[faiss]'")
    monkeypatch.setattr(approximate, "_FEW", 100)
    monkeypatch.setattr(approximate, "_FAR", 50)
    monkeypatch.setattr(approximate, "_LOOK", 1e-6)
    monkeypatch.setattr(approximate, "_COMPARE", 1e-6)
    ran = run("eval", "identify", vectors, "--pipeline", "k-reciprocal", *ASKED)
    assert ran.code == 0, ran.err
    said = [line for line in ran.err.splitlines() if line.startswith("approximate neighbours: ")]
    assert said
    assert len(set(said)) == len(said)
    assert all("(wanted 95 %)" in line for line in said)
    figures = run("eval", "identify", vectors, "--pipeline", "k-reciprocal", *ASKED, "--json").json()
    assert "'approximate'" in str(figures)


def test_few_items_are_compared_exactly_and_that_is_printed(run, vectors):
    pytest.importorskip("faiss", reason="faiss is not installed: pip install 'gaitprint[faiss]'")
    exact = run("eval", "identify", vectors, "--pipeline", "k-reciprocal", "--set", "k-reciprocal.k1=6")
    ran = run("eval", "identify", vectors, "--pipeline", "k-reciprocal", *ASKED)
    assert "items are compared exactly, for they are few" in ran.err
    assert ran.out.splitlines()[0] == exact.out.splitlines()[0]


def test_without_faiss_there_is_one_line_and_a_way_out(run, vectors, monkeypatch):
    monkeypatch.setitem(sys.modules, "faiss", None)
    ran = run("eval", "identify", vectors, "--pipeline", "k-reciprocal", *ASKED)
    assert ran.code != 0
    assert len(ran.err.strip().splitlines()) == 1
    assert "pip install 'gaitprint[faiss]'" in ran.err
