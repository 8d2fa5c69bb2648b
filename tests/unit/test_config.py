from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gaitprint.config import apply_overrides, build_settings, read_toml, require, settings_to_dict
from gaitprint.errors import ConfigError
from gaitprint.training.recipe import load_recipe


@dataclass(frozen=True)
class Inner:
    depth: int = 2


@dataclass(frozen=True)
class Outer:
    rate: float
    name: str = "x"
    flag: bool = False
    mode: Literal["a", "b"] = "a"
    maybe: int | None = None
    either: int | str = 0
    sizes: tuple[int, ...] = (1, 2)
    pair: tuple[int, str] = (1, "a")
    table: dict[str, float] = field(default_factory=dict)
    inner: Inner = field(default_factory=Inner)
    inners: tuple[Inner, ...] = ()
    anything: Any = None

    def __post_init__(self) -> None:
        require(self.rate >= 0, f"rate is at least 0, found {self.rate}")


def test_values_become_settings():
    values = {
        "rate": 1,
        "flag": True,
        "mode": "b",
        "maybe": 3,
        "either": "word",
        "sizes": [4, 5, 6],
        "pair": [2, "z"],
        "table": {"k": 1},
        "inner": {"depth": 7},
        "inners": [{"depth": 1}, Inner(3)],
        "anything": [1, "two"],
    }
    made = build_settings(Outer, values)
    assert made == Outer(
        rate=1.0, flag=True, mode="b", maybe=3, either="word", sizes=(4, 5, 6), pair=(2, "z"), table={"k": 1.0},
        inner=Inner(7), inners=(Inner(1), Inner(3)), anything=[1, "two"],
    )  # fmt: skip
    assert isinstance(made.rate, float)
    assert isinstance(made.table["k"], float)
    assert build_settings(Outer, settings_to_dict(made)) == made
    assert build_settings(Outer, {"rate": 1, "maybe": None}).maybe is None


@pytest.mark.parametrize(
    ("values", "match"),
    [
        ({"rat": 1}, "experiment has no setting 'rat': did you mean 'rate'"),
        ({}, "experiment needs a value for 'rate'"),
        ({"rate": "fast"}, r"experiment\.rate is of type float, found 'fast'"),
        ({"rate": True}, r"experiment\.rate is of type float, found True"),
        ({"rate": 10**400}, "an integer beyond its range"),
        ({"rate": -1}, "rate is at least 0, found -1.0"),
        ({"rate": 1, "name": 3}, r"experiment\.name is of type str"),
        ({"rate": 1, "flag": 1}, r"experiment\.flag is of type bool, found 1"),
        ({"rate": 1, "mode": "c"}, r"experiment\.mode is one of 'a', 'b', found 'c'"),
        ({"rate": 1, "mode": []}, r"experiment\.mode is one of"),
        ({"rate": 1, "maybe": 1.5}, r"experiment\.maybe is of type int, found 1.5"),
        ({"rate": 1, "maybe": True}, r"experiment\.maybe is of type int, found True"),
        ({"rate": 1, "either": []}, r"experiment\.either is of type str"),
        ({"rate": 1, "sizes": 3}, r"experiment\.sizes is a list, found 3"),
        ({"rate": 1, "sizes": [1, "x"]}, r"experiment\.sizes\[1\] is of type int"),
        ({"rate": 1, "pair": [1]}, r"experiment\.pair is a list of 2 values"),
        ({"rate": 1, "pair": [1, 2]}, r"experiment\.pair\[1\] is of type str"),
        ({"rate": 1, "table": 3}, r"experiment\.table is a table"),
        ({"rate": 1, "table": {"k": "v"}}, r"experiment\.table\.k is of type float"),
        ({"rate": 1, "inner": 3}, r"experiment\.inner: expected a table of settings, found int 3"),
        ({"rate": 1, "inner": {"dept": 3}}, r"experiment\.inner has no setting 'dept': did you mean 'depth'"),
        ({"rate": 1, "inners": [{"depth": "x"}]}, r"experiment\.inners\[0\]\.depth is of type int"),
    ],
)
def test_what_does_not_fit_is_named_with_its_place(values: dict, match: str):
    with pytest.raises(ConfigError, match=match):
        build_settings(Outer, values, "experiment")


def test_toml_files_are_read(tmp_path: Path):
    path = tmp_path / "a.toml"
    path.write_text('rate = 1\n[inner]\ndepth = "\u00e9"\n', encoding="utf-8")
    assert read_toml(path) == {"rate": 1, "inner": {"depth": "\u00e9"}}


@pytest.mark.parametrize("content", [b"= 3", b"\xff", b"a = 1\na = 2", b"a = " + b"[" * 50_000])
def test_files_that_are_no_toml_are_one_line(tmp_path: Path, content: bytes):
    path = tmp_path / "a.toml"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match="cannot be read as TOML") as caught:
        read_toml(path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "match"), [("no.toml", "no settings file at"), (".", "cannot be read"), ("\0", "cannot")]
)
def test_files_that_are_not_there(tmp_path: Path, name: str, match: str):
    with pytest.raises(ConfigError, match=match):
        read_toml(tmp_path / name)


def test_overrides_set_nested_values_and_leave_the_original():
    values = {"a": {"b": 1, "c": 2}, "d": 3}
    overrides = ["a.b=10", "e.f.g = [1, 2]", "d=true", "word=plain text", "text='quoted'", "empty=", "eq=a=b"]
    assert apply_overrides(values, overrides) == {
        "a": {"b": 10, "c": 2}, "d": True, "e": {"f": {"g": [1, 2]}}, "word": "plain text", "text": "quoted",
        "empty": "", "eq": "a=b",
    }  # fmt: skip
    assert values == {"a": {"b": 1, "c": 2}, "d": 3}


@pytest.mark.parametrize("override", ["novalue", "=3", "a..b=3", ".a=3", ""])
def test_overrides_of_no_key_are_refused(override: str):
    with pytest.raises(ConfigError, match=r"given as key=value or table"):
        apply_overrides({}, [override])


def test_overrides_through_a_value_are_refused():
    with pytest.raises(ConfigError, match="'a' is a value, not a table"):
        apply_overrides({"a": 1}, ["a.b=3"])


@given(st.text("ab=[]{}\"'#.0-, \n\\\u00e9", max_size=30))
def test_any_text_is_a_value(text: str):
    assert "k" in apply_overrides({}, [f"k={text}"])


def test_deep_text_is_a_value():
    assert apply_overrides({}, ["k=" + "[" * 50_000])["k"].startswith("[[")


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("iterations", "training.iterations"),
        ("iteration", "training.iterations"),
        ("learning_rate", "training.learning_rate"),
        ("cut", "preprocessing.cut"),
        ("trainin", "training"),
        ("augmentation", "augmentations"),
    ],
)
def test_a_setting_without_its_table_is_named_with_it(given, meant):
    with pytest.raises(ConfigError, match=rf"has no setting '{given}': did you mean '{meant}'\?$"):
        load_recipe("quick", [f"{given}=3"])
