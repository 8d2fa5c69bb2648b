"""The page of `gaitprint eval report`: all that was found, in the order people ask for it."""

from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

from gaitprint.evaluation.identification.mistakes import Mistake, of_different_people
from gaitprint.layouts.drawn import is_drawn
from gaitprint.pages import evaluation_values as pages
from gaitprint.pages.ablation import ablation_facts, ablation_settings, ablation_tables, cmc_curves
from gaitprint.pages.breakdown_tables import compared_breakdown
from gaitprint.pages.match_sheets import match_sheet, places_in
from gaitprint.pages.report_data import ReportData, origins
from gaitprint.pages.verification import det_curve
from gaitprint.pages.verification_tables import pairs_table, searches_table, threshold_table
from gaitprint.provenance.dataset_names import SYNTHETIC
from gaitprint.report.values import Curve, HeatMap, Report, Sheet, Table
from gaitprint.store import Store
from gaitprint.types import Embeddings

SHOWN = 12
"""Mistakes on the page, shared out among the probe sets."""
LEAST = 3
"""Of a probe set."""
DIGITS = 12
"""Of a fingerprint, on the page; the settings and the JSON have all."""


def report_page(
    measured: ReportData,
    data: Mapping[str, Embeddings],
    fusion: str,
    store: Store | None,
    asked: Mapping[str, Any],
) -> Report:
    """Everything that was found, as the values of one page."""
    result = measured.ablation
    whole = result.rows[result.full]
    breakdowns = {row.label: measured.evaluations[row.description].breakdowns for row in measured.shown}
    worst = _worst(measured, whole.description)
    return Report(
        title=f"{' + '.join(data)}: {whole.mean:.1f} % rank-1 by the full method",
        subtitle=f"{result.protocol.title}. What each step brings, error rates, and where it fails.",
        facts=(*ablation_facts(result, data, fusion), ("gaitprint", version("gaitprint"))),
        findings=result.notes,
        warnings=measured.warnings,
        tables=(*ablation_tables(result), compared_breakdown("condition", breakdowns)),
        heatmaps=_maps(measured),
        curves=(*cmc_curves(result, list(measured.curves.values())), *_error_curves(measured)),
        details=(
            *_error_tables(measured),
            compared_breakdown("view", breakdowns),
            _mistakes_table(worst, whole.description, store is not None),
            _origins_table(data),
        ),
        sheets=() if store is None else _sheets(measured, worst, store),
        sheets_title=f"The worst mistakes of {whole.description}",
        settings={**ablation_settings(result, data, fusion, asked["seed"]), "asked": dict(asked)},
    )


def _maps(measured: ReportData) -> tuple[HeatMap, ...]:
    """Probe set by probe set, the first row's map beside the full method's."""
    result = measured.ablation
    maps = [pages.heat_maps(row.evaluation, row.description) for row in (result.rows[0], result.rows[result.full])]
    return tuple(m for beside in zip(*maps, strict=True) for m in beside)


def _error_curves(measured: ReportData) -> list[Curve]:
    verified = {name: report.verification for name, report in measured.verifications.items()}
    if not verified:
        return []
    first = next(iter(verified.values()))
    whole = {name: v.whole for name, v in verified.items()}
    det = det_curve("Detection error trade-off, all probes", whole, first.subjects)
    return [det, *measured.distributions.values()]


def _error_tables(measured: ReportData) -> list[Table]:
    verified = {name: report.verification for name, report in measured.verifications.items()}
    if not verified:
        return []
    several = len(next(iter(verified.values())).sets) > 1
    parts = [pairs_table(verified, folded=True), searches_table(verified, folded=True)] if several else []
    thresholds = [threshold_table(v, name, folded=True) for name, v in verified.items()]
    return [pairs_table(verified, whole=True), searches_table(verified, whole=True), *parts, *thresholds]


def _worst(measured: ReportData, step: str) -> list[Mistake]:
    """The mistakes on the page, of one row, probe set by probe set."""
    sets = [r.name for r in measured.evaluations[step].evaluation.results]
    count = max(LEAST, SHOWN // len(sets))
    of_set = {name: [m for m in measured.mistakes[step] if m.probe_set == name] for name in sets}
    return [m for of_one in of_set.values() for m in of_different_people(of_one, count)]


def _mistakes_table(worst: list[Mistake], step: str, drawn: bool) -> Table:
    rows = tuple(
        (f"{m.probe_set}: {m.probe}", m.wrong, f"{m.wrong_distance:.3g}", m.right, f"{m.right_distance:.3g}",
         str(m.place), f"{m.margin:.3g}")
        for m in worst
    )  # fmt: skip
    note = "Where a wrong person is nearer by most; different people as far as there are, each probe once. "
    note += "Their silhouettes stand below." if drawn else (
        "To see their silhouettes, give the store that was embedded: --store STORE."
    )  # fmt: skip
    columns = ("Probe", "Nearest, wrong", "Its distance", "Nearest of the right one", "Its distance", "Place", "Margin")
    return Table(f"Worst mistakes: {step}", columns, rows, note, folded=drawn)


def _sheets(measured: ReportData, worst: list[Mistake], store: Store) -> tuple[Sheet, ...]:
    evaluation = measured.ablation.rows[measured.ablation.full].evaluation
    place = places_in(store)
    return tuple(match_sheet(evaluation, evaluation[m.probe_set], m.trial, "wrong", store, place) for m in worst)


def _origins_table(data: Mapping[str, Embeddings]) -> Table:
    """Tell of each network its vectors, its weights and its data."""
    rows = []
    for o in origins(data):
        titles = " + ".join(str(n["title"] or n["network"]) for n in o["networks"])
        weights = " + ".join(_short(n["sha256"]) for n in o["networks"])
        named = "" if o["dataset"] is None else SYNTHETIC if is_drawn(o["dataset"]) else str(o["dataset"])
        about = (str(o["part"] or "unknown"), f"{o['subjects']} subjects, {o['sequences']} sequences")
        prints = (_short(o["embeddings"]), weights or "unknown", _short(o["data"]))
        rows.append((o["name"], titles or "unknown", named or "unknown", *about, *prints))
    columns = ("Name", "Network", "Data", "Part", "Size", "Embeddings", "Weights", "Data's fingerprint")
    note = f"Fingerprints are SHA-256, their first {DIGITS} digits; the settings below and report.json have all."
    return Table("What was measured", columns, tuple(rows), note)


def _short(fingerprint: object) -> str:
    return str(fingerprint)[:DIGITS] if fingerprint else "unknown"
