import json

import numpy as np
import pytest
from asked import asked
from tuning_walks import SMALL, clean_clusters, one_probe_each, people_apart, protocol_file

from gaitprint.cli.main import main
from gaitprint.config import read_toml
from gaitprint.errors import ArtefactError, ConfigError, ProtocolError
from gaitprint.inference.embeddings_file import save_embeddings
from gaitprint.retrieval.budget import ComputeBudget
from gaitprint.retrieval.pipeline import Pipeline
from gaitprint.stages.evaluate import evaluate
from gaitprint.stages.tune import _supposed, tune
from gaitprint.tuning.search import Tried
from gaitprint.tuning.settings import TuneSettings
from gaitprint.tuning.simplicity import FAMILIES, PLAIN
from gaitprint.tuning.steps import TunedSteps
from gaitprint.tuning.subjects import check_may_choose

FAST = {"repeats": 1, "tunings": SMALL}


@pytest.fixture(scope="module")
def helped(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tuned")
    data = clean_clusters(dataset="casia-b")
    rules = protocol_file(folder, 8)
    result = tune(
        [data],
        folder / "tuned.toml",
        request=asked(protocol=rules),
        settings=TuneSettings(**FAST),
        report=folder / "page.html",
    )
    return folder, data, rules, result


def test_who_knows_whom_the_network_has_seen_is_said(helped):
    folder, _, _, result = helped
    said = [warning for warning in result.warnings if warning.startswith("It is unknown whom")]
    assert len(said) == 1
    assert said[0] in (folder / "page.html").read_text()
    assert said[0] in result.to_dict()["warnings"]


def by_name(result):
    return {found.family: found for found in result.families}


def test_re_ranking_that_helps_is_taken(helped):
    _, data, rules, result = helped
    found = by_name(result)["re-ranking"]
    assert found.taken
    assert found.against == "plain"
    assert found.gain.low > 0
    assert result.family in FAMILIES[2:]
    assert Pipeline.from_settings(result.pipeline).transductive
    plain = evaluate(data, request=asked(protocol=rules, resamples=2)).mean
    assert evaluate(data, request=asked(protocol=rules, pipeline=result.pipeline, resamples=2)).mean > plain + 10


def test_re_ranking_that_hurts_is_refused_and_plain_is_written(tmp_path):
    data, rules = one_probe_each(), protocol_file(tmp_path, 2)
    reranked = {"scorer": {"name": "k-reciprocal", "k1": 6, "k2": 6}}
    plain = evaluate(data, request=asked(protocol=rules, resamples=2)).mean
    assert evaluate(data, request=asked(protocol=rules, pipeline=reranked, resamples=2)).mean < plain - 10
    result = tune([data], tmp_path / "t.toml", request=asked(protocol=rules), settings=TuneSettings(**FAST))
    assert result.family == "plain"
    assert [f.taken for f in result.families] == [True, False, False, False, False]
    assert read_toml(tmp_path / "t.toml") == PLAIN
    for name, found in by_name(result).items():
        assert name == "plain" or f"{name}: refused" in found.verdict
        assert name == "plain" or f"{found.gain.low:+.1f} to {found.gain.high:+.1f}" in found.verdict


def test_the_file_is_a_pipeline_with_its_evidence(helped):
    folder, data, rules, result = helped
    text = (folder / "tuned.toml").read_text()
    assert text.startswith("# Chosen by gaitprint eval tune")
    said = " ".join(line.removeprefix("# ") for line in text.splitlines() if line.startswith("#"))
    for found in result.families:
        assert found.verdict in said
    assert "10 subjects (001 to 010)" in said
    assert "made up" in said
    assert read_toml(folder / "tuned.toml") == result.pipeline
    assert result.pipeline["chosen_by"]["subjects"] == [["001", "010", 1]]
    assert json.loads((folder / "tuned.json").read_text()) == json.loads(json.dumps(result.to_dict()))
    assert result.to_dict()["facts"]["people_measuring"] == 5
    by_file = evaluate(data, request=asked(protocol=rules, pipeline=read_toml(folder / "tuned.toml"), resamples=2))
    # the protocol's own draws are those in which all subjects choose
    assert by_file.mean == pytest.approx(by_name(result)[result.family].inside, abs=1e-9)
    page = (folder / "page.html").read_text()
    assert "What each step is worth to others" in page
    assert "Pipelines tried" in page


@pytest.mark.parametrize(("promised", "tried"), [(False, (0.0,)), (True, (0.0, 1.0))])
def test_equal_numbers_are_tried_where_they_are_promised(promised, tried, tmp_path, monkeypatch):
    class SearchedError(Exception):
        pass

    def search(measure, shape, steps):
        candidates = steps.transforms["seeded-expansion"].candidates(shape)
        raise SearchedError(tuple(dict.fromkeys(c["max_probes_ratio"] for c in candidates)))

    monkeypatch.setattr("gaitprint.stages.tune.search", search)
    with pytest.raises(SearchedError) as found:
        tune(
            [clean_clusters(subjects=6, dataset="casia-b")],
            request=asked(protocol=protocol_file(tmp_path, 8)),
            settings=TuneSettings(equal_numbers=promised),
        )
    assert found.value.args == (tried,)


def test_settings_that_suppose_equal_numbers_say_so():
    grown = {"name": "seeded-expansion", "max_probes_ratio": 1.0}
    assert "suppose that all subjects of the test have equally many probes" in _supposed({"transforms": [grown]})[0]
    assert _supposed({"transforms": [{**grown, "max_probes_ratio": 0.0}, {"name": "unit-length"}]}) == []


def test_a_stopped_tuning_goes_on_and_ends_alike(helped, tmp_path):
    folder, data, rules, result = helped
    lines = (folder / "tuned.jsonl").read_bytes().splitlines(keepends=True)
    (tmp_path / "tuned.jsonl").write_bytes(b"".join(lines[: len(lines) // 2]) + lines[-1][:40])
    told = []
    again = tune(
        [data],
        tmp_path / "tuned.toml",
        request=asked(protocol=rules, budget=ComputeBudget(progress=lambda d, t, w: told.append((d, t)))),
        settings=TuneSettings(**FAST),
    )
    assert again.to_dict() == result.to_dict()
    assert sorted((tmp_path / "tuned.jsonl").read_bytes().splitlines()) == sorted(b"".join(lines).splitlines())
    assert told == sorted(told)
    assert told[-1] == (18, 18)


def test_the_journal_of_another_tuning_is_refused(helped, tmp_path):
    folder, data, rules, _ = helped
    for name in ("tuned.jsonl", "tuned.toml"):
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    with pytest.raises(ArtefactError, match=r"journal of a tuning with another seed: remove it"):
        tune([data], tmp_path / "tuned.toml", request=asked(protocol=rules, seed=1), settings=TuneSettings(**FAST))
    (tmp_path / "tuned.jsonl").write_text("of something else\n")
    with pytest.raises(ArtefactError, match="is no journal of a tuning"):
        tune([data], tmp_path / "tuned.toml", request=asked(protocol=rules), settings=TuneSettings(**FAST))


def test_subjects_that_test_may_not_choose(tmp_path):
    rules = protocol_file(tmp_path, 8)
    data = clean_clusters(subjects=80, sequences=3, dataset="casia-b")
    with pytest.raises(ProtocolError, match=r"6 of the 80 subjects \(075, 076, 077, 078, 079 and 1 more\) are test"):
        tune([data], request=asked(protocol=rules), settings=TuneSettings(**FAST))
    with pytest.raises(ProtocolError, match=r"18 of the 80 subjects .* --yes-these-are-test-subjects"):
        tune([data], request=asked(protocol=rules), settings=TuneSettings(split="62", **FAST))


def test_the_command_lets_test_subjects_choose_aloud(tmp_path, monkeypatch, capsys):
    rules = protocol_file(tmp_path, 3)
    save_embeddings(tmp_path / "e.safetensors", people_apart(subjects=77, sequences=3, dataset="casia-b"))
    monkeypatch.setattr(TuneSettings, "tuned_steps", TunedSteps.of((), SMALL))
    words = ["eval", "tune", "e.safetensors", "--out", "t.toml", "--protocol", rules, "--subjects", "001-002,076-077"]
    monkeypatch.chdir(tmp_path)
    assert main([*map(str, words)]) == 1
    assert "2 of the 4 subjects (076, 077) are test subjects" in capsys.readouterr().err
    assert main([*map(str, words), "--repeats", "1", "--yes-these-are-test-subjects"]) == 0
    said = capsys.readouterr().out
    assert "note: Chosen on test subjects: 2 of the 4 subjects (076, 077)" in said
    assert "settings: t.toml" in said
    assert "refused" in said
    assert "Chosen on test subjects: 2 of the 4" in (tmp_path / "t.toml").read_text()


@pytest.mark.parametrize(
    ("settings", "said"),
    [({"part": "train"}, 0), ({}, 1), ({"part": "all"}, 1), ({"networks": [{"part": "train"}, {"part": "train"}]}, 0)],
)
def test_without_a_published_split_the_part_counts(settings, said):
    data = people_apart(dataset="folder", **settings)
    found = check_may_choose(data, None, None, False)
    assert len(found) == said
    assert all("It is unknown whether 001, 002, 003, 004, 005 and 3 more" in text for text in found)
    tested = people_apart(dataset="folder", part="test")
    with pytest.raises(ProtocolError, match="8 of the 8 subjects"):
        check_may_choose(tested, None, None, False)


def test_several_networks_get_weights(tmp_path):
    """The second network is noise: it must not have the same say."""
    good, noise = people_apart(source="good"), people_apart(seed=1, spread=6.0, source="noise")
    path = tmp_path / "good.safetensors"
    save_embeddings(path, good)
    result = tune([path, noise], request=asked(protocol=protocol_file(tmp_path, 4)), settings=TuneSettings(**FAST))
    distance = by_name(result)["distance"]
    assert distance.taken
    step = next(s for s in distance.chosen["transforms"] if s["name"] == "block-weights")
    assert step["weights"][0] > step["weights"][1]


def test_what_is_missing_or_in_the_way_is_said(tmp_path):
    rules = protocol_file(tmp_path, 8)
    data = clean_clusters(subjects=3)
    with pytest.raises(ConfigError, match="embeddings of at least one network"):
        tune([], request=asked(protocol=rules))
    with pytest.raises(ConfigError, match="tuning compares by pipelines of its own"):
        tune([data], request=asked(pipeline={"scorer": "part-mean"}))
    with pytest.raises(ConfigError, match="2000 resamples of its own"):
        tune([data], request=asked(resamples=20))
    with pytest.raises(ProtocolError, match=r"2 folds need 4 subjects at least.*found 3"):
        tune([data], request=asked(protocol=rules), settings=TuneSettings(**FAST))
    data = clean_clusters(subjects=4)
    with pytest.raises(ConfigError, match=r"its name ends in \.toml"):
        tune([data], tmp_path / "t.json", request=asked(protocol=rules), settings=TuneSettings(**FAST))
    (tmp_path / "mine.toml").write_text("a = 1\n")
    with pytest.raises(ArtefactError, match="was not made by `eval tune`"):
        tune([data], tmp_path / "mine.toml", request=asked(protocol=rules), settings=TuneSettings(**FAST))
    assert (tmp_path / "mine.toml").read_text() == "a = 1\n"
    few = clean_clusters(subjects=4).select([0, *range(8, 32)])
    with pytest.raises(ProtocolError, match=r"subject '001' is never a probe.*--subjects"):
        tune([few], request=asked(protocol=rules), settings=TuneSettings(**FAST))


def test_a_round_without_a_new_pipeline_measures_nothing():
    asked = []

    def measure(tables, what):
        asked.append((what, len(tables)))
        return np.zeros((len(tables), 3))

    tried = Tried(measure)
    tried.run([PLAIN], "first")
    tried.run([PLAIN], "again")
    assert asked == [("first", 1)]
