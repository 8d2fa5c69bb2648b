import dataclasses
import json

import numpy as np
import pytest
from asked import asked

from gaitprint.errors import ArtefactError, ProtocolError
from gaitprint.evaluation.verification.settings import VerifySettings
from gaitprint.report import html
from gaitprint.retrieval.pipeline import Pipeline
from gaitprint.stages.verify import verify
from gaitprint.types import Embeddings, PartLayout, SequenceRecord

FEW, FAST = VerifySettings(splits=2), {"resamples": 40}
RERANKED = {"scorer": {"name": "k-reciprocal", "k1": 4}}


def people(subjects=60, seed=0, source="made up", noise=0.5):
    """Subjects as points, three conditions of one walk a view."""
    generator = np.random.default_rng(seed)
    records, vectors = [], []
    for s in range(subjects):
        centre = generator.normal(size=6)
        for condition in ("nm-01", "nm-05", "cl-01"):
            for view in ("000", "090"):
                records.append(SequenceRecord(f"{s}/{condition}/{view}", f"{s:03d}", condition, view))
                vectors.append(centre + noise * (1 + (condition == "cl-01")) * generator.normal(size=6))
    return Embeddings(np.array(vectors, np.float32), tuple(records), PartLayout(((2, 3),)), source)


@pytest.fixture
def protocol(tmp_path):
    path = tmp_path / "two.toml"
    path.write_text(
        'name = "two"\ntitle = "Two"\nsource = "x"\nmode = "view-by-view"\nranks = [1]\n'
        '[gallery]\nconditions = ["nm-01"]\n[probes.NM]\nconditions = ["nm-05"]\n[probes.CL]\nconditions = ["cl-01"]\n'
    )
    return path


def test_the_report_says_all_and_the_page_shows_it(tmp_path, protocol):
    page = tmp_path / "page.html"
    found = verify(people(), asked(protocol=protocol, **FAST), FEW, report=page)
    values = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert [s["name"] for s in values["sets"]] == ["NM", "CL", "all"]
    assert values["distance"] == "Euclid of whole vectors"
    assert values["gallery"]["people"] == 30
    assert values["transductive"] is False
    assert values["calibration"]["folds"] == 5
    (low,) = (w for w in values["warnings"] if w.startswith("FNMR at FMR 1 %"))
    assert low.startswith("FNMR at FMR 1 %, FNMR at FMR 0.1 %: telling such rates from zero takes 300, 3000 subjects;")
    text = page.read_text()
    for title in ("One to one", "One to many, with strangers", "Thresholds", "Probability of one person",
                  "Detection error trade-off", "Distances of pairs", "Reliability at a prior of 50 %"):  # fmt: skip
        assert title in text
    assert low.partition(";")[0] in text
    assert "30 people, 60 sequences" in text


@pytest.mark.parametrize("subjects", [2, 3])
def test_fewer_people_than_folds_are_told_how_many_it_takes(protocol, subjects):
    found = verify(people(subjects), asked(protocol=protocol, **FAST), FEW)
    assert any(f"Only {subjects} subjects" in w for w in found.warnings)
    assert found.verification.calibration_missing.startswith("no calibration: 50 subjects would be needed")
    assert "of 5 folds" in found.verification.calibration_missing


def test_few_people_get_figures_that_are_marked(tmp_path, protocol):
    page = tmp_path / "page.html"
    found = verify(people(20), asked(protocol=protocol, **FAST), FEW, report=page)
    whole = found.to_dict()["sets"][-1]
    for said in (whole["equal_error_rate"], *whole["fnmr_at_fmr"], *whole["fnir_at_fpir"], *whole["rank"].values()):
        assert said["carried"] is False
        assert said["interval"][0] <= said["value"] <= said["interval"][1]
    columns = found.to_columns()
    assert set(columns["carried"]) == {False}
    assert None not in columns["percent"]
    assert all(columns["threshold"][:4])
    text = page.read_text()
    assert "* measured on these 20 subjects, too few to promise it for other people" in text
    assert f"<b>{100 * whole['equal_error_rate']['value']:.1f}*</b>" in text
    assert "dashed, hollow: too few subjects" in text
    assert found.verification.calibration is None
    assert any("No calibration: 50 subjects" in w for w in found.warnings)
    assert "equal error rate of too few subjects</h1>" in text
    assert "Reliability at" not in text


def test_a_calibration_is_written_used_on_others_and_refuses_other_distances(tmp_path, protocol):
    file = tmp_path / "c.json"
    made = verify(people(), asked(protocol=protocol, **FAST), FEW, calibration=file).verification.calibration
    facts = json.loads(file.read_text())["facts"]
    assert (facts["protocol"], facts["subjects"]) == ("two", 60)
    others = dataclasses.replace(FEW, prior=0.01)
    used = verify(people(40, seed=9), asked(protocol=protocol, **FAST), others, use=file).verification.calibration
    assert used.folds == 0
    assert used.after.prior == 0.01
    assert used.after.log_loss < used.prior_loss
    np.testing.assert_array_equal(used.calibration.log_ratios, made.calibration.log_ratios)
    with pytest.raises(ArtefactError, match="made for embeddings of 'made up', these are of 'new'"):
        verify(people(source="new"), asked(protocol=protocol, **FAST), use=file)
    with pytest.raises(ArtefactError, match="for distances of the pipeline"):
        verify(
            people(),
            asked(protocol=protocol, **FAST, pipeline={"scorer": {"name": "part-mean"}}),
            use=file,
        )
    with pytest.raises(ProtocolError, match="none is made to write"):
        verify(people(), asked(protocol=protocol, **FAST), use=file, calibration=tmp_path / "d.json")


def test_too_few_people_leave_no_file(tmp_path, protocol):
    file = tmp_path / "c.json"
    with pytest.raises(
        ProtocolError, match=r"c\.json was not written: a calibration with 5 folds takes 50 subjects, found 20"
    ):
        verify(people(20), asked(protocol=protocol, **FAST), FEW, calibration=file)
    assert not file.exists()


def test_a_transductive_pipeline_is_named_so(protocol):
    told = []
    from gaitprint.retrieval.budget import ComputeBudget

    work = ComputeBudget(progress=lambda done, total, what: told.append((done, total, what)))
    found = verify(people(12), asked(protocol=protocol, **FAST, pipeline=RERANKED, budget=work), FEW)
    assert found.verification.transductive
    assert any("transductive" in w for w in found.warnings)
    assert told[-1] == (4, 4, "strangers")  # two probe selections, each compared anew in two splits


def test_comparing_once_or_for_every_split_comes_to_the_same(protocol, monkeypatch):
    once = verify(people(40), asked(protocol=protocol, **FAST), FEW).to_dict()
    monkeypatch.setattr(Pipeline, "pairwise", False)
    assert verify(people(40), asked(protocol=protocol, **FAST), FEW).to_dict() == once


@pytest.mark.parametrize("weights", [(), (0.5,)])
def test_weights_of_networks_are_compared_once_as_well(protocol, weights, monkeypatch):
    pipeline = {"transforms": [{"name": "block-weights", "weights": list(weights)}], "scorer": "euclidean"}
    once = verify(people(40), asked(protocol=protocol, **FAST, pipeline=pipeline), FEW).to_dict()
    monkeypatch.setattr(Pipeline, "pairwise", False)
    assert verify(people(40), asked(protocol=protocol, **FAST, pipeline=pipeline), FEW).to_dict() == once


def test_nothing_is_measured_where_the_page_cannot_be_written(protocol, monkeypatch, tmp_path):
    monkeypatch.setattr(html, "render_report", None)
    with pytest.raises(Exception, match=r"ends in \.html"):
        verify(people(4), asked(protocol=protocol, **FAST), report=tmp_path / "page.txt")
