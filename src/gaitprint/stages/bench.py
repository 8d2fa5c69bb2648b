"""`gaitprint bench`: how fast networks embed on this machine, and what rank-1 that buys."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from gaitprint.atomic_files import check_writable, write_json
from gaitprint.exported.trial import Trial, drawn_calibration, drawn_trial
from gaitprint.models.model_file import load_model
from gaitprint.report.speed_charts import SpeedLine, write_speed_chart
from gaitprint.speed.speed_report import Measured, Speed, SpeedReport, SpeedSettings, measure_speeds
from gaitprint.training.loop import build_network
from gaitprint.training.recipe import load_recipe

RECIPES = ("gaitgl-journal-casia-b", "gaitgl-casia-b", "gaitmask-casia-b", "quick")
"""Whose networks are measured where no model file is given."""
FIGURE, VALUES = "bench.png", "bench.json"
"""What is written into the folder asked for."""


def bench(
    models: Sequence[Path] = (),
    settings: SpeedSettings = SpeedSettings(),
    *,
    out: Path | None = None,
    progress: Callable[[int, int, str], None] = lambda done, total, what: None,
) -> SpeedReport:
    """Measure this machine; `model embed --backend auto` chooses by it from then on.

    Args:
        models: model files; where there are none, the networks of `RECIPES` with fresh weights, which are as fast.
        settings: which clips, how often, with how many threads, and whether in 8 bits, too.
        out: the folder to write `FIGURE` and `VALUES` into, none where None.
        progress: called with (percent done, 100, which network).

    Raises:
        GaitprintError: in one line.
    """
    check_place(out)
    networks = [_opened(path, name) for path, name in zip(models, model_names(models), strict=True)]
    report = measure_speeds(networks or [_fresh(name) for name in RECIPES], settings, progress)
    if out is not None:
        write_json(out / VALUES, report.to_dict())
        write_speed_chart(out / FIGURE, *_chart(report))
    return report


def check_place(out: Path | None) -> None:
    """Find out before long work whether both files can be written."""
    if out is not None:
        check_writable(out / FIGURE)
        check_writable(out / VALUES)


def model_names(models: Sequence[Path]) -> list[str]:
    """What figures call model files: their names, the folders of those called `model`, or paths if these are alike."""
    names = [path.absolute().parent.name if path.stem == "model" else path.stem for path in models]
    return names if len(set(names)) == len(names) else [str(path) for path in models]


def _opened(path: Path, name: str) -> Measured:
    loaded = load_model(path)
    preprocessing = loaded.card.preprocessing
    trial = partial(drawn_trial, preprocessing)
    return Measured(name, loaded.model.eval(), (preprocessing.height, preprocessing.width), trial)


def _fresh(name: str) -> Measured:
    recipe = load_recipe(name)
    network, preprocessing = build_network(recipe, 2, 0).eval(), recipe.preprocessing

    def unranked() -> Trial:
        # fresh weights tell nobody apart, so that their ranks say nothing
        return Trial(drawn_calibration(preprocessing), (), (), "synthetic walkers")

    return Measured(name, network, (preprocessing.height, preprocessing.width), unranked)


def _chart(report: SpeedReport) -> tuple[dict[str, dict[str, SpeedLine]], str]:
    """Networks and title of the figure."""
    lines: dict[str, dict[str, list[Speed]]] = {}
    for speed in report.speeds:
        lines.setdefault(speed.network, {}).setdefault(speed.way, []).append(speed)
    drawn = {
        network: {
            way: SpeedLine(
                tuple(s.frames for s in speeds),
                tuple(1000 * s.median for s in speeds),
                tuple(1000 * s.percentile_95 for s in speeds),
                tuple(s.share for s in speeds),
            )
            for way, speeds in of_network.items()
        }
        for network, of_network in lines.items()
    }
    return drawn, f"{report.processor}, {cores_text(report.threads)}, {report.matrix_rate / 1e9:.0f} GFLOP/s"


def cores_text(threads: int) -> str:
    """So many threads, for people."""
    return "one core" if threads == 1 else f"{threads} threads"
