"""How vectors are compared, said on the command line: `--pipeline` and `--set`."""

from collections.abc import Sequence
from typing import Any

import click

from gaitprint.cli.completion import offer_series, steps
from gaitprint.cli.option_groups import OptionGroup
from gaitprint.cli.options import fusion_option


def named_pipeline(pipeline: str | None, overrides: Sequence[str], usual: Any = None) -> Any:
    """Read a `PipelineSpec` from what was said of it.

    Args:
        pipeline: the text of `--pipeline`; None where nothing was said.
        overrides: of `--set`.
        usual: the `PipelineSpec` where nothing was said; None: that of whole vectors by Euclid.

    Raises:
        UsageError: the text is empty. GaitprintError: see `PipelineSpec.parse`.
    """
    from gaitprint.retrieval.spec import PipelineSpec

    if pipeline is None:
        return (usual or PipelineSpec()).overridden(overrides)
    if not pipeline.strip():
        raise click.UsageError("--pipeline wants steps or a file, found an empty text (is a shell variable not set?)")
    return PipelineSpec.parse(pipeline, overrides)


pipeline_options = OptionGroup(
    "pipeline",
    named_pipeline,
    click.option(
        "--pipeline",
        shell_complete=offer_series(steps),
        metavar="STEPS|FILE.toml",
        help="How vectors are compared: steps in their order, such as cluster-expansion,k-reciprocal, the scorer last; "
        "or a file of them.  [default: euclidean]",
    ),
    click.option(
        "--set",
        "overrides",
        multiple=True,
        metavar="STEP.KEY=VALUE",
        help="A setting of a step, such as k-reciprocal.k1=6; `scorer` is the last step, whatever it is called. "
        "Repeatable.",
    ),
)
"""Gives a command its `pipeline`, a `PipelineSpec`."""

METHOD = "cluster-expansion,k-reciprocal"
"""The method's own steps."""


def _ablation(overrides: Sequence[str], fusion: str, method_only: bool) -> Any:
    from gaitprint.experiments.ablation import AblationSettings

    spec = named_pipeline(METHOD, overrides)
    return AblationSettings(spec.scorer.settings, spec.transforms[0].settings, fusion, not method_only)


ablation_options = OptionGroup(
    "settings",
    _ablation,
    click.option(
        "--set",
        "overrides",
        multiple=True,
        metavar="STEP.KEY=VALUE",
        help="A setting of re-ranking or of expansion, such as k-reciprocal.k1=9 or cluster-expansion.k=9. Repeatable.",
    ),
    fusion_option,
    click.option("--method-only", is_flag=True, help="Only the rows of the method's own table."),
)
"""Gives a command its `settings`, an `AblationSettings`."""
