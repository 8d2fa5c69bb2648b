"""Exported files, opened: clips or frames in, part features or vectors out, without torch."""

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from jaxtyping import Float32

from gaitprint.atomic_files import reason_and_way_out
from gaitprint.backends import GraphBackend, Session
from gaitprint.components import make_component
from gaitprint.config import require
from gaitprint.errors import ArtefactError, ConfigError
from gaitprint.exported.card import MAKER, ExportCard
from gaitprint.exported.form_file import load_form
from gaitprint.exported.onnx_file import unpack_onnx
from gaitprint.exported.openvino_file import unpack_xml
from gaitprint.silhouettes.clips import to_clip
from gaitprint.types import Frames

ONNX, OPENVINO, FORM = ".onnx", ".xml", ".safetensors"
"""Endings of what is exported."""
ENGINES = ("onnxruntime", "openvino")
"""Back ends that run an ONNX graph as it is."""
FORM_BACKEND = "winograd"
"""The back end that runs a form unless another one is named."""


@dataclass(frozen=True, eq=False)
class Exported:
    """An exported network, ready to run; from one thread at a time."""

    card: ExportCard
    session: Session
    """Clips [N, T, H, W] with values in [0, 1] to part features [N, P, D]."""

    def vector(self, frames: Frames) -> Float32[np.ndarray, " D"]:
        """The vector of one sequence of normalised frames, uint8 [T, size, size], as `model embed` gives it."""
        clip = to_clip(frames, self.card.model.preprocessing)
        return np.ascontiguousarray(self.session(clip[None]).reshape(-1))


def open_exported(path: Path | str, backend: str = "", threads: int = 1) -> Exported:
    """Open what `gaitprint model export` wrote.

    Args:
        path: of the .onnx, .xml (its .bin beside it) or .safetensors file.
        backend: by name; where not given the file's own: onnxruntime (or openvino, whichever is installed), openvino,
            winograd.
        threads: cores to use.

    Raises:
        ArtefactError: missing, foreign, damaged, or changed since it was exported.
        ConfigError: the back end does not run files of this kind.
    """
    path = Path(path)
    require(threads >= 1, f"threads are at least 1, found {threads}")
    kind = kind_of(path)
    if kind == FORM:
        form, card = load_form(path)
        return Exported(card, make_component("backend", backend or FORM_BACKEND).open(form, threads))
    data = _read(path)
    if kind == ONNX:
        graph, card = unpack_onnx(data, path)
        engine = graph_backend(backend or next((name for name in ENGINES if find_spec(name)), ENGINES[0]))
        return Exported(card, engine.open_graph(graph, card.height, threads))
    require(backend in ("", "openvino"), f"{path} runs in openvino alone, found back end {backend!r}: export a .onnx")
    weights = _read(path.with_suffix(".bin"))
    xml, card = unpack_xml(data.decode("utf-8", "replace"), weights, path)
    return Exported(card, graph_backend("openvino").open_graph(xml.encode(), card.height, threads, weights))


def kind_of(path: Path) -> str:
    """The kind of an exported file, by the ending of its name.

    Raises:
        ConfigError: it has another.
    """
    kind = path.suffix.lower()
    if kind not in (ONNX, OPENVINO, FORM):
        raise ConfigError(
            f"an exported network is a file {ONNX} (ONNX), {OPENVINO} (OpenVINO, with a .bin beside it) or {FORM} (for "
            f"the back end {FORM_BACKEND}), found {path}: name it by what it shall be"
        )
    return kind


def graph_backend(name: str) -> GraphBackend:
    """A back end that runs an ONNX graph as it is.

    Raises:
        ConfigError: it needs a deploy form.
    """
    made = make_component("backend", name)
    if not isinstance(made, GraphBackend):
        raise ConfigError(f"the back end {name!r} runs no ONNX graph: take {ENGINES[0]} or {ENGINES[1]}, or a {FORM}")
    return made


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise ArtefactError(f"no file {path}: `{MAKER}` writes it") from None
    except (OSError, ValueError) as error:
        raise ArtefactError(f"cannot read {path}: {reason_and_way_out(error)}") from None
