"""`gaitprint data prepare`."""

from pathlib import Path
from typing import Any

import click
from rich.console import Console

from gaitprint.cli.common import as_json, emit, subjects_option
from gaitprint.cli.data_options import frame_options, layout_options, workers_option
from gaitprint.cli.kinds import PLACE
from gaitprint.cli.progress import progress_bar


@click.command(short_help="A data set -> one packed store of silhouettes.")
@click.argument("source", type=PLACE)
@click.argument("store", type=PLACE)
@layout_options
@frame_options
@workers_option
@subjects_option
@click.option(
    "--trust-times",
    is_flag=True,
    help="Again later: files of the same sizes and times are the same, unread; quicker, and not sure.",
)
@as_json
def prepare(
    source: Path,
    store: Path,
    layout: Any,
    frames: Any,
    workers: int,
    subjects: tuple[str, ...] | None,
    trust_times: bool,
    as_json: bool,
) -> None:
    """Read a data set, normalise its silhouettes and pack them into the folder STORE.

    SOURCE is the data set's folder; a .zip or .tar archive of it, which is read where it lies; a .csv or .parquet
    manifest with the columns path, subject, condition, view; a store, to pack it anew; or the word `synthetic` for
    walkers drawn in code. Frames already normalised to --size rows are taken as they are. Masks of 0 and 1,
    black bodies on white and the like are mended, and it is said. A sequence that cannot be read, or holds no
    silhouettes, is left out and named with its reason; the exit code is 1 where most are.

    Killed, run it again: it goes on where it was. Run again later, only what is new or has changed in SOURCE is
    packed: the bytes of all files are compared, or their sizes and times with --trust-times.

    \b
    Examples:
      gaitprint data prepare /data/CASIA-B store --dataset casia-b --workers 4
      gaitprint data prepare OUMVLP.zip store --dataset oumvlp
      gaitprint data prepare synthetic store --set subjects=40 --set seed=0
      gaitprint data prepare mine store --dataset folder \\
        --set 'pattern={subject}/{condition}/{view}' \\
        --set partition=partition.json

    \b
    Files in STORE:
      frames.bin       all frames, packed
      index-1.arrow    who, how, from where; and how good each sequence is
      store.json       what the store is
      quarantine.json  what was left out and why, if anything was
    """
    from gaitprint.stages.prepare import prepare as stage

    with progress_bar("preparing") as bar:
        report = stage(
            source,
            store,
            layout,
            frames=frames,
            workers=workers,
            subjects=subjects,
            trust_times=trust_times,
            progress=bar.update,
        )

    emit(report.to_dict(), as_json, lambda out: print_preparation(out, report))
    report.check_most_kept()


def print_preparation(out: Console, report: Any) -> None:
    """What was kept, what was left out, and what was taken for what."""
    from gaitprint.checks.findings import alike

    height, width = report.size
    out.print(
        f"{report.store}: {report.dataset}, {report.subjects} subjects, {report.sequences} sequences, "
        f"{report.frames} frames of {height} x {width} pixels, {report.form}, {_megabytes(report.bytes)}, "
        f"in {report.seconds:.1f} s"
    )
    if report.damage:
        out.print(f"read anew, for the finished store could not be used: {report.damage}")
    if report.moved_from:
        out.print(f"the source is the one that was at {report.moved_from}")
    for note in report.notes:
        out.print(f"note: {note}")
    for line in [] if report.partition is None else report.partition.lines():
        out.print(line)
    if report.unchanged or report.gone or report.changed:
        out.print(
            f"brought up to date: {report.unchanged} unchanged, {len(report.changed)} changed, {len(report.gone)} gone"
        )
    if report.unused > report.bytes / 4:
        out.print(f"{_megabytes(report.unused)} of the store are unused: prepare it into a new one to drop them")
    for what, pairs in (("kept with a warning", report.warned), ("left out", report.quarantined)):
        groups = alike(pairs)
        for reason, keys in groups[:10]:
            also = f" and {len(keys) - 1} more" if len(keys) > 1 else ""
            out.print(f"{what}: {keys[0]}{also}: {reason}")
        if len(groups) > 10:
            out.print(f"{what}: {sum(len(keys) for _, keys in groups[10:])} more (--json lists all)")


def _megabytes(count: int) -> str:
    return f"{count / 1e6:.1f} MB"
