"""Who is known and who is a stranger: a gallery's errors on people of whom half, or all but five, are not enrolled.

Run: python benchmarks/gallery_open_set.py STRANGERS ASKED [--view 090] [--per-1000 50]

Both are vectors of CASIA-B by one model that has seen none of these people. STRANGERS (025 to 074) are what the
threshold is calibrated on; ASKED (075 to 124) calibrate nothing. Half: the first half is enrolled, the others are
strangers. Household: each five of the fifty in turn, and the other 45 are strangers. Enrolled are `nm-01` to `nm-04`,
asked is `nm-05` and `nm-06` (the same clothes), or bags, or coats. A rate is the mean over people, its interval 95 %
over these people (drawn anew 2,000 times); what the calibration promised stands below what came.
"""

import argparse
import tempfile
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

import gaitprint as gp

ENROLLED = ("nm-01", "nm-02", "nm-03", "nm-04")
ASKED = {"NM": ("nm-05", "nm-06"), "BG": ("bg-01", "bg-02"), "CL": ("cl-01", "cl-02")}


def chosen(walks: gp.Embeddings, subjects: list[str], conditions: tuple[str, ...], view: str | None) -> gp.Embeddings:
    """Walks of some people in some clothes."""
    return walks.select(
        [
            i
            for i, r in enumerate(walks.records)
            if r.subject in subjects and r.condition in conditions and view in (None, r.view)
        ]
    )


def answers(
    walks: gp.Embeddings, groups: list[tuple[list[str], list[str]]], strangers: gp.Embeddings, given: argparse.Namespace
) -> dict[str, tuple[dict[str, list[bool]], dict[str, list[bool]]]]:
    """For each kind of clothes: of everybody enrolled who was missed, of every stranger who was taken for somebody."""
    found = {kind: (dict[str, list[bool]](), dict[str, list[bool]]()) for kind in ASKED}
    for known, unknown in groups:
        with tempfile.TemporaryDirectory() as folder, gp.Gallery.create(Path(folder) / "a.gallery") as gallery:
            gallery.enroll(chosen(walks, known, ENROLLED, given.view))
            gallery.calibrate(strangers, per_1000=given.per_1000)
            for kind, (missed, taken) in found.items():
                for people, wrong in ((known, missed), (unknown, taken)):
                    asked = chosen(walks, people, ASKED[kind], given.view)
                    for record, answer in zip(asked.records, gallery.identify(asked), strict=True):
                        own = record.subject if people is known else "unknown"
                        said = answer.name if answer.person is not None else "unknown"
                        wrong.setdefault(record.subject, []).append(said != own)
    return found


def rate(wrong: dict[str, list[bool]]) -> str:
    """Mean over people in %, with its interval."""
    each = np.array([np.mean(values) for values in wrong.values()])
    means = each[np.random.default_rng(0).integers(0, len(each), (2000, len(each)))].mean(axis=1)
    low, high = np.percentile(means, [2.5, 97.5])
    return f"{100 * each.mean():.1f} ({100 * low:.1f}-{100 * high:.1f})"


def main() -> None:
    """Print one line for each case and kind of clothes."""
    parser = argparse.ArgumentParser()
    parser.add_argument("strangers", type=Path)
    parser.add_argument("asked", type=Path)
    parser.add_argument("--view", default=None, help="of enrolled and asked; all views by default")
    parser.add_argument("--per-1000", type=float, default=50.0, help="false alarms that the calibration promises")
    given = parser.parse_args()
    walks, others = gp.load_embeddings(given.asked), gp.load_embeddings(given.strangers)
    asked, before = (sorted({str(r.subject) for r in found.records}) for found in (walks, others))
    # the strangers of the calibration wear what those who are asked about wear at their best: light clothes
    strangers = chosen(others, before, (*ENROLLED, *ASKED["NM"]), given.view)
    cases = {
        "half": [(asked[: len(asked) // 2], asked[len(asked) // 2 :])],
        "household": [(asked[i : i + 5], asked[:i] + asked[i + 5 :]) for i in range(0, len(asked), 5)],
    }
    table = Table("case", "asked in", "enrolled who are missed, %", "strangers taken for somebody, %")
    for case, groups in cases.items():
        for kind, (missed, taken) in answers(walks, groups, strangers, given).items():
            table.add_row(case, kind, rate(missed), rate(taken))
    console = Console(width=110)
    console.print(table)
    console.print(
        f"promised: {given.per_1000 / 10:g} % of strangers, by {len(before)} people; view {given.view or 'all'}"
    )


if __name__ == "__main__":
    main()
