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
    """How several networks' vectors are put together, where they are computed, and from which clips."""

    fusion: str = SCALES[0]
    """`raw` concatenates as the method does, `unit` scales each network's vector to length 1 first."""
    device: str = DEVICE
    """`cpu`, `cuda`, `cuda:1`."""
    backend: str = AUTO
    """What computes: `torch` (the network as it is), a back end by name, or the fastest here, see `choose_backend`."""
    averaging: ClipAveraging = WHOLE
    """Mirror images and windows whose vectors are averaged; all frames at once where not given."""
    frames_at_once: int = 600
    """Frames of one batch, a bound on memory: about 0.5 GB for the largest network."""

    def __post_init__(self) -> None:
        settle_fields(self)
        if self.fusion not in SCALES:
            raise ConfigError(f"fusion scales 'raw' or 'unit', found {self.fusion!r}")
        check_backend(self.backend)
        require(self.frames_at_once >= 1, f"a batch holds 1 frame or more, found {self.frames_at_once}")
