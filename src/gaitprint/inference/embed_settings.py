"""How sequences become vectors, whatever the networks are."""

from dataclasses import dataclass

from gaitprint.arguments import settle_fields
from gaitprint.config import require
from gaitprint.devices import DEVICE
from gaitprint.errors import ConfigError
from gaitprint.inference.backend_choice import AUTO, check_backend
from gaitprint.inference.clip_averaging import WHOLE, ClipAveraging
from gaitprint.inference.fusion import SCALES


@dataclass(frozen=True)
class EmbedSettings:
    """How several networks' vectors are put together, from which clips, and who computes them where."""

    fusion: str = SCALES[0]
    """`raw` concatenates as the method does, `unit` scales each network's vector to length 1 first."""
    device: str = DEVICE
    """`cpu`, `cuda:1`; `cuda` is every card there is, and several may be listed, as in `cuda:0,cuda:1`."""
    backend: str = AUTO
    """What computes: `torch` (the network as it is), a back end by name, or the fastest here, see `choose_backend`."""
    averaging: ClipAveraging = WHOLE
    """Mirror images and windows whose vectors are averaged; all frames at once where not given."""
    frames_at_once: int = 600
    """Frames of one batch, a bound on memory: about 0.5 GB for the largest network."""
    threads: int = 1
    """Processor threads of each process that computes. The last bit of a vector may depend on it, and on nothing else
    here that says who computes."""
    workers: int | None = None
    """Processes that compute; 0 computes in this one. None: as many as there are cards, or cores and memory for, once
    enough work is left to be worth their start."""
    ray: str = ""
    """Address of a Ray cluster that computes; `auto` finds it, `local` starts one on this machine."""

    def __post_init__(self) -> None:
        settle_fields(self)
        if self.fusion not in SCALES:
            raise ConfigError(f"fusion scales 'raw' or 'unit', found {self.fusion!r}")
        check_backend(self.backend)
        require(self.frames_at_once >= 1, f"a batch holds 1 frame or more, found {self.frames_at_once}")
        require(self.threads >= 1, f"a process computes with 1 thread or more, found {self.threads}")
        workers = self.workers
        require(
            workers is None or workers >= (1 if self.ray else 0),
            f"workers is a number of processes, at least {1 if self.ray else 0}, found {workers}",
        )
        require(
            workers is None or self.ray in ("", "local"),
            f"the workers are those of the Ray cluster {self.ray!r}: leave workers out",
        )
