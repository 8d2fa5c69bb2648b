"""How far somebody reads who follows one value through the code in the order in which it runs.

python tests/house/walks.py

A *stay* is a stretch of the reading within one file, a *return* is coming back to a file that was left before. What is
read is recorded while a small example runs: each function that is given the value or is handed it, once, methods of the
value's own classes among them, and after every such function its caller again. Of a tree of N files, each entered once,
that makes N - 1 returns: no walk through as many files has fewer.
"""

import contextlib
import io
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from itertools import groupby
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np
from house_files import SOURCE

_INNER = ("<genexpr>", "<listcomp>", "<lambda>", "<dictcomp>", "<setcomp>")
"""Code that is read as part of the function around it."""
_PLUMBING = ("arguments.py", "stages/__init__.py")
"""Files through which the arguments of all commands pass alike."""
_POSITIONAL, _NAMED = 4, 8
"""Flags of code that takes *args and **kwargs."""


@dataclass(frozen=True)
class Value:
    """What is followed."""

    classes: tuple[str, ...]
    """Names of the classes whose objects are the value or parts of it."""
    parameters: tuple[str, ...]
    """Parameters that hold it before it is such an object."""
    first: str
    """The function with which the reading begins, as `file:name`."""
    last: str = ""
    """With whose end the reading ends; empty: that of `first`."""

    def within(self, given: Any) -> bool:
        """Whether an argument or result is the value, or a short list that holds it."""
        some = given if isinstance(given, tuple | list) and len(given) < 50 else (given,)
        return any(type(x).__name__ in self.classes for x in some)

    def given_to(self, frame: FrameType) -> bool:
        """Whether a function that begins is given it."""
        code = frame.f_code
        count = code.co_argcount + code.co_kwonlyargcount
        count += bool(code.co_flags & _POSITIONAL) + bool(code.co_flags & _NAMED)
        names = code.co_varnames[:count]
        return any(name in self.parameters or self.within(frame.f_locals.get(name)) for name in names)


EMBEDDINGS = Value(("Embeddings",), ("embeddings",), "cli/eval/identify.py:identify")
HOW = Value(
    ("Execution", "ProcessGroup", "Precision", "TrainingResources"),
    ("device", "workers", "start_method"),
    "cli/model/train.py:train",
    "training/loop.py:train_network",
)


@dataclass
class _Call:
    """A function of the package that has begun."""

    frame: FrameType
    key: tuple[str, int]
    read: bool
    before: int
    """Files on the way when it began."""


def walk(value: Value, run: Callable[[], object], source: Path = SOURCE) -> list[str]:
    """Run, and list the files in the order in which they are read, a stay each."""
    way: list[str] = []
    known: set[tuple[str, int]] = set()
    calls: list[_Call] = []
    folder = f"{source}/"
    ended, importing = False, 0

    def read(call: _Call) -> None:
        call.read = True
        known.add(call.key)
        way.append(call.key[0])

    def begin(frame: FrameType) -> None:
        code = frame.f_code
        key = (code.co_filename.removeprefix(folder), code.co_firstlineno)
        if not calls and f"{key[0]}:{code.co_name}" != value.first:
            return
        calls.append(_Call(frame, key, read=False, before=len(way)))
        if key not in known and key[0] not in _PLUMBING and value.given_to(frame):
            read(calls[-1])

    def end(frame: FrameType, result: object) -> None:
        nonlocal ended
        if all(call.frame is not frame for call in calls):
            return
        while calls[-1].frame is not frame:
            calls.pop()  # of what was left by an error
        call = calls.pop()
        if f"{call.key[0]}:{frame.f_code.co_name}" == (value.last or value.first):
            ended = True
            sys.setprofile(before)
        if ended or not calls:
            return
        caller = calls[-1]
        if caller.read and len(way) > call.before:
            way.append(caller.key[0])
        elif value.within(result) and caller.key not in known and caller.key[0] not in _PLUMBING:
            read(caller)

    def see(frame: FrameType, event: str, result: object) -> None:
        nonlocal importing
        code = frame.f_code
        if code.co_name == "<module>":  # whoever imports a module first, its making is not the value's way
            importing += {"call": 1, "return": -1}.get(event, 0)
        if ended or importing or not code.co_filename.startswith(folder) or code.co_name in _INNER:
            return
        if event == "call":
            begin(frame)
        elif event == "return":
            end(frame, result)

    before = sys.getprofile()
    sys.setprofile(see)
    try:
        run()
    finally:
        sys.setprofile(before)
    return [name for name, _ in groupby(way)]


def returns(stays: list[str]) -> int:
    """How often a file is come back to."""
    return len(stays) - len(set(stays))


def command(*words: object) -> None:
    """Run a command line of ours, its output put away."""
    from gaitprint.cli.main import main as gaitprint

    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()) as said:
        code = gaitprint([str(word) for word in words])
    if code:
        raise RuntimeError(said.getvalue())


def embeddings_walk(folder: Path) -> list[str]:
    """Embeddings from `eval identify` to the printed figures and the page."""
    from gaitprint.inference.embeddings_file import save_embeddings
    from gaitprint.types import Embeddings, PartLayout, SequenceRecord

    records = tuple(
        SequenceRecord(f"{subject}/{condition}/{view}", subject, condition, view)
        for subject in ("075", "076", "077")
        for condition in ("nm-01", "nm-05", "bg-01", "cl-01")
        for view in ("000", "090")
    )
    vectors = np.random.default_rng(0).normal(size=(len(records), 8)).astype(np.float32)
    file = folder / "embeddings.safetensors"
    import_module("gaitprint.stages.evaluate")  # what is imported while it is recorded takes twice as long
    save_embeddings(file, Embeddings(vectors, records, PartLayout(((2, 4),)), "a" * 64))
    return walk(EMBEDDINGS, lambda: command("eval", "identify", file, "--report", folder / "page.html"))


_RECIPE = """
title = "tiny"
augmentations = []
[network]
name = "gaitgl"
[network.settings]
height = 16
form = "casia-b"
strips = 2
channels = [2, 3, 4]
[preprocessing]
cut = 12
reduce = 4
[[losses]]
name = "part-triplet"
[[losses]]
name = "part-softmax"
[training]
iterations = 1
subjects = 2
sequences = 2
frames = 6
precision = "float32"
"""


def how_walk(folder: Path) -> list[str]:
    """Where and how training computes, from `model train` to the end of the loop."""
    from gaitprint.ingest.layout_choice import LayoutChoice
    from gaitprint.stages.prepare import prepare

    conditions = ["nm-01", "nm-02", "nm-05", "bg-01", "cl-01"]
    settings = {"subjects": 4, "frames": 8, "views": ["090"], "conditions": conditions}
    prepare(Path("synthetic"), folder / "store", LayoutChoice("synthetic", settings))
    recipe = folder / "tiny.toml"
    import_module("gaitprint.stages.train")
    recipe.write_text(_RECIPE, encoding="utf-8")
    return walk(HOW, lambda: command("model", "train", folder / "store", folder / "run", "--recipe", recipe))


WALKS = {"embeddings through `eval identify`": embeddings_walk, "`how` through `model train`": how_walk}


def main() -> None:
    """Print every walk, its stays, and among them the returns."""
    for title, follow in WALKS.items():
        with tempfile.TemporaryDirectory() as folder:
            stays = follow(Path(folder))
        print(f"{title}: {len(stays)} stays in {len(set(stays))} files, {returns(stays)} returns")
        print(*(f"  {line}" for line in _numbered(stays)), sep="\n")


def _numbered(stays: list[str]) -> Iterator[str]:
    for place, name in enumerate(stays):
        yield f"{'<-' if name in stays[:place] else '  '} {name}"


if __name__ == "__main__":
    main()
