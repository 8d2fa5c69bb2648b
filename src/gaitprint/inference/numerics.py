"""In which precision the network as it is computes; part of what made a vector, so that different ones do not meet.

Torch is imported late: settings name a precision, and are read without it.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from gaitprint.config import require

PRECISIONS = ("float32", "bfloat16", "float16")
"""Of convolutions and products of matrices; what is added up over many frames stays in float32."""
FLOAT32 = PRECISIONS[0]


def check_precision(precision: str, backend: str, device: str, torch_names: tuple[str, ...]) -> None:
    """Refuse a precision that what computes does not have.

    Args:
        torch_names: of back ends that run the network as it is.

    Raises:
        ConfigError: with those that it has.
    """
    require(precision in PRECISIONS, f"the precision is float32, bfloat16 or float16, found {precision!r}")
    if precision == FLOAT32:
        return
    require(backend in torch_names, f"the back end {backend} computes in float32, not {precision}: use torch")
    require(
        precision != "float16" or not device.startswith("cpu"),
        "a processor computes in float32 or bfloat16, found float16: use one of them, or a card",
    )


@contextmanager
def computing_in(precision: str, device: str) -> Iterator[None]:
    """Compute with torch in a precision for the length of a block."""
    import torch

    kind, cudnn = torch.device(device).type, torch.backends.cudnn
    if precision != FLOAT32:
        with torch.autocast(kind, getattr(torch, precision)):
            yield
    elif kind == "cuda":
        # by itself cudnn rounds to ten bits where the card has tensor cores: that would be no float32
        with cudnn.flags(cudnn.enabled, cudnn.benchmark, deterministic=cudnn.deterministic, allow_tf32=False):
            yield
    else:
        yield
