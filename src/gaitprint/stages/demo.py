"""`gaitprint demo`: the main job from nothing to a report, on synthetic walkers."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gaitprint.errors import ConfigError
from gaitprint.stages._claims import claim
from gaitprint.stages.ablate import AblationResult, ablate
from gaitprint.stages.embed import embed
from gaitprint.stages.prepare import prepare
from gaitprint.stages.train import train
from gaitprint.training.loop import Step

SUBJECTS = 40
"""Half of them train, half are tested."""
FRAMES = 24
"""A sequence: two to three steps."""
NETWORKS = {"gaitgl": "gaitgl-demo", "gaitmask": "gaitmask-demo"}
"""The method's two networks and the recipes that train them in minutes on two cores."""


@dataclass(frozen=True, eq=False)
class DemoResult:
    """What the demo measured and where its page lies."""

    report: Path
    conditions: dict[str, dict[str, float]]
    """Rank-1 percent, Euclid, by network and condition."""
    ablation: AblationResult

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {"report": str(self.report), "conditions": self.conditions, "ablation": self.ablation.to_dict()}


def demo(
    out: Path,
    *,
    subjects: int = 0,
    iterations: int = 0,
    seed: int = 0,
    progress: Callable[[int, int, str], None] = lambda done, total, what: None,
    say: Callable[[str], None] = lambda line: None,
) -> DemoResult:
    """Generate walkers, train both networks, embed the other half of the walkers, measure, write the report.

    Args:
        out: folder for everything; a killed demo goes on there.
        subjects: synthetic walkers, 0 for the demo's own number.
        iterations: of each training, 0 for the recipe's own number.
        seed: of walkers and training.
        progress: called with (done, in all, what is being done).
        say: called with one line a stage.

    Raises:
        GaitprintError: in one line.
    """
    people = subjects or SUBJECTS
    if people < 16:
        raise ConfigError(f"the demo needs at least 16 walkers, half of them to train on, found {people}")
    facts = {"asked": {"subjects": people, "iterations": iterations, "seed": seed}}
    claim(Path(out), "demo.json", facts, "asked", "a demo of other walkers, iterations or another seed")
    trained = (people + 1) // 2
    store = Path(out) / "walkers"
    if not (store / "index.json").is_file():
        say(f"drawing {people} walkers, 10 walks each, seen from 11 sides")
        settings = {"subjects": people, "seed": seed, "frames": FRAMES}
        prepare(Path("synthetic"), store, dataset="synthetic", settings=settings, progress=progress)
    overrides = [f"training.iterations={iterations}"] if iterations else []
    made: dict[str, Path] = {}
    for name, recipe in NETWORKS.items():
        run = Path(out) / name
        say(f"training {name} on walkers 1 to {trained}")

        def hear(step: Step, name: str = name) -> None:
            progress(step.iteration, step.iterations, f"{name} loss {step.figures['loss']:.3f}")
            for message in step.messages:
                say(message)

        report = train(store, run, recipe=recipe, overrides=overrides, seed=seed, report=hear)
        made[name] = Path(out) / f"{name}.safetensors"
        say(f"embedding walkers {trained + 1} to {people} with {name}")
        embed(store, [Path(report.model)], made[name], progress=progress)
    say("measuring what each step of the method brings")
    page = Path(out) / "report.html"
    # a test subject has ten walks of eleven views: k is what one view offers
    result = ablate(made, expansion={"k": 9}, report=page, store=store, seed=seed, progress=progress)
    alone = [row for row in result.rows if len(row.variant.networks) == 1 and not row.transductive]
    figures = {row.variant.networks[0]: {r.name: r.mean for r in row.evaluation.results} for row in alone}
    return DemoResult(page, figures, result)
