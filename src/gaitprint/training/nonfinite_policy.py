"""What a run does about losses and gradients that are not finite: skip, roll back, stop.

One step in many may overflow, and leaving it out costs nothing. Several in a row mean that the weights themselves have
gone astray, and older ones are better. Where those go astray again and again, it is the recipe or the data, and only a
person can help.
"""

from collections.abc import Mapping
from typing import Literal

IN_A_ROW = 3
"""The third step in a row that is not finite sends the run back to its newest checkpoint."""
ROLL_BACKS = 3
"""So often a run is sent back; when it would be once more, it stops instead."""

Verdict = Literal["go", "skip", "roll-back", "stop"]
"""go: the step counts. skip: leave it out. roll-back: go on from the newest checkpoint. stop: end with a report."""


class NonfinitePolicy:
    """Hears of every step whether loss and gradient were finite, and says what is to be done.

    It must outlive a roll-back: the checkpoint that is gone back to knows of none. In a run that is killed and goes
    on, it comes from `state`, so that both see the same verdicts.

    Args:
        state: of another guard, to go on from; None: nothing has been seen.
    """

    def __init__(self, state: Mapping[str, int] | None = None) -> None:
        state = state or {}
        self._in_a_row = int(state.get("in_a_row", 0))
        self._roll_backs = int(state.get("roll_backs", 0))
        self._skipped = int(state.get("skipped", 0))

    def see(self, finite: bool) -> Verdict:
        """Take in one step. After `stop` the state is as before that step."""
        if finite:
            self._in_a_row = 0
            return "go"
        if self._in_a_row + 1 < IN_A_ROW:
            self._in_a_row += 1
            self._skipped += 1
            return "skip"
        # nothing is counted here: asked once more after a restart, the answer is "stop" again
        if self._roll_backs == ROLL_BACKS:
            return "stop"
        self._in_a_row = 0
        self._roll_backs += 1
        return "roll-back"

    @property
    def state(self) -> dict[str, int]:
        """The state for a checkpoint, as plain JSON."""
        return {"in_a_row": self._in_a_row, "roll_backs": self._roll_backs, "skipped": self._skipped}

    @property
    def patience(self) -> str:
        """What the run has been through, for a sentence of the report."""
        return f"{self._skipped} skipped steps and {self._roll_backs} roll-backs"
