"""Commands about who walks there: embed, evaluate, ablate, demo."""

from pathlib import Path
from typing import Any

import click
from rich.console import Console

from gaitprint.cli._common import (
    as_json,
    device_option,
    emit,
    expand_subjects,
    print_table,
    seed_option,
    set_threads,
    split_option,
    subjects_option,
    threads_option,
)
from gaitprint.cli._progress import progress_bar
from gaitprint.config import apply_overrides, read_toml
from gaitprint.errors import ConfigError

protocol_option = click.option(
    "--protocol",
    default="casia-b",
    show_default=True,
    metavar="NAME",
    help="Who is probe and who gallery: a shipped protocol, see `gaitprint datasets`, or a .toml of your own.",
)
chosen_subjects_option = click.option(
    "--subjects",
    callback=lambda _c, _p, v: None if v is None else expand_subjects(v),
    metavar="LIST",
    help="Only these subjects, such as 001-060,062.  [default: all]",
)
views_option = click.option(
    "--views",
    callback=lambda _c, _p, v: _words(v),
    metavar="LIST",
    help="Only these views, such as 072,090,108.  [default: all]",
)
conditions_option = click.option(
    "--conditions",
    callback=lambda _c, _p, v: _words(v),
    metavar="LIST",
    help="Only these conditions, such as nm-01,nm-05.  [default: all]",
)
report_option = click.option(
    "--report", type=click.Path(path_type=Path), metavar="FILE.html", help="Page with figures to write, one file."
)
store_option = click.option(
    "--store",
    type=click.Path(path_type=Path),
    metavar="STORE",
    help="Show silhouettes of right and wrong matches from this store on the page.",
)
fusion_option = click.option(
    "--fusion",
    type=click.Choice(["raw", "unit"]),
    default="raw",
    show_default=True,
    help="Several networks: vectors concatenated as they are, or each at unit length.",
)


@click.command(short_help="A store and networks -> one vector a sequence.")
@click.argument("store", type=click.Path(path_type=Path))
@click.option(
    "--model",
    "models",
    type=click.Path(path_type=Path),
    multiple=True,
    required=True,
    metavar="FILE",
    help="Model file of `train` or `convert`. Given again, the networks' vectors are concatenated.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    required=True,
    metavar="FILE",
    help="Embeddings file to write, such as gl.safetensors.",
)
@fusion_option
@click.option(
    "--part",
    type=click.Choice(["test", "train", "all"]),
    default="test",
    show_default=True,
    help="Which side of the split is embedded.",
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
    """Turn every sequence of STORE into one vector and write them to --out.

    The file also holds who, how and from where each sequence was seen, and which networks made the vectors.

    \b
    Examples:
      gaitprint embed store --model runs/gl/model.safetensors \\
        --out gl.safetensors
      gaitprint embed store --model runs/gl/model.safetensors \\
        --model runs/gm/model.safetensors --out both.safetensors
    """
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
    emit(facts, as_json, lambda c: c.print(f"{out}: {len(made)} vectors of {made.layout.width} floats"))


@click.command(short_help="Vectors -> the protocol's figures.")
@click.argument("embeddings", type=click.Path(path_type=Path))
@protocol_option
@click.option(
    "--scorer",
    metavar="NAME",
    help="How vectors are compared: euclidean, part-mean, part-cosine or k-reciprocal.  [default: euclidean]",
)
@click.option(
    "--transform",
    "transforms",
    multiple=True,
    metavar="NAME",
    help="What happens to them before: unit-length, cluster-expansion, alpha-expansion. Repeatable, in order.",
)
@click.option(
    "--set",
    "overrides",
    multiple=True,
    metavar="STEP.KEY=VALUE",
    help="A setting of a step, such as scorer.k1=6 or cluster-expansion.k=9. Repeatable.",
)
@click.option(
    "--pipeline",
    type=click.Path(path_type=Path),
    metavar="FILE.toml",
    help="A file with transforms and scorer, instead of the three options above.",
)
@chosen_subjects_option
@views_option
@conditions_option
@report_option
@store_option
@seed_option
@as_json
def evaluate(
    embeddings: Path,
    protocol: str,
    scorer: str | None,
    transforms: tuple[str, ...],
    overrides: tuple[str, ...],
    pipeline: Path | None,
    subjects: tuple[str, ...] | None,
    views: tuple[str, ...] | None,
    conditions: tuple[str, ...] | None,
    report: Path | None,
    store: Path | None,
    seed: int,
    as_json: bool,
) -> None:
    """Measure EMBEDDINGS under a protocol: rank-1 with 95 % intervals, and the log line people paste into papers.

    Rank-1 is the percentage of probes whose nearest gallery sequence is of the same subject. Intervals are over
    subjects. Nothing is written but the page of --report.

    \b
    Examples:
      gaitprint evaluate gl.safetensors
      gaitprint evaluate gl.safetensors --scorer k-reciprocal \\
        --set scorer.k1=6 --report gl.html --store store
      gaitprint evaluate gl.safetensors --transform cluster-expansion \\
        --set cluster-expansion.k=9 --views 072,090,108
    """
    from gaitprint.evaluation.logline import log_line
    from gaitprint.stages.evaluate import evaluate as stage

    if pipeline is not None and (scorer or transforms or overrides):
        raise ConfigError(f"--pipeline {pipeline} says all steps: leave out --scorer, --transform and --set")
    steps = read_toml(pipeline) if pipeline else build_pipeline(scorer or "euclidean", transforms, overrides)
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
        out.print(log_line(result.evaluation))
        rows = [[r.name, f"{r.mean:.1f}", _interval(r.interval), f"{r.chance:.1f}"] for r in result.evaluation.results]
        print_table(out, ["probes", "rank-1 %", "95 % interval", "guessing %"], rows)
        kind = "transductive: sees all probes" if result.transductive else "one probe at a time"
        out.print(f"{result.evaluation.protocol.title}; distance: {result.distance}; {kind}")
        for warning in result.warnings:
            out.print(f"note: {warning}")
        if report is not None:
            out.print(f"report: {report}")

    emit(result.to_dict(), as_json, text)


@click.command(short_help="What each step of the method brings.")
@click.argument("embeddings", nargs=-1, required=True, metavar="NAME=FILE...")
@protocol_option
@click.option(
    "--k1", default=6, show_default=True, metavar="COUNT", help="Re-ranking: neighbours whose reciprocity counts."
)
@click.option(
    "--k2", default=6, show_default=True, metavar="COUNT", help="Re-ranking: neighbours averaged over; 1 is none."
)
@click.option(
    "--lambda",
    "lambda_",
    default=0.3,
    show_default=True,
    metavar="SHARE",
    help="Re-ranking: weight of the plain distance, 0 to 1.",
)
@click.option(
    "--expansion",
    multiple=True,
    metavar="KEY=VALUE",
    help="A setting of cluster-expansion, such as k=9 or clustering=mutual. Repeatable.",
)
@fusion_option
@click.option("--method-only", is_flag=True, help="Only the rows of the method's own table.")
@chosen_subjects_option
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

    FILE is what `gaitprint embed` wrote, one a network, all of the same sequences; NAME is what the table shall call
    the network, and the first one is the method's first. Every row of the table says its distance and whether it sees
    all probes at once (transductive), as the method's re-ranking and query expansion do.

    \b
    Examples:
      gaitprint ablate gaitgl=gl.safetensors gaitmask=gm.safetensors
      gaitprint ablate gaitgl=gl.safetensors gaitmask=gm.safetensors \\
        --expansion k=9 --report ablation.html --store store
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


@click.command(short_help="Everything at once, on synthetic walkers.")
@click.argument("out", type=click.Path(path_type=Path), default=Path("demo"))
@click.option(
    "--subjects",
    "people",
    default=0,
    metavar="COUNT",
    help="Synthetic walkers, at least 16; half of them train.  [default: 40]",
)
@click.option(
    "--iterations",
    default=0,
    type=click.IntRange(min=0),
    metavar="COUNT",
    help="Training iterations of each network; 0 takes the recipe's.  [default: 0]",
)
@seed_option
@threads_option
@as_json
def demo(out: Path, people: int, iterations: int, seed: int, threads: int | None, as_json: bool) -> None:
    """From nothing to a report, on synthetic walkers: generate, train both networks, embed, measure.

    Everything goes into the folder OUT (demo, where none is given). Killed, run it again: it goes on where it was.
    Synthetic walkers are not people: the figures show that the method works here, not how well it recognises anybody.

    \b
    Examples:
      gaitprint demo
      gaitprint demo /tmp/try --subjects 16 --iterations 50

    \b
    Files in OUT:
      report.html         the page to look at: what each step brings
      views.html          both networks together, view by view
      walkers/            the store of silhouettes
      gaitgl/, gaitmask/  the two trained networks
      *-embeddings.safetensors  their vectors
    """
    from gaitprint.stages.demo import demo as stage

    set_threads(threads)
    with progress_bar("demo") as bar:
        result = stage(out, subjects=people, iterations=iterations, seed=seed, progress=bar.update, say=bar.say)

    def text(console: Console) -> None:
        console.print("Synthetic walkers, not people. Rank-1 % of each network by condition:")
        rows = [[name, *(f"{v:.1f}" for v in figures.values())] for name, figures in result.conditions.items()]
        print_table(console, ["network", *next(iter(result.conditions.values()))], rows)
        console.print()
        print_ablation(console, result.ablation, result.report)
        console.print(f"view by view: {result.views}")

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
    distances = list(dict.fromkeys(row.distance for row in result.rows))
    rows = []
    for i, row in enumerate(result.rows):
        cells = [f"{r.mean:.1f}" for r in row.evaluation.results] if len(names) > 1 else []
        distance = f"[{distances.index(row.distance) + 1}]" + (" transductive" if row.transductive else "")
        label = row.label + (" *" if i == result.best else "")
        rows.append([label, f"{row.mean:.1f}", _interval(row.interval), *cells, distance])
    columns = ["step (* best)", "rank-1 %", "95 % interval", *(names if len(names) > 1 else []), "distance"]
    print_table(out, columns, rows, result.protocol.title)
    for number, distance in enumerate(distances, start=1):
        out.print(f"[{number}] distance: {distance}")
    for note in (*result.notes, *result.warnings):
        out.print(f"note: {note}")
    if report is not None:
        out.print(f"report: {report}")


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
