"""From walks to vectors, by a model held open or by a model file."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gaitprint.api._given import given_options, given_path, given_several
from gaitprint.api.files import load_silhouettes
from gaitprint.arguments import shown
from gaitprint.errors import ConfigError
from gaitprint.extras import require_extra
from gaitprint.inference.walk_stream import Sliding, WalkStream
from gaitprint.models.shipped import find_model, shipped
from gaitprint.silhouettes.appearance import check_looks
from gaitprint.store import MemorySequences
from gaitprint.types import Embeddings, SequenceRecord, Silhouettes

LIVE = SequenceRecord("live", None, "", "")
"""A walk of which nothing is known."""


@dataclass(frozen=True, eq=False)
class Model:
    """A trained network held open: its file is read and verified once, then it embeds as often as one likes."""

    path: Path
    _embedder: Any
    """Typed Any, so that this module starts without torch."""

    @classmethod
    def load(
        cls,
        path: str | Path | None = None,
        *,
        device: str = "cpu",
        backend: str = "auto",
        precision: str = "float32",
        flip: bool = False,
        windows: int = 0,
        window_frames: int = 30,
    ) -> "Model":
        """Read and verify a model file.

        Args:
            path: of the file that `gaitprint model train` or `gaitprint model convert` wrote, or the name of shipped
                weights; None: those that come with the package, see `docs/model_card.md`.
            device: `cpu`, `cuda`, `mps`.
            backend: what computes: `torch`, a back end by name such as `winograd`, or `auto`, the fastest that was ever
                measured on this machine.
            precision: what torch computes in: `float32`, `bfloat16`, or `float16` on cards; vectors of different ones
                do not meet.
            flip: average each vector with that of the mirror image.
            windows: average over so many windows, spread evenly over the walk; 0 takes all frames at once.
            window_frames: frames of a window.

        Raises:
            ArtefactError: missing, damaged, or no model file. ConfigError: an unknown device or back
                end, or a bad setting.
        """
        from gaitprint.inference.backend_choice import AUTO, TORCH, check_backend
        from gaitprint.inference.clip_averaging import ClipAveraging

        require_extra("torch")
        from gaitprint.inference.numerics import check_precision
        from gaitprint.stages.embed import open_embedder

        file = shipped() if path is None else find_model(given_path(path, "a model file"))
        where = given_options(cls.load, device=device, backend=backend, precision=precision)
        check_backend(where["backend"])
        check_precision(where["precision"], where["backend"], where["device"], (AUTO, TORCH))
        clips = given_options(cls.load, flip=flip, windows=windows, window_frames=window_frames)
        averaging = ClipAveraging(clips["flip"], clips["windows"], clips["window_frames"])
        return cls(file, open_embedder(file, averaging=averaging, **where))

    @property
    def source(self) -> str:
        """Fingerprint of weights, preprocessing and averaging; embeddings of different sources never meet."""
        return str(self._embedder.source)

    @property
    def card(self) -> dict[str, Any]:
        """What the model is: network, settings, preprocessing, title, SHA-256 of the weights."""
        return dict(self._embedder.facts)

    def embed(self, silhouettes: Silhouettes | str | Path | Sequence[Silhouettes | str | Path]) -> Embeddings:
        """Make one vector a walk.

        Args:
            silhouettes: one walk or several, of any lengths; a path is loaded by `load_silhouettes`.

        Raises:
            ConfigError: nothing to embed. DataError: a path that is no walk. ShapeError: frames of another size.
        """
        made: Embeddings = self._embedder.embed(_sequences(silhouettes))
        return made

    def stream(
        self,
        *,
        record: SequenceRecord = LIVE,
        window: int = 0,
        stride: int = 0,
        cut: bool = False,
        backend: str = "winograd",
    ) -> WalkStream:
        """Open a walk that arrives frame by frame: the embedding so far is there at any time, in bounded memory.

        A model loaded with `flip` sees each frame's mirror image, too, and averages.

        Args:
            record: whose walk it is.
            window: embed the last frames only, so many and up to 11 more (whole blocks of 12, counted from the first
                frame); 0: all.
            stride: embed also every window of exactly so many frames that begins a stride after the one before, see
                `WalkStream.windows`; 0: none.
            cut: embed windows as clips cut out of the walk, each frame anew for every window it is in: what `embed`
                makes of the same frames. Otherwise a window's first and last moments also see the few
                frames around it, as within the whole walk, and each frame's work is done once.
            backend: what computes; `winograd` takes walks frame by frame, any other windows that are cut out. Streams
                of one model share it, and so one thread.

        Raises:
            ConfigError: a back end that takes whole walks only, a model that averages windows, or a bad setting.
        """
        from gaitprint.inference.backend_choice import check_backend

        given = given_options(Model.stream, window=window, stride=stride, cut=cut, backend=backend)
        computing = given.pop("backend")
        check_backend(computing)
        made: WalkStream = self._embedder.stream(record, Sliding(**given), computing)
        return made


def embed(
    silhouettes: Silhouettes | str | Path | Sequence[Silhouettes | str | Path],
    model: Model | str | Path | Sequence[Model | str | Path] | None = None,
    *,
    fusion: str = "raw",
    device: str = "cpu",
) -> Embeddings:
    """Make one vector a walk, by one trained network or by several whose vectors are concatenated.

    Args:
        silhouettes: one walk or several, of any lengths; a path is loaded by `load_silhouettes`.
        model: a `Model`, or a model file, which is read and verified in each call; or several; None: the weights that
            come with the package.
        fusion: `raw` concatenates as the method does, `unit` scales each network's vector to length 1 first.
        device: `cpu`, `cuda`; of model files.

    Raises:
        ArtefactError: a model file is missing or damaged. ConfigError: nothing to embed. DataError: a path that is no
            walk. ShapeError: frames of another size than the model's.
    """
    from gaitprint.inference.fusion import fuse

    given = [shipped()] if model is None else given_several(model, Model, "a Model or a model file")
    if not given:
        raise ConfigError("embed needs at least one walk and one model file")
    sequences = _sequences(silhouettes)
    models = [m if isinstance(m, Model) else Model.load(m, device=device) for m in given]
    each = [m._embedder.embed(sequences) for m in models]
    return each[0] if len(each) == 1 else fuse(each, fusion)


def _sequences(walks: Silhouettes | str | Path | Sequence[Silhouettes | str | Path]) -> MemorySequences:
    given = [] if walks is None else given_several(walks, Silhouettes, "a walk of load_silhouettes() or its path")
    if not given:
        raise ConfigError("embed needs at least one walk and one model file")
    made = [load_silhouettes(Path(walk)) if isinstance(walk, str | os.PathLike) else walk for walk in given]
    for walk in made:
        if not isinstance(walk, Silhouettes):
            raise ConfigError(f"embed takes Silhouettes or paths, found {shown(walk)}: make them by load_silhouettes()")
        check_looks(walk)
    return MemorySequences(tuple(w.record for w in made), tuple(w.frames for w in made))
