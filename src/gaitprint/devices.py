"""Devices that a command names. Torch is imported late: settings name a device, and are read without it."""

from collections.abc import Sequence

from gaitprint.errors import ConfigError

DEVICE = "cpu"
"""Where networks compute where nobody says where."""


TRAINING, EMBEDDING = ("cpu", "cuda"), ("cpu", "cuda", "mps")
"""Kinds of devices that do it."""


def card_memory(device: str) -> int | None:
    """Bytes that a graphics card has free; None for the processor, whose memory is the machine's."""
    import torch

    return int(torch.cuda.mem_get_info(device)[0]) if torch.device(device).type == "cuda" else None


def check_device(device: str, kinds: Sequence[str] = TRAINING) -> None:
    """Refuse a device that is not there.

    Args:
        kinds: that can do what is to be done.

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
    if kind not in kinds:
        raise ConfigError(f"device {device!r} is not supported: use {' or '.join(kinds)}")
    if kind == "mps" and not torch.backends.mps.is_available():
        raise ConfigError(f"device {device!r} was asked for and torch sees no Metal GPU: use --device cpu")


def listed_devices(device: str) -> tuple[str, ...]:
    """The devices of a list such as `cuda:0,cuda:1`; `cuda` alone is every card there is.

    Raises:
        ConfigError: one is not there, or they are not of one kind.
    """
    import torch

    listed = tuple(device.split(","))
    for one in listed:
        check_device(one, EMBEDDING)
    if len({one.partition(":")[0] for one in listed}) > 1:
        raise ConfigError(f"devices of one kind share the work, found {device!r}: name cpu, or cards")
    if listed == ("cuda",) and torch.cuda.device_count() > 1:
        return tuple(f"cuda:{card}" for card in range(torch.cuda.device_count()))
    return listed
