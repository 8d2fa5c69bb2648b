"""Networks in 8 bits beside those in full precision: measured whether or not their ranks stay, and it is said."""

from collections.abc import Callable, Sequence
from dataclasses import KW_ONLY, asdict, dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Float32

from gaitprint.deploy.form import DeployForm
from gaitprint.exported.card import Precision
from gaitprint.exported.eight_bit import eight_bit
from gaitprint.exported.onnx_file import form_graph
from gaitprint.exported.opening import graph_backend
from gaitprint.exported.ranks import RankAgreement
from gaitprint.inference.running import Runner

FULL: Precision = "float32"
REDUCED: Precision = "int8"


@dataclass(frozen=True)
class Computed:
    """A network by one back end in one precision: what figures are of."""

    network: str
    backend: str
    _: KW_ONLY
    precision: Precision = FULL
    ranks: RankAgreement | None = None
    """In 8 bits: how well they agree with those of full precision; None for a network that is not trained."""

    @property
    def way(self) -> str:
        """Back end and precision in a figure, and whether an export would be refused."""
        if self.precision == FULL:
            return self.backend
        refused = self.ranks is not None and not self.ranks.passes
        return f"{self.backend} {self.precision}{' (refused)' if refused else ''}"

    @property
    def gate(self) -> str:
        """What the rank gate says, half a line; nothing of full precision."""
        if self.precision == FULL:
            return ""
        if self.ranks is None:
            return "not tried: untrained"
        verdict = "passed" if self.ranks.passes else "refused"
        return f"{verdict}: {self.ranks.agreement:.1f} % agree, {self.ranks.exact:.1f} -> {self.ranks.reduced:.1f}"

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        ranks = None if self.ranks is None else {**self.ranks.to_dict(), "passes": self.ranks.passes}
        return {**asdict(self), "ranks": ranks}


def eight_bit_opener(
    form: DeployForm, calibration: Sequence[Float32[np.ndarray, "_N _T _H _W"]]
) -> Callable[[str], Runner]:
    """What makes a form in 8 bits ready by the engine of a name, with as many threads as torch uses.

    Raises:
        ConfigError: onnx or onnxruntime is not installed.
    """
    graph = eight_bit(form_graph(form), calibration)
    return lambda engine: graph_backend(engine).open_graph(graph, form.height, torch.get_num_threads())
