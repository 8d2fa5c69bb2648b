"""gaitprint recognises people by the way they walk.

The short public interface; each command of the `gaitprint` program is a function of the same name in
`gaitprint.stages`.

    import gaitprint as gp

    walk = gp.load_silhouettes("walks/anna/monday")          # a folder of images, a .pkl, .npy or .npz
    known = gp.embed([walk, ...], model="gaitgl.safetensors")
    distance = gp.compare(known.select([0]), known.select([1]))
    gp.rank(probe=known.select([0]), gallery=known.select([1, 2, 3]))
"""

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

_PUBLIC = {
    "compare": "gaitprint.api",
    "embed": "gaitprint.api",
    "explain": "gaitprint.api",
    "load_silhouettes": "gaitprint.api",
    "rank": "gaitprint.api",
    "Embeddings": "gaitprint.types",
    "GaitprintError": "gaitprint.errors",
    "SequenceRecord": "gaitprint.types",
    "Silhouettes": "gaitprint.types",
}
__all__ = ["__version__", *sorted(_PUBLIC)]


def __getattr__(name: str) -> Any:
    """Import what is asked for when it is asked for: `import gaitprint` itself stays quick and needs no torch."""
    if name not in _PUBLIC:
        raise AttributeError(f"module 'gaitprint' has no attribute {name!r}")
    return getattr(import_module(_PUBLIC[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
