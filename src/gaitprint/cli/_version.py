"""`gaitprint --version`: what a report of a fault should hold; read without loading any of it."""

import os
import platform
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from gaitprint import __version__
from gaitprint.atomic_files import read_json
from gaitprint.errors import ArtefactError
from gaitprint.processor import KERNELS, instructions, processor_name
from gaitprint.remembered import cache_folder

LIBRARIES = ("torch", "numpy", "opencv-python-headless", "scipy", "pyarrow")
_FAST = ("avx512_bf16", "amx_bf16")


def version_lines(cpuinfo: Path = KERNELS) -> list[str]:
    """gaitprint's version first, then Python, libraries, processor, threads, and the precision it is made for."""
    flags, name = instructions(cpuinfo).split(), processor_name(cpuinfo)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    threads = os.environ.get("OMP_NUM_THREADS")
    asked = f"OMP_NUM_THREADS {threads}" if threads else "OMP_NUM_THREADS not set"
    own = [flag for flag in _FAST if flag in flags]
    if own:
        precision = f"multiplies in bfloat16 ({', '.join(own)})"
    elif flags:
        precision = "no instructions for bfloat16, float32 is the fast precision"
    else:
        precision = "nothing is known of bfloat16"
    return [
        f"gaitprint, version {__version__}",
        f"Python {platform.python_version()}, {platform.platform()}",
        ", ".join(f"{library} {_installed(library)}" for library in LIBRARIES),
        f"processor: {name}, {cores} cores for this process, {asked}",
        f"precision: {precision}; {_measured() or '`gaitprint model plan` measures a recipe'}",
    ]


def _measured() -> str:
    """What was timed on this machine with this torch, and remembered."""
    folder, said = cache_folder(), set()
    for path in sorted(folder.glob("precision-*.json")) if folder is not None else ():
        with suppress(ArtefactError, KeyError, TypeError, ValueError, ZeroDivisionError):
            held = read_json(path, "a measurement")
            network, seconds = held["facts"]["network"]["name"], held["values"]
            if held["facts"]["torch"] == _installed("torch"):
                said.add(f"{network} takes {seconds['bfloat16'] / seconds['float32']:.2g} times as long in bfloat16")
    return f"measured: {', '.join(sorted(said))}" if said else ""


def _installed(library: str) -> str:
    try:
        return version(library)
    except PackageNotFoundError:
        return "not installed"
