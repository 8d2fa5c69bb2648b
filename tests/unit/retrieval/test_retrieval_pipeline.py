import json

import numpy as np
import pytest

from gaitprint.errors import ArtefactError, ComponentError, ConfigError, DataError
from gaitprint.retrieval.pipeline import Pipeline, compare, rank
from gaitprint.retrieval.scorers.euclidean import Euclidean, EuclideanSettings
from gaitprint.retrieval.transforms.unit_length import UnitLength, UnitLengthSettings
from gaitprint.testing.steps import compared, transformed

FULL = {
    "transforms": [{"name": "unit-length"}, {"name": "cluster-expansion", "k": 9}],
    "scorer": {"name": "k-reciprocal", "k1": 6},
}


@pytest.fixture
def sides(embed):
    x = np.random.default_rng(0).normal(size=(40, 6)).astype(np.float32)
    return embed(x[:30]), embed(x[30:], start=30)


def test_the_steps_run_in_order(sides):
    probe, gallery = sides
    pipeline = Pipeline.from_settings(FULL)
    p, g = probe, gallery
    for step in pipeline.transforms:
        p, g = transformed(step, p, g)
    found = pipeline.distances(probe, gallery)
    assert found.dtype == np.float32
    assert found.shape == (30, 10)
    np.testing.assert_array_equal(found, compared(pipeline.scorer, p, g))
    assert not np.allclose(found, Pipeline.from_settings({"scorer": FULL["scorer"]}).distances(probe, gallery))


def test_settings_make_the_same_pipeline_again():
    pipeline = Pipeline.from_settings(FULL)
    assert Pipeline.from_settings(json.loads(json.dumps(pipeline.settings))) == pipeline
    assert pipeline.settings["scorer"] == {
        "name": "k-reciprocal", "k1": 6, "k2": 6, "lambda_": 0.3, "base": "euclidean_squared",
        "inductive": False, "search": "exact", "recall": 0.99,
    }  # fmt: skip


def test_the_default_is_plain_euclid_and_a_name_alone_will_do():
    plain = Pipeline((), Euclidean(EuclideanSettings()))
    assert Pipeline.from_settings({}) == Pipeline.from_settings({"scorer": "euclidean"}) == plain
    both = Pipeline.from_settings({"transforms": ["unit_length"]})
    assert both == Pipeline((UnitLength(UnitLengthSettings()),), Euclidean(EuclideanSettings()))


def test_labels_say_what_differs_and_whether_all_probes_were_seen():
    assert Pipeline.from_settings({}).label == "euclidean [Euclid of whole vectors]"
    label = Pipeline.from_settings({**FULL, "scorer": {"name": "k-reciprocal", "lambda_": 0.1}}).label
    expected = "unit-length > cluster-expansion > k-reciprocal (lambda 0.1) "
    assert label == expected + "[k-reciprocal on squared Euclid of whole vectors; transductive]"


def test_transductive_if_any_step_is():
    assert Pipeline.from_settings(FULL).transductive
    assert Pipeline.from_settings({"transforms": [{"name": "alpha-expansion"}]}).transductive
    assert not Pipeline.from_settings({"transforms": ["unit-length"], "scorer": "part-mean"}).transductive


@pytest.mark.parametrize(
    ("values", "error", "message"),
    [
        ({"scorer": {"name": "k-reciprocol"}}, ComponentError, "did you mean 'k-reciprocal'"),
        ({"transforms": [{"name": "unit-lenght"}]}, ComponentError, "did you mean 'unit-length'"),
        ({"scorer": {"name": "k-reciprocal", "k3": 1}}, ConfigError, r"retrieval.scorer has no setting 'k3'"),
        ({"transforms": [{"k": 3}]}, ConfigError, r"retrieval.transforms\[0\] is a table with a name"),
        ({"transforms": {"name": "unit-length"}}, ConfigError, "is a list of tables"),
        ({"scorers": {}}, ConfigError, "did you mean 'scorer'"),
        ({"scorer": 3}, ConfigError, "found 3"),
        ("euclidean", ConfigError, "retrieval is a table"),
    ],
)
def test_wrong_settings_are_named_in_one_line(values, error, message):
    with pytest.raises(error, match=message) as caught:
        Pipeline.from_settings(values)
    assert "\n" not in str(caught.value)


def test_strangers_and_empty_sides_are_refused(sides, embed):
    probe, gallery = sides
    pipeline = Pipeline.from_settings(FULL)
    with pytest.raises(ArtefactError, match="probes were made by 'weights-a', the gallery by 'weights-b'"):
        pipeline.distances(probe, embed(gallery.vectors, source="weights-b"))
    with pytest.raises(ArtefactError, match="the gallery"):
        pipeline.distances(probe, embed(gallery.vectors, ((2, 3),)))
    with pytest.raises(DataError, match="there is no sequence in the gallery"):
        pipeline.distances(probe, gallery.select([]))
    with pytest.raises(DataError, match="there is no sequence in probes"):
        pipeline.distances(probe.select([]), gallery)


def test_rank_breaks_ties_in_gallery_order():
    distances = np.array([[2, 1, 1, 0], [5, 5, 5, 5]], np.float32)
    assert rank(distances, 3).tolist() == [[3, 1, 2], [0, 1, 2]]
    assert rank(distances, 20).shape == (2, 4)


def test_compare_is_for_one_and_one(sides):
    probe, gallery = sides
    plain = Pipeline.from_settings({})
    a, b = probe.select([0]), gallery.select([0])
    assert compare(plain, a, b) == pytest.approx(np.linalg.norm(a.vectors - b.vectors), rel=1e-6)
    assert compare(plain, a, a) == 0
    with pytest.raises(DataError, match="one sequence with one, found 30 with 1"):
        compare(plain, probe, b)
    with pytest.raises(ConfigError, match="without transductive steps"):
        compare(Pipeline.from_settings(FULL), a, b)


def test_steps_of_another_package_go_by_their_dotted_name():
    class Settings(EuclideanSettings):
        pass

    step = Euclidean(Settings())
    Foreign = type("Foreign", (Euclidean,), {"__module__": "someone.else_s.scorer"})
    assert Pipeline((), step).settings["scorer"]["name"] == "euclidean"
    assert Pipeline((), Foreign(Settings())).settings["scorer"]["name"] == "someone.else_s.scorer"


@pytest.mark.parametrize(
    ("transforms", "scorer", "pairwise"),
    [
        ([], "euclidean", True),
        (["unit-length", "block-weights"], "part-cosine", True),
        ([], {"name": "k-reciprocal", "inductive": True}, False),
        (["alpha-expansion"], "euclidean", False),
        (["unit-length", {"name": "cluster-expansion", "inductive": True}], "part-mean", False),
    ],
)
def test_a_pipeline_says_whether_two_sequences_are_compared_by_themselves(transforms, scorer, pairwise):
    assert Pipeline.from_settings({"transforms": transforms, "scorer": scorer}).pairwise is pairwise
