"""Claim: after 50 kills at random of `gaitprint model train`, alone and in two processes, every run ends with the
bits of the one that was never disturbed; and of 100 steps that are not finite none leaves a trace in a checkpoint.

Run: python benchmarks/training_kills.py [--kills 50] [--seed 0]
     python benchmarks/training_kills.py --nan 100 [--seed 0]

Kills: tiny networks of both kinds with BatchNorm, moving average, subjects held out, a reset or a cosine, are trained
straight. Then again, by processes that are sent SIGKILL: while they start, as soon as training begins (often twice in
a row, before any checkpoint), or some iterations later; of two processes now and then only one. No kill may leave a
damaged checkpoint. A run that ends by itself is compared: all tensors of its last checkpoint (weights, buffers,
optimizer, average), the model files byte by byte, and the history.

NaN: in one process, seeded bursts of one to three steps have NaN in their clips, loss or gradient. Before the next step
and at the end no tensor in any file of the run may be other than finite.
"""

import argparse
import random
import shutil
import tempfile
import time
from pathlib import Path

import torch
from _training_runs import Training, assert_same, reached, write_inputs, written
from safetensors.torch import load_file

from gaitprint.errors import ArtefactError
from gaitprint.stages.train import train
from gaitprint.training import loop
from gaitprint.training.request import TrainingRequest

AT_ONCE = 0.3
"""Share of the kills that come as soon as training begins."""
STARTING = 0.08
"""Share of those that come before."""
ONE_OF_TWO = 0.2
"""Share of those that hit one process of two."""


def killed(kills: int, chance: random.Random, root: Path) -> None:
    """Train straight and under kills, compare, print the counts."""
    store, recipes = write_inputs(root, 50)
    kinds = [(network, ranks) for ranks in (1, 2) for network in recipes]
    starting: dict[tuple[str, int], float] = {}
    for network, ranks in kinds:
        began = time.perf_counter()
        straight = Training(store, root / f"{network}{ranks}", recipes[network], ranks)
        straight.planned.wait()
        starting[network, ranks] = time.perf_counter() - began
        straight.wait()
        assert straight.process.returncode == 0, straight.lines
    counts = dict.fromkeys(("kills", "training", "row", "one"), 0)
    finished = dict.fromkeys(kinds, 0)
    while counts["kills"] < kills or not all(finished.values()):
        kind = kinds[sum(finished.values()) % len(kinds)]
        network, ranks = kind
        run = root / "run"
        before: int | None = None
        while True:
            life = Training(store, run, recipes[network], ranks)
            # enough is enough, but no run goes without
            if counts["kills"] >= kills and before is not None:
                life.wait()
            elif not _killed_at_random(life, run, ranks, chance, starting[kind], counts):
                after = reached(run)
                counts["row"] += after == before
                counts["kills"] += 1
                before = after
                continue
            assert life.process.returncode == 0, life.lines
            break
        assert_same(run, root / f"{network}{ranks}")
        shutil.rmtree(run)
        finished[kind] += 1
    print(
        f"{counts['kills']} kills, {counts['training']} of them while training, {counts['one']} of one process of two; "
        f"{counts['row']} followed another without a checkpoint between them"
    )
    told = ", ".join(f"{count} of {network} in {ranks}" for (network, ranks), count in finished.items())
    print(f"runs finished, by network and processes: {told}; all equal to the straight run")


def _killed_at_random(
    life: Training, run: Path, ranks: int, chance: random.Random, starting: float, counts: dict[str, int]
) -> bool:
    """Kill it at an instant of chance; True: it had ended by itself.

    By the clock only while it starts: a machine that others use takes now this long for a step, now ten times as long,
    and kills by the clock all come before the first checkpoint.
    """
    draw, instant, one, which = chance.random(), chance.random(), chance.random(), chance.randrange(2)
    ahead = chance.randint(1, 16)
    if draw < STARTING:
        life.wait(instant * starting)
        life.kill()
        return False
    goal = -1 if draw < STARTING + AT_ONCE else written(run) + ahead
    life.planned.wait()
    if not life.until(run, goal):
        return life.wait()
    if life.wait(0.02 * instant):
        return True
    counts["training"] += 1
    if ranks == 2 and one < ONE_OF_TWO:
        life.kill_one(which)
        counts["one"] += 1
    else:
        life.kill()
    return False


class Poison:
    """In place of the loop's `loss_and_gradients`: some steps, by the seed, have NaN in what they read or give."""

    def __init__(self, chance: random.Random, run: Path) -> None:
        self.run, self.kinds, self.files = run, dict.fromkeys(("clips", "loss", "gradient"), 0), 0
        self._chance, self._left, self._pending = chance, 0, False
        self._plain = loop.loss_and_gradients

    def __call__(self, network, objective, clips, *others):
        """A step."""
        self.look()
        if self._left == 0 and self._chance.random() < 0.15:
            self._left = self._chance.choice((1, 1, 1, 2, 2, 3))
        if self._left == 0:
            return self._plain(network, objective, clips, *others)
        self._left -= 1
        self._pending = True
        kind = self._chance.choice(tuple(self.kinds))
        self.kinds[kind] += 1
        if kind == "clips":  # BatchNorm's running statistics take it in before there is a loss
            clips = clips.clone()
            clips[0, 0, 0, 0, 0] = torch.nan
        if kind == "loss":
            return self._plain(network, lambda o, y: _times_nan(*objective(o, y)), clips, *others)
        loss, figures = self._plain(network, objective, clips, *others)
        if kind == "gradient":
            next(p for p in network.parameters() if p.grad is not None).grad.reshape(-1)[0] = torch.nan
        return loss, figures

    def look(self) -> None:
        """After a step that was not finite: no file of the run may know of it."""
        if not self._pending:
            return
        self._pending = False
        for path in self.run.rglob("*.safetensors"):
            self.files += 1
            for name, tensor in load_file(path).items():
                assert torch.isfinite(tensor).all(), f"{path}: {name}"


def _times_nan(total, figures):
    return total * torch.nan, figures


def poisoned(injections: int, chance: random.Random, root: Path) -> None:
    """Train until enough steps were not finite, print the counts."""
    store, recipes = write_inputs(root, 50)
    kinds: dict[str, int] = {}
    finished = stopped = files = skipped = rolled = 0
    while sum(kinds.values()) < injections:
        network = tuple(recipes)[(finished + stopped) % len(recipes)]
        run = root / f"run{finished + stopped}"
        loop.loss_and_gradients = poison = Poison(chance, run)
        said: list[str] = []
        try:
            train(
                store,
                run,
                TrainingRequest(str(recipes[network])),
                report=lambda step, said=said: said.extend(step.messages),
            )
            finished += 1
        except ArtefactError as error:
            if "again and again" not in str(error):
                raise
            stopped += 1
        finally:
            loop.loss_and_gradients = poison._plain
        poison.look()
        files += poison.files
        skipped += sum("the step is skipped" in line for line in said)
        rolled += sum("back to the newest checkpoint" in line for line in said)
        kinds = {kind: count + kinds.get(kind, 0) for kind, count in poison.kinds.items()}
    told = ", ".join(f"{count} in the {kind}" for kind, count in kinds.items())
    print(f"{sum(kinds.values())} steps not finite ({told}): {skipped} skipped, {rolled} roll-backs")
    print(f"{finished} runs finished, {stopped} stopped by the guard; all {files} files looked at hold finite tensors")


def main() -> None:
    """Print the counts."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--nan", type=int, metavar="STEPS")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    chance = random.Random(arguments.seed)
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        if arguments.nan is not None:
            poisoned(arguments.nan, chance, Path(folder))
        else:
            killed(arguments.kills, chance, Path(folder))


if __name__ == "__main__":
    main()
