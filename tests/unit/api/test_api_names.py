"""The names at run time and those that type checkers and editors see are the same."""

import ast
import importlib
import subprocess
import sys
import tomllib
from pathlib import Path

import gaitprint as gp

STUB = Path(str(gp.__file__)).with_suffix(".pyi")


def stubbed() -> dict[str, object]:
    """The names that the stub exports, as they are where it says they are."""
    found: dict[str, object] = {}
    for node in ast.parse(STUB.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ImportFrom):
            for name in node.names:
                assert name.asname == name.name, "a stub exports a name that is imported as itself"
                found[name.name] = getattr(importlib.import_module(str(node.module)), name.name)
    return found


def test_the_stub_has_the_names_that_are_there() -> None:
    assert {"__version__", *stubbed()} == set(gp.__all__)


def test_each_is_the_same_thing() -> None:
    for name, value in stubbed().items():
        assert getattr(gp, name) is value, name


def test_every_public_thing_says_what_it_is() -> None:
    for name in gp.__all__[1:]:
        assert (getattr(gp, name).__doc__ or "").strip(), name


def test_starting_imports_nothing_heavy() -> None:
    """`import gaitprint` loads none of these; masks, ranking and decisions do without torch."""
    code = """
import sys
import tomllib
import gaitprint as gp
heavy = {"numpy", "scipy", "torch", "cv2", "pyarrow", "pandas"} & set(sys.modules)
assert not heavy, heavy
gp.load_silhouettes, gp.Model, gp.rank, gp.verify, gp.distances
assert "torch" not in sys.modules
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_stub_is_packed() -> None:
    """Without it an installed package has no names for editors."""
    packed = tomllib.loads((Path(__file__).resolve().parents[3] / "pyproject.toml").read_text(encoding="utf-8"))
    assert {"py.typed", "*.pyi"} <= set(packed["tool"]["setuptools"]["package-data"]["gaitprint"])
