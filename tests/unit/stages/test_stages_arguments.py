"""Whatever a stage is given, it takes what is obviously meant or says in one line what it wants."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest

from gaitprint import stages
from gaitprint.errors import ConfigError, GaitprintError
from gaitprint.stages._arguments import settled


def sample(
    path: Path,
    paths: Sequence[Path] = (),
    either: Path | Sequence[Path] | None = None,
    names: Sequence[str] = (),
    table: Mapping[str, Path] | None = None,
    count: int = 1,
    share: float = 0.5,
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
        ("count", np.int64(3), 3),
        ("share", 1, 1.0),
        ("share", np.float32(0.5), 0.5),
        ("told", print, print),
    ],
)
def test_what_is_obviously_meant_is_taken(name: str, given: object, taken: object) -> None:
    bound = settled(sample, (), {"path": "p", name: given})
    assert bound.arguments[name] == taken
    assert type(bound.arguments[name]) is type(taken)


@pytest.mark.parametrize("value", [None, 3, b"x", ["x"], {"a": 1}, np.zeros(3), object(), ""], ids=repr)
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
        ("share", "0.5", "is float, found str '0.5'"),
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
    "name", ["answer", "compress", "doctor", "embed", "evaluate", "prepare", "runs", "train", "tune"]
)
@pytest.mark.parametrize("value", ["nowhere", Path("nowhere"), ["nowhere"], None, 3, b"x", np.zeros(2)], ids=repr)
def test_no_stage_fails_from_within(tmp_path: Path, monkeypatch, name: str, value: object) -> None:
    monkeypatch.chdir(tmp_path)
    more = {"answer": 1, "embed": 1, "prepare": 1, "train": 1}.get(name, 0)
    with pytest.raises(GaitprintError) as caught:
        getattr(stages, name)(*[value] * (1 + more))
    assert "\n" not in str(caught.value)
    assert not list(tmp_path.iterdir())
