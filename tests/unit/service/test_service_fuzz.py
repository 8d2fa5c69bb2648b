"""Requests drawn from the service's own document: none may find a fault."""

import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).resolve().parents[3] / "benchmarks"


@pytest.mark.slow
def test_no_request_finds_a_fault() -> None:
    words = [sys.executable, str(BENCHMARKS / "service_fuzz.py"), "--examples", "10"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-5000:]


@pytest.mark.slow
def test_twice_the_load_is_sent_away_and_not_kept() -> None:
    words = [sys.executable, str(BENCHMARKS / "service_load.py"), "--seconds", "20", "--vectors-only"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
