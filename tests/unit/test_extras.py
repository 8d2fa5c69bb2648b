"""Without torch: data, retrieval, evaluation and pages work; what needs a network says what brings it."""

import json
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
PROGRAM = (
    WITHOUT
    + """
import io, json
from contextlib import redirect_stderr, redirect_stdout
from importlib import import_module
from pkgutil import walk_packages
rooms, *commands = json.loads(sys.argv[1])
for room in rooms:
    package = import_module(f"gaitprint.{room}")
    for found in walk_packages(package.__path__, package.__name__ + "."):
        if not found.name.startswith("gaitprint.pages.explain"):
            import_module(found.name)
from gaitprint.cli.main import main
for words in commands:
    with redirect_stdout(io.StringIO()) as out, redirect_stderr(io.StringIO()) as err:
        code = main(words)
    print(json.dumps([code, out.getvalue(), err.getvalue()]))
"""
)
"""Loads whole rooms, then runs commands; a line on stdout of each."""
ROOMS = (
    "archives backends checks datasets evaluation experiments exported ingest layouts pages provenance report "
    "retrieval silhouettes store synthetic tuning"
)
CONDITIONS = ("nm-01", "nm-05", "bg-01", "cl-01")


NEEDING = (["model", "list"], ["model", "plan", "quick"])
"""Commands that cannot go without it."""


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """What one process said on stderr while it loaded, and what came of its commands."""
    walks = product("abcd", CONDITIONS, ("000", "090"))
    records = tuple(gp.SequenceRecord(f"{s}/{c}/{v}", s, c, v) for s, c, v in walks)
    values = np.random.default_rng(0).normal(size=(len(records), 4)).astype(np.float32)
    vectors = tmp_path_factory.mktemp("extras") / "e.safetensors"
    gp.save_embeddings(vectors, gp.Embeddings(values, records, PartLayout(((1, 4),)), "s", {}))
    steps = ["--pipeline", "k-reciprocal", "--set", "k-reciprocal.k1=2"]
    given = json.dumps([ROOMS.split(), ["eval", "identify", str(vectors), *steps, "--json"], *NEEDING])
    done = subprocess.run([sys.executable, "-c", PROGRAM, given], capture_output=True, text=True, check=False)
    return done.stderr, [json.loads(line) for line in done.stdout.splitlines()]


def test_rooms_without_networks_load(ran):
    assert ran[0] == ""
    assert len(ran[1]) == 1 + len(NEEDING), "it came to the end"


def test_evaluation_runs(ran):
    code, said, told = ran[1][0]
    assert code == 0, told
    assert '"mean"' in said


@pytest.mark.parametrize("number", range(len(NEEDING)))
def test_what_needs_it_says_so_in_one_line(ran, number):
    code, _, told = ran[1][1 + number]
    expected = "gaitprint: this needs torch, which is not installed: pip install 'gaitprint[train]'\n"
    assert (code, told) == (1, expected)


def test_in_python_it_is_an_error_of_ours(monkeypatch):
    monkeypatch.setattr("gaitprint.extras.find_spec", lambda name: None)
    with pytest.raises(ConfigError, match=r"this needs torch, .* pip install 'gaitprint\[train\]'"):
        gp.Model.load("model.safetensors")


def test_every_extra_is_one_of_the_package():
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert set(EXTRAS.values()) <= set(project["optional-dependencies"])
    require_extra("torch")
