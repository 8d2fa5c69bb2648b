"""Pipelines as people name them."""

import pytest

from gaitprint.errors import GaitprintError
from gaitprint.retrieval.pipeline import Pipeline
from gaitprint.retrieval.spec import PipelineSpec, StepSpec, refuse_text


@pytest.mark.parametrize(
    ("text", "overrides", "transforms", "scorer"),
    [
        ("", [], [], {"name": "euclidean"}),
        ("k-reciprocal", [], [], {"name": "k-reciprocal"}),
        ("unit-length", [], [{"name": "unit-length"}], {"name": "euclidean"}),
        (
            "cluster-expansion, k_reciprocal",
            ["k-reciprocal.k1=6", "scorer.base=part_mean", "cluster-expansion.k=4"],
            [{"name": "cluster-expansion", "k": 4}],
            {"name": "k_reciprocal", "k1": 6, "base": "part_mean"},
        ),
        ("unit-length,cluster-expansion", ["unit_length.per=block"],
         [{"name": "unit-length", "per": "block"}, {"name": "cluster-expansion"}], {"name": "euclidean"}),
    ],
)  # fmt: skip
def test_steps_by_name(text: str, overrides: list[str], transforms: list[object], scorer: object) -> None:
    spec = PipelineSpec.parse(text, overrides)
    assert spec.to_table() == {"transforms": transforms, "scorer": scorer}
    assert PipelineSpec.from_table(spec.to_table()) == spec
    assert Pipeline.from_spec(spec) == Pipeline.from_settings(spec.to_table())
    assert Pipeline.from_spec(Pipeline.from_spec(spec).spec) == Pipeline.from_spec(spec)


def test_settings_of_a_file_can_be_set_and_who_chose_them_stays(tmp_path) -> None:
    file = tmp_path / "steps.toml"
    file.write_text('scorer = {name = "k-reciprocal", k1 = 9}\n[chosen_by]\npeople = 3\n')
    spec = PipelineSpec.parse(str(file), ["scorer.k1=6", "k-reciprocal.k2=2"])
    assert spec.scorer == StepSpec("k-reciprocal", {"k1": 6, "k2": 2})
    assert spec.chosen_by == {"people": 3} == Pipeline.from_spec(spec).spec.chosen_by
    assert PipelineSpec.load(file).scorer.settings == {"k1": 9}


@pytest.mark.parametrize(
    ("text", "overrides", "words"),
    [
        ("euclid", [], ["no transform or scorer is called 'euclid'", "mean 'euclidean'", "has a dotted name"]),
        ("unitlength,euclidean", [], ["mean 'unit-length'"]),
        ("euclidean,unit-length", [], ["euclidean is a scorer", "stands last"]),
        ("unit-length,,euclidean", [], ["separated by commas"]),
        ("none.toml", [], ["no settings file at none.toml"]),
        ("no.module", [], ["'no.module' is not importable"]),
        ("k-reciprocal", ["cluster-expansion.k=6"], ["has the steps scorer, k-reciprocal"]),
        ("k-reciprocal", ["k1=6"], ["step.key=value", "'k1=6'"]),
        ("k-reciprocal", ["scorer.k1"], ["key=value"]),
        ("unit-length,unit-length", ["unit-length.per=block"], ["unit-length twice"]),
    ],
)
def test_what_is_refused(text: str, overrides: list[str], words: list[str]) -> None:
    with pytest.raises(GaitprintError) as found:
        PipelineSpec.parse(text, overrides)
    assert all(word in str(found.value) for word in words), str(found.value)


def test_text_in_place_of_a_pipeline_is_told_how_one_is_made():
    refuse_text(PipelineSpec(), "ExplainRequest")
    with pytest.raises(
        GaitprintError, match=r"pipeline of ExplainRequest\(\) is no text, found 'x': PipelineSpec.parse"
    ):
        refuse_text("x", "ExplainRequest")
