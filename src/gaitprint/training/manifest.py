"""What a run was made by: `manifest.json` says it for the whole run, and again for every session of it.

A session is one call of `gaitprint model train`: a run that was killed and resumed has several, maybe under other
threads, on another device or with another version of the code. No host, user or path but the store's as it was given.
"""

import os
import platform
import shutil
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import torch

from gaitprint.atomic_files import json_object, write_json
from gaitprint.config import settings_to_dict
from gaitprint.processor import processor_name
from gaitprint.training.precision import Precision
from gaitprint.training.recipe import Recipe

NAME = "manifest.json"


@dataclass(frozen=True)
class RunManifest:
    """What stays the same over all sessions of a run."""

    run: str
    """The fingerprint under which checkpoints are made."""
    recipe: Recipe
    recipe_name: str
    """As it was given: a shipped name, or a path of which the last part is kept."""
    store: str
    """As it was given; of several joined by commas."""
    dataset: str
    """Name of the data set, of several joined by `+`."""
    data: str
    """Fingerprint of the sequences trained on."""
    subjects: tuple[str, ...]
    sequences: int
    seed: int
    start: str
    """`scratch`, or what the weights came from."""

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "run": self.run,
            "recipe": Path(self.recipe_name).name,
            "recipe_fingerprint": self.recipe.fingerprint,
            "settings": settings_to_dict(self.recipe),
            "store": self.store,
            "dataset": self.dataset,
            "data": self.data,
            "subjects": list(self.subjects),
            "sequences": self.sequences,
            "seed": self.seed,
            "start": self.start,
        }


def make_session(iteration: int, device: str, precision: Precision, ranks: int = 1) -> dict[str, Any]:
    """What one call runs under: code, versions, threads and device.

    Args:
        iteration: iterations done when it began; 0 is a new run.
        device: `cpu`, `cuda`, `cuda:1`.
        precision: what is really computed in, and why.
        ranks: processes that share the work.
    """
    return {
        "when": datetime.now(UTC).isoformat(timespec="seconds"),
        "iteration": iteration,
        "device": device,
        "device_name": device_name(device),
        "threads": torch.get_num_threads(),
        "ranks": ranks,
        "precision": precision.name,
        "precision_because": precision.why,
        "code": code_version(),
        "python": platform.python_version(),
        "torch": torch.__version__,
        "numpy": np.__version__,
    }


def write_manifest(folder: Path, manifest: RunManifest, session: dict[str, Any]) -> None:
    """Write `<folder>/manifest.json` whole, with `session` after those it already lists.

    One that is damaged, or another run's, is replaced: a record is no reason to keep a run from going on.

    Raises:
        DataError: the folder cannot be written to.
    """
    path = Path(folder) / NAME
    held = json_object(path)
    ours = held.get("run") == manifest.run and isinstance(held.get("sessions"), list)
    sessions: list[Any] = held["sessions"] if ours else []
    write_json(path, {**manifest.to_dict(), "sessions": [*sessions, session]})


def code_version(package: Path | None = None) -> dict[str, Any]:
    """The package's version, and where it lies in a checkout, the commit and whether files were changed since.

    A copy that is merely installed below somebody's repository, as into its virtual environment, has no commit: git
    does not track it there.

    Args:
        package: the folder of the code, ours where None.
    """
    folder = Path(__file__).resolve().parents[1] if package is None else package
    facts: dict[str, Any] = {"version": version("gaitprint")}
    # the commit of a checkout that the code merely lies in says nothing about the code
    if _git(folder, "ls-files", "--error-unmatch", "__init__.py") is None:
        return facts
    commit, changes = _git(folder, "rev-parse", "HEAD"), _git(folder, "status", "--porcelain", "--", ".")
    if commit is not None and changes is not None:
        facts |= {"commit": commit.strip(), "dirty": bool(changes.strip())}
    return facts


def device_name(device: str) -> str:
    """The model of the processor or graphics card, such as `NVIDIA H100`; the architecture where it is not told."""
    if torch.device(device).type == "cuda":
        return str(torch.cuda.get_device_name(device))
    return processor_name()


def _git(folder: Path, *words: str) -> str | None:
    """What git says about `folder`; None where there is no git, no checkout, or no answer in time."""
    program = shutil.which("git")
    if program is None:
        return None
    command = [program, "--no-optional-locks", "-C", str(folder), *words]
    try:
        # within a hook git's own variables name another repository
        environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=10, env=environment)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None
