"""YAML of others: plain values come through, everything else is refused in one line."""

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from gaitprint.errors import ConfigError
from gaitprint.interop import yaml_reading as _yaml_reading
from gaitprint.interop.yaml_reading import read_yaml

BOMB = "a: &a [x, x]\n" + "".join(f"{k}: &{k} [*{p}, *{p}]\n" for p, k in zip("abcdefgh", "bcdefghi", strict=True))


def test_plain_values_come_through(tmp_path):
    path = tmp_path / "good.yaml"
    path.write_text(
        "\ufefftop:\n  whole: 3\n  real: 1.0e-4\n  text: 1e-4\n  none: null\n  flow: [1, {a: true}]\n", "utf-8"
    )
    assert read_yaml(path) == {
        "top": {"whole": 3, "real": 1e-4, "text": "1e-4", "none": None, "flow": [1, {"a": True}]},
    }  # fmt: skip


WORDS = st.text("abnoy \"'#:-[]{},&*!|>%@~e.=\n0129é", max_size=6)
LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | WORDS
VALUES = st.recursive(LEAVES, lambda v: st.lists(v, max_size=3) | st.dictionaries(WORDS, v, max_size=3))


@given(values=st.dictionaries(WORDS, VALUES, min_size=1, max_size=4))
def test_as_the_safe_loader_reads_it(values, tmp_path_factory):
    path = tmp_path_factory.mktemp("yaml") / "any.yml"
    # without aliases for values that happen to be one object
    dumper = type("Dumper", (yaml.SafeDumper,), {"ignore_aliases": lambda self, data: True})
    path.write_bytes(yaml.dump(values, Dumper=dumper, allow_unicode=True, encoding="utf-8"))
    assert read_yaml(path) == yaml.safe_load(path.read_bytes()) == values


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "expected sections such as trainer_cfg, found nothing"),
        ("- a\n", "expected sections such as trainer_cfg, found list"),
        ("word", "expected sections such as trainer_cfg, found str"),
        ("a: 1\nb: 2\na: 3\n", "line 3: found the key 'a' twice: keep one"),
        ("a:\n\tb: 1\n", "line 2: found character '\\\\t' that cannot start any token"),
        ("a: [1, 2\nb: 3\n", "line 2: "),
        ("a: 1\n---\nb: 2\n", "line 2: but found another document"),
        ("a: &x [1]\nb: *x\n", "line 1: found an alias: write the values out"),
        ("a: &x [*x]\n", "found an alias"),
        (BOMB, "found an alias"),
        ("a: &x {c: 1}\nb:\n  <<: *x\n", "line 3: found a merge key"),
        (
            "a: !!python/object/apply:os.getcwd []\n",
            "line 1: found a value of the kind 'python/object/apply:os.getcwd'",
        ),
        ("a: !mine 3\n", "line 1: found a value of the kind '!mine'"),
        ("a: 2020-01-01\n", "found a value of the kind 'timestamp': put it in quotes"),
        ("a: !!set {b, c}\n", "found a value of the kind 'set'"),
        ("a: !!int word\n", "cannot be read as YAML: invalid literal"),
        ("1: a\n", "line 1: found a key that is no word"),
        ("[a]: b\n", "line 1: found a key that is no word"),
        ("a:\n" + "- " * 5000, "nested too deeply"),
        ("a: " + "9" * 5000, "cannot be read as YAML: "),
        ("a: \x07\n", "special characters are not allowed"),
    ],
)
def test_anything_else_is_refused_in_one_line(tmp_path, text, message):
    path = tmp_path / "bad.yaml"
    path.write_text(text, "utf-8")
    with pytest.raises(ConfigError, match=message) as caught:
        read_yaml(path)
    assert "bad.yaml" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_files_that_are_none(tmp_path):
    with pytest.raises(ConfigError, match=r"no YAML file at .*none\.yaml: check the path"):
        read_yaml(tmp_path / "none.yaml")
    with pytest.raises(ConfigError, match="cannot be read: "):
        read_yaml(tmp_path)
    (tmp_path / "latin.yaml").write_bytes(b"a: \xe9\n")
    with pytest.raises(
        ConfigError,
        match=r"latin.yaml cannot be read as YAML: it is no text in UTF-8 ",
    ):
        read_yaml(tmp_path / "latin.yaml")
    (tmp_path / "large.yaml").write_text("a: 1 # " + "x" * 100)
    with pytest.raises(ConfigError, match="more than 50 bytes: that is no configuration"):
        read_yaml(tmp_path / "large.yaml", max_bytes=50)
    assert _yaml_reading.MAX_BYTES == 1_000_000
