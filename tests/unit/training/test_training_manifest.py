"""What a run was made by: whole, without names of machines, and with a line for every session."""

import json
import os
import platform
import re
import socket
import subprocess
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pytest
import torch

from gaitprint.config import settings_to_dict
from gaitprint.errors import DataError
from gaitprint.training.manifest import RunManifest, code_version, device_name, make_session, write_manifest
from gaitprint.training.precision import FLOAT32, Precision
from gaitprint.training.recipe import load_recipe

RECIPE = load_recipe("gaitgl-small")
FACTS = {
    "run": "f" * 64,
    "recipe": RECIPE,
    "store": "stores/walkers",
    "dataset": "synthetic",
    "data": "d" * 64,
    "subjects": ("001", "002"),
    "sequences": 20,
    "seed": 3,
    "start": "scratch",
}
MANIFEST = RunManifest(recipe_name="gaitgl-small", **FACTS)


def git(folder, *words):
    who = ["-c", "user.name=a", "-c", "user.email=a@b.c", "-c", "commit.gpgsign=false"]
    done = subprocess.run(["git", "-C", folder, *who, *words], capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.fixture
def checkout(tmp_path):
    """A repository with a package in it, committed."""
    package = tmp_path / "repository" / "src" / "thing"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    git(tmp_path / "repository", "init", "-q")
    git(tmp_path / "repository", "add", ".")
    git(tmp_path / "repository", "commit", "-q", "-m", "first")
    return package


def test_a_manifest_says_what_decides_a_run():
    made = MANIFEST.to_dict()
    assert made == json.loads(json.dumps(made))
    assert made == {
        "run": "f" * 64,
        "recipe": "gaitgl-small",
        "recipe_fingerprint": RECIPE.fingerprint,
        "settings": settings_to_dict(RECIPE),
        "store": "stores/walkers",
        "dataset": "synthetic",
        "data": "d" * 64,
        "subjects": ["001", "002"],
        "sequences": 20,
        "seed": 3,
        "start": "scratch",
    }


def test_a_session_says_what_it_ran_under():
    made = make_session(40, "cpu", Precision("float32", "so it is"), ranks=2)
    when = datetime.fromisoformat(made.pop("when"))
    assert abs(when - datetime.now(UTC)) < timedelta(days=1), "a clock may be set while this runs"
    assert made == {
        "iteration": 40,
        "device": "cpu",
        "device_name": device_name("cpu"),
        "threads": torch.get_num_threads(),
        "ranks": 2,
        "precision": "float32",
        "precision_because": "so it is",
        "code": code_version(),
        "python": platform.python_version(),
        "torch": torch.__version__,
        "numpy": np.__version__,
    }


def test_no_machine_no_user_and_no_place_is_named():
    recipe = str(Path.home() / "secret" / "mine.toml")
    text = json.dumps([RunManifest(recipe_name=recipe, **FACTS).to_dict(), make_session(0, "cpu", FLOAT32)])
    assert '"mine.toml"' in text
    assert not re.search(r'"/', text), "no absolute path"
    words = {socket.gethostname(), os.environ.get("USER") or "nobody-here", str(Path.home())} - {"/", ""}
    assert [word for word in words if re.search(rf"\b{re.escape(word)}\b", text)] == []


def test_sessions_are_appended(tmp_path):
    for iteration in (0, 20, 60):
        write_manifest(tmp_path, MANIFEST, make_session(iteration, "cpu", FLOAT32))
    held = json.loads((tmp_path / "manifest.json").read_text())
    assert [s["iteration"] for s in held["sessions"]] == [0, 20, 60]
    assert {k: v for k, v in held.items() if k != "sessions"} == MANIFEST.to_dict()
    assert [p.name for p in tmp_path.iterdir()] == ["manifest.json"]


@pytest.mark.parametrize("text", ["{", "[]", '{"run": "another", "sessions": [1]}', '{"run": "RUN", "sessions": 3}'])
def test_a_manifest_that_is_damaged_or_anothers_is_replaced(tmp_path, text):
    (tmp_path / "manifest.json").write_text(text.replace("RUN", "f" * 64))
    write_manifest(tmp_path, MANIFEST, make_session(7, "cpu", FLOAT32))
    held = json.loads((tmp_path / "manifest.json").read_text())
    assert [s["iteration"] for s in held["sessions"]] == [7]


def test_a_folder_that_cannot_be_written_to(tmp_path):
    (tmp_path / "manifest.json").mkdir()
    with pytest.raises(DataError, match="cannot write"):
        write_manifest(tmp_path, MANIFEST, make_session(7, "cpu", FLOAT32))


def test_code_in_a_checkout_has_its_commit(checkout):
    commit = git(checkout, "rev-parse", "HEAD")
    clean = {"version": version("gaitprint"), "commit": commit, "dirty": False}
    assert code_version(checkout) == clean
    (checkout.parent / "elsewhere.txt").write_text("not of the package")
    assert code_version(checkout) == clean
    (checkout / "new.py").write_text("")
    assert code_version(checkout) == {**clean, "dirty": True}
    (checkout / "new.py").unlink()
    (checkout / "__init__.py").write_text("changed = 1\n")
    assert code_version(checkout) == {**clean, "dirty": True}


def test_code_that_no_repository_tracks_has_none(checkout, tmp_path, monkeypatch):
    bare = {"version": version("gaitprint")}
    installed = checkout.parent.parent / "venv" / "thing"
    installed.mkdir(parents=True)
    (installed / "__init__.py").write_text("")
    assert code_version(installed) == bare, "below somebody's repository, and not of it"
    (tmp_path / "alone").mkdir()
    assert code_version(tmp_path / "alone") == bare
    monkeypatch.setenv("GIT_DIR", str(checkout.parent.parent / ".git"))
    assert code_version(tmp_path / "alone") == bare, "as within a hook of git"


def test_without_git_or_in_time_there_is_no_commit(checkout, monkeypatch):
    bare = {"version": version("gaitprint")}

    def slow(command, **kwargs):
        raise subprocess.TimeoutExpired(command, 10)

    with monkeypatch.context() as patch:
        patch.setattr("subprocess.run", slow)
        assert code_version(checkout) == bare
    monkeypatch.setattr("shutil.which", lambda name: None)
    assert code_version(checkout) == bare


def test_names_of_devices(monkeypatch):
    assert device_name("cpu")
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda device: f"card of {device}")
    assert device_name("cuda:1") == "card of cuda:1"
    cases = {
        "processor : 0\nmodel name\t: Some CPU 9\n": "Some CPU 9",
        "nothing": platform.processor() or platform.machine(),
    }
    for text, name in cases.items():
        monkeypatch.setattr(Path, "read_text", lambda self, encoding, errors, text=text: text)
        assert device_name("cpu") == name

    def missing(self, encoding, errors):
        raise FileNotFoundError(self)

    monkeypatch.setattr(Path, "read_text", missing)
    assert device_name("cpu") == platform.machine()
