"""The store that a recipe draws for itself, in the folder of its run: what `model train synthetic` learns from."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from gaitprint.config import require, settings_to_dict
from gaitprint.errors import ArtefactError, ConfigError
from gaitprint.ingest.layout_choice import LayoutChoice
from gaitprint.ingest.store_selection import StoreSelection
from gaitprint.locks import LOCK
from gaitprint.stages.prepare import prepare
from gaitprint.store import Store, is_begun, is_store
from gaitprint.training.recipe import DataChoice, Recipe

DRAWN = Path("synthetic")
"""The word that stands for a recipe's own store where no folder is called so."""
NAME = "store"
"""Of the store in the run's folder."""
FIRST = "first"
"""Of the run of the recipe that comes first, in the same folder."""


def is_drawn_here(stores: Sequence[Path]) -> bool:
    """Whether a run learns from what its recipe draws.

    Raises:
        ConfigError: and from something else as well.
    """
    if DRAWN not in stores or DRAWN.exists():
        return False
    require(len(stores) == 1, f"{DRAWN} is the only store of its run: leave --also out, or draw by `data prepare`")
    return True


def draw_store(recipe: Recipe, run: Path, alone: bool, progress: Callable[[int, int, str], None]) -> Path:
    """Draw the recipe's store into the run's folder, or go on where it was; once whole it is left as it is.

    Args:
        recipe: whose table `[data]` says what is drawn.
        run: the folder of the run, new or empty unless the store in it was begun.
        alone: whether no other process trains the same network.
        progress: called after every sequence with how many are done, of how many, and its key.

    Raises:
        ConfigError: the recipe draws nothing, or several processes would draw. ArtefactError: the folder is another's,
            or holds what was drawn under other settings. DataError: it cannot be written.
    """
    data, store = recipe.data, run / NAME
    if data is None:
        raise ConfigError(
            f"the recipe has no table [data] that says what to draw: draw a store by `gaitprint data prepare {DRAWN}`"
        )
    if is_store(store):
        _check_same(data, store)
        return store
    require(alone, f"one process draws {store}: run the command once without torchrun, and again with it")
    others = [p.name for p in sorted(run.iterdir()) if p.name not in (NAME, FIRST, LOCK)] if run.is_dir() else []
    # found before hours of drawing, not when the run is bound to its folder
    if others and not is_begun(store):
        raise ArtefactError(f"{run} is not empty ({others[0]}) and holds no {NAME}: choose a new folder")
    prepare(Path(data.layout), store, LayoutChoice(data.layout, data.settings), progress=progress)
    return store


def with_split(recipe: Recipe, selection: StoreSelection) -> StoreSelection:
    """The recipe's own split, where nobody asks for another one or for subjects."""
    if recipe.data is None or selection.split is not None or selection.subjects is not None:
        return selection
    return replace(selection, split=recipe.data.split)


def _check_same(data: DataChoice, store: Path) -> None:
    held = Store.open(store)
    if (held.dataset, held.layout) != (data.layout, settings_to_dict(data)["settings"]):
        raise ArtefactError(f"{store} was drawn under other settings than those of the recipe: choose a new folder")
