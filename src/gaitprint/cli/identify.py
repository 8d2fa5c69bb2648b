"""Commands about who walks there: embed, evaluate, ablate, demo."""

from pathlib import Path
from typing import Any

import click
from rich.console import Console

from gaitprint.cli._common import (
    as_json,
    device_option,
    emit,
    seed_option,
    set_threads,
    split_option,
    subjects_option,
    table,
    threads_option,
)
from gaitprint.cli._progress import progress_bar
from gaitprint.config import apply_overrides, read_toml
from gaitprint.errors import ConfigError

protocol_option = click.option(
    "--protocol", default="casia-b", show_default=True, help="A shipped protocol or a .toml of your own."
)
report_option = click.option("--report", type=click.Path(path_type=Path), help="HTML page to write.")
store_option = click.option(
    "--store", type=click.Path(path_type=Path), help="Store to take the silhouettes of the page from."
)
views_option = click.option("--views", callback=lambda _c, _p, v: _words(v), help="Only these, such as 072,090,108.")
conditions_option = click.option("--conditions", callback=lambda _c, _p, v: _words(v), help="Only these: nm-01,nm-02.")


@click.command()
@click.argument("store", type=click.Path(path_type=Path))
@click.option("--model", "models", type=click.Path(path_type=Path), multiple=True, required=True, help="Repeatable.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Embeddings file to write.")
@click.option(
    "--fusion",
    type=click.Choice(["raw", "unit"]),
    default="raw",
    show_default=True,
    help="Several models: concatenate as they are, or each at unit length.",
)
@click.option(
    "--part",
    type=click.Choice(["test", "train", "all"]),
    default="test",
    show_default=True,
    help="Which side of the split.",
)
@split_option
@subjects_option
@device_option
@threads_option
@as_json
def embed(
    store: Path,
    models: tuple[Path, ...],
    out: Path,
    fusion: str,
    part: str,
    split: str | None,
    subjects: tuple[str, ...] | None,
    device: str,
    threads: int | None,
    as_json: bool,
) -> None:
    """Turn every sequence of STORE into one vector and write them to --out."""
    from gaitprint.stages.embed import embed as stage

    set_threads(threads)
    with progress_bar("embedding") as bar:
        made = stage(
            store,
            models,
            out,
            fusion=fusion,
            part=part,
            split=split,
            subjects=subjects,
            device=device,
            progress=bar.update,
        )
    facts = {
        "embeddings": str(out),
        "sequences": len(made),
        "subjects": len({r.subject for r in made.records} - {None}),
        "width": made.layout.width,
        "source": made.source,
    }
    emit(facts, as_json, lambda c: c.print(f"{out}: {len(made)} vectors of {made.layout.width} floats", markup=False))


@click.command()
@click.argument("embeddings", type=click.Path(path_type=Path))
@protocol_option
@click.option(
    "--scorer", default="euclidean", show_default=True, help="euclidean, part-mean, part-cosine, k-reciprocal."
)
@click.option(
    "--transform", "transforms", multiple=True, help="unit-length, cluster-expansion, ... in order. Repeatable."
)
@click.option(
    "--pipeline", type=click.Path(path_type=Path), help="A .toml with transforms and scorer, instead of both."
)
@click.option("--set", "overrides", multiple=True, help="A setting: scorer.k1=6 or cluster-expansion.k=9. Repeatable.")
@subjects_option
@views_option
@conditions_option
@report_option
@store_option
@seed_option
@as_json
def evaluate(
    embeddings: Path,
    protocol: str,
    scorer: str,
    transforms: tuple[str, ...],
    pipeline: Path | None,
    overrides: tuple[str, ...],
    subjects: tuple[str, ...] | None,
    views: tuple[str, ...] | None,
    conditions: tuple[str, ...] | None,
    report: Path | None,
    store: Path | None,
    seed: int,
    as_json: bool,
) -> None:
    """Measure EMBEDDINGS under a protocol: rank-1 with 95% intervals, and the log line people paste into papers."""
    from gaitprint.evaluation.logline import log_line
    from gaitprint.stages.evaluate import evaluate as stage

    steps = read_toml(pipeline) if pipeline is not None else build_pipeline(scorer, transforms, overrides)
    result = stage(
        embeddings,
        protocol=protocol,
        pipeline=steps,
        subjects=subjects,
        views=views,
        conditions=conditions,
        report=report,
        store=store,
        seed=seed,
    )

    def text(out: Console) -> None:
        out.print(log_line(result.evaluation), markup=False)
        rows = [[r.name, f"{r.mean:.1f}", _interval(r.interval), f"{r.chance:.1f}"] for r in result.evaluation.results]
        out.print(table("", ["probes", "rank-1 %", "95 % interval", "guessing %"], rows))
        kind = "transductive: sees all probes" if result.transductive else "one probe at a time"
        out.print(f"{result.evaluation.protocol.title}; distance: {result.distance}; {kind}", markup=False)
        for warning in result.warnings:
            out.print(f"note: {warning}", markup=False)
        if report is not None:
            out.print(f"report: {report}", markup=False)

    emit(result.to_dict(), as_json, text)


@click.command()
@click.argument("embeddings", nargs=-1, required=True)
@protocol_option
@click.option("--k1", default=6, show_default=True, help="Re-ranking: neighbours that must be mutual.")
@click.option("--k2", default=6, show_default=True, help="Re-ranking: neighbours averaged over; 1 is none.")
@click.option("--lambda", "lambda_", default=0.3, show_default=True, help="Re-ranking: weight of the plain distance.")
@click.option("--expansion", multiple=True, help="A setting of cluster-expansion: k=9, clustering=mutual. Repeatable.")
@click.option("--fusion", type=click.Choice(["raw", "unit"]), default="raw", show_default=True)
@click.option("--method-only", is_flag=True, help="Only the rows of the method's own table.")
@subjects_option
@views_option
@conditions_option
@report_option
@store_option
@seed_option
@as_json
def ablate(
    embeddings: tuple[str, ...],
    protocol: str,
    k1: int,
    k2: int,
    lambda_: float,
    expansion: tuple[str, ...],
    fusion: str,
    method_only: bool,
    subjects: tuple[str, ...] | None,
    views: tuple[str, ...] | None,
    conditions: tuple[str, ...] | None,
    report: Path | None,
    store: Path | None,
    seed: int,
    as_json: bool,
) -> None:
    """Measure what each step of the method brings.

    EMBEDDINGS are files of `gaitprint embed`, one a network, as name=file: gaitgl=gl.safetensors
    gaitmask=gm.safetensors. Every row of the table says its distance and whether it sees all probes (transductive).
    """
    from gaitprint.stages.ablate import ablate as stage

    named: dict[str, Path] = {}
    for item in embeddings:
        name, equals, path = item.partition("=")
        if not equals or not name or not path or name in named:
            raise ConfigError(f"embeddings are given as name=file with different names, found {item!r}")
        named[name] = Path(path)
    with progress_bar("measuring") as bar:
        result = stage(
            named,
            protocol=protocol,
            subjects=subjects,
            views=views,
            conditions=conditions,
            k1=k1,
            k2=k2,
            lambda_=lambda_,
            expansion=apply_overrides({}, expansion),
            fusion=fusion,
            further=not method_only,
            report=report,
            store=store,
            seed=seed,
            progress=bar.update,
        )
    emit(result.to_dict(), as_json, lambda out: print_ablation(out, result, report))


@click.command()
@click.argument("out", type=click.Path(path_type=Path), default=Path("demo"))
@click.option(
    "--subjects", "people", default=0, help="Synthetic walkers; half of them train. [default: the demo's own]"
)
@click.option("--iterations", default=0, help="Training iterations of each network. [default: the recipe's]")
@seed_option
@threads_option
@as_json
def demo(out: Path, people: int, iterations: int, seed: int, threads: int | None, as_json: bool) -> None:
    """From nothing to a report, on synthetic walkers: generate, train both networks, embed, measure.

    Everything goes into OUT. Killed, run it again: it goes on where it was. Synthetic walkers are not people: the
    figures show that the method works here, not how well it recognises anybody.
    """
    from gaitprint.stages.demo import demo as stage

    set_threads(threads)
    with progress_bar("demo") as bar:
        result = stage(out, subjects=people, iterations=iterations, seed=seed, progress=bar.update, say=bar.say)

    def text(console: Console) -> None:
        console.print("Synthetic walkers, not people. Rank-1 % of each network by condition:")
        rows = [[name, *(f"{v:.1f}" for v in figures.values())] for name, figures in result.conditions.items()]
        console.print(table("", ["network", *next(iter(result.conditions.values()))], rows))
        console.print()
        print_ablation(console, result.ablation, result.report)

    emit(result.to_dict(), as_json, text)


def build_pipeline(scorer: str, transforms: tuple[str, ...], overrides: tuple[str, ...]) -> dict[str, Any]:
    """A pipeline table from `--scorer`, `--transform` and `--set step.key=value`.

    Raises:
        ConfigError: `--set` names a step that is not there.
    """
    tables = apply_overrides({}, overrides)
    named = {"scorer": scorer, **{t: t for t in transforms}}
    unknown = sorted(set(tables) - set(named))
    if unknown:
        raise ConfigError(f"--set {unknown[0]}...: the pipeline has the steps {', '.join(named)}")
    for name, values in tables.items():
        if not isinstance(values, dict):
            raise ConfigError(f"--set wants step.key=value such as scorer.k1=6, found {name}={values!r}")
    return {
        "transforms": [{"name": t, **tables.get(t, {})} for t in transforms],
        "scorer": {"name": scorer, **tables.get("scorer", {})},
    }


def print_ablation(out: Console, result: Any, report: Path | None) -> None:
    """The ablation as a table, with its notes and warnings."""
    names = [r.name for r in result.rows[0].evaluation.results]
    rows = []
    for i, row in enumerate(result.rows):
        cells = [f"{r.mean:.1f}" for r in row.evaluation.results] if len(names) > 1 else []
        label = row.label + (" <- best" if i == result.best else "")
        sees = "yes" if row.transductive else "no"
        rows.append([label, f"{row.mean:.1f}", _interval(row.interval), *cells, row.distance, sees])
    columns = ["step", "rank-1 %", "95 % interval", *(names if len(names) > 1 else []), "distance", "transductive"]
    out.print(table(result.protocol.title, columns, rows))
    for note in (*result.notes, *result.warnings):
        out.print(note, markup=False)
    if report is not None:
        out.print(f"report: {report}", markup=False)


def _interval(interval: Any) -> str:
    return "" if interval is None else f"{interval.low:.1f} - {interval.high:.1f}"


def _words(text: str | None) -> tuple[str, ...] | None:
    if text is None:
        return None
    words = tuple(w.strip() for w in text.split(","))
    if not all(words):
        raise ConfigError(f"a list of names separated by commas is wanted, found {text!r}")
    return words


COMMANDS = (embed, evaluate, ablate, demo)
