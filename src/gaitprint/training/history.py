"""The figures of every iteration of a run: one JSON object a line, each iteration once."""

import json
from pathlib import Path

from gaitprint.atomic_files import write_text


def read_history(path: Path) -> list[dict[str, float | int]]:
    """The figures in order of iterations; none where there is no file."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.is_file() else []


def cut_history(path: Path, iteration: int) -> None:
    """Drop what lies beyond `iteration`, which a kill took back, and a line cut short; make the folder if need be."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        return
    lines = []
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            row = json.loads(line)
        # a kill cut this line, and what lies behind it is no history
        except ValueError:
            break
        if row["iteration"] <= iteration:
            lines.append(line + "\n")
    write_text(path, "".join(lines))


def last_means(history: list[dict[str, float | int]]) -> dict[str, float]:
    """Means of the last 50 rows over those that have the figure: some are there only now and then."""
    last = history[-50:]
    keys = dict.fromkeys(k for row in last for k in row if k != "iteration")
    having = {k: [row[k] for row in last if k in row] for k in keys}
    return {k: sum(values) / len(values) for k, values in having.items()}
