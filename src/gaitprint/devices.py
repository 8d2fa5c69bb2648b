"""Devices that a command names. Torch is imported late: settings name a device, and are read without it."""

from gaitprint.errors import ConfigError

DEVICE = "cpu"
"""Where networks compute where nobody says where."""


def card_memory(device: str) -> int | None:
    """Bytes that a graphics card has free; None for the processor, whose memory is the machine's."""
    import torch

    return int(torch.cuda.mem_get_info(device)[0]) if torch.device(device).type == "cuda" else None


def check_device(device: str) -> None:
    """Refuse a device that is not there.

    Raises:
        ConfigError: with the way out.
    """
    import torch

    try:
        kind = torch.device(device).type
    except RuntimeError:
        raise ConfigError(f"no device is called {device!r}: use cpu, cuda or cuda:1") from None
    if kind == "cuda" and not torch.cuda.is_available():
        raise ConfigError(f"device {device!r} was asked for and torch sees no GPU: use --device cpu")
    if kind == "cuda" and (torch.device(device).index or 0) >= torch.cuda.device_count():
        raise ConfigError(f"device {device!r} was asked for and torch sees {torch.cuda.device_count()} GPU: use cuda:0")
    if kind not in ("cpu", "cuda"):
        raise ConfigError(f"device {device!r} is not supported: use cpu or cuda")
