"""Back ends of embedding, one a file: how a network's deploy form becomes vectors on this machine."""

from typing import Any, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float32

from gaitprint.deploy.form import DeployForm


@runtime_checkable
class Session(Protocol):
    """A form made ready to run; it may be called from one thread at a time."""

    def __call__(self, clips: Float32[np.ndarray, "N T H W"]) -> Float32[np.ndarray, "N P D"]:
        """The part features of clips with values in [0, 1], which stay as they are.

        Raises:
            ShapeError: they do not fit the form.
        """
        ...


@runtime_checkable
class ClipStream(Protocol):
    """One walk that arrives in pieces; it may be used from one thread at a time."""

    @property
    def frames(self) -> int:
        """Frames pushed so far."""
        ...

    @property
    def start(self) -> int:
        """The first frame that the embedding so far is of."""
        ...

    @property
    def nbytes(self) -> int:
        """Bytes of memory that the walk takes; bounded, however long it becomes."""
        ...

    def push(self, frames: Float32[np.ndarray, "T H W"]) -> None:
        """Take the next frames, any number, with values in [0, 1].

        Raises:
            ShapeError: they do not fit the form, or the frames before.
        """
        ...

    def embedding(self) -> Float32[np.ndarray, "P D"]:
        """Part features of the frames so far: those of the whole clip, if it ended here.

        Raises:
            ShapeError: there is no frame yet.
        """
        ...

    def windows(self, ended: bool = False) -> list[tuple[int, Float32[np.ndarray, "P D"]]]:
        """First frame and part features of each whole window since the last call, of a stream with a stride.

        Args:
            ended: the walk ends here, with it those windows that would otherwise wait for later frames.
        """
        ...

    def settled(self) -> Float32[np.ndarray, "P D"] | None:
        """Part features of the moments that no later frame alters; None where there is none yet."""
        ...


@runtime_checkable
class StreamingSession(Session, Protocol):
    """A session that also takes walks frame by frame; its streams share what it holds, and so one thread."""

    def stream(self, window: int = 0, stride: int = 0) -> ClipStream:
        """Open a stream for one walk.

        Args:
            window: the embedding is of the last frames only, about so many, see `gaitprint.deploy.stream`; 0: of all.
            stride: frames from one window of `ClipStream.windows` to the next; 0: there are none.

        Raises:
            ConfigError: a window or stride that the network does not have.
        """
        ...


@runtime_checkable
class Backend(Protocol):
    """Opens forms; made by a component whose settings are its own."""

    @property
    def settings(self) -> Any: ...

    def open(self, form: DeployForm, threads: int) -> Session:
        """Make a form ready.

        Args:
            threads: cores to use, at least 1.

        Raises:
            BackendError: this machine, or what is installed on it, cannot run it.
        """
        ...


@runtime_checkable
class GraphBackend(Backend, Protocol):
    """One that runs an ONNX graph as it is, for files that were exported."""

    def open_graph(self, graph: bytes, height: int, threads: int, weights: bytes = b"") -> Session:
        """Make a graph of `gaitprint.deploy.onnx_graph`, or of what was made of one, ready.

        Args:
            height: frames have this many rows, or a multiple.
            threads: cores to use, at least 1.
            weights: where the engine's own format keeps them apart from the graph.
        """
        ...
