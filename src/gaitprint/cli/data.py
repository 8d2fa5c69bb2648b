"""Commands about data: prepare, doctor, datasets."""

from dataclasses import asdict
from pathlib import Path

import click
from rich.console import Console

from gaitprint.cli._common import as_json, emit, subjects_option, table
from gaitprint.cli._progress import progress_bar
from gaitprint.config import apply_overrides


@click.command()
@click.argument("source", type=click.Path(path_type=Path))
@click.argument("store", type=click.Path(path_type=Path))
@click.option("--dataset", default="auto", show_default=True, help="The layout; see `gaitprint datasets`.")
@click.option("--set", "settings", multiple=True, help="A setting of the layout: key=value. Repeatable.")
@click.option("--size", default=64, show_default=True, help="Height of the stored frames in pixels.")
@click.option(
    "--edge-rule",
    type=click.Choice(["opengait", "gaitset"]),
    default="opengait",
    show_default=True,
    help="Whether a frame centred on column 0 is dropped (opengait) or kept (gaitset).",
)
@click.option("--workers", default=0, show_default=True, help="Processes that read; 0 reads in this one.")
@subjects_option
@as_json
def prepare(
    source: Path,
    store: Path,
    dataset: str,
    settings: tuple[str, ...],
    size: int,
    edge_rule: str,
    workers: int,
    subjects: tuple[str, ...] | None,
    as_json: bool,
) -> None:
    """Read a data set, normalise its silhouettes and pack them into STORE.

    SOURCE is the data set's folder, or the word `synthetic` for walkers drawn in code
    (--set subjects=40 --set seed=0). Frames already normalised to --size rows are taken as they are. A sequence that
    cannot be read is left out and named with its reason. Killed, run it again: it goes on where it was.
    """
    from gaitprint.stages.prepare import prepare as stage

    with progress_bar("preparing") as bar:
        report = stage(
            source,
            store,
            dataset=dataset,
            settings=apply_overrides({}, settings),
            size=size,
            edge_rule=edge_rule,  # type: ignore[arg-type]
            workers=workers,
            subjects=subjects,
            progress=bar.update,
        )

    def text(out: Console) -> None:
        out.print(
            f"{report.store}: {report.dataset}, {report.subjects} subjects, {report.sequences} sequences, "
            f"{report.frames} frames of {report.size[0]} x {report.size[1]} in {report.seconds:.1f} s"
        )
        for what, pairs in (("kept with a warning", report.warned), ("left out", report.quarantined)):
            for key, reason in pairs[:10]:
                out.print(f"{what}: {key}: {reason}", markup=False)
            if len(pairs) > 10:
                out.print(f"{what}: {len(pairs) - 10} more (--json lists all)")

    emit(report.to_dict(), as_json, text)


@click.command()
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--dataset", default="auto", show_default=True, help="The layout; see `gaitprint datasets`.")
@as_json
def doctor(path: Path, dataset: str, as_json: bool) -> None:
    """Say what the data set or store at PATH is, what is wrong with it and what to do."""
    from gaitprint.stages.doctor import doctor as stage

    with progress_bar("examining") as bar:
        report = stage(path, dataset=dataset, progress=bar.update)

    def text(out: Console) -> None:
        for line in report.lines():
            out.print(line, markup=False)

    emit(report.to_dict(), as_json, text)


@click.command()
@as_json
def datasets(as_json: bool) -> None:
    """List the data sets that can be read, with their splits and protocols."""
    from gaitprint.stages.datasets import list_datasets

    found = list_datasets()

    def text(out: Console) -> None:
        rows = [[d.name, d.title, ", ".join(d.splits), ", ".join(d.protocols)] for d in found]
        out.print(table("", ["name", "what it is", "splits", "protocols"], rows))

    emit([asdict(d) for d in found], as_json, text)


COMMANDS = (prepare, doctor, datasets)
