"""Without torch: data, retrieval, evaluation and pages work; what needs a network says what brings it."""

import subprocess
import sys
import tomllib
from itertools import product
from pathlib import Path

import numpy as np
import pytest

import gaitprint as gp
from gaitprint.errors import ConfigError
from gaitprint.extras import EXTRAS, require_extra
from gaitprint.types import PartLayout

WITHOUT = """
import sys
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "torch":
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Absent())
"""
COMMAND = WITHOUT + "from gaitprint.cli.main import main\nsys.exit(main(sys.argv[1:]))"
LOADS = (
    WITHOUT
    + """
from importlib import import_module
from pkgutil import walk_packages
for room in sys.argv[1:]:
    package = import_module(f"gaitprint.{room}")
    for found in walk_packages(package.__path__, package.__name__ + "."):
        if not found.name.startswith("gaitprint.pages.explain"):
            import_module(found.name)
"""
)
ROOMS = (
    "archives checks datasets evaluation experiments ingest layouts pages provenance report retrieval silhouettes "
    "store synthetic tuning"
)
CONDITIONS = ("nm-01", "nm-05", "bg-01", "cl-01")


@pytest.fixture
def vectors(tmp_path):
    walks = product("abcd", CONDITIONS, ("000", "090"))
    records = tuple(gp.SequenceRecord(f"{s}/{c}/{v}", s, c, v) for s, c, v in walks)
    values = np.random.default_rng(0).normal(size=(len(records), 4)).astype(np.float32)
    gp.save_embeddings(tmp_path / "e.safetensors", gp.Embeddings(values, records, PartLayout(((1, 4),)), "s", {}))
    return tmp_path / "e.safetensors"


def run(program, *words):
    given = [sys.executable, "-c", program, *map(str, words)]
    return subprocess.run(given, capture_output=True, text=True, check=False)


def test_rooms_without_networks_load():
    assert run(LOADS, *ROOMS.split()).stderr == ""


def test_evaluation_runs(vectors):
    ran = run(
        COMMAND, "eval", "identify", vectors, "--pipeline", "k-reciprocal", "--set", "k-reciprocal.k1=2", "--json"
    )
    assert ran.returncode == 0, ran.stderr
    assert '"mean"' in ran.stdout


@pytest.mark.parametrize("words", [["model", "list"], ["model", "plan", "quick"]])
def test_what_needs_it_says_so_in_one_line(words):
    ran = run(COMMAND, *words)
    expected = "gaitprint: this needs torch, which is not installed: pip install 'gaitprint[train]'\n"
    assert (ran.returncode, ran.stderr) == (1, expected)


def test_in_python_it_is_an_error_of_ours(monkeypatch):
    monkeypatch.setattr("gaitprint.extras.find_spec", lambda name: None)
    with pytest.raises(ConfigError, match=r"this needs torch, .* pip install 'gaitprint\[train\]'"):
        gp.Model.load("model.safetensors")


def test_every_extra_is_one_of_the_package():
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert set(EXTRAS.values()) <= set(project["optional-dependencies"])
    require_extra("torch")
