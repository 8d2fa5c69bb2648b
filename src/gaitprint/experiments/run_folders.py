"""Run folders: found below others, and each read into one value, whatever version of the package left it."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from gaitprint.archives.printable import shown
from gaitprint.atomic_files import read_json
from gaitprint.config import settings_to_dict
from gaitprint.errors import ArtefactError, ConfigError
from gaitprint.experiments.run_history import Column, elapsed_seconds, read_columns
from gaitprint.training.recipe import TrainingSettings

DEPTH = 4
"""Folders below the given one in which runs are looked for."""
LAST = 50
"""Iterations over which the last figures are means, as in `run.json`."""


@dataclass(frozen=True, eq=False)
class Run:
    """What a run folder says. What it does not say is None or empty."""

    folder: Path
    recipe: str
    network: str
    dataset: str
    subjects: int | None
    iterations: int
    """Done."""
    planned: int
    state: str
    """finished, running, stopped, or unknown: not finished, and how often it would write is not known."""
    written: str
    """When it last wrote anything, UTC."""
    minutes: float | None
    """Of work, over all sessions; of the last session where the history has no throughput."""
    last: dict[str, float]
    """Means over the last 50 iterations."""
    best: tuple[float, int] | None
    """Highest rank-1 on the subjects held out, and its iteration."""
    code: str
    """Version of the package, and the commit where it is known."""
    settings: dict[str, str]
    """Everything by which runs may differ, flat: `training.learning_rate`, `seed`, `dataset`."""
    columns: dict[str, Column]
    elapsed: Column | None
    """Seconds up to the end of every iteration of the history."""
    notes: tuple[str, ...]
    """What is damaged in the folder."""


def find_runs(folders: Sequence[Path]) -> tuple[list[Path], list[str]]:
    """Folders with a `recipe.json`, each once, in the order of names; and a line for each that cannot be looked into.

    Hidden folders, links, stores, and what lies inside of a run are not looked into.

    Raises:
        ConfigError: one of `folders` is not there, or no folder.
    """
    runs: dict[Path, Path] = {}
    complaints: list[str] = []
    for folder in folders:
        if not folder.is_dir():
            what = "a file" if folder.exists() else "nothing"
            raise ConfigError(f"expected a folder of runs at {shown(folder)}, found {what}: check the path")
        waiting = [(folder, DEPTH)]
        while waiting:
            here, depth = waiting.pop()
            # a run's own folders hold no other runs
            if os.path.lexists(here / "recipe.json"):
                runs.setdefault(here.resolve(), here)
            elif depth and not os.path.lexists(here / "store.json"):
                try:
                    with os.scandir(here) as entries:
                        inside = [e.name for e in entries if e.is_dir(follow_symlinks=False) and e.name[0] != "."]
                except OSError as error:
                    complaints.append(f"{shown(here)} cannot be looked into: {error.strerror or error}")
                    continue
                # a stack: reversed, so that names come out in order
                waiting += [(here / name, depth - 1) for name in sorted(inside, reverse=True)]
    return list(runs.values()), complaints


def read_run(folder: Path, now: float) -> Run:
    """One run.

    Args:
        now: seconds since 1970, to tell a run that is at work from one that was stopped.

    Raises:
        ArtefactError: its recipe or history cannot be read.
    """
    begun = read_json(folder / "recipe.json", "the run's recipe")
    recipe = begun.get("recipe") if isinstance(begun, dict) else None
    training, network = (_table(_table(recipe).get(key)) for key in ("training", "network"))
    planned = training.get("iterations")
    # `True` is an int to `isinstance`
    if type(planned) is not int or not isinstance(network.get("name"), str):
        raise ArtefactError("recipe.json is not of a run: expected the recipe it was begun with")
    notes: list[str] = []
    manifest, report = (_optional(folder / name, notes) for name in ("manifest.json", "run.json"))
    columns, complaint = read_columns(folder / "history.jsonl")
    notes += [complaint] if complaint else []
    sessions = manifest.get("sessions")
    session = _table(sessions[-1]) if isinstance(sessions, list) and sessions else {}
    subjects = manifest.get("subjects", report.get("subjects"))
    clips = _number(training.get("subjects"), 1) * _number(training.get("sequences"), 1)
    elapsed = elapsed_seconds(columns, clips)
    seconds = report.get("seconds") if elapsed is None else float(elapsed[-1])
    iterations = int(columns["iteration"][-1]) if "iteration" in columns else 0
    written = _last_write(folder)
    finished = iterations >= planned and (folder / "model.safetensors").is_file()
    # seconds between two checkpoints, at the mean pace of the run
    pause = None if elapsed is None else _number(training.get("checkpoint_every"), 500) * elapsed[-1] / len(elapsed)
    name = manifest.get("recipe") or report.get("recipe") or _table(recipe).get("title") or "unnamed"
    return Run(
        folder=folder,
        recipe=Path(str(name)).name,
        network=str(network["name"]),
        dataset=str(manifest.get("dataset") or report.get("dataset") or ""),
        subjects=len(subjects) if isinstance(subjects, list) else subjects if type(subjects) is int else None,
        iterations=iterations,
        planned=planned,
        state="finished" if finished else _state(now - written, pause),
        written=datetime.fromtimestamp(written, UTC).isoformat(timespec="seconds"),
        minutes=seconds / 60 if isinstance(seconds, float) else None,
        last=_last(columns),
        best=_best(columns),
        code=_code(session),
        settings=_settings(_table(recipe), manifest, session, report),
        columns=columns,
        elapsed=elapsed,
        notes=tuple(notes),
    )


def flat(values: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    """Nested settings as `a.b.c`, value; a list is one value, whether of numbers or of tables."""
    lines: dict[str, str] = {}
    for key, value in values.items():
        if isinstance(value, Mapping):
            lines |= flat(value, f"{prefix}{key}.")
        elif isinstance(value, list):
            tables = any(isinstance(v, Mapping) for v in value)
            lines[prefix + str(key)] = ("; " if tables else ", ").join(map(_item, value)) or "none"
        else:
            lines[prefix + str(key)] = str(value)
    return lines


def _item(value: Any) -> str:
    return ", ".join(f"{k} {v}" for k, v in flat(value).items()) if isinstance(value, Mapping) else str(value)


def _settings(
    recipe: dict[str, Any], manifest: dict[str, Any], session: dict[str, Any], report: dict[str, Any]
) -> dict[str, str]:
    # A run of an earlier version says nothing of settings that came later: it ran under what is their default now.
    training = {**settings_to_dict(TrainingSettings()), **_table(recipe.get("training"))}
    chosen = flat({k: v for k, v in recipe.items() if k != "title"} | {"training": training})
    facts = {key: manifest.get(key, report.get(key)) for key in ("dataset", "data", "sequences", "seed", "start")}
    facts |= {key: session.get(key, report.get(key)) for key in ("threads", "device_name", "ranks", "torch")}
    facts["code"] = _code(session)
    subjects = manifest.get("subjects", report.get("subjects"))
    facts["subjects"] = len(subjects) if isinstance(subjects, list) else subjects
    return chosen | {key: str(value) for key, value in facts.items() if value not in (None, "")}


def _code(session: dict[str, Any]) -> str:
    code = _table(session.get("code"))
    words = [str(code.get("version", "")), str(code.get("commit", ""))[:10], "changed" if code.get("dirty") else ""]
    return " ".join(word for word in words if word)


def _state(age: float, pause: float | None) -> str:
    """Of an unfinished run: one at work writes at every checkpoint, `pause` seconds apart; twice that is allowed."""
    if pause is None:
        return "running" if age < 60 else "unknown"
    return "running" if age < max(60.0, 2 * pause) else "stopped"


def _last_write(folder: Path) -> float:
    times = [0.0]
    for path in (folder, folder / "checkpoints", *folder.iterdir()):
        try:
            times.append(path.stat().st_mtime)
        except OSError:  # just replaced by a newer one
            continue
    return max(times)


def _last(columns: Mapping[str, Column]) -> dict[str, float]:
    ends = {name: column[-LAST:] for name, column in columns.items() if name != "iteration"}
    return {name: float(end[np.isfinite(end)].mean()) for name, end in ends.items() if np.isfinite(end).any()}


def _best(columns: Mapping[str, Column]) -> tuple[float, int] | None:
    figures = columns.get("validation_rank1")
    if figures is None or not np.isfinite(figures).any():
        return None
    place = int(np.nanargmax(np.where(np.isfinite(figures), figures, np.nan)))
    return float(figures[place]), int(columns["iteration"][place])


def _optional(path: Path, notes: list[str]) -> dict[str, Any]:
    """A file that older or unfinished runs lack."""
    if not os.path.lexists(path):
        return {}
    try:
        return _table(read_json(path, path.name))
    except ArtefactError:
        notes.append(f"{path.name} is damaged and was passed over")
        return {}


def _table(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _number(value: Any, default: int) -> int:
    return value if type(value) is int and 0 < value < 2**31 else default
