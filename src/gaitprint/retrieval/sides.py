"""Whether two sides may be compared at all."""

from gaitprint.errors import ArtefactError, DataError
from gaitprint.types import Embeddings


def check_sides(probe: Embeddings, gallery: Embeddings) -> None:
    """Raise DataError where a side is empty, ArtefactError where the two were not made alike."""
    for side, name in ((probe, "probe"), (gallery, "gallery")):
        if not len(side):
            raise DataError(f"the {name} side holds no sequence: check what the protocol or the folder selects")
    if probe.source != gallery.source:
        raise ArtefactError(
            f"probes were made by {probe.source[:12]!r}, the gallery by {gallery.source[:12]!r}: "
            "embed both with the same networks and preprocessing"
        )
    if probe.layout != gallery.layout:
        raise ArtefactError(
            f"probes have parts {probe.layout.blocks}, the gallery {gallery.layout.blocks}: embed both alike"
        )
