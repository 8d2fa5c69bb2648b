"""`gaitprint eval tune`: embeddings of training subjects in, settings out, with what they are worth to others."""

import hashlib
from collections.abc import Sequence
from contextlib import nullcontext
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from gaitprint.atomic_files import sha256_json
from gaitprint.errors import ConfigError
from gaitprint.evaluation.identification.warnings import FEW_SUBJECTS
from gaitprint.evaluation.protocol.protocol import Protocol
from gaitprint.evaluation.protocol.selection import absent_notes
from gaitprint.evaluation.statistics.interval import RESAMPLES
from gaitprint.evaluation.statistics.subject_folds import subject_folds
from gaitprint.experiments.people_warnings import people_warnings
from gaitprint.experiments.request import EvaluationRequest
from gaitprint.inference.fusion import fuse
from gaitprint.locks import sole_writer
from gaitprint.pages.tuning import tuning_page
from gaitprint.provenance.calibration_subjects import chooser
from gaitprint.report.html import check_report_place, write_report
from gaitprint.retrieval.budget import Progress
from gaitprint.retrieval.spec import CHOSEN_BY
from gaitprint.retrieval.tunable import DataShape, Table, transform_tuning
from gaitprint.tuning import decision
from gaitprint.tuning.journal import Journal
from gaitprint.tuning.result import Tried, TuneReport
from gaitprint.tuning.scores import Scores, SubjectSet
from gaitprint.tuning.search import ROUNDS, search
from gaitprint.tuning.search import Tried as Searched
from gaitprint.tuning.settings import TuneSettings
from gaitprint.tuning.simplicity import FAMILIES, family, resolved, settings_of
from gaitprint.tuning.steps import TunedSteps
from gaitprint.tuning.subjects import check_may_choose
from gaitprint.tuning.tuning_file import check_tuned_place, journal_place, write_tuned
from gaitprint.types import Embeddings

__all__ = ["TuneReport", "TuneSettings", "tune"]

EASY = 99.0
"""Percent of rank-1 from which on there is nothing to choose by."""


def tune(
    embeddings: Sequence[Path | Embeddings],
    out: Path | None = None,
    request: EvaluationRequest = EvaluationRequest(),
    settings: TuneSettings = TuneSettings(),
    *,
    store: Path | None = None,
    report: Path | None = None,
) -> TuneReport:
    """Choose distance, re-ranking, expansion and weights of networks; refuse what does not help.

    Subjects are cut into folds, several times over. Those outside a fold choose, each family of pipelines by itself;
    those of the fold, in a gallery of their own, measure what was chosen. See `gaitprint.tuning.decision.decide`.

    Args:
        embeddings: of training subjects, best of some that the network was not trained on; several: one a network, all
            of the same sequences.
        out: the TOML file to write, none where None; evidence (.json) and journal (.jsonl) lie beside it. A stopped
            tuning goes on from its journal.
        request: protocol, sequences, seed and budget; its progress is told (rounds done, rounds in all, which). The
            pipelines and the number of resamples are tuning's own.
        settings: who chooses, who measures, how finely is looked.
        store: whose layout knows the split; None: the published one of the data set that the embeddings name.
        report: the HTML page to write, none where None.

    Raises:
        GaitprintError: in one line.
    """
    if not embeddings:
        raise ConfigError("tuning needs the embeddings of at least one network: `gaitprint model embed` makes them")
    request.check_no_pipeline("tuning")
    if request.resamples != RESAMPLES:
        raise ConfigError(f"tuning draws {decision.RESAMPLES} resamples of its own: leave those of the request out")
    rules, seed = request.rules, request.seed
    each = [request.filter.open(e) for e in embeddings]
    data = each[0] if len(each) == 1 else fuse(each)
    absent = (f"{note}." for note in absent_notes(rules, data.records))
    warnings = (*people_warnings(each), *absent, *check_may_choose(data, settings.split, store, settings.test_subjects))
    steps = settings.tuned_steps
    people = tuple(sorted({r.subject for r in data.records if r.subject is not None}))
    cut = subject_folds(people, settings.folds, settings.repeats, request.generator())
    if out is not None:
        check_tuned_place(out)
    if report is not None:
        check_report_place(report)
    facts = _facts(each, data, rules, people, (settings.folds, settings.repeats, seed))
    with nullcontext() if out is None else sole_writer(out):
        journal = Journal(None if out is None else journal_place(out), facts)
        scores = Scores(data, rules, journal, request.budget.quiet())
        sets = [*(SubjectSet(fold.choosing, fold.repeat) for fold in cut), SubjectSet(people, 0)]
        blocks = tuple(len(e.layout.blocks) for e in each)
        shape = DataShape(_sequences(rules, data, len(people)), blocks, settings.equal_numbers)
        *others, everybody = _searches(scores, sets, shape, steps, request.budget.progress)
        choices = [{name: tried.chosen(name) for name in FAMILIES} for tried in others]
        families = decision.decide(decision.measured(scores, cut, choices, people), everybody, choices, seed)
        best = [f for f in families if f.taken][-1]
        result = TuneReport(
            pipeline=best.chosen if best is families[0] else {**best.chosen, CHOSEN_BY: chooser(data)},
            family=best.family,
            families=families,
            candidates=_candidates(everybody),
            facts=facts,
            warnings=(*warnings, *_supposed(best.chosen), *_doubts(people, families[0].figure)),
        )
        if out is not None:
            write_tuned(out, result)
        if report is not None:
            write_report(report, tuning_page(result))
    return result


def _searches(
    scores: Scores,
    sets: Sequence[SubjectSet],
    shape: DataShape,
    steps: TunedSteps,
    progress: Progress,
) -> list[Searched]:
    """One search on each set of subjects."""
    total, found = len(sets) * ROUNDS, []
    for number, group in enumerate(sets):
        rounds = iter(range(number * ROUNDS, total))

        def measure(tables: Sequence[Table], what: str, group: SubjectSet = group, rounds: Any = rounds) -> Any:
            progress(next(rounds), total, what)
            return scores.of(group, tables)

        found.append(search(measure, shape, steps))
    progress(total, total, "")
    return found


def _candidates(searched: Searched) -> tuple[Tried, ...]:
    """Every pipeline that was tried on all subjects, with its mean."""
    return tuple(
        Tried(family(table), table, float(searched.scores[key].mean())) for key, table in searched.tables.items()
    )


def _facts(
    each: Sequence[Embeddings], data: Embeddings, rules: Protocol, people: tuple[str, ...], cut: tuple[int, int, int]
) -> dict[str, Any]:
    """What makes two tunings the same; plain values."""
    folds, repeats, seed = cut
    measuring = len(people) // folds
    return {
        "version": version("gaitprint"),
        "protocol": rules.name,
        "rules": sha256_json(repr(rules)),
        "sources": [e.source for e in each],
        "networks": [e.settings for e in each],
        "vectors": hashlib.sha256(np.ascontiguousarray(data.vectors).data).hexdigest(),
        "records": sha256_json([[r.key, r.subject, r.condition, r.view] for r in data.records]),
        "subjects": list(people),
        "folds": folds,
        "repeats": repeats,
        "seed": seed,
        "people_choosing": len(people) - measuring,
        "people_measuring": measuring,
    }


def _sequences(rules: Protocol, data: Embeddings, people: int) -> int:
    """Usual number of sequences a subject has where the protocol compares it."""
    held = max(1, sum(r.subject is not None for r in data.records) // people)
    return min(held, rules.draws.sequences) if rules.mode == "draws" else held


def _supposed(table: Table) -> list[str]:
    asked = [(transform_tuning(step["name"]), settings_of(step)) for step in resolved(table)["transforms"]]
    return [said for tuning, settings in asked if tuning is not None and (said := tuning.supposition(settings))]


def _doubts(people: Sequence[str], plain: float) -> list[str]:
    said = []
    if len(people) < FEW_SUBJECTS:
        said.append(f"Only {len(people)} subjects: small gains cannot be told from none, and are refused.")
    if plain > EASY:
        said.append(
            f"The plain distance finds {plain:.1f} %: little is left to choose by. Did the network train on these "
            "subjects? Keep some out of training for this."
        )
    return said
