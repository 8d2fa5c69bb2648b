"""`gaitprint model adapt`: a model file and a site's walks in, a model file that is at home there out, or a refusal."""

import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
from torch import nn

from gaitprint.adaptation.judging import Found, look_for
from gaitprint.adaptation.norms import adapt_norms
from gaitprint.adaptation.walks import EachItsOwn, draw_clips, learn_and_judge
from gaitprint.atomic_files import sha256_json
from gaitprint.config import require
from gaitprint.errors import ConfigError
from gaitprint.evaluation.statistics.interval import Interval
from gaitprint.evaluation.statistics.subject_folds import paired_gain
from gaitprint.inference.engine import Embedder
from gaitprint.ingest.store_selection import StoreSelection
from gaitprint.locks import sole_writer
from gaitprint.models.card import ModelCard, ModelDescription
from gaitprint.models.model_file import LoadedModel, load_model, save_model
from gaitprint.models.seen_subjects import SeenSubjects
from gaitprint.models.view_offsets import NO_OFFSETS, ViewOffsets, measure_offsets
from gaitprint.stages.embed import open_embedder
from gaitprint.store import SequenceSet, Store
from gaitprint.training.loop import Execution, train_network
from gaitprint.training.recipe import LossChoice, NetworkChoice, Recipe, TrainingSettings
from gaitprint.training.run_logger import Step
from gaitprint.training.sampler import BatchSampler
from gaitprint.training.training_data import seen_in

HOWS = ("norms", "views", "tracks", "labels")
_BATCHES, _CLIPS = 40, 16
"""By which the norms' figures of a site are measured."""


@dataclass(frozen=True)
class AdaptSettings:
    """How a network is made at home."""

    how: Literal["norms", "views", "tracks", "labels"] = "norms"
    """norms: the figures of batch norms, without labels; views: what each view adds to vectors is subtracted, without
    labels; tracks: fine-tuned with every walk as a person of its own;
    labels: fine-tuned with the people as they are named."""
    share: float = 0.5
    """Of norms: how much of the way to the site's own figures."""
    frames: int = 24
    """Frames of a window."""
    iterations: int = 200
    """Of tracks and labels: optimizer steps."""
    learning_rate: float = 5e-5
    """Of tracks and labels."""
    seed: int = 0
    """Decides which windows are seen."""

    def __post_init__(self) -> None:
        require(self.how in HOWS, f"a network is adapted by norms, views, tracks or labels, found {self.how!r}")
        require(0 < self.share <= 1, f"the share of the site's norms is above 0 and at most 1, found {self.share}")
        require(self.frames >= 1, f"a window has at least 1 frame, found {self.frames}")
        require(self.iterations >= 1, f"iterations is at least 1, found {self.iterations}")
        require(0 < self.learning_rate <= 1, f"the learning rate is above 0 and at most 1, found {self.learning_rate}")


@dataclass(frozen=True)
class AdaptReport:
    """What an adaptation brought, on walks that were kept aside."""

    how: str
    judged: str
    """`people` found in other walks of theirs, or `walks` by their other half."""
    before: float
    """Rank-1 in percent."""
    after: float
    gain: dict[str, Any] = field(default_factory=dict)
    """After less before, in points, with its interval over people (or walks)."""
    walks: int = 0
    """That were learnt from."""
    out: str = ""
    """The model file; "" where it was refused."""

    @property
    def accepted(self) -> bool:
        """Whether it did no harm."""
        return self.after >= self.before

    def describe(self) -> str:
        """In a sentence."""
        low, high = self.gain["low"], self.gain["high"]
        return (
            f"{self.judged} kept aside, rank-1 {self.before:.1f} % before and {self.after:.1f} % after adapting "
            f"{self.how} to {self.walks} walks: {self.after - self.before:+.1f} points ({low:+.1f} to {high:+.1f})"
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {**asdict(self), "accepted": self.accepted}


def adapt(
    store: Path,
    model: Path,
    out: Path,
    settings: AdaptSettings = AdaptSettings(),
    selection: StoreSelection = StoreSelection(),
    *,
    part: str = "all",
    progress: Callable[[int, int, str], None] = lambda done, total, what: None,
) -> AdaptReport:
    """Adapt a network to the walks of a site, and write it if people there are found no worse than before.

    Two thirds of the people (of the walks, where nobody is named twice) are learnt from; the others judge. What is
    written is what was judged. Killed while it fine-tunes, the same call goes on.

    Raises:
        GaitprintError: in one line; also where the adaptation does harm, and then nothing is written.
    """
    opened, loaded = Store.open(store), load_model(Path(model))
    learnt, aside = learn_and_judge(selection.choose(opened, part))
    if not learnt.records or not aside.records:
        raise ConfigError("adapting takes at least three walks: some to learn from, some to judge by")
    names = {r.subject for r in learnt.records}
    if settings.how == "labels" and (None in names or len(names) < 2):
        raise ConfigError("--how labels needs two people and a name for every walk: name them, or use --how tracks")
    card = loaded.card
    if settings.how == "views" and len({r.view for r in learnt.records}) < 2:
        raise ConfigError("--how views needs walks from two views: with one camera there is nothing to even out")
    if settings.how != "views" and loaded.offsets.by_view:
        raise ConfigError(f"{model} has offsets of views, which other weights would void: adapt by views last")
    with sole_writer(Path(out)):
        before = _look(loaded.model, card, aside, progress, "before", loaded.offsets)
        # in place: from here on the model as it was given is gone, and so `before` is looked at first
        network, offsets = _adapted(Path(model), loaded, learnt, Path(out), settings, progress)
        after = _look(network, card, aside, progress, "after", offsets)
        report = _report(settings, before, after, len(learnt.records), out)
        if not report.accepted:
            shutil.rmtree(_partial(Path(out)), ignore_errors=True)
            raise ConfigError(f"not written, it does harm here: {report.describe()}; keep the model as it is")
        save_model(Path(out), network, _description(card, opened, learnt, aside, settings, report), offsets)
        shutil.rmtree(_partial(Path(out)), ignore_errors=True)
    return report


def _partial(out: Path) -> Path:
    return out.with_name(out.name + ".partial")


def _look(
    network: nn.Module,
    card: ModelCard,
    aside: SequenceSet,
    progress: Callable[[int, int, str], None],
    when: str,
    offsets: ViewOffsets,
) -> Found:
    progress(0, 1, f"judging {when}")
    return look_for(Embedder(network, card.preprocessing, "", {}).subtracting(offsets), aside)


def _adapted(
    model: Path,
    loaded: LoadedModel,
    learnt: SequenceSet,
    out: Path,
    settings: AdaptSettings,
    progress: Callable[[int, int, str], None],
) -> tuple[nn.Module, ViewOffsets]:
    network, card = loaded.model, loaded.card
    if settings.how == "views":
        # the weights stay, so that the fastest back end may measure
        embedder = open_embedder(model, frames=sum(learnt.lengths)).subtracting(NO_OFFSETS)
        embedded = embedder.embed(learnt, progress=lambda done, total: progress(done, total, "measuring views"))
        return network, measure_offsets(embedded.vectors, embedded.records)
    if settings.how == "norms":
        progress(0, 1, "measuring norms")
        generator = np.random.default_rng(settings.seed)
        shape = (_BATCHES, _CLIPS, settings.frames)
        return adapt_norms(
            network, draw_clips(learnt, card.preprocessing, shape, generator), settings.share
        ), NO_OFFSETS
    people = EachItsOwn(learnt) if settings.how == "tracks" else learnt
    count = len({r.subject for r in people.records})
    recipe = Recipe(
        f"{card.title}, adapted",
        NetworkChoice(card.network, card.settings),
        card.preprocessing,
        (LossChoice("part-triplet"),),
        TrainingSettings(
            iterations=settings.iterations,
            subjects=min(8, count),
            sequences=4,
            frames=settings.frames,
            learning_rate=settings.learning_rate,
            schedule="cosine",
            warm_up=min(20, settings.iterations - 1),
            checkpoint_every=50,
        ),
    )
    sampler = BatchSampler(people, recipe.training, recipe.preprocessing, settings.seed)
    run = sha256_json([recipe.fingerprint, people.fingerprint, card.sha256, settings.seed])

    def hear(step: Step) -> None:
        progress(step.iteration, settings.iterations, "fine-tuning")

    train_network(network, sampler, recipe, _partial(out), run, Execution(report=hear))
    return network.eval(), NO_OFFSETS


def _report(settings: AdaptSettings, before: Found, after: Found, walks: int, out: Path) -> AdaptReport:
    # both looks find the same probes in the same order, so that gains are paired
    gain: Interval = paired_gain(after.by_unit, before.by_unit, np.random.default_rng(settings.seed))
    return AdaptReport(settings.how, before.what, before.rank1, after.rank1, asdict(gain), walks, str(out))


def _description(
    card: ModelCard,
    store: Store,
    learnt: SequenceSet,
    aside: SequenceSet,
    settings: AdaptSettings,
    report: AdaptReport,
) -> ModelDescription:
    named = sorted({r.subject for r in learnt.records if r.subject is not None})
    judges = sorted({r.subject for r in aside.records if r.subject is not None})
    seen = card.seen + seen_in((store,), named, "trained") + seen_in((store,), judges, "chose")
    if any(r.subject is None for r in (*learnt.records, *aside.records)):
        seen += SeenSubjects(unknown=(f"adapted to walks of {store.dataset} that name nobody",))
    adapted = {**asdict(settings), "to": store.fingerprint, **{k: v for k, v in asdict(report).items() if k != "out"}}
    training = {**card.training, "seen": seen.to_dict(), "adapted": [*card.training.get("adapted", []), adapted]}
    licence = f"{card.licence}; adapted to walks of {store.dataset}, whose terms hold too" if card.licence else ""
    return replace(_plain(card), title=f"{card.title}, adapted", training=training, licence=licence)


def _plain(card: ModelCard) -> ModelDescription:
    return ModelDescription(card.preprocessing, card.title, card.training, card.licence, card.metrics)
