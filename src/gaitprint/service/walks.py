"""From what is sent in to walks as a gallery takes them: vectors, and the silhouettes where they came as such."""

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import BinaryIO

from gaitprint.errors import DataError
from gaitprint.extras import require_extra
from gaitprint.gallery.records import Reject
from gaitprint.inference.embeddings_file import load_embeddings
from gaitprint.service.lanes import Lane
from gaitprint.service.network import Network
from gaitprint.service.problems import RefusedError
from gaitprint.service.settings import ServiceSettings
from gaitprint.service.uploads import CLIP, VECTORS, SentFile, on_disk
from gaitprint.service.walk_files import TakenWalk, read_walk_file
from gaitprint.silhouettes.quality import measure
from gaitprint.silhouettes.quality_filter import QualityFilter
from gaitprint.stages.gallery_enroll import OpenWalks
from gaitprint.stages.walk_quality import check_quality, quality_text
from gaitprint.store import MemorySequences
from gaitprint.types import Embeddings, SequenceRecord


@dataclass(frozen=True)
class Naming:
    """What is said of walks that are sent in."""

    name: str = ""
    """Whose they are; empty: as the file says."""
    key: str = ""
    """What they are called; empty: as the file says, or by its digest."""
    condition: str = ""
    view: str = ""
    tracks: Sequence[int] = ()
    """Of a clip: those of the person who is named."""

    def record(self, key: str) -> SequenceRecord:
        """The record of a walk that came without one."""
        return SequenceRecord(key, self.name or None, self.condition, self.view)


class WalkReader:
    """Makes walks of files, in threads of their own, by the network where they are silhouettes.

    Args:
        settings: limits.
        network: makes vectors.
    """

    def __init__(self, settings: ServiceSettings, network: Network) -> None:
        self._settings, self._network = settings, network
        self.files = Lane("files", 2, settings.waiting)
        self.clips = Lane("clips", 1, settings.clips_waiting)

    async def read(self, file: BinaryIO, naming: Naming) -> OpenWalks:
        """The walks of a file.

        Raises:
            RefusedError: 415, 422, 413: no file that can be taken; 429: too much waits.
        """
        read = await self.files.run(_read, file, naming, self._settings)
        if isinstance(read, OpenWalks):
            return read
        if read is None:
            return await self.clips.run(self._clip, file, naming)
        walks, keys, rejects = read
        records = tuple(naming.record(key) for key in keys)
        silhouettes = MemorySequences(records, tuple(w.frames for w in walks))
        embedded = await self._network.embed_soon(silhouettes)
        return OpenWalks(embedded, rejects, [w.quality for w in walks], silhouettes)

    def close(self) -> None:
        """Finish what was begun."""
        self.files.close()
        self.clips.close()

    def _clip(self, file: BinaryIO, naming: Naming) -> OpenWalks:
        file.seek(0)
        with on_disk(file) as sent:
            return _clip_walks(sent, naming, self._network, self._settings)


def _read(
    file: BinaryIO, naming: Naming, settings: ServiceSettings
) -> OpenWalks | tuple[list[TakenWalk], list[str], list[Reject]] | None:
    """Vectors; or walks with their keys, and rejects; None: a clip."""
    with on_disk(file) as sent:
        if sent.kind == VECTORS:
            return OpenWalks(_named(load_embeddings(sent.path), naming))
        if sent.kind == CLIP:
            return None
        walks, rejects = read_walk_file(sent.path, settings)
        label = naming.key or f"walk-{sent.digest}"
        return walks, [f"{label}/{w.name}" if w.name else label for w in walks], rejects


def _named(walks: Embeddings, naming: Naming) -> Embeddings:
    if naming.key and len(walks) != 1:
        raise RefusedError(422, f"a key names one walk, and the file holds {len(walks)}")
    changes = {"subject": naming.name, "key": naming.key, "condition": naming.condition, "view": naming.view}
    said = {name: value for name, value in changes.items() if value}
    return replace(walks, records=tuple(replace(record, **said) for record in walks.records)) if said else walks


def _clip_walks(sent: SentFile, naming: Naming, network: Network, settings: ServiceSettings) -> OpenWalks:
    """Everybody in a clip; where somebody is named, the tracks that are theirs."""
    require_extra("av")
    # late: video comes with it
    from gaitprint.stages.gallery_clips import ClipWalk, clip_walks, joined, of_one_person
    from gaitprint.video.parts import VideoParts

    # what it says of itself, before a frame is decoded
    with VideoParts().open(str(sent.path)) as chain:
        info = chain.info
    if info.width * info.height > settings.clip_pixels:
        raise RefusedError(413, f"a frame of the clip has {info.width} x {info.height} pixels, which is too much here")
    fps = info.fps if math.isfinite(info.fps) and info.fps > 0 else 25.0
    found, rejects = clip_walks(sent.path, network, VideoParts(), _patience(settings, fps))
    wanted = QualityFilter.parse(settings.quality) if settings.quality else None
    # the place on our disk is no name for a walk
    label = naming.key or f"clip-{sent.digest}"
    rejects = [replace(r, key=r.key.replace(str(sent.path), label)) for r in rejects]
    good = list[ClipWalk]()
    for walk in found:
        measured = walk.quality or measure(walk.frames)
        key = walk.embedded.records[0].key.replace(str(sent.path), label)
        try:
            check_quality(wanted, measured, len(walk.frames))
        except DataError as error:
            rejects.append(Reject(key, str(error)))
            continue
        good.append(replace(walk, embedded=replace(walk.embedded, records=(naming.record(key),))))
    if not good:
        raise RefusedError(422, f"nobody walks through the clip well enough, such as: {rejects[0].reason}")
    chosen = of_one_person(good, naming.tracks, sent.path) if naming.name or naming.tracks else good
    quality = [quality_text(w.quality or measure(w.frames), len(w.frames)) for w in chosen]
    embedded, silhouettes = joined(chosen)
    return OpenWalks(embedded, rejects, quality, silhouettes)


def _patience(settings: ServiceSettings, fps: float) -> Callable[[int, int], None]:
    """Give up a clip that is too long, whatever it says of itself, or takes too long."""
    end = time.monotonic() + settings.clip_patience

    def watch(done: int, _total: int) -> None:
        # counted in frames: its length in seconds is only what it says
        if done > settings.clip_seconds * fps or time.monotonic() > end:
            raise RefusedError(413, f"the clip is longer than {settings.clip_seconds:g} s, or takes too long: cut it")

    return watch
