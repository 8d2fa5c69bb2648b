"""Lives of `gaitprint model train` as processes, alone or under torchrun, for journeys that end some of them early."""

import os
import shutil
import signal
import sys
from pathlib import Path

import torch
import warm_processes
from torch.distributed.run import main as torchrun
from warm_processes import WarmProcess, slow_gaitprint, wait_until

from gaitprint.training.checkpoint import newest_checkpoint
from gaitprint.training.history import read_history
from gaitprint.training.run_logger import TIMED

QUIET = {**os.environ, "OMP_NUM_THREADS": "1", "COLUMNS": "80"}
TWO = ["--standalone", "--nproc-per-node", "2"]
"""Of torchrun."""
TELLS_PID = 'echo $$ > "$0-$RANK.new" && mv "$0-$RANK.new" "$0-$RANK" && exec "$@"'
"""A script that leaves the number of its process, by its rank, beside itself, and becomes the program."""

SLOWLY = f"import sys; sys.path.append({str(Path(warm_processes.__file__).parent)!r}); " + (
    "from warm_processes import slow_gaitprint; slow_gaitprint(*sys.argv[1:])"
)
"""A program for Python's `-c`."""


class Life:
    """One start of `gaitprint model train`, up to whatever ends it.

    Args:
        words: what follows `train`.
        pids: None: one process. A folder: two of them under torchrun, that leave their numbers there.
        restarts: how often torchrun may start them again.
    """

    def __init__(self, words: list[str | Path], pids: Path | None = None, restarts: int = 0) -> None:
        given = [str(word) for word in words]
        self._pids = pids
        if pids is None:
            self._process = WarmProcess(slow_gaitprint, "model", "train", *given, environment=QUIET)
            return
        shutil.rmtree(pids, ignore_errors=True)
        pids.mkdir()
        (pids / "pid").write_text(TELLS_PID)
        program = [sys.executable, "-c", SLOWLY, "model", "train", *given]
        started = [*TWO, "--max-restarts", str(restarts), "--no-python", "sh", str(pids / "pid"), *program]
        self._process = WarmProcess(torchrun, started, environment=QUIET)

    def until(self, iteration: int, run: Path) -> "Life":
        """Wait for a checkpoint that far."""
        wait_until(lambda: reached(run) >= iteration, self._process)
        return self

    def send(self, number: signal.Signals, rank: int | None = None) -> "Life":
        """Send a signal to what was started, the run or torchrun; or to one of two processes alone."""
        if rank is None:
            self._process.send_signal(number)
        else:
            assert self._pids is not None
            os.kill(int((self._pids / f"pid-{rank}").read_text()), number)
        return self

    def kill(self) -> None:
        """SIGKILL to the one process, and wait until it is gone."""
        assert self._pids is None, "torchrun's processes would live on"
        assert self.send(signal.SIGKILL).ended()[0] == -signal.SIGKILL

    def ended(self) -> tuple[int, str]:
        """Exit code and what was said on stderr, once it is over."""
        code, _, told = self._process.ended()
        return code, told


def reached(run: Path) -> int:
    """The iterations of the newest checkpoint by its name; -1 where there is none."""
    return max((int(path.stem) for path in (run / "checkpoints").glob("[0-9]*.safetensors")), default=-1)


def assert_same(run: Path, straight: Path) -> None:
    """Bit for bit: the tensors of the last checkpoint, the model files and the history, but for times."""
    (found, complaints), (wanted, _) = (newest_checkpoint(folder / "checkpoints") for folder in (run, straight))
    assert found is not None
    assert wanted is not None
    assert complaints == ()
    assert found.state == wanted.state
    assert found.tensors.keys() == wanted.tensors.keys()
    for name, tensor in wanted.tensors.items():
        assert torch.equal(found.tensors[name], tensor), name
    for name in ("model.safetensors", "best.safetensors"):
        assert (run / name).read_bytes() == (straight / name).read_bytes(), name
    assert history(run) == history(straight)


def history(run: Path) -> list[dict[str, float | int]]:
    """The figures of every iteration, but for times."""
    rows = read_history(run / "history.jsonl")
    return [{key: value for key, value in row.items() if key not in TIMED} for row in rows]
