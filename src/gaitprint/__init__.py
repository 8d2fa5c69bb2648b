"""gaitprint recognises people by the way they walk.

The short public interface; each command of the `gaitprint` program is a function of the same name in
`gaitprint.stages`.

    import gaitprint as gp

    walk = gp.load_silhouettes("walks/anna/monday")          # images, a .pkl, .npy or .npz file, or masks in memory
    model = gp.Model.load("gaitgl.safetensors")              # held open: embeds as often as one likes
    known = model.embed([walk, ...])
    gp.distances(known, known)                               # small is alike
    gp.rank(probe=known.select([0]), gallery=known.select([1, 2, 3]))
    gp.verify(known.select([0]), known.select([1]), "calibration.json")
    gp.FittedGallery.open(known).identify(model.embed(walk)) # gone through once, in memory
    with gp.Gallery.create("staff.gallery") as gallery:      # kept in a file: enrol, identify, correct, forget
        gallery.enroll(known)
        gallery.identify(model.embed(walk))
"""

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

_PUBLIC = {
    "CalibrationFile": "gaitprint.evaluation.verification.calibration_file",
    "Client": "gaitprint.service.client",
    "Decision": "gaitprint.evaluation.verification.decision",
    "Embeddings": "gaitprint.types",
    "EvaluationReport": "gaitprint.evaluation.identification.report",
    "EvaluationRequest": "gaitprint.experiments.request",
    "Exported": "gaitprint.exported.opening",
    "GaitprintError": "gaitprint.errors",
    "FittedGallery": "gaitprint.api.galleries",
    "Gallery": "gaitprint.gallery.gallery",
    "Match": "gaitprint.retrieval.ranking",
    "Model": "gaitprint.api.models",
    "PeopleRequest": "gaitprint.video.identity.people_request",
    "Pipeline": "gaitprint.retrieval.pipeline",
    "PipelineSpec": "gaitprint.retrieval.spec",
    "Ranking": "gaitprint.retrieval.ranking",
    "SequenceFilter": "gaitprint.inference.selection",
    "SequenceRecord": "gaitprint.types",
    "Silhouettes": "gaitprint.types",
    "StreamAnswer": "gaitprint.inference.walk_stream",
    "TrackletSettings": "gaitprint.video.tracklets",
    "Video": "gaitprint.api.videos",
    "VideoParts": "gaitprint.video.parts",
    "WalkDetails": "gaitprint.gallery.records",
    "WalkStream": "gaitprint.inference.walk_stream",
    "compare": "gaitprint.api.comparing",
    "distances": "gaitprint.api.comparing",
    "embed": "gaitprint.api.models",
    "evaluate": "gaitprint.api.evaluating",
    "explain": "gaitprint.api.comparing",
    "load_calibration": "gaitprint.api.files",
    "load_embeddings": "gaitprint.api.files",
    "load_silhouettes": "gaitprint.api.files",
    "open_exported": "gaitprint.exported.opening",
    "rank": "gaitprint.api.comparing",
    "save_embeddings": "gaitprint.api.files",
    "verify": "gaitprint.api.comparing",
}
"""Where each public name is; `__init__.pyi` says the same to type checkers and editors."""
__all__ = ["__version__", *sorted(_PUBLIC)]


def __getattr__(name: str) -> Any:
    """Import what is asked for when it is asked for: `import gaitprint` itself stays quick and needs no torch."""
    if name not in _PUBLIC:
        raise AttributeError(f"module 'gaitprint' has no attribute {name!r}")
    return getattr(import_module(_PUBLIC[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
