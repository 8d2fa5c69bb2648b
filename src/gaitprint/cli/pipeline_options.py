"""How vectors are compared, said on the command line: a scorer, transforms, settings of steps, or a file of all."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from gaitprint.cli.completion import components, offer
from gaitprint.cli.kinds import PLACE
from gaitprint.config import apply_overrides, read_toml
from gaitprint.errors import ConfigError

Command = TypeVar("Command", bound=Callable[..., Any])

_OPTIONS = (
    click.option(
        "--scorer",
        shell_complete=offer(components("scorer")),
        metavar="NAME",
        help="How vectors are compared: euclidean, part-mean, part-cosine or k-reciprocal.  [default: euclidean]",
    ),
    click.option(
        "--transform",
        "transforms",
        shell_complete=offer(components("transform")),
        multiple=True,
        metavar="NAME",
        help="What happens to them before: unit-length, cluster-expansion, alpha-expansion. Repeatable, in order.",
    ),
    click.option(
        "--set",
        "overrides",
        multiple=True,
        metavar="STEP.KEY=VALUE",
        help="A setting of a step, such as scorer.k1=6 or cluster-expansion.k=9. Repeatable.",
    ),
    click.option(
        "--pipeline",
        type=PLACE,
        metavar="FILE.toml",
        help="A file with transforms and scorer, instead of the three options above.",
    ),
)


def pipeline_options(command: Command) -> Command:
    """Give a command the options `--scorer`, `--transform`, `--set` and `--pipeline`."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def pipeline_of(
    scorer: str | None, transforms: tuple[str, ...], overrides: tuple[str, ...], pipeline: Path | None
) -> dict[str, Any]:
    """Make a pipeline table of what those options say; Euclid where they say nothing.

    Raises:
        UsageError: both a file and single steps. ConfigError: a step that is not there, a file that is no table.
    """
    if pipeline is None:
        return build_pipeline(scorer or "euclidean", transforms, overrides)
    if scorer or transforms or overrides:
        raise click.UsageError(f"--pipeline {pipeline} holds all steps: leave out --scorer, --transform and --set")
    return read_toml(pipeline)


method_steps_option = click.option(
    "--set",
    "overrides",
    multiple=True,
    metavar="STEP.KEY=VALUE",
    help="A setting of re-ranking or of expansion, such as scorer.k1=9 or cluster-expansion.k=9. Repeatable.",
)


def method_steps(overrides: tuple[str, ...]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The settings of the method's own two steps: of re-ranking, and of expansion.

    Raises:
        ConfigError: `--set` names another step.
    """
    table = build_pipeline("k-reciprocal", ("cluster-expansion",), overrides)
    reranking, expansion = (
        {key: value for key, value in step.items() if key != "name"}
        for step in (table["scorer"], table["transforms"][0])
    )
    return reranking, expansion


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
            raise click.UsageError(f"--set wants step.key=value such as scorer.k1=6, found {name}={values!r}")
    return {
        "transforms": [{"name": t, **tables.get(t, {})} for t in transforms],
        "scorer": {"name": scorer, **tables.get("scorer", {})},
    }
