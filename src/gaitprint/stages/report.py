"""`gaitprint eval report`: embeddings in, one page of everything out, and the same as JSON and CSV."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from gaitprint.atomic_files import check_writable, write_json, write_text
from gaitprint.errors import ConfigError
from gaitprint.evaluation.protocol.protocol import load_protocol
from gaitprint.evaluation.verification.settings import VerifySettings
from gaitprint.experiments.ablation import AblationResult
from gaitprint.inference.fusion import fuse
from gaitprint.inference.selection import filter_embeddings, open_embeddings
from gaitprint.output_folder import bind_folder, check_bound_folder
from gaitprint.pages.collect_report_data import collect_report_data
from gaitprint.pages.match_sheets import check_store
from gaitprint.pages.report import report_page
from gaitprint.pages.report_data import ReportData, origins
from gaitprint.pages.report_tables import tables
from gaitprint.report.html import write_report
from gaitprint.retrieval.budget import ComputeBudget
from gaitprint.stages.ablate import ablate
from gaitprint.store import Store
from gaitprint.types import Embeddings

PAGE, FIGURES, ASKED = "report.html", "report.json", "asked.json"
_CLAIM = ("asked", "a report of other vectors or settings")


@dataclass(frozen=True, eq=False)
class ReportFiles:
    """What was written, and what was found."""

    files: tuple[Path, ...]
    """The page first, then the JSON, then the CSV files."""
    found: ReportData

    @property
    def page(self) -> Path:
        """The page to look at."""
        return self.files[0]

    @property
    def ablation(self) -> AblationResult:
        """What each step brings."""
        return self.found.ablation

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON; all figures are in `report.json`."""
        return {"files": [str(path) for path in self.files], "ablate": self.ablation.to_dict()}


def report(
    embeddings: Mapping[str, Path | Embeddings],
    out: Path,
    *,
    protocol: str | Path = "casia-b",
    subjects: Sequence[str] | None = None,
    views: Sequence[str] | None = None,
    conditions: Sequence[str] | None = None,
    lists: Mapping[str, Sequence[str]] | None = None,
    reranking: dict[str, Any] | None = None,
    expansion: dict[str, Any] | None = None,
    fusion: str = "raw",
    further: bool = True,
    splits: int = 10,
    store: Path | None = None,
    seed: int = 0,
    resamples: int = 1000,
    progress: Callable[[int, int, str], None] = lambda done, total, what: None,
    work: ComputeBudget | None = None,
) -> ReportFiles:
    """Measure all steps of the method as `ablate`, `evaluate` and `verify` do, and write one page, JSON and CSV.

    Maps, error rates and mistakes are those of the first row, of the full method and of the best row.

    Args:
        embeddings: by network, each network's of the same sequences; the first is the method's first.
        out: a new or empty folder, or that of the same report.
        protocol: the name of ours, or a TOML file.
        subjects: only these; None: all. The same for `views` and `conditions`.
        views: as above.
        conditions: as above.
        lists: named lists of keys that the protocol asks for.
        reranking: settings of the scorer `k-reciprocal`; None: its defaults.
        expansion: settings of `cluster-expansion`; None: its defaults.
        fusion: `raw` as the method does, or `unit`.
        further: also the rows that the method's own table leaves out.
        splits: how often strangers are drawn.
        store: where the page takes silhouettes of the worst mistakes from.
        seed: of intervals and strangers.
        resamples: of the bootstrap over subjects.
        progress: called with (done, in all, what is being done).
        work: memory and cores of comparing; None: the usual.

    Raises:
        GaitprintError: in one line.
    """
    if not embeddings:
        raise ConfigError("a report needs the embeddings of at least one network, by name: gaitgl=FILE gaitmask=FILE")
    rules, settings = load_protocol(protocol), VerifySettings(splits=splits, seed=seed, resamples=resamples)
    opened_store = None if store is None else Store.open(store)
    data = {name: filter_embeddings(open_embeddings(e), subjects, views, conditions) for name, e in embeddings.items()}
    if opened_store is not None:
        check_store(opened_store, next(iter(data.values())))
    steps: dict[str, Any] = {
        "reranking": reranking or {},
        "expansion": expansion or {},
        "fusion": fusion,
        "further": further,
    }
    chances = {"splits": splits, "seed": seed, "resamples": resamples}
    chosen_of = {"subjects": subjects, "views": views, "conditions": conditions}
    sources = {name: e.source for name, e in data.items()}
    asked: dict[str, Any] = {"protocol": rules.name, "embeddings": sources, **steps, **chances}
    asked |= {word: None if names is None else list(names) for word, names in chosen_of.items()}
    asked["lists"] = {name: list(keys) for name, keys in (lists or {}).items()}
    check_bound_folder(out, ASKED, {"asked": asked}, *_CLAIM)
    check_writable(Path(out) / ASKED)
    ablation = ablate(data, protocol=protocol, lists=lists, seed=seed, resamples=resamples, work=work,
                      progress=progress, **steps)  # fmt: skip
    together = {tuple(data): fuse(list(data.values()), fusion)} if len(data) > 1 else {}
    sets = {**{(name,): e for name, e in data.items()}, **together}
    found = collect_report_data(ablation, sets, protocol, settings, lists, progress, work or ComputeBudget())
    bind_folder(out, ASKED, {"asked": asked}, *_CLAIM)
    paths = [Path(out) / PAGE, Path(out) / FIGURES]
    for name, text in tables(found).items():
        paths.append(Path(out) / name)
        write_text(paths[-1], text)
    facts: dict[str, Any] = {"gaitprint": version("gaitprint"), "asked": asked, "origins": origins(data)}
    write_json(paths[1], {**facts, **found.to_dict()})
    write_report(paths[0], report_page(found, data, fusion, opened_store, asked))
    return ReportFiles(tuple(paths), found)
