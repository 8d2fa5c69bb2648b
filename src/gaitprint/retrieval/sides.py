"""Whether two sides may be compared at all."""

from gaitprint.errors import ArtefactError, DataError
from gaitprint.types import Embeddings


def check_sides(probe: Embeddings, gallery: Embeddings, what: str = "probes") -> None:
    """Raise DataError where a side is empty, ArtefactError where the two were not made alike.

    Args:
        what: what the first side is, for the error.
    """
    for side, name in ((probe, what), (gallery, "the gallery")):
        if not len(side):
            raise DataError(f"there is no sequence in {name}: check what the protocol or the folder selects")
    if probe.source != gallery.source:
        raise ArtefactError(
            f"{what} were made by {probe.source[:12]!r}, the gallery by {gallery.source[:12]!r}: "
            "embed both with the same networks and preprocessing"
        )
    if probe.layout != gallery.layout:
        raise ArtefactError(
            f"{what} have parts {probe.layout.blocks}, the gallery {gallery.layout.blocks}: embed both alike"
        )
