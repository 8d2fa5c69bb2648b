"""`gaitprint bench --store`: what rank-1 networks reach on a store, over what each takes of a processor."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from gaitprint.arguments import settle_fields
from gaitprint.atomic_files import write_json
from gaitprint.config import require
from gaitprint.devices import DEVICE
from gaitprint.errors import ConfigError
from gaitprint.evaluation.protocol.protocol import DEFAULT_PROTOCOL
from gaitprint.experiments.request import EvaluationRequest
from gaitprint.exported.opening import ENGINES
from gaitprint.exported.trial import stored_calibration
from gaitprint.inference.backend_choice import TORCH, available
from gaitprint.inference.broken_engines import made_or_said
from gaitprint.inference.bulk.tasks import torch_threads
from gaitprint.inference.embed_settings import THREADS
from gaitprint.inference.engine import Embedder
from gaitprint.inference.running import form_of
from gaitprint.ingest.scanning import layout_of
from gaitprint.ingest.store_selection import PARTS, StoreSelection
from gaitprint.layouts.drawn import is_drawn
from gaitprint.models.model_file import load_model
from gaitprint.provenance.dataset_names import SYNTHETIC
from gaitprint.provenance.seen_warnings import Place
from gaitprint.report.speed_charts import RankPoint, write_rank_chart
from gaitprint.speed.eight_bits import FULL, REDUCED, eight_bit_opener
from gaitprint.speed.rank_speed import MOST, RankSpeed, RankSpeedReport, Sample, Way, measure_ranks, sampled
from gaitprint.stages.bench import FIGURE, VALUES, check_place, cores_text, model_names
from gaitprint.store import SequenceSet, Store


@dataclass(frozen=True)
class RankSpeedSettings:
    """Who is embedded, and how what comes of it is measured."""

    protocol: str | Path | None = None
    """The name of ours, or a TOML file; None: the usual one of the store's data set."""
    most: int = MOST
    """Sequences embedded at most; whole subjects are drawn where the test part has more."""
    seed: int = 0
    """Of that draw and of the intervals."""
    selection: StoreSelection = StoreSelection()
    """The split, or who is embedded whatever it says, and which sequences are good enough."""
    threads: int = THREADS
    """Processor threads."""
    int8: bool = False
    """Whether each model embeds in 8 bits, too, calibrated on those who train."""

    def __post_init__(self) -> None:
        settle_fields(self)
        require(self.most >= 1, f"a sample is of 1 sequence or more, found {self.most}")
        require(self.threads >= 1, f"networks compute with 1 thread or more, found {self.threads}")


def bench_ranks(
    store: Path,
    models: Sequence[Path],
    settings: RankSpeedSettings = RankSpeedSettings(),
    *,
    out: Path | None = None,
    progress: Callable[[int, int, str], None] = lambda done, total, what: None,
) -> RankSpeedReport:
    """Embed a store's test part, or a sample of it, by every model and back end, and measure rank-1 and time.

    Args:
        store: made by `gaitprint data prepare`.
        models: model files.
        settings: of whom, and how.
        out: the folder to write `bench.FIGURE` and `bench.VALUES` into, none where None.
        progress: called with (sequences done, sequences in all, what is done).

    Raises:
        GaitprintError: in one line.
    """
    if not models:
        raise ConfigError("give at least one model file: `gaitprint model train` makes one")
    check_place(out)
    opened = Store.open(store)
    protocol = settings.protocol or next(iter(layout_of(opened).protocols), DEFAULT_PROTOCOL)
    request = EvaluationRequest(protocol, seed=settings.seed)
    whole = settings.selection.choose(opened, PARTS[0])
    chosen = sampled(whole, settings.most, request.generator())
    # --subjects names the tested: on them nothing may be calibrated
    train = replace(settings.selection, subjects=None).choose(opened, "train") if settings.int8 else None
    with _embedders(models, settings.threads, train) as embedders:
        said = {**vars(Place.of(opened)), "part": PARTS[0]}
        points, warnings = measure_ranks(embedders, chosen, said, request, progress)
    subjects = [len({r.subject for r in part.records} - {None}) for part in (chosen, whole)]
    sequences = [len(part.records) for part in (chosen, whole)]
    sample = Sample(opened.dataset, is_drawn(opened.dataset), *sequences, *subjects)
    report = RankSpeedReport(points, sample, request.rules.title, settings.threads, warnings)
    if out is not None:
        write_json(out / VALUES, report.to_dict())
        write_rank_chart(out / FIGURE, [_point(p) for p in points], rank_title(report))
    return report


def rank_title(report: RankSpeedReport) -> str:
    """Of whom the figures are, how they were measured, and on what."""
    people = SYNTHETIC.capitalize() if report.sample.drawn else report.sample.dataset
    measured = f"protocol: {report.protocol}; {cores_text(report.threads)} of {report.processor}"
    return f"{people}: {report.sample.describe()}\n{measured}"


@contextmanager
def _embedders(models: Sequence[Path], threads: int, train: SequenceSet | None) -> Iterator[dict[Way, Embedder]]:
    """Every model by every back end that can run it, with so many threads for the length of the block.

    Args:
        train: on whom 8 bits are calibrated; there are none where None.
    """
    found: dict[Way, Embedder] = {}
    with torch_threads(threads):
        for path, name in zip(models, model_names(models), strict=True):
            loaded = load_model(path)
            card = loaded.card
            opened = partial(Embedder, loaded.model, card.preprocessing, card.sha256, card.facts, DEVICE)
            for backend in available() if form_of(loaded.model) is not None else [TORCH]:
                ready = partial(opened, backend=backend)
                made = ready() if backend == TORCH else made_or_said(backend, ready)
                if made is not None:
                    found[name, backend, FULL] = made
            form = form_of(loaded.model)
            if train is not None and form is not None:
                exact = found[name, TORCH, FULL]
                reduced = eight_bit_opener(form, stored_calibration(train, card.preprocessing))
                for engine in filter(available().__contains__, ENGINES):
                    run = made_or_said(engine, partial(reduced, engine))
                    if run is not None:
                        found[name, engine, REDUCED] = exact.computed_by(run, REDUCED)
        yield found


def _point(point: RankSpeed) -> RankPoint:
    interval = None if point.interval is None else (point.interval.low, point.interval.high)
    return RankPoint(point.network, point.way, point.milliseconds, point.rank1, interval)
