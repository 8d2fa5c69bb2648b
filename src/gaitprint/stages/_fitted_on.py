"""Whom a calibration was fitted to: tried on the same people it looks better than it is."""

from collections.abc import Mapping
from typing import Any

from gaitprint.stages._familiar import Place, familiar_warnings, some_of
from gaitprint.stages._seen import Seen, memory_from
from gaitprint.types import Embeddings


def people_facts(data: Embeddings) -> dict[str, Any]:
    """The people of embeddings as a calibration file keeps them, and what must be said of them."""
    people = tuple(sorted({r.subject for r in data.records if r.subject is not None}))
    place = Place.within(data.settings)
    fitted = Seen("trained", place.dataset, place.store, place.origin, people)
    return {"people": {"people": [fitted.to_dict()], "unknown": []}, "warnings": familiar_warnings([data])}


def calibration_warnings(facts: Mapping[str, Any], data: Embeddings) -> list[str]:
    """Sentences about a calibration that is used: fitted to these people, or to people whom the network has seen."""
    said = [f"Of the calibration: {warning}" for warning in facts.get("warnings", ()) if isinstance(warning, str)]
    if "people" not in facts:
        return [*said, "It is unknown on whom the calibration was fitted: an earlier version made it."]
    subjects, place = frozenset(r.subject for r in data.records if r.subject is not None), Place.within(data.settings)
    memory = memory_from(facts["people"])
    for seen in memory.people:
        met, same = subjects & set(seen.subjects), place.holds(seen)
        if met and same:
            said.append(f"The calibration was fitted to {some_of(met, subjects)}: it looks better here than it is.")
        elif met and same is None:
            said.append(
                f"{some_of(met, subjects)} have the names of people on whom the calibration was fitted, in "
                f"{seen.dataset or 'data of which nothing is known'}: if they are the same, it looks better than it is."
            )
    return said
