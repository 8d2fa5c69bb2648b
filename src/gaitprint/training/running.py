"""What a run has in hand between two steps, as it stands in memory and as it stands in a checkpoint."""

from pathlib import Path
from typing import Any

from torch import nn

from gaitprint.errors import ArtefactError
from gaitprint.training.averaging import MovingAverage
from gaitprint.training.checkpoint import (
    CheckpointHeader,
    checkpoint_path,
    newest_checkpoint,
    read_checkpoint,
    save_checkpoint,
)
from gaitprint.training.nonfinite_policy import NonfinitePolicy
from gaitprint.training.optimizers import new_optimizer
from gaitprint.training.process_group import ProcessGroup
from gaitprint.training.recipe import TrainingSettings
from gaitprint.training.state_tensors import model_tensors, optimizer_tensors, restore

_AVERAGE = "average."


class TrainerState:
    """Network, optimizer, moving average and what has been remembered of the run.

    Args:
        network: its weights are the start of the run.
        settings: of the recipe.
        run: the run's folder.
        fingerprint: of recipe, data and seed; checkpoints of another run are refused.
        world: the first process writes, all read.
    """

    def __init__(
        self, network: nn.Module, settings: TrainingSettings, run: Path, fingerprint: str, world: ProcessGroup
    ) -> None:
        self.network, self.settings, self.world = network, settings, world
        self.optimizer = new_optimizer(network, settings, 0)
        self.average = MovingAverage(network, settings.average) if settings.average else None
        self.guard = NonfinitePolicy()
        self.best: dict[str, Any] = {}
        self._run, self._fingerprint = run, fingerprint

    @property
    def checkpoints(self) -> Path:
        """The folder of checkpoints."""
        return self._run / "checkpoints"

    def go_on(self) -> tuple[int, tuple[str, ...]]:
        """Take everything from the newest sound checkpoint, or write the first one.

        Returns:
            The iterations done, and a line for each damaged checkpoint.

        Raises:
            ArtefactError: the folder holds another run's checkpoints.
            DataError: there is no room for a checkpoint.
        """
        checkpoint, complaints = newest_checkpoint(self.checkpoints) if self.world.rank == 0 else (None, ())
        # the first process decides: another that lists the folder a moment later may see another file
        number = self.world.broadcast(None if checkpoint is None else checkpoint.state.iteration)
        if number is None:
            self.save(0)
            return 0, complaints
        if checkpoint is None:
            checkpoint = read_checkpoint(checkpoint_path(self.checkpoints, number))
        if checkpoint.state.run != self._fingerprint:
            raise ArtefactError(f"{self._run} holds a run under another recipe, data set or seed: choose a new folder")
        self.optimizer = new_optimizer(self.network, self.settings, number)
        restore(checkpoint, self.network, self.optimizer)
        if self.average is not None:
            averages = {k.removeprefix(_AVERAGE): v for k, v in checkpoint.tensors.items() if k.startswith(_AVERAGE)}
            self.average.load(averages)
        self.guard = NonfinitePolicy(checkpoint.state.notes.get("guard"))
        self.best = dict(checkpoint.state.notes.get("best", {}))
        return int(number), complaints

    def save(self, done: int) -> None:
        """Write the checkpoint after `done` iterations; the first process does."""
        if self.world.rank != 0:
            return
        tensors = model_tensors(self.network) | optimizer_tensors(self.network, self.optimizer)
        if self.average is not None:
            tensors |= {_AVERAGE + k: v for k, v in self.average.tensors().items()}
        notes = {"guard": self.guard.state, "best": self.best}
        save_checkpoint(self.checkpoints, CheckpointHeader(done, self._fingerprint, notes), tensors)

    def keep_best(self, done: int, score: float) -> None:
        """Keep the weights as they are where no look at the subjects held out was better; of equals the first."""
        if self.best and score <= self.best["score"]:
            return
        self.best = {"iteration": done, "score": score}
        state = CheckpointHeader(done, self._fingerprint, {"score": score})
        save_checkpoint(self._run / "best", state, model_tensors(self.network))

    def finish(self) -> None:
        """Give the network the averaged weights, where the recipe asks for an average."""
        if self.average is not None:
            self.average.fill(self.network)
