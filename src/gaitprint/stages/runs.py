"""`gaitprint model runs`: folders in, the runs below them out, with what sets them apart and a page of their curves."""

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from gaitprint.archives.printable import shown
from gaitprint.errors import ArtefactError, DataError
from gaitprint.experiments.run_folders import Run, find_runs, read_run
from gaitprint.pages.runs import runs_page
from gaitprint.report.html import check_report_place, write_report


@dataclass(frozen=True, eq=False)
class RunsReport:
    """The runs, and a line for each folder that could not be read."""

    runs: tuple[Run, ...]
    names: tuple[str, ...]
    """Of each run: its folder, without what all folders begin with."""
    differences: dict[str, tuple[str | None, ...]]
    """Settings of which the runs have different values; None where a run does not say."""
    damaged: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        rows = [
            {
                "name": name,
                "folder": shown(r.folder),
                "recipe": r.recipe,
                "network": r.network,
                "dataset": r.dataset,
                "subjects": r.subjects,
                "iterations": r.iterations,
                "planned": r.planned,
                "state": r.state,
                "written": r.written,
                "minutes": r.minutes,
                "last": r.last,
                "best_validation": None if r.best is None else {"rank1": r.best[0], "iteration": r.best[1]},
                "code": r.code,
                "notes": list(r.notes),
            }
            for name, r in zip(self.names, self.runs, strict=True)
        ]
        differences = {key: list(values) for key, values in self.differences.items()}
        return {"runs": rows, "differences": differences, "damaged": list(self.damaged)}


def runs(
    folders: Sequence[Path],
    *,
    report: Path | None = None,
    over: Literal["iteration", "minutes"] = "iteration",
) -> RunsReport:
    """List the runs in and below folders, and compare them.

    Args:
        folders: runs, or folders that hold some, up to four levels below.
        report: the HTML page to write, none where None.
        over: what the page's curves are drawn over; minutes are of work, without the pauses between sessions.

    Raises:
        GaitprintError: in one line, where a folder is not there or there is no run at all.
    """
    if report is not None:
        check_report_place(report)
    found, damaged = find_runs(folders)
    if not found and not damaged:
        raise DataError(
            f"no run in or below {', '.join(map(shown, folders))}: expected folders with a recipe.json, as "
            "`gaitprint model train STORE RUN` leaves them"
        )
    now = time.time()
    read: list[Run] = []
    for folder in found:
        try:
            read.append(read_run(folder, now))
        except ArtefactError as error:
            damaged.append(f"{shown(folder)}: {error}")
    result = RunsReport(tuple(read), short_names([r.folder for r in read]), differences(read), tuple(damaged))
    if report is not None:
        write_report(report, runs_page(result.runs, result.names, result.differences, result.damaged, over))
    return result


def differences(found: Sequence[Run]) -> dict[str, tuple[str | None, ...]]:
    """The settings of which not all runs have the same value, in the order in which the runs name them."""
    keys = dict.fromkeys(key for run in found for key in run.settings)
    values = {key: tuple(run.settings.get(key) for run in found) for key in keys}
    return {key: row for key, row in values.items() if len(set(row)) > 1}


def short_names(folders: Sequence[Path]) -> tuple[str, ...]:
    """The folders without what all of them lie in.

    >>> short_names([Path("runs/a/1"), Path("runs/b")])
    ('a/1', 'b')
    """
    if not folders:
        return ()
    full = [Path(os.path.abspath(folder)) for folder in folders]  # noqa: PTH100 - links in names stay as they are
    try:
        common = os.path.commonpath([folder.parent for folder in full])
    except ValueError:  # on different drives
        return tuple(shown(folder) for folder in folders)
    return tuple(shown(folder.relative_to(common).as_posix()) for folder in full)
