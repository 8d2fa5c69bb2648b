"""`gaitprint model export`: a trained network in, a file out that runs without torch."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from gaitprint.cores import usable_cores
from gaitprint.deploy.form import DeployForm
from gaitprint.devices import DEVICE
from gaitprint.errors import ConfigError
from gaitprint.exported.card import ExportCard
from gaitprint.exported.equality import LENGTHS, check_equal
from gaitprint.exported.opening import FORM, kind_of
from gaitprint.exported.walkers import clips_of_lengths
from gaitprint.exported.writing import Candidate, form_candidate, graph_candidate, new_places
from gaitprint.extras import require_extra
from gaitprint.inference.running import Runner, form_of, torch_runner
from gaitprint.models.model_file import load_model
from gaitprint.silhouettes.clips import Preprocessing


@dataclass(frozen=True)
class ModelExportReport:
    """What was written."""

    out: tuple[str, ...]
    """One file, or two of OpenVINO."""
    precision: str
    differences: dict[str, float]
    """By engine, the largest difference from the network's features, as a share of the largest."""

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {**asdict(self), "out": list(self.out)}

    def describe(self) -> str:
        """One line on how equal it is."""
        each = ", ".join(f"{engine} {worst:.1e}" for engine, worst in self.differences.items())
        frames = ", ".join(map(str, LENGTHS[:-1]))
        return (
            f"as the network on clips of {frames} and {LENGTHS[-1]} frames, but for shares of the largest value: {each}"
        )


def export_model(
    model: Path,
    out: Path,
    *,
    progress: Callable[[int, int, str], None] = lambda done, total, what: None,
) -> ModelExportReport:
    """Write a network as a file that runs without torch, once it is found equal to the network.

    Args:
        model: a model file.
        out: a new file: .onnx, .xml (and a .bin beside it, for OpenVINO), or .safetensors (the deploy form, for the
            back end winograd).
        progress: called with (engines compared, engines, which).

    Raises:
        GaitprintError: in one line; nothing is written.
    """
    out = Path(out)
    kind = kind_of(out)
    places = new_places(out, kind)
    loaded = load_model(Path(model))
    form = form_of(loaded.model)
    if form is None:
        raise ConfigError(
            f"the network {loaded.card.network} has no deploy form, which is what is exported: docs/extend/network.md"
        )
    candidate = form_candidate(form) if kind == FORM else graph_candidate(_graph(form), form.height, kind)
    exact = torch_runner(loaded.model, DEVICE)
    differences = _compared(exact, candidate, loaded.card.preprocessing, progress)
    checked = {"differences": differences, "frames": list(LENGTHS)}
    candidate.write(out, ExportCard(loaded.card, form.height, checked=checked))
    return ModelExportReport(tuple(map(str, places)), "float32", differences)


def _graph(form: DeployForm) -> bytes:
    require_extra("onnx")
    from gaitprint.deploy.onnx_graph import onnx_model

    return bytes(onnx_model(form).SerializeToString())


def _compared(
    exact: Runner, candidate: Candidate, preprocessing: Preprocessing, progress: Callable[[int, int, str], None]
) -> dict[str, float]:
    """By engine, the largest difference from the network; in each it is small enough."""
    clips, engines = clips_of_lengths(LENGTHS, preprocessing), candidate.engines
    differences = {}
    for i, engine in enumerate(engines):
        progress(i, len(engines), engine)
        differences[engine] = check_equal(exact, candidate.open(engine, usable_cores()), clips, engine)
    return differences
