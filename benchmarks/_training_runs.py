"""Tiny runs of `gaitprint model train` as processes, for the benchmarks that kill them; Linux, for it reads /proc."""

import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

import torch

from gaitprint.ingest.layout_choice import LayoutChoice
from gaitprint.stages.prepare import prepare
from gaitprint.training.checkpoint import newest_checkpoint
from gaitprint.training.history import read_history
from gaitprint.training.run_logger import TIMED

TRAIN = ["-m", "gaitprint", "model", "train"]
TWO = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]

RECIPE = """
title = "tiny"
augmentations = [{{ name = "flip", settings = {{ probability = 0.5 }} }}]
[network]
name = "{network}"
[network.settings]
height = 16
channels = [2, 3, 4]
trunk_norm = "batch"
{settings}
[preprocessing]
cut = 12
reduce = 4
[[losses]]
name = "part-triplet"
[[losses]]
name = "part-softmax"
[training]
iterations = {iterations}
subjects = 2
sequences = 2
frames = 6
learning_rate = 0.003
checkpoint_every = 4
average = 0.9
held_out = 2
validate_every = 10
{schedule}
"""
NETWORKS = {
    "gaitgl": (
        'form = "casia-b"\nstrips = 2\nhead = "separate-bnneck"',
        "resets = [{ at = 21, learning_rate = 1e-3 }]",
    ),
    "gaitmask": ('head = "shared-bn"', 'schedule = "cosine"\nwarm_up = 5'),
}


def write_inputs(root: Path, iterations: int) -> tuple[Path, dict[str, Path]]:
    """A store of walkers, and a recipe of each network with whatever a run must remember."""
    conditions = ["nm-01", "nm-02", "nm-05", "bg-01", "cl-01"]
    settings = {"subjects": 10, "frames": 12, "views": ["036", "090"], "conditions": conditions}
    prepare(Path("synthetic"), root / "store", LayoutChoice("synthetic", settings))
    recipes = {}
    for network, (own, schedule) in NETWORKS.items():
        recipes[network] = root / f"{network}.toml"
        recipes[network].write_text(
            RECIPE.format(network=network, settings=own, schedule=schedule, iterations=iterations)
        )
    return root / "store", recipes


class Training:
    """One life of `gaitprint model train`, alone or two processes under torchrun."""

    def __init__(self, store: Path, run: Path, recipe: Path, ranks: int) -> None:
        words = [str(store), str(run), "--recipe", str(recipe), "--threads", "1"]
        self.process = subprocess.Popen(
            [sys.executable, *(TWO if ranks == 2 else []), *TRAIN, *words],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
            start_new_session=True,
        )
        self.planned = threading.Event()
        self.lines: list[str] = []
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.lines.append(line)
            if " a step, " in line:  # what is said last before the first step
                self.planned.set()
        self.planned.set()

    def wait(self, seconds: float | None = None) -> bool:
        """Whether it has ended by itself within so many seconds."""
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        self._reader.join()
        return True

    def until(self, run: Path, iteration: int) -> bool:
        """Whether it wrote a checkpoint so far; False: it had ended before."""
        while written(run) < iteration:
            if self.process.poll() is not None:
                return False
            time.sleep(0.001)
        return True

    def kill(self) -> None:
        """SIGKILL to all of it at once: torchrun's processes are groups of their own, and would live on without it."""
        with suppress(ProcessLookupError):
            os.kill(self.process.pid, signal.SIGSTOP)  # it starts no more
        while _state(self.process.pid) not in "TZ":
            time.sleep(0.001)
        family = [self.process.pid, *_descendants(self.process.pid)]
        for pid in family:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.wait()
        while any(_state(pid) not in "Z" for pid in family):
            time.sleep(0.001)

    def kill_one(self, number: int) -> None:
        """SIGKILL to one of the processes that torchrun started, as for want of memory; the others must end."""
        ranks = sorted(_children(self.process.pid))
        with suppress(ProcessLookupError):
            if ranks:
                os.kill(ranks[number % len(ranks)], signal.SIGKILL)
        if not self.wait(300):  # the machine may be busy
            raise AssertionError(f"of two processes one was killed and the other lives on: {self.lines}")


def reached(run: Path) -> int:
    """The iterations of the newest checkpoint; -1 where there is none. No kill may leave a damaged one."""
    found, complaints = newest_checkpoint(run / "checkpoints")
    assert not complaints, complaints
    return -1 if found is None else found.state.iteration


def written(run: Path) -> int:
    """The iterations that the newest checkpoint has by its name; -1 where there is none."""
    return max((int(path.stem) for path in (run / "checkpoints").glob("[0-9]*.safetensors")), default=-1)


def assert_same(run: Path, straight: Path) -> None:
    """The tensors of the last checkpoint, the history but for times, and the model files byte by byte."""
    found, _ = newest_checkpoint(run / "checkpoints")
    wanted, _ = newest_checkpoint(straight / "checkpoints")
    assert found is not None
    assert wanted is not None
    assert found.state == wanted.state
    assert found.tensors.keys() == wanted.tensors.keys()
    for name, tensor in wanted.tensors.items():
        assert torch.equal(found.tensors[name], tensor), name
    for name in ("model.safetensors", "best.safetensors"):
        assert (run / name).read_bytes() == (straight / name).read_bytes(), name
    histories = [read_history(folder / "history.jsonl") for folder in (run, straight)]
    one, other = ([{k: v for k, v in row.items() if k not in TIMED} for row in rows] for rows in histories)
    assert one == other


def _state(pid: int) -> str:
    """The letter of a process's state; Z as well where it is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return "Z"


def _descendants(pid: int) -> list[int]:
    return [found for child in _children(pid) for found in (child, *_descendants(child))]


def _children(pid: int) -> list[int]:
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(FileNotFoundError, ProcessLookupError):
            found += map(int, task.read_text().split())
    return found
