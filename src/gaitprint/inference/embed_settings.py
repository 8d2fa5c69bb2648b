"""How sequences become vectors, whatever the networks are."""

from dataclasses import dataclass

from gaitprint.arguments import settle_fields
from gaitprint.config import require
from gaitprint.cores import usable_cores
from gaitprint.devices import DEVICE
from gaitprint.errors import ConfigError
from gaitprint.inference.backend_choice import AUTO, TORCH, check_backend
from gaitprint.inference.clip_averaging import WHOLE, ClipAveraging
from gaitprint.inference.fusion import SCALES
from gaitprint.inference.numerics import PRECISIONS, check_precision

MODES = ("throughput", "latency")
THREADS = 1
"""Of each process, where nobody says how many: side by side they keep all cores busy."""


@dataclass(frozen=True)
class EmbedSettings:
    """How several networks' vectors are put together, from which clips, and who computes them where."""

    fusion: str = SCALES[0]
    """`raw` concatenates as the method does, `unit` scales each network's vector to length 1 first."""
    device: str = DEVICE
    """`cpu`, `cuda:1`, `mps`; `cuda` is every card there is, and several may be listed, as in `cuda:0,cuda:1`."""
    backend: str = AUTO
    """What computes: `torch` (the network as it is), a back end by name, or the fastest here, see `rank_backends`."""
    precision: str = PRECISIONS[0]
    """What torch computes in: `float32`, `bfloat16`, or `float16` on cards. Vectors of different ones do not meet."""
    averaging: ClipAveraging = WHOLE
    """Mirror images and windows whose vectors are averaged; all frames at once where not given."""
    mode: str = MODES[0]
    """`throughput`: as many sequences a second as the machine gives, those of like length together, all cores busy.
    `latency`: the next vector as soon as may be, one sequence at a time with all threads on it, in this process."""
    memory: int | None = None
    """Bytes that what a process computes together may take, about; how many frames that is follows by network. None: by
    the machine, see `usual_memory`. A sequence that needs more is computed alone."""
    threads: int | None = None
    """Processor threads of each process that computes; None: 1, or every core in the mode `latency`. The last bit of a
    vector may depend on it, and on nothing else here that says who computes."""
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
        check_precision(self.precision, self.backend, self.device, (AUTO, TORCH))
        require(not (self.ray and self.device.startswith("mps")), "Ray's workers compute on processors or CUDA cards")
        require(self.mode in MODES, f"the mode is 'throughput' or 'latency', found {self.mode!r}")
        memory, threads, workers = self.memory, self.threads, self.workers
        require(memory is None or memory >= 1, f"memory is 1 byte or more, found {memory}")
        require(threads is None or threads >= 1, f"a process computes with 1 thread or more, found {threads}")
        if self.mode == "latency":
            self._check_alone()
        require(
            workers is None or workers >= (1 if self.ray else 0),
            f"workers is a number of processes, at least {1 if self.ray else 0}, found {workers}",
        )
        require(
            workers is None or self.ray in ("", "local"),
            f"the workers are those of the Ray cluster {self.ray!r}: leave workers out",
        )

    @property
    def threads_each(self) -> int:
        """Threads of each process."""
        return self.threads or (usable_cores() if self.mode == "latency" else THREADS)

    def _check_alone(self) -> None:
        """Refuse what one sequence at a time, in this process, leaves nothing to decide."""
        memory, workers, device = self.memory, self.workers, self.device
        way_out = "leave it out, or the mode latency"
        require(memory is None, f"memory {memory} says what is computed together, not one at a time: {way_out}")
        require(not workers and not self.ray, f"one sequence at a time is computed by one process, not more: {way_out}")
        require("," not in device, f"one sequence at a time is computed on one device, not {device}: {way_out}")
