"""`gaitprint gallery identify`: vectors or silhouettes and a gallery in, who they are out."""

from collections.abc import Callable, Sequence
from pathlib import Path

from gaitprint.gallery.gallery import Gallery
from gaitprint.gallery.records import Identification
from gaitprint.stages.gallery_enroll import WalkSource, open_walks


def identify_walks(
    gallery: Path,
    source: WalkSource,
    *,
    top: int = 5,
    tags: Sequence[str] = (),
    camera: str = "",
    log: bool = True,
    progress: Callable[[int, int, str], None] = lambda done, total, what: None,
) -> list[Identification]:
    """Say of every walk which of the enrolled people it is, or unknown.

    Args:
        gallery: made by `gaitprint gallery create`.
        source: of the walks; names in it are not looked at.
        top: people to list for each.
        tags: search only people who have all of these.
        camera: where they were seen, for the log.
        log: keep them in the log, where the gallery keeps one.
        progress: called with (done, in all, what).

    Raises:
        GaitprintError: in one line.
    """
    with Gallery.open(gallery) as opened:
        walks = open_walks(source, progress)
        return opened.identify(walks.embeddings, top, tags=tags, camera=camera, log=log, silhouettes=walks.silhouettes)
