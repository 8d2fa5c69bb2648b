"""Shared by all tests: shapes in signatures are checked, goldens are found or skipped aloud."""

import gc
import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import shape_checks
from hypothesis import HealthCheck, settings

shape_checks.install()

# a shell that starts the tests in the background has Ctrl-C ignored in them, and in every process they start
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# no verdict hangs on how fast the machine is: neither a deadline nor a complaint about slow drawing
settings.register_profile(
    "gaitprint", deadline=None, derandomize=True, max_examples=25, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("gaitprint")

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module", autouse=True)
def modules_aside() -> None:
    """What modules consist of stays for good: the search for garbage need not go through it again and again."""
    grown = len(sys.modules) - _ASIDE[0]
    if grown > 100:
        _ASIDE[0] += grown
        gc.collect()
        gc.freeze()


_ASIDE = [0]
"""How many modules there were when they were last put aside."""


@pytest.fixture(scope="session", autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What is measured of this machine is neither taken from the user's folder nor left in it."""
    folder = tmp_path_factory.mktemp("cache")
    os.environ["GAITPRINT_CACHE"] = str(folder)
    return folder


@pytest.fixture(autouse=True)
def back_ends_unmeasured(own_cache: Path) -> Iterator[None]:
    """What one test has measured chooses no back end for the next: bytes would hang on the order of tests."""
    yield
    for measured in own_cache.glob("backends-*"):
        measured.unlink()


@pytest.fixture(scope="session")
def golden_folder() -> Path:
    """The folder of golden files: beside the checkout, or where GAITPRINT_GOLDEN says."""
    folder = Path(os.environ.get("GAITPRINT_GOLDEN", ROOT.parent / "shared" / "golden"))
    if not folder.is_dir():
        pytest.skip(f"no golden files at {folder}: set GAITPRINT_GOLDEN to check against independent implementations")
    return folder


@pytest.fixture(scope="session")
def golden(golden_folder: Path) -> Callable[[str], dict[str, np.ndarray]]:
    """golden("rerank") gives the arrays of rerank.npz by name."""
    cache: dict[str, dict[str, np.ndarray]] = {}

    def load(name: str) -> dict[str, np.ndarray]:
        if name not in cache:
            with np.load(golden_folder / f"{name}.npz", allow_pickle=False) as arrays:
                cache[name] = {key: arrays[key] for key in arrays.files}
        return cache[name]

    return load
