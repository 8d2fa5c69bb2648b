"""Every public function with everything one may hand it; run without the tests' checks of types, as users run it."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

import gaitprint as gp
from gaitprint.types import PartLayout

RECORDS = tuple(gp.SequenceRecord(f"k{i}", str(i), "nm", "0") for i in range(3))
VECTORS = np.random.default_rng(0).normal(size=(3, 4)).astype(np.float32)
E = gp.Embeddings(VECTORS, RECORDS, PartLayout(((2, 2),)), "s")
MASKS = np.zeros((5, 64, 64), np.uint8)
MASKS[:, :, 20:40] = 255
WALK = gp.Silhouettes(MASKS, gp.SequenceRecord("w", None, "", ""))
ONE = E.select([0])

CALLS: dict[str, Callable[[object], object]] = {
    "load_silhouettes": lambda x: gp.load_silhouettes(x),
    "load_embeddings": lambda x: gp.load_embeddings(x),
    "load_calibration": lambda x: gp.load_calibration(x),
    "Model.load": lambda x: gp.Model.load("nowhere" if x is None else x),
    "embed, walks": lambda x: gp.embed(x, "nowhere"),
    "embed, model": lambda x: gp.embed(WALK, "nowhere" if x is None or (isinstance(x, list) and None in x) else x),
    "distances, probes": lambda x: gp.distances(x, E),
    "distances, gallery": lambda x: gp.distances(E, x),
    "distances, pipeline": lambda x: gp.distances(E, E, 1 if x is None or isinstance(x, dict) else x),
    "compare": lambda x: gp.compare(x, ONE),
    "rank, probe": lambda x: gp.rank(x, E),
    "rank, gallery": lambda x: gp.rank(E, x),
    "rank, top": lambda x: gp.rank(E, E, -1 if isinstance(x, int) else x),
    "verify, probe": lambda x: gp.verify(x, ONE, "nowhere"),
    "verify, person": lambda x: gp.verify(ONE, x, "nowhere"),
    "verify, calibration": lambda x: gp.verify(ONE, ONE, x),
    "evaluate": lambda x: gp.evaluate(x),
    "evaluate, request": lambda x: gp.evaluate(E, x),
    "FittedGallery.open": lambda x: gp.FittedGallery.open(x),
    "FittedGallery.open, pipeline": lambda x: gp.FittedGallery.open(E, 1 if x is None or isinstance(x, dict) else x),
    "FittedGallery.identify": lambda x: gp.FittedGallery.open(E).identify(x),
    "FittedGallery.identify, top": lambda x: gp.FittedGallery.open(E).identify(E, -1 if isinstance(x, int) else x),
    "FittedGallery.enroll": lambda x: gp.FittedGallery.open(E).enroll(x),
    "FittedGallery.remove": lambda x: gp.FittedGallery.open(E).remove(["k9"] if isinstance(x, list) and not x else x),
    "FittedGallery.save": lambda x: gp.FittedGallery.open(E).save(None if isinstance(x, str | Path) else x),
    "explain, probe": lambda x: gp.explain(x, WALK, "nowhere"),
    "explain, other": lambda x: gp.explain(WALK, x, "nowhere"),
    "explain, model": lambda x: gp.explain(WALK, WALK, x),
    "explain, pipeline": lambda x: gp.explain(WALK, WALK, "nowhere", pipeline=x),
    "save_embeddings, path": lambda x: gp.save_embeddings(None if isinstance(x, str | Path) else x, E),
    "save_embeddings, what": lambda x: gp.save_embeddings("made", x),
    "Silhouettes, frames": lambda x: gp.Silhouettes(x, WALK.record),
    "Silhouettes, record": lambda x: gp.Silhouettes(MASKS, x),
    "SequenceRecord": lambda x: gp.SequenceRecord("" if isinstance(x, str) else x, None, "", ""),
    "Embeddings": lambda x: gp.Embeddings(x, RECORDS, E.layout, "s"),
    "Embeddings, records": lambda x: gp.Embeddings(VECTORS, x, E.layout, "s"),
    "Embeddings, layout": lambda x: gp.Embeddings(VECTORS, RECORDS, x, "s"),
    "Embeddings, source": lambda x: gp.Embeddings(VECTORS, RECORDS, E.layout, 3 if isinstance(x, str) else x),
    "Embeddings, settings": lambda x: gp.Embeddings(VECTORS, RECORDS, E.layout, "s", 3 if isinstance(x, dict) else x),
    "PartLayout": lambda x: PartLayout(x),
    "load_silhouettes, size": lambda x: gp.load_silhouettes(MASKS, size=x),
    "Model.load, windows": lambda x: gp.Model.load("nowhere", windows=True if isinstance(x, int) else x),
    "Model.load, window_frames": lambda x: gp.Model.load("nowhere", window_frames=x),
    "Model.load, flip": lambda x: gp.Model.load("nowhere", flip=x),
    "Model.load, device": lambda x: gp.Model.load("nowhere", device=x),
    "verify, prior": lambda x: gp.verify(ONE, ONE, "nowhere", prior=x),
    "verify, least": lambda x: gp.verify(ONE, ONE, "nowhere", least=x),
    "select": lambda x: E.select([9] if isinstance(x, list) and not x else x),
}
VALUES = ["nowhere", Path("nowhere"), None, 3, 1.5, b"x", [], [None], {}, {1}, ..., np.zeros((2, 2)), iter([1]), [E, E]]


def call_all() -> None:
    """Print each call that does not end in one line of our own."""
    for name, call in CALLS.items():
        for value in VALUES:
            try:
                call(value)
            except gp.GaitprintError as error:
                if "\n" in str(error):
                    print(f"{name} {value!r:.30}: several lines")
            except Exception as error:
                print(f"{name} {value!r:.30}: {error!r:.100}")
            else:
                print(f"{name} {value!r:.30}: no error")
    print("called all")


def call_meant() -> None:
    """Print whether NumPy's numbers, and lists for tuples, are taken."""
    size = gp.load_silhouettes(MASKS, size=np.int64(64)).frames.shape == MASKS.shape
    records = gp.Embeddings(VECTORS, list(RECORDS), E.layout, "s").records == RECORDS
    layout = PartLayout([[np.int64(2), 2]]) == E.layout
    print(f"size {size}, records {records}, layout {layout}")
