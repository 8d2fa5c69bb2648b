"""What a measurement is asked for: under which protocol, of which sequences, compared how, with which chances."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from gaitprint.arguments import settle_fields
from gaitprint.errors import ConfigError
from gaitprint.evaluation.protocol.protocol import DEFAULT_PROTOCOL, Protocol, load_protocol, with_lists
from gaitprint.evaluation.statistics.interval import RESAMPLES
from gaitprint.inference.selection import SequenceFilter
from gaitprint.retrieval.budget import ComputeBudget
from gaitprint.retrieval.pipeline import Pipeline
from gaitprint.retrieval.spec import PipelineSpec, refuse_text


@dataclass(frozen=True)
class EvaluationRequest:
    """What a measurement is asked for. Nothing is loaded before it is wanted, and then once."""

    protocol: str | Path = DEFAULT_PROTOCOL
    """The name of ours, or a TOML file."""
    filter: SequenceFilter = SequenceFilter()
    """Which sequences take part, and the lists of keys that the protocol asks for."""
    pipeline: PipelineSpec = PipelineSpec()
    """How vectors are compared, such as `PipelineSpec.parse("unit-length,part-mean")`."""
    seed: int = 0
    """Of every draw: intervals, strangers, folds, the matches that are shown."""
    resamples: int = RESAMPLES
    """Of the bootstrap over subjects."""
    budget: ComputeBudget = ComputeBudget()
    """Memory, cores and progress of comparing; changes no figure."""

    def __post_init__(self) -> None:
        refuse_text(self.pipeline, "EvaluationRequest")
        settle_fields(self)

    @cached_property
    def rules(self) -> Protocol:
        """The protocol with its lists filled.

        Raises:
            ProtocolError, ConfigError: see `load_protocol` and `with_lists`.
        """
        return with_lists(load_protocol(self.protocol), self.filter.key_lists)

    @cached_property
    def steps(self) -> Pipeline:
        """The pipeline, built.

        Raises:
            ConfigError, ComponentError: see `Pipeline.from_spec`.
        """
        return Pipeline.from_spec(self.pipeline)

    def generator(self) -> np.random.Generator:
        """Begin the seed's draws anew."""
        return np.random.Generator(np.random.PCG64(self.seed))

    def check_no_pipeline(self, command: str) -> None:
        """Refuse a pipeline where the pipelines are the command's own.

        Raises:
            ConfigError: another than the usual one is asked for.
        """
        if self.pipeline != PipelineSpec():
            raise ConfigError(f"{command} compares by pipelines of its own: leave the pipeline of the request out")
