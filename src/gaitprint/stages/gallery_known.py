"""Whom a video is asked about: files of walks, or galleries with what they know of being near enough."""

from collections.abc import Sequence
from pathlib import Path

from gaitprint.errors import ConfigError
from gaitprint.gallery.gallery import Gallery
from gaitprint.gallery.sqlite import is_gallery
from gaitprint.retrieval.spec import PipelineSpec
from gaitprint.types import Embeddings
from gaitprint.video.identity.people_request import known_walks


def known_people(files: Sequence[Path]) -> tuple[Path | Embeddings, PipelineSpec | None, float | None]:
    """The walks of the known of one or several files; and how a gallery compares and up to where it names, if it says.

    Args:
        files: of embeddings, or galleries.

    Raises:
        ConfigError: several galleries, or one beside files. ArtefactError: missing, damaged, or of another model.
    """
    galleries = [file for file in files if is_gallery(file)]
    if not galleries:
        return known_walks(files), None, None
    if len(files) > 1:
        raise ConfigError(f"{galleries[0]} is a gallery, which stands alone: merge the others into it, or export it")
    with Gallery.open(galleries[0]) as gallery:
        calibration = gallery.calibration
        return gallery.embeddings(), gallery.pipeline, None if calibration is None else calibration.threshold
