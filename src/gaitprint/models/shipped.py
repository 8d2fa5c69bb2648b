"""Weights that come with the package, each a model file that is found by its name.

Their bytes are checked as those of any model file: it holds its own SHA-256, which is compared whenever it is read.
"""

from pathlib import Path

from gaitprint.errors import ArtefactError
from gaitprint.texts import listing

DEFAULT = "default"
"""The weights that are meant where nobody names any."""
FOLDER = Path(__file__).parents[1] / "presets" / "models"
"""Where they lie: one NAME.safetensors each."""


def shipped_names() -> list[str]:
    """The names of all shipped weights."""
    return sorted(path.stem for path in FOLDER.glob("*.safetensors"))


def shipped(name: str = DEFAULT) -> Path:
    """The model file of shipped weights.

    Raises:
        ArtefactError: none are called so.
    """
    names = shipped_names()
    if name not in names:
        held = f"holds {listing(names)}" if names else "holds none"
        raise ArtefactError(f"no weights called {name!r} come with this gaitprint, which {held}: name a model file")
    return FOLDER / f"{name}.safetensors"


def find_model(given: str | Path) -> Path:
    """The model file that somebody names: a file of theirs, or else shipped weights by their name.

    A path that is neither is given back as it is, for whoever reads it says what is wrong with it.
    """
    path = Path(given)
    return shipped(str(path)) if str(path) in shipped_names() and not path.exists() else path
