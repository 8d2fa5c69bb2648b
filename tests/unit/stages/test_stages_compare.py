import dataclasses
import json

import numpy as np
import pytest
from asked import asked

from gaitprint.errors import ConfigError, ProtocolError
from gaitprint.inference.embeddings_file import save_embeddings
from gaitprint.retrieval.spec import PipelineSpec
from gaitprint.stages.compare import compare, in_order_of, line_name
from gaitprint.stages.evaluate import evaluate
from gaitprint.types import Embeddings, PartLayout, SequenceRecord

VIEWS = ("000", "090")
CONDITIONS = ("nm-01", "nm-02", "nm-05", "nm-06", "bg-01", "cl-01")


def made_up(seed=0, noise=0.6, subjects=12, width=8):
    generator = np.random.default_rng(seed)
    centres = np.random.default_rng(99).normal(size=(subjects, width))
    records, vectors = [], []
    for s in range(subjects):
        for condition in CONDITIONS:
            for view in VIEWS:
                records.append(SequenceRecord(f"{s:03d}/{condition}/{view}", f"{s:03d}", condition, view))
                vectors.append(centres[s] + noise * generator.normal(size=width))
    return Embeddings(np.array(vectors, np.float32), tuple(records), PartLayout(((1, width),)), f"source {seed}")


def shuffled(embeddings):
    return embeddings.select(np.random.default_rng(5).permutation(len(embeddings)))


def test_two_files_are_compared_whatever_the_order_of_their_sequences(tmp_path):
    poor, good = made_up(1, 2.0), made_up(2, 0.3)
    save_embeddings(tmp_path / "a.safetensors", poor)
    save_embeddings(tmp_path / "b.safetensors", shuffled(good))
    found = compare(tmp_path / "a.safetensors", tmp_path / "b.safetensors")
    values = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert values == compare(poor, good).to_dict()
    first = found.lines[0]
    assert (first.before, first.after) == pytest.approx(
        [evaluate(e, request=asked(resamples=1)).mean for e in (poor, good)]
    )
    assert first.verdict == "gain"
    assert values["findings"][0].startswith(f"Overall: a gain, {first.points:+.1f} points, 95 % interval +")
    assert values["before"] == {"source": "source 1", "label": found.before.label, "transductive": False}
    lost = compare(good, poor)
    assert lost.findings[0].startswith("Overall: a loss, -")
    assert lost.lines[0].p == first.p


def test_which_lines_hold_is_said():
    found = compare(made_up(1, 2.5), made_up(2, 0.1))
    held = [line for line in found.lines[1:] if line.verdict != "not shown"]
    assert held
    for line in held:
        assert f"{line_name(line)} {line.points:+.1f}" in found.findings[1]
    assert found.findings[1].startswith(f"Of the {len(found.lines) - 1} lines below it")
    assert "NM view 000" in {line_name(line) for line in found.lines}


def test_one_file_under_two_pipelines():
    pipeline = {"scorer": {"name": "k-reciprocal", "k1": 4, "k2": 2}}
    data = made_up(noise=1.0)
    found = compare(
        data, request=asked(protocol="hid-draws"), after_pipeline=PipelineSpec.from_table(pipeline), figure="rank-5"
    )
    runs = [
        evaluate(data, request=asked(pipeline=p, protocol="hid-draws", resamples=1)).evaluation
        for p in (None, pipeline)
    ]
    assert (found.lines[0].before, found.lines[0].after) == pytest.approx([r.results[0].cmc[4] for r in runs])
    assert any("help of all other probes" in w for w in found.warnings)
    assert found.to_dict()["after"]["transductive"] is True


@pytest.mark.parametrize("settings", [{}, {"after_pipeline": PipelineSpec()}])
def test_a_run_is_not_compared_with_itself(settings):
    with pytest.raises(ConfigError, match="nothing to compare: give a second file"):
        compare(made_up(), **settings)


def renamed(embeddings, place, **labels):
    records = list(embeddings.records)
    records[place] = dataclasses.replace(records[place], **labels)
    return Embeddings(embeddings.vectors, tuple(records), embeddings.layout, embeddings.source)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda e: e.select(np.arange(7, len(e))), "000/nm-01/000 is in the first only"),
        (lambda e: renamed(e, 30, key="x"), "002/nm-06/000 is in the first only"),
        (lambda e: renamed(e, 3, subject="007"), "000/nm-02/090 is subject 000, .* in the first, subject 007, "),
    ],
)
def test_runs_of_other_sequences_are_refused_and_the_first_is_named(change, message):
    with pytest.raises(ProtocolError, match=f"not of the same sequences: {message}"):
        compare(made_up(), change(made_up(2)))


def test_sequences_of_the_second_alone_are_named_too():
    with pytest.raises(ProtocolError, match="000/nm-01/000 is in the second only; embed the same store"):
        in_order_of(made_up().select(np.arange(7, 60)), made_up().select(np.arange(60)))
    twice = made_up().select([*range(20), 3])
    with pytest.raises(ProtocolError, match="a key is there twice"):
        in_order_of(made_up().select(np.arange(20)), twice)


def test_selections_narrow_both():
    found = compare(made_up(), made_up(2), request=asked(subjects=["001", "002", "003"]))
    assert found.lines[0].subjects == 3
    assert any("with fewer than 6 no test can show a difference" in w for w in found.warnings)
    assert all(line.verdict == "not shown" for line in found.lines)


def test_too_few_subjects_for_so_many_lines_is_said():
    found = compare(made_up(subjects=8, noise=2.5), made_up(2, 0.1, subjects=8))
    assert any("too few to show a difference in any of the 11 lines" in w for w in found.warnings)
    assert all(line.verdict == "not shown" for line in found.lines[1:])


def test_runs_of_different_data_whose_names_agree_are_pointed_out():
    first, other = (dataclasses.replace(made_up(seed), settings={"store": name}) for seed, name in ((0, "a"), (1, "b")))
    again = dataclasses.replace(made_up(1), settings={"store": "a"})
    said = [compare(first, request=asked(resamples=20), after=after).warnings for after in (other, again)]
    assert ["of different data (a and b)" in " ".join(warnings) for warnings in said] == [True, False]
