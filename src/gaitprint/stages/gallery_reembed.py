"""`gaitprint gallery re-embed`: a gallery and another model in, the gallery of that model out."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

from gaitprint.devices import DEVICE
from gaitprint.gallery.gallery import Gallery
from gaitprint.gallery.reembedding import ReembedReport
from gaitprint.inference.backend_choice import AUTO
from gaitprint.stages.embed import open_embedder
from gaitprint.store import MemorySequences
from gaitprint.types import Embeddings, Silhouettes


def reembed_gallery(
    gallery: Path,
    model: Path,
    *,
    drop: bool = False,
    dry_run: bool = False,
    device: str = DEVICE,
    backend: str = AUTO,
    progress: Callable[[int, int, str], None] = lambda done, total, what: None,
) -> ReembedReport:
    """Make a gallery one of another model by its kept walks; killed, the same call goes on.

    Args:
        gallery: made with kept walks.
        model: made by `gaitprint model train` or `gaitprint model convert`.
        drop: take out what has no kept walk.
        dry_run: only say what that would be.
        device: `cpu`, `cuda`.
        backend: what computes, see `EmbedSettings`.
        progress: called with (done, in all, what).

    Raises:
        GaitprintError: in one line.
    """
    with Gallery.open(gallery) as opened:
        # opened where it is needed: a dry run embeds nothing
        embedder = cache(lambda: open_embedder(Path(model), device, backend=backend))

        def embed(walks: list[Silhouettes]) -> Embeddings:
            return embedder().embed(MemorySequences(tuple(w.record for w in walks), tuple(w.frames for w in walks)))

        return opened.reembed(
            embed,
            drop=drop,
            dry_run=dry_run,
            progress=lambda done, total: progress(done, total, "embedding"),
        )
