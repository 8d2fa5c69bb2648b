"""The whole suite on machines that are not this one: `make matrix`, or some of it: `make matrix CELLS="avx2 loaded"`.

Processors are simulated by what the numerical libraries may use; other Pythons get an environment of their own below
the folder `.matrix`. What has been run on the same files is not run again.
"""

import argparse
import contextlib
import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
import tomllib
import xml.etree.ElementTree as Xml
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
MODELS = "packages/gaitprint-video-models"
"""Data that the tests of the video chain look at."""
HERE = f"{sys.version_info.major}.{sys.version_info.minor}"
ONE = {"OMP_NUM_THREADS": "1"}
AVX2 = {
    "ONEDNN_MAX_CPU_ISA": "AVX2",
    "ATEN_CPU_CAPABILITY": "avx2",
    "MKL_ENABLE_INSTRUCTIONS": "AVX2",
    "OPENBLAS_CORETYPE": "Haswell",
    "FAISS_OPT_LEVEL": "avx2",
    "NUMBA_CPU_NAME": "haswell",
    "NUMBA_CPU_FEATURES": "",  # those of that processor, and not the ones found here
}
SSE41 = {
    "ONEDNN_MAX_CPU_ISA": "SSE41",
    "ATEN_CPU_CAPABILITY": "default",
    "MKL_ENABLE_INSTRUCTIONS": "SSE4_2",
    "OPENBLAS_CORETYPE": "Nehalem",
    "FAISS_OPT_LEVEL": "generic",
    "NUMBA_CPU_NAME": "nehalem",
    "NUMBA_CPU_FEATURES": "",
}


@dataclass(frozen=True)
class Cell:
    """One machine."""

    what: str
    """In words."""
    variables: Mapping[str, str] = field(default_factory=lambda: ONE)
    """Of the environment."""
    python: str = HERE
    newest: bool = False
    """The newest versions that pyproject.toml allows, instead of those in constraints.txt."""
    busy: int = 0
    """Processes beside the tests that do nothing but keep a core busy."""


CELLS = {
    "plain": Cell(f"Python {HERE}, pinned versions, one thread"),
    "avx2": Cell("no instructions beyond AVX2", ONE | AVX2),
    "sse41": Cell("no instructions beyond SSE 4.1", ONE | SSE41),
    "threads": Cell("four threads", {"OMP_NUM_THREADS": "4"}),
    "loaded": Cell("four busy loops beside it", busy=4),
    **{
        f"python-{version}": Cell(f"Python {version}, pinned versions", python=version)
        for version in ("3.11", "3.12", "3.13")
        if version != HERE
    },
    "newest": Cell("the newest versions that the ranges allow", newest=True),
}
COLUMNS = ("passed", "failed", "skipped", "minutes")


class Missing(Exception):
    """A cell that cannot be run here."""


def tree() -> str:
    """A fingerprint of all that a verdict hangs on."""
    seen = hashlib.sha256()
    above = [path for ending in ("toml", "txt", "md") for path in ROOT.glob(f"*.{ending}")]
    for path in sorted([*above, *_below("src", "tests", "docs")]):
        seen.update(f"{path.relative_to(ROOT)}\0".encode() + path.read_bytes())
    return seen.hexdigest()[:16]


def _below(*folders: str) -> Iterator[Path]:
    for folder in folders:
        for path in (ROOT / folder).rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts and ".egg-info" not in str(path):
                yield path


def interpreter(version: str) -> str:
    """A Python of that version.

    Raises:
        Missing: there is none.
    """
    found = shutil.which(f"python{version}")
    kept = sorted(Path.home().glob(f".pyenv/versions/{version}.*/bin/python"))
    for candidate in (found, *map(str, kept)):
        if candidate and subprocess.run([candidate, "-V"], capture_output=True, check=False).returncode == 0:
            return candidate
    raise Missing(f"no Python {version} found")


def environment(cell: Cell, folder: Path) -> str:
    """The Python that runs the cell; its packages are installed the first time, which can be gigabytes.

    Raises:
        Missing: no such Python, or the packages cannot be installed.
    """
    if cell.python == HERE and not cell.newest:
        return sys.executable
    place = folder / (f"newest-{cell.python}" if cell.newest else f"python-{cell.python}")
    python, ready = place / "bin" / "python", place / "ready"
    if not ready.exists():
        base = sys.executable if cell.python == HERE else interpreter(cell.python)
        pinned = [] if cell.newest else ["-c", str(ROOT / "constraints.txt")]
        install = [str(python), "-m", "pip", "install", "-q", *pinned, "-e", f"{ROOT}[dev]", "-e", f"{ROOT}/{MODELS}"]
        for words in ([base, "-m", "venv", str(place)], install):
            done = subprocess.run(words, capture_output=True, text=True, check=False)
            if done.returncode:
                raise Missing((done.stderr.strip().splitlines() or ["pip failed"])[-1])
        ready.touch()
    return str(python)


@contextlib.contextmanager
def busy(loops: int) -> Iterator[list[subprocess.Popen[bytes]]]:
    """So many processes that compute nothing, for as long as it lasts."""
    running = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(loops)]
    try:
        yield running
    finally:
        for process in running:
            process.kill()
            process.wait()


def run_cell(name: str, cell: Cell, tests: Sequence[str], folder: Path) -> dict[str, Any]:
    """Run the tests in one cell; the log is `<folder>/<name>.log`.

    Raises:
        Missing: it cannot be run here.
    """
    python = environment(cell, folder)
    report, begun = folder / f"{name}.xml", time.monotonic()
    report.unlink(missing_ok=True)
    words = [python, "-m", "pytest", "-q", "-n", "auto", "--dist", "loadfile", "-rfE", f"--junitxml={report}", *tests]
    variables = {**os.environ, "PYTHONPATH": str(ROOT / "src"), **cell.variables}
    with busy(cell.busy), (folder / f"{name}.log").open("wb") as log:
        ran = subprocess.run(words, cwd=ROOT, stdout=log, stderr=log, env=variables, check=False)
    if not report.exists():
        raise Missing(f"pytest ended with {ran.returncode} and no report: see {name}.log")
    return {**counted(report), "minutes": round((time.monotonic() - begun) / 60, 1)}


def counted(report: Path) -> dict[str, Any]:
    """Passed, failed (errors among them) and skipped tests of a report in JUnit's form, and the names of the failed."""
    cases = list(Xml.parse(report).getroot().iter("testcase"))
    bad = [case for case in cases if case.find("failure") is not None or case.find("error") is not None]
    failed = [f"{case.get('classname')}::{case.get('name')}" for case in bad]
    skipped = sum(case.find("skipped") is not None for case in cases)
    return {"passed": len(cases) - skipped - len(failed), "failed": len(failed), "skipped": skipped, "names": failed}


def table(results: Mapping[str, Mapping[str, Any]]) -> str:
    """Every cell with what came of it, as a table of Markdown, and the names of what failed."""
    rows = [f"| cell | what | {' | '.join(COLUMNS)} |", f"| --- | --- | {' | '.join('---:' for _ in COLUMNS)} |"]
    for name, cell in CELLS.items():
        found = results.get(name, {})
        figures = [found["missing"], "", "", ""] if "missing" in found else [str(found.get(c, "")) for c in COLUMNS]
        rows.append(f"| `{name}` | {cell.what} | {' | '.join(figures)} |")
    return "\n".join([*rows, *(f"{name}: FAILED {test}" for name, r in results.items() for test in r.get("names", []))])


def matrix(
    names: Sequence[str],
    tests: Sequence[str],
    folder: Path,
    again: bool,
    run: Callable[[str, Cell, Sequence[str], Path], dict[str, Any]] = run_cell,
) -> dict[str, dict[str, Any]]:
    """Run the cells that have not been run on these files, each result written as soon as it is there; all results."""
    folder.mkdir(exist_ok=True)
    key = f"{tree()} {' '.join(tests)}".strip()
    held = folder / "results.json"
    kept = json.loads(held.read_text()) if held.exists() else {}
    results: dict[str, dict[str, Any]] = kept.get(key, {})
    for name in names:
        if again or name not in results or "missing" in results[name]:
            print(f"{name}: {CELLS[name].what} ...", flush=True)
            try:
                results[name] = run(name, CELLS[name], tests, folder)
            except Missing as error:
                results[name] = {"missing": str(error)}
            held.write_text(json.dumps({key: results}, indent=1) + "\n")
    return results


def main(words: Sequence[str] | None = None) -> int:
    """0 where nothing failed in the cells asked for."""
    allowed = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["requires-python"]
    parser = argparse.ArgumentParser(description=f"The suite on other machines. Python {allowed}.")
    parser.add_argument("cells", nargs="*", metavar="CELL", help=f"of {', '.join(CELLS)}; all of them by default")
    parser.add_argument("--tests", nargs="+", default=[], metavar="PATH", help="only these tests")
    parser.add_argument("--folder", type=Path, default=ROOT / ".matrix", help="environments, logs and results")
    parser.add_argument("--again", action="store_true", help="also what has been run on these files")
    given = parser.parse_args(words)
    unknown = [name for name in given.cells if name not in CELLS]
    if unknown:
        parser.error(f"no cell is called {unknown[0]!r}: expected some of {', '.join(CELLS)}")
    names = given.cells or list(CELLS)
    results = matrix(names, given.tests, given.folder, given.again)
    print(table(results))
    return int(any(results[name].get("failed") for name in names))


if __name__ == "__main__":
    sys.exit(main())
