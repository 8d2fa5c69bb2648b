"""From a store, a tiny network and embeddings to a page: pieces add up, and the right walks are found."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import gaitprint as gp
from gaitprint.components import find_component
from gaitprint.errors import ArtefactError, ConfigError, DataError, ProtocolError
from gaitprint.evaluation.protocol.protocol import load_protocol
from gaitprint.explanation.likelihood_ratios import condition_kind, likelihood_ratios
from gaitprint.explanation.nearest_matches import find_nearest_matches, row_of
from gaitprint.explanation.pair_explanation import Strips, frame_of
from gaitprint.explanation.request import ExplainRequest
from gaitprint.inference.embed_settings import EmbedSettings
from gaitprint.inference.embeddings_file import load_embeddings
from gaitprint.pages.explain import rivalry, spoken
from gaitprint.retrieval.distances.contributions import SumOfSquares
from gaitprint.retrieval.distances.exact import flat_euclidean
from gaitprint.retrieval.spec import PipelineSpec
from gaitprint.stages.embed import embed
from gaitprint.stages.explain import explain
from gaitprint.stages.train import train
from gaitprint.store import Store
from gaitprint.training.request import TrainingRequest
from gaitprint.types import Embeddings, PartLayout, SequenceRecord

PROBE = "004/nm-05/090"
COSINE, UNIT = PipelineSpec.parse("part-cosine"), PipelineSpec.parse("unit-length,euclidean")


@pytest.fixture(scope="module")
def made(walkers_store, recipe_file, tmp_path_factory):
    root = tmp_path_factory.mktemp("explained")
    models = []
    for name in ("gaitgl", "gaitmask"):
        report = train(walkers_store, root / name, TrainingRequest(str(recipe_file(name, iterations=2))))
        models.append(Path(report.model))
    embed(walkers_store, models[:1], root / "e.safetensors", part="all")
    embed(walkers_store, models, root / "unit.safetensors", part="all", settings=EmbedSettings(fusion="unit"))
    return walkers_store, models, root


def test_strips_and_moments_add_up_to_the_distance(made):
    store, models, root = made
    known = load_embeddings(root / "e.safetensors")
    result = explain(store, models[:1], ExplainRequest(PROBE, embeddings=known))
    assert len(result.strips) == 8
    for one in result.against:
        a, b = (known.vectors[[row_of(known, k)]] for k in (PROBE, one.other.key))
        assert one.distance == pytest.approx(flat_euclidean(a, b)[0, 0], rel=1e-3)
        assert one.strips.sum() == pytest.approx(one.distance**2)
        assert one.moments.sum(axis=(1, 2)) == pytest.approx(one.strips)
        assert one.moments.shape == (8, 4, 4)
        assert one.probe_won.sum() == pytest.approx(1)


def test_two_networks_at_unit_length(made):
    store, models, root = made
    known = load_embeddings(root / "unit.safetensors")
    result = explain(
        store, models, ExplainRequest(PROBE, embeddings=known, fusion="unit", pipeline=PipelineSpec.parse("part-mean"))
    )
    first = result.against[0]
    assert first.strips.sum() == pytest.approx(first.distance)
    with pytest.raises(ArtefactError, match="same models in the same order, with the same --fusion"):
        explain(store, models, ExplainRequest(PROBE, embeddings=known))


def test_the_nearest_right_and_wrong_are_found_as_by_hand(made):
    known = load_embeddings(made[2] / "e.safetensors")
    row = row_of(known, PROBE)
    found = find_nearest_matches(known, load_protocol("casia-b"), row, find_component("scorer", "euclidean").make())
    allowed = [i for i, r in enumerate(known.records) if r.condition in ("nm-01", "nm-02") and r.view != "090"]
    assert found.gallery == len(allowed)
    distances = {i: float(flat_euclidean(known.vectors[[row]], known.vectors[[i]])[0, 0]) for i in allowed}
    for rival in found.rivals:
        among = [i for i in allowed if (known.records[i].subject == "004") == (rival.role == "right one")]
        assert rival.row == min(among, key=distances.__getitem__)
        assert rival.place == 1 + sum(d < distances[rival.row] for d in distances.values())
    assert sorted(r.role for r in found.rivals) == ["right one", "wrong one"]
    assert [r.place for r in found.rivals] == sorted(r.place for r in found.rivals)


def test_a_probe_of_nobody_meets_the_two_nearest_people(made):
    known = load_embeddings(made[2] / "e.safetensors")
    row = row_of(known, PROBE)
    records = list(known.records)
    records[row] = replace(records[row], subject=None)
    unknown = Embeddings(known.vectors, tuple(records), known.layout, known.source)
    found = find_nearest_matches(unknown, load_protocol("casia-b"), row, find_component("scorer", "part-mean").make())
    assert [r.role for r in found.rivals] == ["nearest", "next person"]
    assert found.rivals[0].place == 1
    assert len({records[r.row].subject for r in found.rivals}) == 2


def test_a_protocol_that_draws_compares_with_all_others(made):
    known = load_embeddings(made[2] / "e.safetensors")
    found = find_nearest_matches(
        known, load_protocol("hid-draws"), row_of(known, PROBE), find_component("scorer", "euclidean").make()
    )
    assert found.gallery == len(known) - 1


def test_the_page_and_the_picture(made, tmp_path):
    store, models, root = made
    page, picture = tmp_path / "new" / "why.html", tmp_path / "why.png"
    result = explain(
        store, models[:1], ExplainRequest(PROBE, embeddings=root / "e.safetensors"), out=page, figure=picture
    )
    html = page.read_text(encoding="utf-8")
    assert not re.search(r"<script|<link|src=\"(?!data:)|href=\"(?!data:|#)|@import", html)
    assert html.count('aria-labelledby="panel-') == 5
    assert html.count("<figcaption") == 5
    assert html.count('<tr role="row">') == 1 + 8
    for one in result.against:
        assert one.other.key in html
    assert "Synthetic walkers are not people" in html
    assert picture.read_bytes().startswith(b"\x89PNG")
    values = result.to_dict()
    assert [len(a["strips"]) for a in values["against"]] == [8, 8]
    assert "Too few people" in " ".join(result.warnings)


def test_named_walks_need_no_embeddings(made, tmp_path):
    store, models, _ = made
    result = explain(store, models[:1], ExplainRequest(PROBE, against=["005/nm-01/036"]), out=tmp_path / "two.html")
    assert [c.role for c in result.against] == ["other"]
    assert "give them by --embeddings" in " ".join(result.warnings)
    assert not [w for w in result.warnings if "trained" in w]
    assert result.to_dict()["gallery"] is None


def test_walks_of_trained_people_are_said_to_be(made):
    store, models, _ = made
    result = explain(store, models[:1], ExplainRequest(PROBE, against=["001/nm-01/036"]))
    (said,) = [w for w in result.warnings if "trained" in w]
    assert said.startswith("Trained people: 1 of the 2 subjects (001) trained ")


def test_in_python(made, tmp_path):
    path, models, _ = made
    store = Store.open(path)
    place = {r.key: i for i, r in enumerate(store.records)}
    walks = [gp.Silhouettes(store.frames(place[k]), store.records[place[k]]) for k in (PROBE, "005/nm-01/036")]
    found = gp.explain(*walks, str(models[0]), out=str(tmp_path / "two.html"))
    assert (tmp_path / "two.html").exists()
    expected = explain(path, models[:1], ExplainRequest(PROBE, against=["005/nm-01/036"]))
    assert np.array_equal(found.against[0].strips, expected.against[0].strips)
    with pytest.raises(ConfigError, match="keys of their own"):
        gp.explain(walks[0], walks[0], models[0])


def people(count, walks, spread, seed=0, parts=4):
    """Vectors of `count` people, `walks` each from two views: near each other where `spread` is small."""
    generator = np.random.default_rng(seed)
    centres = generator.normal(size=(count, parts * 3))
    records, vectors = [], []
    for p in range(count):
        for w in range(walks):
            records.append(SequenceRecord(f"{p}/{w}", str(p), f"nm-{w:02d}", ("000", "090")[w % 2]))
            vectors.append(centres[p] + spread * generator.normal(size=parts * 3))
    return Embeddings(np.array(vectors, np.float32), tuple(records), PartLayout(((parts, 3),)), "x")


STRIPS = Strips(np.array([0, 32, 64]), np.array([0, 1, 0, 1]), np.array([[0, 40], [24, 64]]), 23)


def test_how_usual_is_learnt_from_others_of_the_same_kind():
    known = people(20, 6, 0.3)
    probe, other = known.records[0], known.records[3]
    near = likelihood_ratios(
        known, STRIPS, SumOfSquares(), probe, other, np.array([0.3, 0.3]), np.random.default_rng(0)
    )
    far = likelihood_ratios(known, STRIPS, SumOfSquares(), probe, other, np.array([9.0, 9.0]), np.random.default_rng(0))
    assert near is not None
    assert far is not None
    assert near.whole[0] > 0.5
    assert (near.strips[:, 0] > 0).all()
    assert far.whole[0] < -0.5
    assert near.kind == "walks in nm from 000 and 090"
    assert near.likelihood.people == 19, "the probe's own person has no say"
    assert near.likelihood.same_pairs == 19 * 9


def test_a_wider_kind_is_taken_where_the_narrow_one_lacks_people():
    known = people(8, 6, 0.3)
    strange = replace(known.records[0], view="045")
    found = likelihood_ratios(
        known, STRIPS, SumOfSquares(), strange, known.records[3], np.ones(2), np.random.default_rng(0)
    )
    assert found is not None
    assert found.kind == "walks in nm from all views"
    strange = replace(strange, condition="cl-01")
    found = likelihood_ratios(
        known, STRIPS, SumOfSquares(), strange, known.records[3], np.ones(2), np.random.default_rng(0)
    )
    assert found is not None
    assert found.kind.startswith("all walks")
    few = people(6, 6, 0.3)
    assert (
        likelihood_ratios(
            few, STRIPS, SumOfSquares(), few.records[0], few.records[9], np.ones(2), np.random.default_rng(0)
        )
        is None
    )


def test_small_things():
    assert [condition_kind(c) for c in ("nm-05", "cl", "H-scene1-nm-2", "")] == ["nm", "cl", "H-scene1-nm", ""]
    assert [frame_of(m, 7) for m in range(2)] == [1, 4]
    assert [frame_of(0, n) for n in (1, 2, 3)] == [0, 1, 1]
    assert STRIPS.summed(np.arange(4.0)).tolist() == [2, 4]
    assert STRIPS.names == ("shoulders", "knees")


def test_what_sets_two_apart_is_said(made):
    store, models, root = made
    near, far = explain(store, models[:1], ExplainRequest(PROBE, embeddings=root / "e.safetensors")).against
    strips = Strips(np.arange(9) * 8, np.zeros(8, int), np.zeros((8, 2), int), 1)
    far = replace(far, strips=near.strips + np.array([0, 0, 0, 0, 0, 0, 5.0, -1.0]))
    said = rivalry(strips, near, far)
    names = f"{near.other.key} is nearer than {far.other.key} in 1 of 8 strips, most of all: shins"
    assert said == f"{names}; {far.other.key} is nearer at: feet."


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"models": []}, ConfigError, "at least one model file"),
        ({"embeddings": None}, ConfigError, "--against KEY, or --embeddings FILE"),
        ({"against": [PROBE]}, ConfigError, "found '004/nm-05/090' on both sides"),
        (
            {"pipeline": PipelineSpec.parse("part-cosine")},
            ConfigError,
            "'euclidean' or 'part-mean', found 'part-cosine'",
        ),
        (
            {"pipeline": PipelineSpec.parse("unit-length,euclidean")},
            ConfigError,
            "as they are is explained: the pipeline is 'eucl",
        ),
        ({"fusion": "sum"}, ConfigError, "'raw' or 'unit', found 'sum'"),
        ({"probe": "004/nm-05/09"}, DataError, "did you mean '004/nm-05/090'"),
        ({"probe": "004/nm-01/090"}, ProtocolError, "is no probe of protocol casia-b (NM, BG, CL)"),
        ({"figure": Path("why.jpg")}, ConfigError, "ends in .png, found 'why.jpg'"),
        ({"out": Path("why.png")}, ConfigError, "ends in .html"),
    ],
)
def test_errors_say_the_way_out(made, change, error, words):
    store, models, root = made
    change = dict(change)
    pages = {key: change.pop(key) for key in ("out", "figure") if key in change}
    given = {"models": models[:1], "probe": PROBE, "embeddings": root / "e.safetensors"} | change
    with pytest.raises(error, match=re.escape(words)):
        explain(store, given.pop("models"), ExplainRequest(**given), **pages)


def test_other_frames_than_were_embedded_are_refused(made):
    store, models, root = made
    known = load_embeddings(root / "e.safetensors")
    vectors = known.vectors.copy()
    vectors[row_of(known, PROBE)] += 1 + np.abs(vectors).max()
    other = Embeddings(vectors, known.records, known.layout, known.source)
    with pytest.raises(ArtefactError, match="other frames in the store than when it was embedded"):
        explain(store, models[:1], ExplainRequest(PROBE, embeddings=other))


@pytest.mark.parametrize(
    ("ends", "said"),
    [
        ((2.0, 1.0, 2.5), r"^100 times as usual for one person as for two \(95 % 10 to 316\)$"),
        ((-2.0, -2.5, -1.0), r"^100 times as usual for two people as for one \(95 % 10 to 316\)$"),
        ((2.0, 2.0, 2.0), r"^100 times as usual or more for one person as for two \(more cannot be told"),
        ((-2.0, -2.0, -2.0), r"^100 times as usual or more for two people as for one \(more cannot be told"),
        ((0.1, -1.0, 1.0), r"^about as usual"),
    ],
    ids=["one person", "two people", "one at the limit", "two at the limit", "neither"],
)
def test_a_ratio_at_its_limit_is_no_interval_of_nothing(ends, said):
    assert re.search(said, spoken(np.array(ends)))
