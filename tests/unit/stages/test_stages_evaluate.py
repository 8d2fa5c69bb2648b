import dataclasses
import json

import numpy as np
import pytest
from asked import asked

from gaitprint.errors import ArtefactError, ComponentError, ProtocolError
from gaitprint.evaluation.identification.evaluate import evaluate as measure
from gaitprint.evaluation.identification.mean_figures import difference, mean_figure, mean_interval
from gaitprint.evaluation.identification.warnings import chance_warnings, data_warnings
from gaitprint.evaluation.protocol.protocol import load_protocol
from gaitprint.experiments.people_warnings import synthetic_warnings
from gaitprint.inference.embeddings_file import save_embeddings
from gaitprint.inference.selection import SequenceFilter
from gaitprint.pages.evaluation_values import data_facts, percent
from gaitprint.pages.match_sheets import match_sheets, strip_image
from gaitprint.provenance.dataset_names import dataset_names
from gaitprint.report.values import Percent
from gaitprint.retrieval.distances.exact import flat_euclidean
from gaitprint.stages.evaluate import evaluate
from gaitprint.store import Store, StorePlan, StoreWriter
from gaitprint.types import Distances, Embeddings, PartLayout, SequenceRecord

VIEWS = ("000", "090", "180")
CONDITIONS = ("nm-01", "nm-02", "nm-05", "bg-01", "cl-01")


def made_up(subjects=6, noise=0.6, seed=0, views=VIEWS, conditions=CONDITIONS, width=8):
    """Subjects as points, sequences as noisy copies: harder with every condition."""
    generator = np.random.default_rng(seed)
    centres = generator.normal(size=(subjects, width))
    records, vectors = [], []
    for s in range(subjects):
        for condition in conditions:
            for view in views:
                spread = noise * (1.0 + CONDITIONS.index(condition) / 4)
                records.append(SequenceRecord(f"{s:03d}/{condition}/{view}", f"{s:03d}", condition, view))
                vectors.append(centres[s] + spread * generator.normal(size=width))
    layout = PartLayout(((2, width // 2),))
    settings = {"networks": [{"network": "gaitgl", "title": "made up"}]}
    return Embeddings(np.array(vectors, np.float32), tuple(records), layout, f"source {seed}", settings)


def lacking(embeddings, view, condition):
    return embeddings.select(
        [i for i, r in enumerate(embeddings.records) if (r.view, r.condition) != (view, condition)]
    )


def euclid(embeddings, protocol="casia-b", distances=None):
    return measure(
        embeddings,
        load_protocol(protocol),
        Distances(distances or (lambda p, g: flat_euclidean(p.vectors, g.vectors))),
        generator=np.random.default_rng(0),
        resamples=20,
    )


def slow_rank1(embeddings, condition):
    """CASIA-B's figure in plain loops."""
    rows = []
    for probe_view in VIEWS:
        cells = []
        for gallery_view in VIEWS:
            if gallery_view == probe_view:
                continue
            right = []
            for v, r in zip(embeddings.vectors, embeddings.records, strict=True):
                if r.condition != condition or r.view != probe_view:
                    continue
                best = min(
                    (float(np.sqrt(((v - w).astype(np.float64) ** 2).sum())), g.subject)
                    for w, g in zip(embeddings.vectors, embeddings.records, strict=True)
                    if g.condition in ("nm-01", "nm-02") and g.view == gallery_view
                )
                right.append(best[1] == r.subject)
            cells.append(np.mean(right))
        rows.append(np.mean(cells))
    return 100 * np.mean(rows)


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    root = tmp_path_factory.mktemp("evaluate") / "store"
    with StoreWriter(root, StorePlan("synthetic", (64, 64))) as writer:
        for i, record in enumerate(made_up().records):
            writer.add(record, np.full((3 + i % 9, 64, 64), 40 + i, np.uint8))
    return root


def test_figures_are_those_of_plain_loops_and_the_report_is_json(tmp_path):
    embeddings = made_up()
    save_embeddings(tmp_path / "e.safetensors", embeddings)
    result = evaluate(tmp_path / "e.safetensors", request=asked(resamples=50))
    slow = [slow_rank1(embeddings, c) for c in ("nm-05", "bg-01", "cl-01")]
    assert [r.mean for r in result.evaluation.results] == pytest.approx(slow)
    assert result.mean == pytest.approx(np.mean(slow))
    assert result.interval.low <= result.mean <= result.interval.high
    assert not result.transductive
    values = json.loads(json.dumps(result.to_dict(), allow_nan=False))
    assert values["mean"] == result.mean
    assert values["interval"] == [result.interval.low, result.interval.high]
    assert values["distance"] == "Euclid of whole vectors"
    assert values["pipeline"] == {"transforms": [], "scorer": {"name": "euclidean"}}
    assert [r["name"] for r in values["results"]] == ["NM", "BG", "CL"]


def test_a_file_and_memory_give_the_same_and_the_seed_is_the_only_chance(tmp_path):
    save_embeddings(tmp_path / "e.safetensors", made_up())
    first, again = (
        evaluate(tmp_path / "e.safetensors", request=asked(resamples=50)),
        evaluate(made_up(), request=asked(resamples=50)),
    )
    assert first.to_dict() == again.to_dict()
    other = evaluate(made_up(), request=asked(seed=1, resamples=50))
    assert other.mean == first.mean
    assert other.interval != first.interval


def test_a_pipeline_changes_the_figures_and_says_that_it_is_transductive():
    pipeline = {"transforms": ["unit-length"], "scorer": {"name": "k-reciprocal", "k1": 4, "k2": 2}}
    result = evaluate(made_up(), request=asked(pipeline=pipeline, resamples=20))
    assert result.transductive
    assert result.to_dict()["transductive"] is True
    assert "k-reciprocal" in result.distance
    assert any(w.startswith("The figures are transductive") for w in result.warnings)
    assert result.pipeline["scorer"]["k1"] == 4
    with pytest.raises(ComponentError, match="did you mean 'euclidean'"):
        evaluate(made_up(), request=asked(pipeline={"scorer": {"name": "euclidian"}}))


def test_selection_narrows_and_names_what_is_not_there():
    embeddings = made_up()
    some = SequenceFilter(["001", "002"], ["000", "090"], ["nm-01", "nm-05"]).apply(embeddings)
    assert {(r.subject, r.view, r.condition) for r in some.records} == {
        (s, v, c) for s in ("001", "002") for v in ("000", "090") for c in ("nm-01", "nm-05")
    }
    assert SequenceFilter().apply(embeddings) is embeddings
    result = evaluate(embeddings, request=asked(subjects=["001", "002", "003"], resamples=20))
    assert result.evaluation.results[0].counts.subjects == 3
    for wanted, match in (
        ({"subjects": ["01"]}, "no sequence has the subject '01': did you mean '001'"),
        ({"views": ["91"]}, "no sequence has the view '91'"),
        ({"conditions": ["nm-1"]}, "no sequence has the condition 'nm-1': did you mean 'nm-01'"),
        ({"subjects": []}, "fewer restrictions"),
    ):
        with pytest.raises(ProtocolError, match=match):
            evaluate(embeddings, request=asked(**wanted))


def test_warnings_name_empty_cells_few_subjects_and_guessing():
    embeddings = made_up(subjects=4)
    without = lacking(embeddings, "090", "nm-05")
    warnings = evaluate(without, request=asked(resamples=20)).warnings
    assert any("NM: no probe at view 090" in w for w in warnings)
    assert any("Only 4 subjects" in w for w in warnings)
    assert len(warnings) == len(set(warnings))
    noise = made_up(subjects=25, noise=50.0)
    warnings = evaluate(noise, request=asked(resamples=20)).warnings
    assert any("near blind guessing (4.0 %)" in w for w in warnings)
    assert not any("Only" in w for w in warnings)
    assert chance_warnings("x", euclid(made_up(subjects=12, noise=0.1))) == []


def test_unmatched_probes_are_told():
    embeddings = made_up()
    keep = [i for i, r in enumerate(embeddings.records) if r.subject != "003" or r.condition not in ("nm-01", "nm-02")]
    result = evaluate(embeddings.select(keep), request=asked(resamples=20))
    counts = result.evaluation["NM"].counts
    assert counts.unmatched > 0
    told = [w for w in result.warnings if w.startswith(f"NM: {counts.unmatched} of {counts.trials} comparisons")]
    assert len(told) == 1


@pytest.mark.parametrize(
    ("unmatched", "told"),
    [
        ("left-out", "have no right item in the gallery and are left out."),
        ("both", "have no right item in the gallery and count as wrong; without them the figure is"),
    ],
)
def test_every_way_of_counting_unmatched_probes_is_told(unmatched, told):
    embeddings = made_up()
    keep = [i for i, r in enumerate(embeddings.records) if r.subject != "003" or r.condition not in ("nm-01", "nm-02")]
    evaluation = measure(
        embeddings.select(keep),
        dataclasses.replace(load_protocol("casia-b"), unmatched=unmatched),
        Distances(lambda p, g: flat_euclidean(p.vectors, g.vectors)),
        generator=np.random.default_rng(0),
        resamples=5,
    )
    counts = evaluation["NM"].counts
    expected = f"NM: {counts.unmatched} of {counts.trials} comparisons {told}"
    assert sum(w.startswith(expected) for w in data_warnings([evaluation])) == 1


def test_networks_are_named_whatever_made_the_embeddings():
    evaluation, e = euclid(made_up()), made_up()

    def named(**settings):
        facts = data_facts(evaluation, Embeddings(e.vectors, e.records, e.layout, e.source, settings))
        return dict(facts).get("Networks")

    assert named() is None
    assert named(networks=["gaitgl", {"network": "tiny"}, {}]) == "gaitgl + tiny + unnamed"
    fused = [{"networks": [{"title": "GaitGL"}]}, {"networks": [{"title": "GaitMask"}]}]
    assert named(networks=fused) == "GaitGL + GaitMask"


def test_cells_of_figures():
    assert percent(None) == percent(float("nan")) == Percent(None)
    assert percent(50.0) == Percent(50.0)


def test_the_joint_interval_is_about_the_mean_of_the_probe_sets():
    evaluation = euclid(made_up())
    interval = mean_interval(evaluation, 0, 200)
    assert interval.mean == pytest.approx(mean_figure(evaluation))
    assert interval.low < interval.mean < interval.high
    assert mean_interval(euclid(made_up(subjects=1, seed=3)), 0, 20) is None


def test_probe_sets_weigh_alike_even_where_one_has_an_empty_row():
    without = lacking(made_up(), "090", "nm-05")
    evaluation = euclid(without)
    interval = mean_interval(evaluation, 0, 200)
    assert interval.mean == pytest.approx(mean_figure(evaluation))
    assert evaluate(without, request=asked(resamples=20)).to_dict()["interval"] is not None


def test_differences_are_paired():
    a, b = made_up(noise=0.4), made_up(noise=1.5)
    easy, hard = euclid(a), euclid(b)
    gap = difference(easy, hard, 0, 200)
    assert gap.mean == pytest.approx(mean_figure(easy) - mean_figure(hard))
    assert gap.low <= gap.mean <= gap.high
    same = difference(easy, easy, 0, 50)
    assert (same.mean, same.low, same.high) == (0.0, 0.0, 0.0)
    back = difference(hard, easy, 0, 200)
    assert (back.mean, back.low, back.high) == pytest.approx((-gap.mean, -gap.high, -gap.low))
    assert difference(easy, euclid(made_up(subjects=5)), 0, 20) is None


@pytest.mark.parametrize("protocol", ["casia-b", "casia-b-cross-view", "hid-draws"])
def test_the_page_shows_every_kind_of_protocol(tmp_path, store, protocol):
    page = tmp_path / "page.html"
    result = evaluate(made_up(noise=1.0), request=asked(protocol=protocol, resamples=20), report=page, store=store)
    html = page.read_text(encoding="utf-8")
    assert f"{result.mean:.1f} % rank-1" in html
    assert "made up" in html
    assert html.count('class="heat"') == (3 if protocol == "casia-b" else 0)
    assert "data:image/png;base64," in html
    for r in result.evaluation.results:
        assert f">{r.mean:.1f}</b>" in html
    for name in ("mAP", "mINP"):
        assert (f"{name}, %" in html) == (name in result.evaluation.protocol.metrics)


def test_a_page_needs_no_store(tmp_path):
    evaluate(made_up(), request=asked(resamples=20), report=tmp_path / "page.html")
    assert "data:image" not in (tmp_path / "page.html").read_text(encoding="utf-8")


def test_matches_shown_are_what_they_say(store):
    evaluation = euclid(made_up(noise=1.2))
    opened = Store.open(store)
    place = {r.key: i for i, r in enumerate(made_up().records)}
    sheets = match_sheets(evaluation, opened, np.random.default_rng(0), each=2)
    assert [s.verdict for s in sheets] == ["wrong", "wrong", "right", "right"] * 3
    for sheet in sheets:
        keys = [s.label.split(" · ")[0] for s in sheet.strips]
        subjects = [k.split("/")[0] for k in keys]
        assert [s.role for s in sheet.strips] == ["probe", "chosen", "right one"][: len(sheet.strips)]
        assert len(sheet.strips) == (2 if sheet.verdict == "right" else 3)
        assert (subjects[0] == subjects[1]) == (sheet.verdict == "right")
        assert subjects[-1] == subjects[0]
        assert keys[0].split("/")[2] != keys[1].split("/")[2], "identical views do not count"
        for key, strip in zip(keys, sheet.strips, strict=True):
            assert strip.image.max() == 40 + place[key]
    pairs = [sheets[i].title for i in range(0, len(sheets), 2)], [sheets[i].title for i in range(1, len(sheets), 2)]
    assert all(a != b for a, b in zip(*pairs, strict=True)), "different subjects while there are enough"
    again = match_sheets(evaluation, opened, np.random.default_rng(0), each=2)
    assert [s.title for s in sheets] == [s.title for s in again]


def test_another_store_is_refused(tmp_path):
    with StoreWriter(tmp_path / "store", StorePlan("folder", (64, 64))) as writer:
        writer.add(SequenceRecord("other", "x", "nm-01", "000"), np.ones((1, 64, 64), np.uint8))
    with pytest.raises(ArtefactError, match=r"has no sequence .*: give the store that was embedded"):
        evaluate(made_up(), request=asked(resamples=20), report=tmp_path / "page.html", store=tmp_path / "store")
    assert not (tmp_path / "page.html").exists()
    with pytest.raises(ArtefactError, match="no store at"):
        evaluate(made_up(), store=tmp_path / "nowhere")


def test_strips_are_evenly_spaced_frames():
    frames = np.arange(20, dtype=np.uint8)[:, None, None] * np.ones((1, 2, 3), np.uint8)
    np.testing.assert_array_equal(strip_image(frames, 3), [[0, 0, 0, 10, 10, 10, 19, 19, 19]] * 2)
    np.testing.assert_array_equal(strip_image(frames[5:6], 3), [[5, 5, 5, 0, 0, 0, 0, 0, 0]] * 2)


@pytest.mark.parametrize(
    ("settings", "names"),
    [
        ({}, []),
        ({"dataset": "casia-b"}, ["casia-b"]),
        ({"networks": [{"dataset": "synthetic"}, {"dataset": "synthetic"}]}, ["synthetic"]),
        ({"networks": [{"network": "gaitgl"}, {"dataset": "hid"}], "dataset": "synthetic"}, ["synthetic", "hid"]),
    ],
)
def test_a_page_says_which_data_it_is_of_and_that_walkers_are_not_people(settings, names):
    e = Embeddings(
        np.zeros((1, 2), np.float32), (SequenceRecord("k", "s", "c", "v"),), PartLayout(((1, 2),)), "x", settings
    )
    assert dataset_names(settings) == names
    assert (len(synthetic_warnings([e])) == 1) is ("synthetic" in names)


def test_every_figure_of_the_page_and_of_the_json_has_its_interval(tmp_path):
    page = tmp_path / "page.html"
    result = evaluate(made_up(noise=1.0), request=asked(protocol="casia-b-cross-view", resamples=20), report=page)
    html = page.read_text(encoding="utf-8")
    assert ("Rank-1 by view, %" in html, "Rank-1 by condition, %" in html) == (True, False)
    by_name = {r["name"]: r for r in json.loads(json.dumps(result.to_dict(), allow_nan=False))["results"]}
    for name, values in by_name.items():
        low, high = values["intervals"]["mAP"]
        assert low <= values["mAP"] <= high
        assert f"{low:.1f}" in html
        assert len(values["intervals"]["cmc"]) == len(values["cmc"])
        views = values["by_view"]
        assert views["names"] == list(VIEWS)
        assert views["rank-1"]["values"] == pytest.approx(values["per_row"])
        assert list(values["by_condition"]["names"]) == [f"{name.lower()}-01"]


def test_conditions_of_a_probe_set_have_a_table():
    result = evaluate(made_up(), request=asked(protocol="hid-draws", resamples=20))
    values = result.to_dict()["results"][0]
    assert values["by_condition"]["names"] == sorted(CONDITIONS)
    assert values["by_view"]["names"] == list(VIEWS)
    assert all(low <= high for low, high in values["by_condition"]["rank-1"]["intervals"])
