"""`gaitprint model export`: a trained network in, a file out that runs without torch."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gaitprint.config import require
from gaitprint.cores import usable_cores
from gaitprint.devices import DEVICE
from gaitprint.errors import ConfigError
from gaitprint.exported.card import ExportCard, Precision
from gaitprint.exported.eight_bit import eight_bit
from gaitprint.exported.equality import LENGTHS, check_equal
from gaitprint.exported.onnx_file import form_graph
from gaitprint.exported.opening import FORM, kind_of
from gaitprint.exported.ranks import RankAgreement, check_ranks, vectors_of
from gaitprint.exported.trial import Trial, drawn_trial, stored_trial
from gaitprint.exported.walkers import clips_of_lengths
from gaitprint.exported.writing import Candidate, form_candidate, graph_candidate, new_places
from gaitprint.inference.running import Runner, form_of, torch_runner
from gaitprint.ingest.store_selection import StoreSelection
from gaitprint.models.model_file import load_model
from gaitprint.silhouettes.clips import Preprocessing
from gaitprint.store import Store

Progress = Callable[[int, int, str], None]


@dataclass(frozen=True)
class ModelExportReport:
    """What was written."""

    out: tuple[str, ...]
    """One file, or two of OpenVINO."""
    precision: Precision
    differences: dict[str, float]
    """By engine, in full precision: the largest difference from the network's features, as a share of the largest."""
    ranks: dict[str, RankAgreement] = field(default_factory=dict)
    """By engine, in 8 bits."""
    trial: str = ""
    """Whose ranks they are."""

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        ranks = {engine: found.to_dict() for engine, found in self.ranks.items()}
        return {**vars(self), "out": list(self.out), "ranks": ranks}

    def describe(self) -> str:
        """One line on how equal it is."""
        if self.precision == "int8":
            each = "; ".join(f"in {engine} {found.describe()}" for engine, found in self.ranks.items())
            return f"in 8 bits, on {self.trial}: {each}"
        each = " and ".join(f"{worst:.1e} in {engine}" for engine, worst in self.differences.items())
        frames = ", ".join(map(str, LENGTHS[:-1]))
        return f"off from the network by {each} (of the largest value), on clips of {frames} and {LENGTHS[-1]} frames"


def export_model(
    model: Path,
    out: Path,
    *,
    int8: bool = False,
    calibration: Path | None = None,
    progress: Progress = lambda done, total, what: None,
) -> ModelExportReport:
    """Write a network as a file that runs without torch, once it is found equal to the network.

    Args:
        model: a model file.
        out: a new file: .onnx, .xml (and a .bin beside it, for OpenVINO), or .safetensors (the deploy form, for the
            back end winograd).
        int8: in 8 bits; then ranks are compared, 99 % of nearest neighbours and rank-1 but for 0.2 points must agree.
        calibration: a store, of which those who train give the ranges of the 8 bits, and those who are tested the
            ranks; synthetic walkers where None.
        progress: called with (clips compared, clips, by which engine).

    Raises:
        GaitprintError: in one line; nothing is written.
    """
    out = Path(out)
    kind = kind_of(out)
    require(not (int8 and kind == FORM), f"8 bits are for engines that have them: name {out} .onnx or .xml")
    require(int8 or calibration is None, f"--calibration {calibration} is for 8 bits: give --int8 as well")
    places = tuple(map(str, new_places(out, kind)))
    loaded = load_model(Path(model))
    card, form = loaded.card, form_of(loaded.model)
    if loaded.offsets.by_view:
        raise ConfigError(
            f"{model} subtracts offsets of views, which an exported file cannot: export what it was made of"
        )
    if form is None:
        raise ConfigError(f"the network {card.network} has no deploy form, which is exported: docs/extend/network.md")
    exact = torch_runner(loaded.model, DEVICE)
    graph = b"" if kind == FORM else form_graph(form)
    candidate = form_candidate(form) if kind == FORM else graph_candidate(graph, form.height, kind)
    differences = _compared(exact, candidate, card.preprocessing, progress)
    checked: dict[str, Any] = {"differences": differences, "frames": list(LENGTHS)}
    if not int8:
        candidate.write(out, ExportCard(card, form.height, checked=checked))
        return ModelExportReport(places, "float32", differences)
    trial = _trial(calibration, card.preprocessing)
    reduced = graph_candidate(eight_bit(graph, trial.calibration), form.height, kind)
    ranks = _ranked(exact, reduced, trial, progress)
    checked |= {"ranks": {engine: found.to_dict() for engine, found in ranks.items()}, "trial": trial.source}
    reduced.write(out, ExportCard(card, form.height, "int8", checked))
    return ModelExportReport(places, "int8", differences, ranks, trial.source)


def _trial(calibration: Path | None, preprocessing: Preprocessing) -> Trial:
    if calibration is None:
        return drawn_trial(preprocessing)
    store = Store.open(Path(calibration))
    train, test = (StoreSelection().choose(store, part) for part in ("train", "test"))
    return stored_trial(train, test, preprocessing)


def _compared(
    exact: Runner, candidate: Candidate, preprocessing: Preprocessing, progress: Progress
) -> dict[str, float]:
    """By engine, the largest difference from the network; in each it is small enough."""
    clips, engines = clips_of_lengths(LENGTHS, preprocessing), candidate.engines
    differences = {}
    for i, engine in enumerate(engines):
        progress(i * len(clips), len(engines) * len(clips), engine)
        differences[engine] = check_equal(exact, candidate.open(engine, usable_cores()), clips, engine)
    return differences


def _ranked(exact: Runner, candidate: Candidate, trial: Trial, progress: Progress) -> dict[str, RankAgreement]:
    """By engine, how ranks agree; in each they do well enough."""
    done, total = 0, len(trial.clips) * (1 + len(candidate.engines))

    def counting(what: str) -> Callable[[], None]:
        def tick() -> None:
            nonlocal done
            done += 1
            progress(done, total, what)

        return tick

    wanted = vectors_of(exact, trial, counting("the network"))
    return {
        engine: check_ranks(wanted, candidate.open(engine, usable_cores()), trial, engine, counting(engine))
        for engine in candidate.engines
    }
