"""What a measurement is asked for, said on the command line: a command gets one `EvaluationRequest` of it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import click

from gaitprint.cli.common import SEED
from gaitprint.cli.option_groups import FieldOption, OptionGroup
from gaitprint.cli.options import (
    REQUEST,
    chosen_subjects_option,
    conditions_option,
    lists_option,
    memory_option,
    protocol_option,
    views_option,
)
from gaitprint.cli.pipeline_options import pipeline_options
from gaitprint.cli.progress import progress_bar


def _filter(lists: dict[str, list[str]] | None, **names: tuple[str, ...] | None) -> Any:
    from gaitprint.inference.selection import SequenceFilter

    return SequenceFilter(**names, key_lists=lists or {})


def _request(memory: int, **asked: Any) -> Any:
    from gaitprint.experiments.request import EvaluationRequest
    from gaitprint.retrieval.budget import ComputeBudget

    return EvaluationRequest(**asked, budget=ComputeBudget(memory=memory))


filter_options = OptionGroup("filter", _filter, chosen_subjects_option, views_option, conditions_option, lists_option)
"""Gives a command its `filter`, a `SequenceFilter`."""
_SEED = click.option("--seed", cls=FieldOption, of=REQUEST, **SEED)
request_options = OptionGroup(
    "request", _request, protocol_option, pipeline_options, filter_options, memory_option, _SEED
)
"""Gives a command its `request`, an `EvaluationRequest`."""
request_without_pipeline = OptionGroup("request", _request, protocol_option, filter_options, memory_option, _SEED)
"""The same for commands whose pipelines are their own."""


@contextmanager
def told(request: Any, title: str) -> Iterator[Any]:
    """The `EvaluationRequest` with a bar of that title, which shows how far comparing is."""
    with progress_bar(title) as bar:
        yield replace(request, budget=replace(request.budget, progress=bar.update, say=bar.say_once))
