"""What this machine can do at most: its rate of matrix products; and what a call takes of its memory."""

import ctypes
import gc
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import torch

SIDE = 1536
"""Rows and columns of the matrices: large enough for the highest rate, some milliseconds of work."""
MATRIX_OPERATIONS = 2.0 * SIDE**3
"""Additions and multiplications of one product."""

_STATUS, _RESET = Path("/proc/self/status"), Path("/proc/self/clear_refs")
_PEAK = "5"
"""What resets the highest resident memory, see proc_pid_clear_refs(5)."""


def matrix_product() -> Callable[[], object]:
    """A product of two matrices of float32, by torch and as many threads as it uses, to be called many times."""
    generator = torch.Generator().manual_seed(0)
    a, b = torch.rand(2, SIDE, SIDE, generator=generator)
    return lambda: torch.mm(a, b)


class PeakMemory:
    """What calls take of memory, counted from where this is made; silent where the system (no Linux) is."""

    def __init__(self) -> None:
        gc.collect()
        _give_back()
        self._before = _reset_peak()

    def of(self, call: Callable[[], object]) -> int | None:
        """Make a call: bytes that this process holds at its peak more than before all of them; None: nobody says.

        Engines keep what they once took: shorter clips come before longer ones.
        """
        _give_back()
        reset = _reset_peak()
        call()
        return None if self._before is None or reset is None else max(0, _status("VmHWM") - self._before)


def _reset_peak() -> int | None:
    """Let the highest resident memory count from here, and answer the bytes that are resident."""
    try:
        _RESET.write_text(_PEAK, encoding="ascii")
        return _status("VmRSS")
    except (OSError, LookupError):
        return None


def _status(key: str) -> int:
    lines = _STATUS.read_text(encoding="ascii").splitlines()
    values = {name: value for name, _, value in (line.partition(":") for line in lines)}
    return 1024 * int(values[key].split()[0])


def _give_back() -> None:
    """Return free memory to the system: what is still held would be used again, and not be seen."""
    with suppress(OSError, AttributeError):  # another C library than GNU's
        ctypes.CDLL(None).malloc_trim(0)
