"""What is to be explained: a probe, what it is compared with, and by which distance."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from gaitprint.arguments import settle_fields
from gaitprint.errors import ConfigError
from gaitprint.evaluation.protocol.protocol import DEFAULT_PROTOCOL
from gaitprint.explanation.additive_scorer import AdditiveScorer
from gaitprint.inference.fusion import SCALES
from gaitprint.retrieval.spec import PipelineSpec, refuse_text
from gaitprint.types import Embeddings


@dataclass(frozen=True, eq=False)
class ExplainRequest:
    """A probe and the sequences that it is compared with: named ones, or the nearest right and wrong one."""

    probe: str
    """The key of a sequence."""
    against: Sequence[str] = ()
    """Keys of the sequences to compare it with; empty: the protocol's nearest of the right person and of a wrong one,
    which needs `embeddings`."""
    embeddings: Path | Embeddings | None = None
    """Of the same networks: where the nearest are looked for, and where it is learnt how usual a distance is."""
    protocol: str | Path = DEFAULT_PROTOCOL
    """Who may be compared with the probe."""
    lists: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Named lists of keys that the protocol asks for."""
    pipeline: PipelineSpec = PipelineSpec()
    """One scorer whose distance is a sum over parts, such as `PipelineSpec.parse("part-mean")`."""
    fusion: str = SCALES[0]
    """How several networks' vectors were put together."""
    seed: int = 0
    """Of the draws by which it is learnt how usual a distance is."""

    def __post_init__(self) -> None:
        refuse_text(self.pipeline, "ExplainRequest")
        settle_fields(self)
        if not self.against and self.embeddings is None:
            raise ConfigError(
                "say what the probe is compared with: --against KEY, or --embeddings FILE for the nearest right and "
                "wrong"
            )
        if self.probe in self.against:
            raise ConfigError(f"a walk is explained against another, found {self.probe!r} on both sides")
        AdditiveScorer.of(self.pipeline)  # or it raises
        if self.fusion not in SCALES:
            raise ConfigError(f"fusion scales 'raw' or 'unit', found {self.fusion!r}")

    @property
    def additive_scorer(self) -> AdditiveScorer:
        """The scorer, known to be a sum over parts."""
        return AdditiveScorer.of(self.pipeline)
