"""`gaitprint demo`: the main job from nothing to a report, on synthetic walkers."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gaitprint.datasets.synthetic import VIEWS as ALL_VIEWS
from gaitprint.errors import ConfigError
from gaitprint.evaluation.identification.report import EvaluationReport
from gaitprint.experiments.ablation import AblationResult, AblationSettings
from gaitprint.experiments.request import EvaluationRequest
from gaitprint.inference.embeddings_file import load_embeddings
from gaitprint.inference.fusion import fuse
from gaitprint.inference.selection import SequenceFilter
from gaitprint.ingest.layout_choice import LayoutChoice
from gaitprint.output_folder import bound_folder
from gaitprint.retrieval.budget import ComputeBudget
from gaitprint.stages.embed import embed
from gaitprint.stages.evaluate import evaluate
from gaitprint.stages.prepare import prepare
from gaitprint.stages.report import report
from gaitprint.stages.train import train
from gaitprint.store import is_store
from gaitprint.training.request import TrainingRequest
from gaitprint.training.run_logger import Step

SUBJECTS = 40
"""Half of them train, half are tested."""
FRAMES = 24
"""A sequence: two to three steps."""
NETWORKS = {"gaitgl": "gaitgl-demo", "gaitmask": "gaitmask-demo"}
"""The method's two networks and the recipes that train them in minutes on two cores."""
SEQUENCES = 10
"""A person's walks in one draw of the ablation: the expected size of a cluster."""
VIEWS = ("072", "090", "108")
"""Of the ablation, which has the competition's form: one gallery walk a person, nine probes, a dozen draws."""


@dataclass(frozen=True, eq=False)
class DemoResult:
    """What the demo measured and where its page lies."""

    report: Path
    """Everything on one page, beside it the same as JSON and CSV."""
    views: Path
    """Both networks together, view by view."""
    conditions: dict[str, dict[str, float]]
    """Rank-1 percent by network (and both together) and condition: CASIA-B protocol, Euclid, identical views out."""
    ablation: AblationResult

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        pages = {"report": str(self.report), "views": str(self.views)}
        return {**pages, "conditions": self.conditions, "ablation": self.ablation.to_dict()}


def demo(
    out: Path,
    *,
    subjects: int = 0,
    iterations: int = 0,
    views: Sequence[str] = ALL_VIEWS,
    seed: int = 0,
    progress: Callable[[int, int, str], None] = lambda done, total, what: None,
    say: Callable[[str], None] = lambda line: None,
) -> DemoResult:
    """Generate walkers, train both networks, embed the other half of the walkers, measure, write the report.

    Args:
        out: folder for everything; a killed demo goes on there.
        subjects: synthetic walkers, 0 for the demo's own number.
        iterations: of each training, 0 for the recipe's own number.
        views: angles of the cameras, those of the ablation among them.
        seed: of walkers and training.
        progress: called with (done, in all, what is being done).
        say: called with one line a stage.

    Raises:
        GaitprintError: in one line.
    """
    people = subjects or SUBJECTS
    if people < 16:
        raise ConfigError(f"the demo needs at least 16 walkers, half of them to train on, found {people}")
    if not set(VIEWS) <= set(views):
        raise ConfigError(f"the demo's ablation needs the views {', '.join(VIEWS)}, found {', '.join(views)}")
    asked = {"subjects": people, "iterations": iterations, "views": sorted(set(views)), "seed": seed}
    with bound_folder(
        Path(out), "demo.json", {"asked": asked}, "asked", "a demo of other walkers, views, iterations or seed"
    ):
        trained = (people + 1) // 2
        store = Path(out) / "walkers"
        if not is_store(store):
            say(f"drawing {people} walkers, 10 walks each, seen from {len(set(views))} sides")
            settings = {"subjects": people, "seed": seed, "frames": FRAMES, "views": sorted(set(views))}
            prepare(Path("synthetic"), store, LayoutChoice("synthetic", settings), progress=progress)
        overrides = [f"training.iterations={iterations}"] if iterations else []
        made: dict[str, Path] = {}
        for name, recipe in NETWORKS.items():
            run = Path(out) / name
            say(f"training {name} on walkers 1 to {trained}")

            def hear(step: Step, name: str = name) -> None:
                progress(step.iteration, step.iterations, f"{name} loss {step.figures['loss']:.3f}")
                for message in step.messages:
                    say(message)

            trained_network = train(store, run, TrainingRequest(recipe, overrides, seed=seed), report=hear)
            made[name] = Path(out) / f"{name}.safetensors"
            say(f"embedding walkers {trained + 1} to {people} with {name}")
            embed(store, [Path(trained_network.model)], made[name], progress=progress)
        say("measuring by condition and view")
        by_view = Path(out) / "views.html"
        request = EvaluationRequest(seed=seed)
        vectors = {name: load_embeddings(path) for name, path in made.items()}
        together = fuse(list(vectors.values()))
        figures = {name: _rank1(evaluate(e, request)) for name, e in vectors.items()}
        figures["both"] = _rank1(evaluate(together, request, report=by_view, store=store))
        say("measuring what each step of the method brings")
        steps = AblationSettings(expansion={"k": SEQUENCES - 1})
        drawn = EvaluationRequest(
            "hid-draws", SequenceFilter(views=VIEWS), seed=seed, budget=ComputeBudget(progress=progress)
        )
        result = report(vectors, Path(out) / "report", drawn, steps, store=store)
        return DemoResult(result.page, by_view, figures, result.ablation)


def _rank1(found: EvaluationReport) -> dict[str, float]:
    return {r.name: r.mean for r in found.evaluation.results}
