"""Which processor this is: what measurements of speed hang on."""

import platform
from pathlib import Path

KERNELS = Path("/proc/cpuinfo")
"""Where Linux describes the processors."""


def processor_name(cpuinfo: Path = KERNELS) -> str:
    """The processor's model; what Python knows of it, at least the architecture, where the kernel does not tell."""
    return _first(("model name",), cpuinfo) or platform.processor() or platform.machine()


def instructions(cpuinfo: Path = KERNELS) -> str:
    """The instruction sets that the kernel names; "" where it names none."""
    return _first(("flags", "Features"), cpuinfo)


def _first(keys: tuple[str, ...], cpuinfo: Path) -> str:
    try:
        lines = cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    values = (line.partition(":")[2].strip() for line in lines if line.startswith(keys))
    return next((value for value in values if value), "")
