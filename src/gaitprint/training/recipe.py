"""A recipe: everything that decides a training run, as one checked value read from TOML.

Shipped recipes lie in `presets/recipes/`. The letters are the method's: P subjects of K sequences of T frames a batch.
"""

from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any, Literal

from gaitprint.atomic_files import sha256_json
from gaitprint.components import find_component, make_component
from gaitprint.config import LARGEST, apply_overrides, build_settings, read_toml, require, settings_to_dict
from gaitprint.errors import ConfigError, did_you_mean
from gaitprint.layouts.contract import DrawingLayout
from gaitprint.silhouettes.augmentations import Augmentation
from gaitprint.silhouettes.clips import Preprocessing


@dataclass(frozen=True)
class NetworkChoice:
    """The network of a recipe, and its settings."""

    name: str = "gaitgl"
    """A network component: see `gaitprint model list`."""
    settings: dict[str, Any] = field(default_factory=dict)
    """Its settings; what is left out keeps the paper's value."""


@dataclass(frozen=True)
class LossChoice:
    """One term of the training loss."""

    name: str = "part-triplet"
    """A loss component: `part-triplet` reads the metric features, `part-softmax` the logits."""
    weight: float = 1.0
    """Factor of this term in the sum."""
    settings: dict[str, Any] = field(default_factory=dict)
    """Its settings, for example the margin."""

    def __post_init__(self) -> None:
        require(
            0 < self.weight <= LARGEST,
            f"a loss weight is above 0, at most 1e6, found {self.weight}: leave the loss out instead",
        )


@dataclass(frozen=True)
class AugmentationChoice:
    """One change of training clips by chance. Not in the method's papers."""

    name: str = "flip"
    """An augmentation component, for example `flip`, `rotate` or `part-dilate`."""
    settings: dict[str, Any] = field(default_factory=dict)
    """Its settings, for example the probability."""

    def build(self) -> Augmentation:
        """The augmentation itself."""
        augmentation: Augmentation = make_component("augmentation", self.name, self.settings)
        return augmentation


@dataclass(frozen=True)
class Reset:
    """A change of the learning rate by starting a new optimizer: its moments are forgotten (method, table 1)."""

    at: int
    """Iterations done before the change."""
    learning_rate: float
    """The rate from then on."""

    def __post_init__(self) -> None:
        require(self.at >= 0, f"a reset comes after 0 iterations or more, found {self.at}")
        require(
            0 < self.learning_rate <= LARGEST,
            f"a reset's learning_rate is above 0, at most 1e6, found {self.learning_rate}",
        )


@dataclass(frozen=True)
class TrainingSettings:
    """Settings by which batches are drawn and weights are moved."""

    iterations: int = 80_000
    """Optimizer steps. The method's table calls them epochs."""
    subjects: int = 8
    """P: subjects of a batch, drawn without replacement."""
    sequences: int = 8
    """K: sequences of each subject, drawn with replacement only where it has fewer."""
    frames: int = 30
    """T: a contiguous window; shorter sequences repeat cyclically."""
    window_rule: Literal["opengait", "authors"] = "opengait"
    """Where the window of a too short sequence starts: at a random phase, or always at frame 0."""
    micro_batch: int | None = None
    """Clips that pass the network at once; None: all. Gradients are those of the whole batch, in its memory or less."""
    recompute: bool = False
    """Keep less for the gradient and compute it again: a third of the memory for some 30 % of the time."""
    optimizer: Literal["adam", "adamw", "sgd"] = "adam"
    """adam: L2 penalty in the gradient, as published; adamw: decay apart from it; sgd: with momentum."""
    momentum: float = 0.9
    """Of sgd."""
    learning_rate: float = 1e-4
    """Of the optimizer."""
    weight_decay: float = 0.0
    """L2 penalty; of adamw, the decay of the weights a step, in units of the learning rate."""
    average: float = 0.0
    """Decay of a moving average of the weights, which then is what the run hands over; 0: none. 0.999 is usual."""
    resets: tuple[Reset, ...] = ()
    """Learning-rate changes that start a new optimizer."""
    milestones: tuple[int, ...] = ()
    """Iterations at which the learning rate is multiplied by `decay`, keeping Adam's moments."""
    decay: float = 0.1
    """The factor at each milestone."""
    schedule: Literal["steps", "cosine"] = "steps"
    """`steps`: milestones and resets only; `cosine`: one half cosine from the learning rate down to 0."""
    warm_up: int = 0
    """Iterations over which the learning rate climbs linearly from 0."""
    precision: Literal["float32", "bfloat16", "bfloat16-always"] = "float32"
    """bfloat16: convolutions in it where that is the faster here; bfloat16-always: even where it is slower. Distances
    and losses are float32 always."""
    checkpoint_every: int = 500
    """Iterations between checkpoints."""
    held_out: int = 0
    """Training subjects kept aside and recognised during the run; the weights that do best are kept as well."""
    validate_every: int = 500
    """Iterations between two looks at the subjects held out."""

    def __post_init__(self) -> None:
        require(self.iterations >= 1, f"training.iterations is at least 1, found {self.iterations}")
        require(self.subjects >= 2, f"training.subjects is at least 2 (a triplet needs two), found {self.subjects}")
        require(self.sequences >= 1, f"training.sequences is at least 1, found {self.sequences}")
        require(self.frames >= 1, f"training.frames is at least 1, found {self.frames}")
        require(
            0 < self.learning_rate <= LARGEST,
            f"training.learning_rate is above 0, at most 1e6, found {self.learning_rate}",
        )
        require(
            0 <= self.weight_decay <= LARGEST,
            f"training.weight_decay is not negative, at most 1e6, found {self.weight_decay}",
        )
        require(
            self.micro_batch is None or self.micro_batch >= 1,
            f"training.micro_batch is at least 1 clip, found {self.micro_batch}",
        )
        require(0 <= self.momentum < 1, f"training.momentum is from 0 to below 1, found {self.momentum}")
        require(0 <= self.average < 1, f"training.average is from 0 to below 1, found {self.average}")
        require(self.held_out >= 0, f"training.held_out is a number of subjects, at least 0, found {self.held_out}")
        require(self.validate_every >= 1, f"training.validate_every is at least 1, found {self.validate_every}")
        require(0 < self.decay <= 1, f"training.decay is above 0 and at most 1, found {self.decay}")
        require(self.checkpoint_every >= 1, f"training.checkpoint_every is at least 1, found {self.checkpoint_every}")
        require(self.warm_up >= 0, f"training.warm_up is not negative, found {self.warm_up}")
        places = [r.at for r in self.resets]
        require(places == sorted(set(places)), f"training.resets come in ascending order, found {places}")
        require(not (self.resets and self.schedule == "cosine"), "training.resets belong to the schedule 'steps'")


@dataclass(frozen=True)
class DataChoice:
    """What a recipe draws to learn from, where no store is named but the word `synthetic`."""

    layout: str = "synthetic"
    """A data set whose layout draws its walkers itself."""
    settings: dict[str, Any] = field(default_factory=dict)
    """Of the layout, as `data prepare --set` takes them."""
    split: str | None = None
    """Which of its subjects train; None: its usual split."""


@dataclass(frozen=True)
class Recipe:
    """One training run, without the seed, and mostly without the data."""

    title: str = ""
    """For people: what it is for and where it comes from."""
    network: NetworkChoice = NetworkChoice()
    """What is trained."""
    preprocessing: Preprocessing = field(default_factory=Preprocessing)
    """From stored frames to the network's input; travels with the weights."""
    losses: tuple[LossChoice, ...] = (LossChoice(),)
    """The terms of the loss, summed."""
    training: TrainingSettings = TrainingSettings()
    """Batches, optimizer, schedule."""
    augmentations: tuple[AugmentationChoice, ...] = ()
    """What changes the training clips, in this order; none as published."""
    data: DataChoice | None = None
    """What is drawn for it where nobody names a store; None: a store has to be named."""
    first: str = ""
    """A recipe, shipped or a path, that is trained before this one on the same people: this one goes on from its
    weights. None where empty, and where weights to start from are given."""

    def __post_init__(self) -> None:
        require(bool(self.losses), "a recipe needs at least one loss, for example {name = 'part-triplet'}")
        build_settings(find_component("network", self.network.name).settings, self.network.settings, "network.settings")
        for i, loss in enumerate(self.losses):
            build_settings(find_component("loss", loss.name).settings, loss.settings, f"losses[{i}].settings")
        for i, choice in enumerate(self.augmentations):
            settings = find_component("augmentation", choice.name).settings
            build_settings(settings, choice.settings, f"augmentations[{i}].settings")
        if self.data is not None:
            layout = make_component("dataset", self.data.layout, self.data.settings, where="data.settings")
            drawn = isinstance(layout, DrawingLayout)
            require(drawn, f"data.layout draws its walkers itself, as 'synthetic' does; {self.data.layout!r} does not")

    @property
    def fingerprint(self) -> str:
        """A fingerprint of every setting but the title, and the data and first weights, which have their own."""
        # the title may be mended without making another run of it
        settings = {**settings_to_dict(self), "title": ""}
        del settings["data"], settings["first"]
        return sha256_json(settings)


def recipe_names() -> list[str]:
    """The shipped recipes."""
    folder = resources.files("gaitprint") / "presets" / "recipes"
    return sorted(p.name.removesuffix(".toml") for p in folder.iterdir() if p.name.endswith(".toml"))


def load_recipe(name_or_path: str | Path, overrides: tuple[str, ...] | list[str] = ()) -> Recipe:
    """A shipped recipe by name, or one of your own by path, with `a.b=value` overrides applied.

    Raises:
        ConfigError: no such recipe, an unknown setting (with the nearest known one) or a value out of its range.
    """
    path = Path(name_or_path)
    if str(name_or_path) in recipe_names():
        path = Path(str(resources.files("gaitprint") / "presets" / "recipes" / f"{name_or_path}.toml"))
    elif path.suffix != ".toml":
        raise ConfigError(
            f"no recipe is called {str(name_or_path)!r}: {did_you_mean(str(name_or_path), recipe_names())} "
            "(a recipe of your own is given as a path ending in .toml)"
        )
    recipe: Recipe = build_settings(Recipe, apply_overrides(read_toml(path), overrides), "recipe")
    return recipe
