"""Whatever a stage is given, it takes what is obviously meant or says in one line what it wants."""

import copy
import importlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from asked import asked

from gaitprint import stages
from gaitprint.arguments import settled
from gaitprint.config import build_settings
from gaitprint.datasets.folder import FolderSettings
from gaitprint.datasets.manifest import ManifestSettings
from gaitprint.datasets.synthetic import SyntheticSettings
from gaitprint.errors import ConfigError, GaitprintError
from gaitprint.evaluation.protocol.protocol import ProbeSelection, Selection, load_protocol
from gaitprint.types import Embeddings, PartLayout, SequenceRecord

WALKS = tuple(SequenceRecord(name, name, "nm-01", "000") for name in "ab09")
DATA = Embeddings(np.eye(4, dtype=np.float32), WALKS, PartLayout(((1, 4),)), "made up")


def sample(
    path: Path,
    paths: Sequence[Path] = (),
    either: Path | Sequence[Path] | None = None,
    names: Sequence[str] = (),
    table: Mapping[str, Path] | None = None,
    lists: Mapping[str, Sequence[str]] | None = None,
    count: int = 1,
    share: float = 0.5,
    sure: bool = False,
    told: Callable[[str], None] | None = None,
) -> None:
    """Something with an argument of each kind that stages have."""


@pytest.mark.parametrize(
    ("name", "given", "taken"),
    [
        ("path", "a", Path("a")),
        ("path", Path("a"), Path("a")),
        ("paths", "ab", [Path("ab")]),
        ("paths", Path("ab"), [Path("ab")]),
        ("paths", ("a", Path("b")), (Path("a"), Path("b"))),
        ("paths", iter(["a", "b"]), [Path("a"), Path("b")]),
        ("either", "ab", Path("ab")),
        ("either", ["ab"], [Path("ab")]),
        ("either", None, None),
        ("names", "001", ["001"]),
        ("names", ["001", "002"], ["001", "002"]),
        ("table", {"a": "b"}, {"a": "b"}),
        ("lists", {"PROBE_SET": "0001"}, {"PROBE_SET": ["0001"]}),
        ("lists", {"PROBE_SET": ("0001", "0002")}, {"PROBE_SET": ("0001", "0002")}),
        ("count", np.int64(3), 3),
        ("share", 1, 1.0),
        ("share", np.float32(0.5), 0.5),
        ("sure", np.bool_(True), True),
        ("told", print, print),
    ],
)
def test_what_is_obviously_meant_is_taken(name: str, given: object, taken: object) -> None:
    bound = settled(sample, (), {"path": "p", name: given})
    assert bound.arguments[name] == taken
    assert type(bound.arguments[name]) is type(taken)


@pytest.mark.parametrize(
    "value", [None, 3, b"x", ["x"], {"a": 1}, np.zeros(3), object(), ""], ids=lambda value: type(value).__name__
)
def test_no_path_is_refused_in_one_line(value: object) -> None:
    with pytest.raises(ConfigError, match=r"^path of sample\(\) is a path, found ") as caught:
        settled(sample, (value,), {})
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("paths", [None], "paths of sample.. is a path, found None"),
        ("paths", b"ab", "is a list, each a path, found bytes"),
        ("either", 3, "is a path or a list, each a path or None, found int 3"),
        ("table", "a", "is a table by name, .* or None, found str 'a'"),
        ("count", "3", "is int, found str '3'"),
        ("count", True, "is int, found bool True"),
        ("share", "0.5", "is float, found str '0.5'"),
        ("share", True, "is float, found bool True"),
    ],
)
def test_what_means_nothing_is_refused_by_name(name: str, value: object, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        settled(sample, ("p",), {name: value})


def test_an_argument_too_many_or_too_few_is_pythons_own_error() -> None:
    with pytest.raises(TypeError, match="missing"):
        settled(sample, (), {})
    with pytest.raises(TypeError, match="unexpected"):
        settled(sample, ("p",), {"paht": 1})


@pytest.mark.parametrize(
    "name", ["submit", "compress", "doctor", "embed", "evaluate", "prepare", "runs", "train", "tune"]
)
@pytest.mark.parametrize(
    "value",
    ["nowhere", Path("nowhere"), ["nowhere"], None, 3, b"x", np.zeros(2)],
    ids=lambda value: type(value).__name__,
)
def test_no_stage_fails_from_within(tmp_path: Path, monkeypatch, name: str, value: object) -> None:
    monkeypatch.chdir(tmp_path)
    more = {"submit": 1, "embed": 1, "prepare": 1, "train": 1}.get(name, 0)
    with pytest.raises(GaitprintError) as caught:
        getattr(stages, name)(*[value] * (1 + more))
    assert "\n" not in str(caught.value)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("stage", "given", "words"),
    [
        ("evaluate", {"embeddings": DATA, "request": asked(views="090")}, "no sequence has the view '090'"),
        ("evaluate", {"embeddings": DATA, "request": asked(subjects="ab")}, "no sequence has the subject 'ab'"),
        ("verify", {"embeddings": DATA, "request": asked(conditions="nm-05")}, "no sequence has the condition 'nm-05'"),
        ("ablate", {"embeddings": {"a": DATA}, "request": asked(subjects="ab")}, "no sequence has the subject 'ab'"),
        ("prepare", {"source": "synthetic", "out": "none", "subjects": "001,"}, "no walker is called '001,'"),
        ("plan", {"recipe": "quick", "overrides": "training.nothing=1"}, "no setting 'nothing'"),
    ],
)
def test_text_for_a_list_is_one_name_however_the_function_is_reached(
    stage: str, given: dict[str, Any], words: str
) -> None:
    module = importlib.import_module(f"gaitprint.stages.{stage}")
    for called in (getattr(stages, stage), getattr(module, {"plan": "plan_run"}.get(stage, stage))):
        with pytest.raises(GaitprintError, match=words):
            called(**given)


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        (Selection(), "views"),
        (ProbeSelection(), "keys"),
        (load_protocol("casia-b"), "leave_out_views"),
        (SyntheticSettings(), "views"),
        (FolderSettings(), "unknown"),
        (ManifestSettings(), "missing"),
    ],
)
def test_settings_made_in_python_refuse_text_for_a_list(settings: Any, field: str) -> None:
    made = copy.copy(settings)
    object.__setattr__(made, field, "090")  # the tests check the types of arguments themselves
    with pytest.raises(ConfigError, match=rf"^{field} is a list such as \[\"090\"\], found '090'"):
        made.__post_init__()


def test_settings_from_a_file_refuse_it_with_the_way_out() -> None:
    with pytest.raises(ConfigError, match=r"unknown is a list such as \[\"probe\"\], found 'probe'"):
        build_settings(FolderSettings, {"unknown": "probe"})
