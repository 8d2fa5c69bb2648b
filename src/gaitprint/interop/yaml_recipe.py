"""A configuration of the field's reference toolkit (ShiqiYu/OpenGait) as a recipe, with a note on every key.

What a configuration leaves out the toolkit takes from its own defaults, which are not the method's: SGD at 0.1, frames
drawn singly, a softmax scale of 16. So does this, and says so.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gaitprint.config import build_settings
from gaitprint.interop.key_ledger import Account, KeyNote, Outcome
from gaitprint.interop.unsupported_keys import settle_elsewhere
from gaitprint.interop.yaml_batches import read_batches
from gaitprint.interop.yaml_losses import read_losses
from gaitprint.interop.yaml_network import read_network, require_known_model
from gaitprint.interop.yaml_optimizer import read_optimizer
from gaitprint.interop.yaml_transforms import read_transforms
from gaitprint.training.recipe import Recipe

TABLES = (
    "data_cfg",
    "evaluator_cfg",
    "evaluator_cfg.sampler",
    "model_cfg.Backbone",
    "model_cfg.SeparateBNNecks",
    "model_cfg.SeparateFCs",
    "model_cfg.backbone_cfg",
    "optimizer_cfg",
    "scheduler_cfg",
    "trainer_cfg",
    "trainer_cfg.sampler",
)
"""Where a configuration has tables; its losses and transforms are tables or lists of them."""


@dataclass(frozen=True)
class ConvertedRecipe:
    """What a configuration became."""

    values: dict[str, Any]
    """A recipe's settings, as plain values; they make a `Recipe`."""
    notes: tuple[KeyNote, ...]
    """One for every leaf of the configuration, in its order, then one for everything that was assumed."""

    def of(self, outcome: Outcome) -> tuple[KeyNote, ...]:
        """The notes with that outcome."""
        return tuple(note for note in self.notes if note.outcome == outcome)


def yaml_to_recipe(config: Mapping[str, Any], title: str = "") -> ConvertedRecipe:
    """The recipe that trains as the configuration says, as nearly as there are counterparts.

    Args:
        config: a parsed configuration: tables, lists and scalars.
        title: of the recipe.

    Raises:
        ConfigError: a network that is not here, a value of the wrong type or out of its range.
    """
    account = Account(config)
    require_known_model(account)
    for table in TABLES:
        account.require_table(table)
    preprocessing, augmentations = read_transforms(account)
    batches = read_batches(account)
    values: dict[str, Any] = {
        "title": title,
        "network": read_network(account, preprocessing.get("size", 64)),
        "preprocessing": preprocessing,
        "losses": read_losses(account),
        "training": batches | read_optimizer(account, batches["iterations"]),
    }
    if augmentations:
        values["augmentations"] = augmentations
    settle_elsewhere(account)
    build_settings(Recipe, values, "recipe")
    return ConvertedRecipe(values, account.close())
