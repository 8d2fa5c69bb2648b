"""One small world for all journeys: a store, both networks trained a little, their embeddings."""

import io
import json
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import operator_page
import pytest
import torch

from gaitprint.cli.main import main

WALKERS = [
    *("--set", "subjects=16", "--set", "frames=8", "--set", 'views=["000","090"]'),
    *("--set", 'conditions=["nm-01","nm-05","bg-01","cl-01"]'),
]
"""Of `prepare synthetic`: half of the subjects train; every probe set of casia-b has a probe and a gallery."""
TINY = [
    *("--set", "network.settings.channels=[2,3,4]", "--set", "training.subjects=3", "--set", "training.sequences=2"),
    *("--set", "training.frames=4", "--set", "training.checkpoint_every=2", "--threads", "1"),
]
"""Of `train`."""


@dataclass(frozen=True)
class Ran:
    """What a command left: exit code and both streams."""

    code: int
    out: str
    err: str

    def json(self) -> Any:
        """The one JSON value on stdout; NaN is none."""
        assert self.code == 0, self.err

        def refuse(word: str) -> None:
            raise AssertionError(f"{word} is no JSON")

        return json.loads(self.out, parse_constant=refuse)


def gaitprint(*words: str | Path) -> Ran:
    """Run a command in this process."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = main([str(w) for w in words])
    return Ran(code, out.getvalue(), err.getvalue())


@pytest.fixture(scope="session")
def run() -> Callable[..., Ran]:
    return gaitprint


@pytest.fixture(scope="session")
def tiny() -> list[str]:
    return TINY


@pytest.fixture(scope="session")
def walkers() -> list[str]:
    return WALKERS


@dataclass(frozen=True)
class World:
    """Where everything lies, and what the commands said while they made it."""

    root: Path
    said: dict[str, Any]

    @property
    def store(self) -> Path:
        return self.root / "store"

    def model(self, network: str) -> Path:
        return self.root / network / "model.safetensors"

    def vectors(self, name: str) -> Path:
        return self.root / f"{name}.safetensors"


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    threads = torch.get_num_threads()
    made = World(tmp_path_factory.mktemp("world"), {})
    made.said["store"] = gaitprint("data", "prepare", "synthetic", made.store, *WALKERS, "--json").json()
    for name in ("gaitgl", "gaitmask"):
        recipe = ["--recipe", f"{name}-small", "--set", "training.iterations=4"]
        made.said[name] = gaitprint("model", "train", made.store, made.root / name, *recipe, *TINY, "--json").json()
        model = ["--model", made.model(name)]
        made.said[f"{name}-vectors"] = gaitprint(
            "model", "embed", made.store, *model, "--out", made.vectors(name), "--json"
        ).json()
    models = ["--model", made.model("gaitgl"), "--model", made.model("gaitmask")]
    made.said["both"] = gaitprint("model", "embed", made.store, *models, "--out", made.vectors("both"), "--json").json()
    torch.set_num_threads(threads)
    return made


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Chromium, for the tests of one file: its loop of events must not outlive them."""
    with operator_page.chromium() as made:
        yield made
