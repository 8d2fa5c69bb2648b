"""What a run of training is asked for; asked for something else it is another run."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from gaitprint.arguments import settle_fields
from gaitprint.ingest.store_selection import StoreSelection


@dataclass(frozen=True)
class TrainingRequest:
    """By which recipe a network is trained, on whom, from which weights and for how long."""

    recipe: str = "quick"
    """A shipped recipe (`gaitprint model list` lists them) or the path of one of your own."""
    overrides: Sequence[str] = ()
    """Settings of the recipe that are changed, such as `training.iterations=200`."""
    init: Path | None = None
    """A model file to start from (fine-tuning); its classifier is dropped where the subjects differ."""
    selection: StoreSelection = StoreSelection()
    """Whom it is trained on: the training side of a split, or the named subjects."""
    seed: int = 0
    """Decides weights, batches, windows and masks."""
    minutes: float | None = None
    """Train for about so long instead of the recipe's iterations: how many fit is measured when the run starts, and
    stands from then on."""

    def __post_init__(self) -> None:
        settle_fields(self)
