"""`gaitprint model convert`: weights of others in, a model file of ours out."""

from collections.abc import Sequence
from pathlib import Path

import torch

from gaitprint.errors import ConfigError
from gaitprint.interop.weights import import_weights
from gaitprint.models.card import ModelCard, ModelDescription
from gaitprint.models.making import make_network
from gaitprint.models.model_file import save_model
from gaitprint.models.seen_subjects import Seen, SeenSubjects
from gaitprint.silhouettes.clips import Preprocessing


def convert(
    weights: Path,
    out: Path,
    *,
    keep_classifier: bool = False,
    licence: str = "unknown",
    dataset: str = "",
    subjects: Sequence[str] = (),
) -> ModelCard:
    """Write a model file from the reference toolkit's checkpoint (.pt) or the authors' encoder (.ptm).

    Args:
        weights: read without running anything in it; every tensor must find its place.
        out: the model file to write.
        keep_classifier: keep the classifier, which embedding does not need.
        licence: of the weights, for the card.
        dataset: the data set that they were trained on, where that is known; `subjects` says on whom of it.
        subjects: as above; none: nobody knows, and every figure of the network will say so.

    Returns:
        The card of the new file, with notes on what was recognised and dropped.

    Raises:
        GaitprintError: in one line; nothing is written.
    """
    if Path(out).exists():
        raise ConfigError(f"{out} exists already: choose another name or remove it")
    if bool(dataset) != bool(subjects):
        raise ConfigError(
            "whom weights were trained on is given as a data set and its subjects, such as casia-b and 001-074: "
            f"found {dataset or ', '.join(subjects)!r} alone"
        )
    known = (Seen("trained", dataset.replace("_", "-"), "", "", tuple(sorted(set(subjects)))),)
    seen = SeenSubjects(known) if subjects else SeenSubjects(unknown=(f"imported from {Path(weights).name}",))
    imported = import_weights(Path(weights), keep_classifier=keep_classifier)
    network = make_network(imported.network, imported.settings, imported.classes, torch.Generator())
    network.load_state_dict(imported.state)
    description = ModelDescription(
        Preprocessing(),
        title=f"{imported.network}, imported from {Path(weights).name}",
        training={"imported": Path(weights).name, "notes": list(imported.notes), "seen": seen.to_dict()},
        licence=licence,
    )
    return save_model(Path(out), network, description)
