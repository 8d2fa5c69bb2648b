"""Which processor this is: what measurements of speed hang on."""

import platform
from pathlib import Path


def processor_name() -> str:
    """The processor's model; the architecture where it is not told."""
    return _first(("model name",)) or platform.machine()


def instructions() -> str:
    """The instruction sets that the kernel names; "" where it names none."""
    return _first(("flags", "Features"))


def _first(keys: tuple[str, ...]) -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return ""
    values = (line.partition(":")[2].strip() for line in lines if line.startswith(keys))
    return next((value for value in values if value), "")
