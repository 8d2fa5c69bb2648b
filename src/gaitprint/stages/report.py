"""`gaitprint eval report`: embeddings in, one page of everything out, and the same as JSON and CSV."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

from gaitprint.atomic_files import check_writable, write_json, write_text
from gaitprint.config import settings_to_dict
from gaitprint.errors import ConfigError
from gaitprint.evaluation.verification.settings import VerifySettings
from gaitprint.experiments.ablation import AblationResult, AblationSettings
from gaitprint.experiments.request import EvaluationRequest
from gaitprint.inference.fusion import fuse
from gaitprint.inference.selection import SequenceFilter
from gaitprint.output_folder import bind_folder, check_bound_folder
from gaitprint.pages.collect_report_data import collect_report_data
from gaitprint.pages.match_sheets import check_store
from gaitprint.pages.report import report_page
from gaitprint.pages.report_data import ReportData, origins
from gaitprint.pages.report_tables import tables
from gaitprint.report.html import write_report
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
    request: EvaluationRequest = EvaluationRequest(),
    settings: AblationSettings = AblationSettings(),
    *,
    splits: int = VerifySettings.splits,
    store: Path | None = None,
) -> ReportFiles:
    """Measure all steps of the method as `ablate`, `evaluate` and `verify` do, and write one page, JSON and CSV.

    Maps, error rates and mistakes are those of the first row, of the full method and of the best row.

    Args:
        embeddings: by network, each network's of the same sequences; the first is the method's first.
        out: a new or empty folder, or that of the same report.
        request: protocol, sequences, seed, resamples and budget; its progress is told what is being done. The pipelines
            are the report's own.
        settings: of the method's steps, and which rows are wanted.
        splits: how often strangers are drawn.
        store: where the page takes silhouettes of the worst mistakes from.

    Raises:
        GaitprintError: in one line.
    """
    if not embeddings:
        raise ConfigError("a report needs the embeddings of at least one network, by name: gaitgl=FILE gaitmask=FILE")
    request.check_no_pipeline("a report")
    rules, verification = request.rules, VerifySettings(splits=splits)
    opened_store = None if store is None else Store.open(store)
    data = {name: request.filter.open(e) for name, e in embeddings.items()}
    if opened_store is not None:
        check_store(opened_store, next(iter(data.values())))
    asked: dict[str, Any] = {
        "protocol": rules.name,
        "embeddings": {name: e.source for name, e in data.items()},
        **settings_to_dict(settings),
        "splits": splits,
        "seed": request.seed,
        "resamples": request.resamples,
        **request.filter.to_dict(),
    }
    check_bound_folder(out, ASKED, {"asked": asked}, *_CLAIM)
    check_writable(Path(out) / ASKED)
    filtered = replace(request, filter=SequenceFilter(key_lists=request.filter.key_lists))
    ablation = ablate(data, filtered, settings)
    together = {tuple(data): fuse(list(data.values()), settings.fusion)} if len(data) > 1 else {}
    sets = {**{(name,): e for name, e in data.items()}, **together}
    found = collect_report_data(ablation, sets, filtered, verification)
    bind_folder(out, ASKED, {"asked": asked}, *_CLAIM)
    paths = [Path(out) / PAGE, Path(out) / FIGURES]
    for name, text in tables(found).items():
        paths.append(Path(out) / name)
        write_text(paths[-1], text)
    facts: dict[str, Any] = {"gaitprint": version("gaitprint"), "asked": asked, "origins": origins(data)}
    write_json(paths[1], {**facts, **found.to_dict()})
    write_report(paths[0], report_page(found, data, settings.fusion, opened_store, asked))
    return ReportFiles(tuple(paths), found)
