"""Rules of the house that a linter does not know."""

import ast
import logging
import re
import subprocess
import sys

import pytest
from house_files import MODULES, SOURCE, TESTS, calls_in, name_of, parsed, published_files
from importlinter.cli import EXIT_STATUS_SUCCESS, lint_imports

LONGEST = 250
LONGER: dict[str, tuple[int, str]] = {}
"""Files that may be longer, how long, and why."""

TORCH_DRAWS = {"torch.rand", "torch.randn", "torch.randint", "torch.randperm", "torch.bernoulli", "torch.multinomial"}
UNSAFE = re.compile(
    r"(pickle|cPickle|dill|joblib|shelve|marshal)\.(load|loads|open|Unpickler)|eval|exec|os\.system|yaml\.(load|unsafe_load)"
)
MACHINES = re.compile("/" + "(?:work|root|Users|home/[a-z][a-z0-9_-]*)/[A-Za-z0-9._-]")


def test_files_are_small() -> None:
    found = []
    for path in MODULES:
        limit, _ = LONGER.get(name_of(path), (LONGEST, ""))
        lines = len(path.read_text(encoding="utf-8").splitlines())
        if lines > limit:
            found.append(f"{name_of(path)} has {lines} lines")
    assert found == [], "split them where a second idea begins"


def test_long_files_are_long_for_a_reason_and_exist() -> None:
    for name, (limit, reason) in LONGER.items():
        assert reason
        assert limit > LONGEST
        assert len((SOURCE.parents[1] / name).read_text(encoding="utf-8").splitlines()) > LONGEST


def test_everything_public_says_what_it_is() -> None:
    silent = []
    for path in MODULES:
        if not ast.get_docstring(parsed(path)):
            silent.append(name_of(path))
        for node in parsed(path).body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
                silent += [] if ast.get_docstring(node) else [f"{name_of(path)}: {node.name}"]
    assert silent == []


def test_nothing_is_unpickled_or_executed() -> None:
    found = []
    for path in MODULES:
        for name, call in calls_in(path):
            given = {word.arg: ast.unparse(word.value) for word in call.keywords}
            importer = name_of(path) == "src/gaitprint/interop/weights.py"
            if (
                UNSAFE.fullmatch(name)
                or (name == "torch.load" and not (importer and given.get("weights_only") == "True"))
                or (name in {"np.load", "numpy.load"} and given.get("allow_pickle") != "False")
                or given.get("allow_pickle", "False") != "False"
            ):
                found.append(f"{name_of(path)}:{call.lineno}: {name}")
    assert found == []


def test_only_the_command_lines_progress_prints_and_to_stderr() -> None:
    prints = [(name_of(p), call) for p in MODULES for name, call in calls_in(p) if name == "print"]
    assert {path for path, _ in prints} <= {"src/gaitprint/cli/progress.py"}
    assert all({w.arg: ast.unparse(w.value) for w in call.keywords}.get("file") == "sys.stderr" for _, call in prints)


def test_chance_is_an_argument() -> None:
    """No generator of the whole process is asked or seeded, and none is seeded by the clock."""
    own = {"default_rng", "Generator", "PCG64", "SeedSequence"}
    shared = {"torch.manual_seed", "torch.seed", "torch.random.seed", "torch.cuda.manual_seed_all"}
    found = []
    for path in MODULES:
        for name, call in calls_in(path):
            head, _, tail = name.rpartition(".")
            if (
                head == "random"
                or (head == "np.random" and (tail not in own or not call.args))
                or name in shared
                or (name in TORCH_DRAWS and "generator" not in {w.arg for w in call.keywords})
            ):
                found.append(f"{name_of(path)}:{call.lineno}: {name}")
    assert found == []


def test_shapes_are_really_checked() -> None:
    """Annotations that are text, or there for type checkers only, are not checked while the tests run."""
    texts = {name_of(path): path.read_text(encoding="utf-8") for path in MODULES}
    assert [n for n, t in texts.items() if "from __future__ import annotations" in t or "TYPE_CHECKING" in t] == []


def test_torch_stays_up() -> None:
    """Retrieval, evaluation, data and the command line's help start without it."""
    code = """
import sys
import gaitprint
import gaitprint.api.comparing
import gaitprint.api.models
import gaitprint.cli._version
import gaitprint.cli.app
import gaitprint.evaluation.identification.evaluate
import gaitprint.report.html
import gaitprint.retrieval.pipeline
import gaitprint.stages.datasets
import gaitprint.stages.doctor
import gaitprint.stages.prepare
from gaitprint.components import component_names, find_component
for kind in ("augmentation", "dataset", "transform", "scorer"):
    for name in component_names(kind):
        find_component(kind, name)
sys.exit("torch was imported" if "torch" in sys.modules else 0)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_imports_point_down(capsys: pytest.CaptureFixture[str]) -> None:
    known = [logger for logger in logging.root.manager.loggerDict.values() if isinstance(logger, logging.Logger)]
    disabled = [logger.disabled for logger in known]
    status = lint_imports(config_filename=str(SOURCE.parents[1] / "pyproject.toml"), no_cache=True)
    for logger, before in zip(known, disabled, strict=True):  # it silences all of this process that are not its own
        logger.disabled = before
    assert status == EXIT_STATUS_SUCCESS, capsys.readouterr().out


def test_no_path_of_a_machine_is_published() -> None:
    found = []
    for path in published_files():
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except UnicodeDecodeError:
            continue
        found += [f"{name_of(path)}:{i}" for i, line in enumerate(lines, start=1) if MACHINES.search(line)]
    assert found == []


def test_no_test_is_switched_off() -> None:
    marks = {"pytest.mark." + "skip", "pytest.mark." + "xfail", "unittest." + "skip"}
    found = [
        f"{name_of(path)}:{node.lineno}"
        for path in TESTS
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Attribute) and node.attr in ("skip", "xfail") and ast.unparse(node) in marks
    ]
    assert found == []


def test_test_files_have_names_of_their_own() -> None:
    names = [p.name for p in TESTS if p.name != "conftest.py"]
    assert sorted(n for n in set(names) if names.count(n) > 1) == []
