"""Whom a calibration or settings were fitted to: tried on the same people they look better than they are."""

from collections.abc import Iterable, Mapping
from typing import Any

from gaitprint.models.seen_subjects import Seen, SeenSubjects, seen_subjects_from
from gaitprint.provenance.seen_warnings import Place, seen_warnings, some_of
from gaitprint.retrieval.pipeline import Pipeline
from gaitprint.types import Embeddings


def people_facts(data: Embeddings) -> dict[str, Any]:
    """The people of embeddings as a calibration file keeps them, and what must be said of them."""
    people = tuple(sorted({r.subject for r in data.records if r.subject is not None}))
    # ids alone would meet everybody's 001: the data set and store are kept beside them
    place = Place.within(data.settings)
    fitted = Seen("trained", place.dataset, place.store, place.origin, people)
    return {"people": {"people": [fitted.to_dict()], "unknown": []}, "warnings": seen_warnings([data])}


def calibration_warnings(facts: Mapping[str, Any], data: Embeddings) -> list[str]:
    """Sentences about a calibration that is used: fitted to these people, or to people whom the network has seen."""
    warnings = [f"Of the calibration: {warning}" for warning in facts.get("warnings", ()) if isinstance(warning, str)]
    if "people" not in facts:
        return [*warnings, "It is unknown on whom the calibration was fitted: an earlier version made it."]
    memory, what = seen_subjects_from(facts["people"]), "The calibration was fitted to"
    return warnings + _met(memory, data, what, "it looks better here than it is")


def chooser(data: Embeddings) -> dict[str, Any]:
    """The people of embeddings as a settings file keeps them who chose its settings."""
    people = tuple(sorted({r.subject for r in data.records if r.subject is not None}))
    return Seen("chose", **vars(Place.within(data.settings)), subjects=people).to_dict()


def choice_warnings(pipelines: Iterable[Pipeline], data: Embeddings) -> list[str]:
    """Sentences about settings that are used on people who chose them, or who have their names."""
    warnings: list[str] = []
    for chooser_facts in (p.chosen_by for p in pipelines if p.chosen_by):
        memory, what = (
            seen_subjects_from({"people": [chooser_facts], "unknown": []}),
            "The retrieval settings were chosen (tune) on",
        )
        warnings += _met(memory, data, what, "figures on them are too good")
        warnings += [f"It is unknown on whom the retrieval settings were chosen: {why}." for why in memory.unknown]
    return list(dict.fromkeys(warnings))


def _met(memory: SeenSubjects, data: Embeddings, what: str, so: str) -> list[str]:
    subjects, place = frozenset(r.subject for r in data.records if r.subject is not None), Place.within(data.settings)
    sentences = []
    for seen in memory.people:
        met, same = subjects & set(seen.subjects), place.holds(seen)
        if met and same:
            sentences.append(f"{what} {some_of(met, subjects)}: {so}.")
        elif met and same is None:
            sentences.append(
                f"{what} people in {seen.dataset or 'data of which nothing is known'} who have the names of "
                f"{some_of(met, subjects)}: if they are the same, {so}."
            )
    return sentences
