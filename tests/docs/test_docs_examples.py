"""Every block of the documentation is run, loaded or compared with what is there: a block nobody checks must not exist.

A page's blocks run from top to bottom in one folder and one namespace. What a fence's words mean:

- `python` runs; with `file=lab/thing.py` it is written to that file first and imported by what follows.
- `console` runs, made short (few walkers, few iterations); with `parse` its arguments are checked and nothing is run.
- `toml recipe`, `toml protocol`, `toml pipeline` are loaded as such; with `file=` they can be used further down.
- `json partition file=...` is read as a partition file.
- `text tree` lists paths that exist at that place of the page.
"""

import os
import re
import shlex
import shutil
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from docs_pages import PAGES, ROOT, Block, blocks_of, commands_of, name_of, without_blocks

from gaitprint.archives import open_files
from gaitprint.cli.app import COMMANDS
from gaitprint.cli.main import main
from gaitprint.components import find_component
from gaitprint.config import read_toml
from gaitprint.evaluation.protocol.protocol import load_protocol
from gaitprint.layouts.partition import read_partition
from gaitprint.retrieval.pipeline import Pipeline
from gaitprint.training.recipe import load_recipe

FEW_WALKERS = ["subjects=4", "frames=6", 'conditions=["nm-01", "nm-05", "bg-01", "cl-01"]', 'views=["000", "090"]']
FEW_STEPS = ["iterations=2", "subjects=2", "sequences=2", "frames=3", "warm_up=0", "resets=[]", "milestones=[]"]
LITERAL = {"source .venv/bin/activate", "export GAITPRINT_GOLDEN=../golden", "export PYTHONPATH=."}
WITHOUT_EXAMPLES = {"data list", "model list"}
"""Commands without arguments."""
MARKS = {
    "python": set(),
    "console": {"parse"},
    "toml": {"recipe", "protocol", "pipeline"},
    "json": {"partition"},
    "csv": set(),
    "text": {"tree"},
}


@pytest.fixture
def folder(demo_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The page's own copy of the demo; modules that the page wrote are forgotten afterwards."""
    shutil.copytree(demo_folder, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        if getattr(sys.modules[name], "__file__", None) and Path(str(sys.modules[name].__file__)).is_relative_to(
            tmp_path
        ):
            del sys.modules[name]


@pytest.mark.parametrize("page", [p for p in PAGES if blocks_of(p)], ids=name_of)
def test_every_block_holds(page: Path, folder: Path) -> None:
    namespace: dict[str, Any] = {"__name__": "page"}
    for block in blocks_of(page):
        where = f"{name_of(page)}:{block.line}"
        marks = set(block.words) - {f"file={block.file}"}
        assert block.language in MARKS, f"{where}: nothing checks a block ```{block.language}"
        assert marks <= MARKS[block.language], f"{where}: nothing knows the words {marks}"
        if block.file:
            Path(block.file).parent.mkdir(parents=True, exist_ok=True)
            Path(block.file).write_text(block.text, encoding="utf-8")
        if block.language == "python" and not block.file:
            # line numbers of a traceback are those of the page
            exec(compile("\n" * (block.line - 1) + block.text, str(page), "exec"), namespace)
        elif block.language == "console":
            for command in commands_of(block):
                check_command(command, where, run="parse" not in marks)
        elif block.language == "toml":
            check_toml(block, marks, where, folder)
        elif block.language == "json":
            read_partition(Path(block.file))
        elif block.language == "csv":
            manifest = Path(block.file)
            layout = find_component("dataset", "manifest").make({"file": manifest.name})
            assert layout.scan(open_files(manifest.parent)), f"{where}: it lists nothing"
        elif block.language == "text":
            check_tree(block, where)


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_no_block_hides(page: Path) -> None:
    """Fences that are indented, or of another kind, would not be found."""
    text = page.read_text(encoding="utf-8")
    assert text.count("```") == 2 * len(blocks_of(page))
    assert "~~~" not in text
    assert not re.search(r"^(    |\t)\S", without_blocks(page), re.MULTILINE)


def check_command(command: str, where: str, run: bool) -> None:
    if command in LITERAL:
        return
    program, *arguments = shlex.split(command)
    if program == "make":
        goals = [a for a in arguments if "=" not in a]
        targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
        assert goals, where
        assert set(goals) <= set(targets), f"{where}: the Makefile has no target {goals}"
    elif program == "python" and arguments[:2] == ["-m", "pytest"]:
        paths = [a for a in arguments[2:] if a.startswith(("tests", "src"))]
        assert all((ROOT / p).exists() for p in paths), f"{where}: {command}"
    elif program == "pip":
        check_install(arguments, where)
    elif program == "torchrun":
        place = arguments.index("-m")
        assert arguments[place + 1] == "gaitprint", where
        parse(arguments[place + 2 :], where)
    else:
        assert program == "gaitprint", f"{where}: nothing checks the command {command!r}"
        parse(arguments, where)
        if run:
            assert main(shortened(arguments)) == 0, f"{where}: {command}"


def check_install(arguments: list[str], where: str) -> None:
    """Installed is the project itself, with extras that it has, a package of its own, or what it needs."""
    verb, what, *options = arguments
    assert verb == "install", where
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    own = re.fullmatch(r"\.(?:\[([a-z,]+)\])?", what)
    if own:
        extras = set(own[1].split(",")) if own[1] else set()
        assert extras <= set(project["optional-dependencies"]), f"{where}: there is no extra {extras}"
    elif what.startswith("./packages/"):
        assert (ROOT / what / "pyproject.toml").is_file(), f"{where}: there is no package {what}"
    else:
        needed = [*project["dependencies"], *(n for some in project["optional-dependencies"].values() for n in some)]
        assert any(re.match(rf"{re.escape(what)}\b", name) for name in needed), f"{where}: {what}"
    assert options[:1] in ([], ["--index-url"]), where


def parse(arguments: list[str], where: str) -> None:
    """The command exists and takes these arguments, and every name in them is one of ours."""
    if arguments in (["--version"], ["--help"]):
        return
    name = next((n for n in (arguments[0], " ".join(arguments[:2])) if n in COMMANDS), None)
    assert name is not None, f"{where}: there is no command gaitprint {' '.join(arguments[:2])}"
    command, arguments = COMMANDS[name], arguments[len(name.split()) :]
    if "--help" in arguments:
        return
    try:
        context = command.make_context(name, list(arguments))
    except click.UsageError as error:
        pytest.fail(f"{where}: {error.format_message()}")
    given = context.params
    if given.get("recipe"):
        load_recipe(given["recipe"], given["overrides"])
    if given.get("protocol"):
        load_protocol(given["protocol"])
    if given.get("scorer"):
        find_component("scorer", given["scorer"])
    for transform in given.get("transforms", ()):
        find_component("transform", transform)
    if given.get("dataset") not in (None, "auto"):
        find_component("dataset", given["dataset"])


def shortened(arguments: list[str]) -> list[str]:
    """The same command, but with little to do."""
    if arguments[:3] == ["data", "prepare", "synthetic"]:
        return [*arguments, *(word for value in FEW_WALKERS for word in ("--set", value))]
    if arguments[:2] == ["model", "train"]:
        settings = [f"training.{value}" for value in FEW_STEPS]
        if arguments[2] == "synthetic":
            settings += [f"data.settings.{value}" for value in FEW_WALKERS]
        return [*arguments, *(word for value in settings for word in ("--set", value))]
    return arguments


def check_toml(block: Block, marks: set[str], where: str, folder: Path) -> None:
    path = Path(block.file or folder / "block.toml")
    path.write_text(block.text, encoding="utf-8")
    if "recipe" in marks:
        load_recipe(path)
    elif "protocol" in marks:
        load_protocol(path)
    else:
        assert "pipeline" in marks, f"{where}: say what the toml is: recipe, protocol or pipeline"
        Pipeline.from_settings(read_toml(path))


def check_tree(block: Block, where: str) -> None:
    listed = [line.split("  ")[0].strip() for line in block.text.splitlines() if line.strip()]
    there = [Path(p).as_posix() for p in listed if p and not os.path.lexists(p)]
    assert listed, where
    assert there == [], f"{where}: {there} do not exist at this place of the page"


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_the_examples_of_help_texts_can_be_typed(name: str) -> None:
    said = re.search(r"Examples?:\n(.*?)(?:\n\s*\n|\Z)", COMMANDS[name].help or "", re.DOTALL)
    if said is None:
        assert name in WITHOUT_EXAMPLES
        return
    commands = commands_of(Block("console", ("parse",), said[1], 0))
    assert commands
    for command in commands:
        check_command(command, f"gaitprint {name} --help", run=False)
