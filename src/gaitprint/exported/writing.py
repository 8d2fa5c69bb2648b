"""What is about to be exported, in memory: it runs before it is written, so that nothing unequal is."""

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Protocol, runtime_checkable

from gaitprint.atomic_files import check_writable, write_bytes, write_text
from gaitprint.backends import Session
from gaitprint.components import make_component
from gaitprint.deploy.form import DeployForm
from gaitprint.errors import ConfigError
from gaitprint.exported.card import ExportCard
from gaitprint.exported.form_file import save_form
from gaitprint.exported.onnx_file import pack_onnx
from gaitprint.exported.opening import ENGINES, FORM_BACKEND, ONNX, OPENVINO, graph_backend
from gaitprint.exported.openvino_file import openvino_pair, pack_xml
from gaitprint.extras import require_extra


@runtime_checkable
class Candidate(Protocol):
    """A file, or two, to be."""

    @property
    def engines(self) -> tuple[str, ...]:
        """The back ends that run it and are installed, one at least."""
        ...

    def open(self, engine: str, threads: int) -> Session:
        """Run it as it would be if it were written and opened."""
        ...

    def write(self, out: Path, card: ExportCard) -> None:
        """Write it whole, or nothing."""
        ...


def form_candidate(form: DeployForm) -> Candidate:
    """A form as a .safetensors file."""
    require_extra("numba")
    return _Form(form)


def graph_candidate(graph: bytes, height: int, kind: str) -> Candidate:
    """An ONNX graph as a file of a kind.

    Args:
        height: of the form.
    """
    if kind == ONNX:
        if not any(map(find_spec, ENGINES)):
            require_extra(ENGINES[0])
        return _Onnx(graph, height)
    return _OpenVino(*openvino_pair(graph), height)


def new_places(out: Path, kind: str) -> tuple[Path, ...]:
    """The files that will be written.

    Raises:
        ConfigError: one is there.
        DataError: the folder cannot be written to.
    """
    places = (out, out.with_suffix(".bin")) if kind == OPENVINO else (out,)
    for place in places:
        if place.exists():
            raise ConfigError(f"{place} exists already: choose another name or remove it")
        check_writable(place)
    return places


@dataclass(frozen=True, eq=False)
class _Form:
    form: DeployForm
    engines: tuple[str, ...] = (FORM_BACKEND,)

    def open(self, engine: str, threads: int) -> Session:
        session: Session = make_component("backend", engine).open(self.form, threads)
        return session

    def write(self, out: Path, card: ExportCard) -> None:
        save_form(out, self.form, card)


@dataclass(frozen=True, eq=False)
class _Onnx:
    graph: bytes
    height: int

    @property
    def engines(self) -> tuple[str, ...]:
        return tuple(filter(find_spec, ENGINES))

    def open(self, engine: str, threads: int) -> Session:
        return graph_backend(engine).open_graph(self.graph, self.height, threads)

    def write(self, out: Path, card: ExportCard) -> None:
        write_bytes(out, pack_onnx(self.graph, card))


@dataclass(frozen=True, eq=False)
class _OpenVino:
    xml: str
    weights: bytes
    height: int
    engines: tuple[str, ...] = ("openvino",)

    def open(self, engine: str, threads: int) -> Session:
        return graph_backend(engine).open_graph(self.xml.encode(), self.height, threads, self.weights)

    def write(self, out: Path, card: ExportCard) -> None:
        # the .xml last: without it, or with another's, the .bin is nothing
        write_bytes(out.with_suffix(".bin"), self.weights)
        write_text(out, pack_xml(self.xml, self.weights, card))
