"""People whom a network has seen are never measured in silence, and strangers are not taken for them without a word."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tomli_w
from hypothesis import given
from hypothesis import strategies as st

from gaitprint.cli.main import main
from gaitprint.errors import ConfigError
from gaitprint.experiments.people_warnings import people_warnings
from gaitprint.inference.embeddings_file import load_embeddings, save_embeddings
from gaitprint.inference.fusion import fuse
from gaitprint.models.seen_subjects import (
    Seen,
    SeenSubjects,
    lengthened,
    seen_subjects,
    seen_subjects_from,
    shortened,
)
from gaitprint.provenance.calibration_subjects import calibration_warnings, choice_warnings, chooser, people_facts
from gaitprint.provenance.seen_warnings import Place, seen_warnings
from gaitprint.retrieval.pipeline import Pipeline
from gaitprint.retrieval.spec import CHOSEN_BY
from gaitprint.types import Embeddings, PartLayout, SequenceRecord

PEOPLE = tuple(f"{i:03d}" for i in range(1, 41))
CASIA = Seen("trained", "casia-b", "", "", PEOPLE)
OWN = Seen("trained", "opengait", "store-1", "source-1", PEOPLE)


def memory(*seen: Seen, unknown: tuple[str, ...] = ()) -> dict[str, Any]:
    return SeenSubjects(seen, unknown).to_dict()


def made(seen: dict[str, Any] | None, title: str = "GaitGL", people: int = 8, seed: int = 0, **said: Any) -> Embeddings:
    """Walks of 001, 002, ... under the protocol of CASIA-B; by default of CASIA-B itself."""
    generator = np.random.default_rng(seed)
    records, vectors = [], []
    for subject in PEOPLE[:people]:
        centre = generator.normal(size=4)
        for condition in ("nm-01", "nm-05", "bg-01", "cl-01"):
            for view in ("000", "090"):
                records.append(SequenceRecord(f"{subject}/{condition}/{view}", subject, condition, view))
                vectors.append(centre + 0.5 * generator.normal(size=4))
    facts = {"network": "gaitgl", "title": title} | ({} if seen is None else {"seen": seen})
    settings = {"networks": [facts], "dataset": "casia-b", **said}
    return Embeddings(np.array(vectors, np.float32), tuple(records), PartLayout(((1, 4),)), title, settings)


class TestWhatIsSaid:
    def test_trained_people(self) -> None:
        (said,) = seen_warnings([made(memory(CASIA))])
        start = "Trained people: 8 of the 8 subjects (001, 002, 003, ...) trained GaitGL: figures on them say nothing"
        assert said.startswith(start)

    def test_people_never_seen_need_no_word(self) -> None:
        assert seen_warnings([made(memory(replace(CASIA, subjects=("075",))))]) == []
        assert seen_warnings([made(memory())]) == []

    def test_people_who_chose_the_weights(self) -> None:
        (said,) = seen_warnings([made(memory(replace(CASIA, how="chose", subjects=("002", "099"))))])
        assert said.startswith("1 of the 8 subjects (002) chose the weights of GaitGL (held out in training)")
        both = seen_warnings([made(memory(CASIA, replace(CASIA, how="chose")))])
        assert len(both) == 1, "who trained need not be said to have chosen"

    @pytest.mark.parametrize("place", [{"store": "store-1"}, {"origin": "source-1", "store": "store-2"}])
    def test_a_data_set_of_ones_own_is_known_by_its_store_or_source(self, place: dict[str, str]) -> None:
        (said,) = seen_warnings([made(memory(OWN), dataset="opengait", **place)])
        assert said.startswith("Trained people: 8 of the 8")

    @pytest.mark.parametrize(
        "place", [{"dataset": "opengait", "store": "x", "origin": "y"}, {"dataset": ""}, {"dataset": "casia-b"}]
    )
    def test_equal_names_in_another_store_are_pointed_out_and_not_judged(self, place: dict[str, str]) -> None:
        (said,) = seen_warnings([made(memory(OWN), **place)])
        assert said.startswith("8 of the 8 subjects (001, 002, 003, ...) have the names of people whom GaitGL has seen")
        assert "if they are the same people, no figure on them is a test" in said

    def test_equal_names_in_another_published_data_set_are_other_people(self) -> None:
        (said,) = seen_warnings([made(memory(CASIA), dataset="casia-e")])
        assert said.endswith("has seen in casia-b: another data set, so they are taken for others.")

    def test_the_training_part(self) -> None:
        (said,) = seen_warnings([made(memory(), part="train")])
        assert said.startswith("The sequences are of the training part of their split")

    @pytest.mark.parametrize(
        ("seen", "reason"),
        [
            (memory(unknown=("imported from x.pt",)), "imported from x.pt"),
            (None, "made by an earlier version: embed again"),
            ({"people": [{"how": "trained"}], "unknown": []}, "damaged"),
            ({"people": [], "unknown": [3]}, "damaged"),
        ],
    )
    def test_what_nobody_knows(self, seen: dict[str, Any] | None, reason: str) -> None:
        (said,) = seen_warnings([made(seen)])
        assert said.startswith("It is unknown whom GaitGL was trained on (")
        assert reason in said

    def test_vectors_of_no_known_network(self) -> None:
        (said,) = seen_warnings([replace(made(memory()), settings={})])
        assert "the vectors do not say which network made them" in said

    def test_several_networks_share_a_sentence_or_have_their_own(self, tmp_path: Path) -> None:
        one, other = made(memory(CASIA)), made(memory(CASIA), title="GaitMask")
        (said,) = seen_warnings([one, other])
        assert "trained GaitGL and GaitMask: " in said
        fused = fuse([one, made(memory(unknown=("imported from x.pt",)), title="GaitMask")])
        save_embeddings(tmp_path / "e.safetensors", fused)
        for data in (fused, load_embeddings(tmp_path / "e.safetensors"), fused.select(np.arange(16))):
            trained, unknown = seen_warnings([data])
            assert "trained GaitGL: " in trained
            assert "whom GaitMask was trained on (imported from x.pt)" in unknown


class TestCards:
    def test_a_card_of_an_earlier_version_knows_its_own_training(self) -> None:
        training = {"dataset": "casia-b", "data": "x", "subjects": ["001", "002"], "start": "scratch"}
        assert seen_subjects(training) == SeenSubjects((Seen("trained", "casia-b", "", "", ("001", "002")),))
        tuned = seen_subjects({**training, "start": "0123456789abcdef"})
        assert tuned.unknown == ("it went on from the weights '0123456789ab'",)
        joined = {"dataset": "casia-b+casia-b", "subjects": ["casia-b/001", "casia-b#2/002"], "start": "scratch"}
        (seen,) = seen_subjects(joined).people
        assert (seen.dataset, seen.subjects) == ("casia-b", ("001", "002"))

    @pytest.mark.parametrize("training", [{}, {"dataset": 3, "subjects": ["a"]}, {"subjects": "abc"}])
    def test_a_card_that_says_nothing(self, training: dict[str, object]) -> None:
        assert seen_subjects(training).unknown == ("its card does not say",)
        assert seen_subjects({}).people == ()

    def test_memories_add_up_each_once(self) -> None:
        whole = SeenSubjects((CASIA,), ("a",)) + SeenSubjects((OWN, CASIA), ("a", "b"))
        assert whole == SeenSubjects((CASIA, OWN), ("a", "b"))
        assert seen_subjects_from(json.loads(json.dumps(whole.to_dict()))) == whole

    @given(st.lists(st.one_of(st.integers(0, 300).map(lambda i: f"{i:03d}"), st.text(max_size=5)), unique=True))
    def test_short_lists_hold_everybody(self, names: list[str]) -> None:
        assert lengthened(json.loads(json.dumps(shortened(names)))) == tuple(names)

    def test_thousands_of_people_take_little_room(self) -> None:
        odd = [f"{i:05d}" for i in range(1, 10306, 2)]
        assert shortened(odd) == [["00001", "10305", 2]]
        assert lengthened(shortened(odd)) == tuple(odd)

    @pytest.mark.parametrize(
        "entry", [["0", "9999999999999", 1], ["1", "20", 1], ["a", "b", 1], [1, 2, 1], ["1", "2", 0], 7]
    )
    def test_a_hostile_list_is_refused(self, entry: object) -> None:
        with pytest.raises((TypeError, ValueError)):
            lengthened([entry])


COMMANDS = {
    "evaluate": "eval identify {e} --report {page}",
    "verify": "eval verify {e} --report {page}",
    "compare": "eval compare {e} {other}",
    "ablate": "eval ablate gaitgl={e} --method-only --report {page}",
    "compress": "gallery compress {e} --codec fp16",
    "report": "eval report gaitgl={e} --out {out}/report --method-only --splits 1",
}


@pytest.mark.parametrize("name", COMMANDS)
def test_the_terminal_the_json_and_the_page_say_so(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    paths = {word: tmp_path / f"{word}.safetensors" for word in ("e", "other")}
    save_embeddings(paths["e"], made(memory(CASIA), people=4))
    save_embeddings(paths["other"], made(memory(CASIA), title="GaitMask", people=4, seed=1))
    page = tmp_path / ("report/report.html" if name == "report" else "page.html")
    command = COMMANDS[name].format(**paths, page=page, out=tmp_path)
    expected = "Trained people: 4 of the 4 subjects (001, 002, 003, ...) trained GaitGL"
    assert main(command.split()) == 0
    assert expected in " ".join(capsys.readouterr().out.split())
    if str(page) in command or name == "report":
        assert expected in page.read_text()
    if name == "report":
        assert expected in (page.parent / "report.json").read_text()
        return
    assert main([*command.partition(" --report")[0].split(), "--json"]) == 0
    assert any(expected in warning for warning in json.loads(capsys.readouterr().out)["warnings"])


def test_people_whose_names_look_alike_are_said_beside_figures() -> None:
    data = made(memory())
    one = replace(data.records[0], subject="1")
    (said,) = people_warnings([replace(data, records=(one, *data.records[1:]))])
    assert said.startswith("Subjects whose names look alike: 1 ('001' and '1'): check them")
    assert people_warnings([data]) == []


class TestCalibrations:
    def test_one_of_the_same_people_is_told(self) -> None:
        data = made(memory())
        facts = json.loads(json.dumps(people_facts(data)))
        (said,) = calibration_warnings(facts, data.select(np.arange(8)))
        assert said.startswith("The calibration was fitted to 1 of the 1 subjects (001): it looks better here")
        assert calibration_warnings(facts, data.select([])) == []
        (said,) = calibration_warnings(facts, replace(data, settings={**data.settings, "dataset": "opengait"}))
        assert said.startswith("The calibration was fitted to people in casia-b who have the names of 8 of the 8 subj")

    def test_one_of_trained_people_says_so_wherever_it_is_used(self) -> None:
        facts = people_facts(made(memory(CASIA)))
        others = replace(made(memory()), settings={**made(memory()).settings, "dataset": "casia-e"})
        (said,) = calibration_warnings(facts, others)
        assert said.startswith("Of the calibration: Trained people: 8 of the 8 subjects")

    def test_one_of_an_earlier_version(self) -> None:
        assert "an earlier version made it" in calibration_warnings({}, made(memory()))[0]


class TestChosenSettings:
    def chosen_on(self, data: Embeddings) -> dict[str, Any]:
        return {"scorer": {"name": "part-mean"}, CHOSEN_BY: json.loads(json.dumps(chooser(data)))}

    def test_on_the_people_who_chose_them_it_is_said(self) -> None:
        data = made(memory())
        steps = Pipeline.from_settings(self.chosen_on(data.select(np.arange(24))))
        (said,) = choice_warnings([steps, steps], data)
        assert said.startswith("The retrieval settings were chosen (tune) on 3 of the 8 subjects (001, 002, 003): fig")
        assert choice_warnings([steps, Pipeline.from_settings({})], data.select(np.arange(24, 64))) == []
        assert steps.settings == Pipeline.from_settings({"scorer": "part-mean"}).settings

    def test_their_names_elsewhere_are_pointed_out_where_they_may_be_the_same(self) -> None:
        data = made(memory())
        steps = Pipeline.from_settings(self.chosen_on(data))
        (said,) = choice_warnings([steps], replace(data, settings={**data.settings, "dataset": "opengait"}))
        assert "people in casia-b who have the names of 8 of the 8 subjects" in said
        assert choice_warnings([steps], replace(data, settings={**data.settings, "dataset": "casia-e"})) == []

    def test_a_damaged_table_is_said_or_refused(self) -> None:
        (said,) = choice_warnings([Pipeline.from_settings({CHOSEN_BY: {"people": 3}})], made(memory()))
        assert said.startswith("It is unknown on whom the retrieval settings were chosen")
        with pytest.raises(ConfigError, match="chosen_by is a table that `gaitprint eval tune` wrote, found 'me'"):
            Pipeline.from_settings({CHOSEN_BY: "me"})

    @pytest.mark.parametrize("name", ["identify", "verify", "compare", "after"])
    def test_every_command_that_takes_them_says_it(self, name: str, tmp_path: Path, capsys: Any) -> None:
        gl, chosen = tmp_path / "gl.safetensors", tmp_path / "tuned.toml"
        save_embeddings(gl, made(memory()))
        chosen.write_text(tomli_w.dumps(self.chosen_on(made(memory()))))
        other = ["--after-pipeline", "euclidean"] if name == "compare" else []
        option = "--after-pipeline" if name == "after" else "--pipeline"
        command = "compare" if name == "after" else name
        assert main(["eval", command, str(gl), option, str(chosen), *other, "--json"]) == 0
        warnings = json.loads(capsys.readouterr().out)["warnings"]
        assert any("were chosen (tune) on 8 of the 8 subjects" in said for said in warnings)


@pytest.mark.parametrize("dataset", ["casia-b", "folder"])
def test_nobody_real_is_a_drawn_walker_whatever_the_name(dataset: str) -> None:
    drawn = Seen("trained", "synthetic", "fingerprint", "origin", ("001",))
    assert Place(dataset, "other", "elsewhere").holds(drawn) is False
    # two stores of walkers, or a place of which nothing is known, may hold the same
    assert Place("synthetic", "other", "elsewhere").holds(drawn) is None
    assert Place("", "other", "elsewhere").holds(drawn) is None
