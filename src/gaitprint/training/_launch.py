"""What torchrun tells a process in its environment, checked."""

import os
from dataclasses import dataclass

import torch
from torch import distributed

from gaitprint.config import require
from gaitprint.errors import ConfigError

_NUMBERS = ("RANK", "WORLD_SIZE", "LOCAL_RANK")
_ADDRESS = ("MASTER_ADDR", "MASTER_PORT")
_WAY_OUT = "start with torchrun, or unset them to train in one process"


@dataclass(frozen=True)
class Launch:
    """This process's place among those of the run."""

    rank: int = 0
    """Its number."""
    size: int = 1
    """How many there are."""
    local_rank: int = 0
    """Its number on this machine, which chooses its card."""
    restarts: int = 0
    """How often torchrun has started all of them again; 0 on several machines, for each counts its own."""


def read_launch() -> Launch:
    """From RANK, WORLD_SIZE and LOCAL_RANK; one process where none of them is set.

    Raises:
        ConfigError: some of them are missing, or they make no sense.
    """
    present = [name for name in _NUMBERS if name in os.environ]
    if not present:
        return Launch()
    missing = [name for name in _NUMBERS if name not in present]
    if not missing and os.environ["WORLD_SIZE"] != "1":
        missing = [name for name in _ADDRESS if not os.environ.get(name)]
        present += [name for name in _ADDRESS if name not in missing]
    require(not missing, f"{', '.join(present)} set without {', '.join(missing)}: {_WAY_OUT}")
    rank, size, local = (_whole(name) for name in _NUMBERS)
    require(0 <= rank < size, f"RANK is from 0 to below WORLD_SIZE, found {rank} of {size}: {_WAY_OUT}")
    require(0 <= local < size, f"LOCAL_RANK is from 0 to below WORLD_SIZE, found {local} of {size}: {_WAY_OUT}")
    # counts of several machines could differ, and processes that count otherwise would never meet
    alone = os.environ.get("LOCAL_WORLD_SIZE") == os.environ["WORLD_SIZE"]
    restarts = _whole("TORCHELASTIC_RESTART_COUNT") if alone and "TORCHELASTIC_RESTART_COUNT" in os.environ else 0
    return Launch(rank, size, local, restarts)


def check_launch(launch: Launch, device: str) -> None:
    """Refuse a device on which several processes cannot train.

    Raises:
        ConfigError: as it says.
    """
    chosen = torch.device(device)
    require(
        chosen.type in ("cpu", "cuda"),
        f"several processes train on 'cpu' or 'cuda', found {device!r}: train in one process there",
    )
    require(distributed.is_available(), "this torch was built without torch.distributed: train in one process")
    if chosen.type == "cpu":
        return
    require(
        chosen.index is None or chosen.index == launch.local_rank,
        f"with several processes LOCAL_RANK chooses the card, {launch.local_rank} here, found {device!r}: say 'cuda'",
    )
    cards = torch.cuda.device_count()
    require(
        launch.local_rank < cards,
        f"LOCAL_RANK {launch.local_rank} wants a card of its own and this machine shows {cards}: "
        "start at most one process a card",
    )
    require(distributed.is_nccl_available(), "this torch was built without NCCL: train in one process, or on 'cpu'")


def _whole(name: str) -> int:
    try:
        return int(os.environ[name])
    except ValueError:
        raise ConfigError(f"{name} is a whole number, found {os.environ[name]!r}: {_WAY_OUT}") from None
