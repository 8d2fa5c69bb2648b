"""Claim: how alike the walks of one person are, beside how unlike people are, for synthetic people and for real ones.

Run: python benchmarks/people_spread.py STORE... [--view 090] [--condition nm]

A table a store: simple measures of walks of one view and kind of condition. Within is the standard deviation over the
walks of the median person, between that of people's means (less what comes of few walks alone), and the ratio
of both says how hard a measure makes it to know people by it alone: 0 is a fingerprint, above 1 is noise. Only the
first 200 people of a store are looked at. Real people have to be of the training side where anything is chosen by it.
"""

import argparse
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from gaitprint.store import Store

BANDS = 8
PEOPLE = 200


def measures(frames: np.ndarray, period: float) -> dict[str, float]:
    """What a ruler would say of one walk; lengths in shares of the height."""
    body = frames > 127
    height = frames.shape[1]
    widths = body.sum(axis=2) / height
    bands = widths.reshape(len(frames), BANDS, -1).mean(axis=2)
    columns = np.arange(frames.shape[2])
    middle = [float((rows * columns).sum() / max(1, rows.sum())) for rows in body[:, : height // 2].sum(axis=1)]
    found = {"cadence (steps a minute at 25 frames a second)": 120.0 * 25.0 / period}
    found |= {f"width of band {i + 1}": float(bands[:, i].mean()) for i in range(BANDS)}
    found["stride (spread of the lowest band)"] = float(widths[:, -height // 8 :].mean(axis=1).std())
    found["arms (spread of bands 3 and 4)"] = float(bands[:, 2:4].mean(axis=1).std())
    found["sway (of the upper body)"] = float(np.std(middle) / height)
    return found


def spread(values: dict[str, list[float]]) -> tuple[float, float, float]:
    """Mean over people, standard deviation within a person, and between people."""
    several = [np.array(v) for v in values.values() if len(v) > 1]
    within = float(np.median([v.var(ddof=1) for v in several]))
    means = np.array([v.mean() for v in several])
    chance = within * float(np.mean([1 / len(v) for v in several]))
    return float(means.mean()), within**0.5, max(float(means.var(ddof=1)) - chance, 0.0) ** 0.5


def look(store: Store, subjects: set[str], view: str, kind: str) -> dict[str, dict[str, list[float]]]:
    """Every measure: subject -> one value a walk."""
    found: dict[str, dict[str, list[float]]] = {}
    for i, record in enumerate(store.records):
        if record.subject in subjects and record.view == view and record.condition.startswith(kind):
            period = float(store.quality["period"][i])
            for name, value in measures(np.asarray(store.frames(i)), period).items():
                if np.isfinite(value):
                    found.setdefault(name, {}).setdefault(str(record.subject), []).append(value)
    return found


def main() -> None:
    """Print one table a store."""
    parser = argparse.ArgumentParser()
    parser.add_argument("stores", nargs="+", type=Path)
    parser.add_argument("--view", default="090")
    parser.add_argument("--condition", default="nm")
    parser.add_argument("--last", default="074", help="the last subject that is looked at")
    given = parser.parse_args()
    for path in given.stores:
        store = Store.open(path)
        people = sorted({str(r.subject) for r in store.records if str(r.subject) <= given.last})[:PEOPLE]
        table = Table("measure", "mean", "within", "between", "within / between", title=f"{path.name}, {len(people)}")
        for name, values in look(store, set(people), given.view, given.condition).items():
            mean, within, between = spread(values)
            table.add_row(name, f"{mean:.3f}", f"{within:.4f}", f"{between:.4f}", f"{within / max(between, 1e-9):.2f}")
        Console(width=100).print(table)


if __name__ == "__main__":
    main()
