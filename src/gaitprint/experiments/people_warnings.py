"""What must be said of the people that figures are about."""

from collections.abc import Sequence

from gaitprint.checks.names import odd_names
from gaitprint.layouts.drawn import is_drawn
from gaitprint.provenance.dataset_names import dataset_names
from gaitprint.provenance.seen_warnings import seen_warnings
from gaitprint.types import Embeddings


def people_warnings(embeddings: Sequence[Embeddings]) -> list[str]:
    """Of whom the figures are: walkers that are drawn, people whom a network has seen, or who may be one person."""
    odd = dict.fromkeys(f"{f.what} ({f.named()}): {f.advice}." for e in embeddings for f in odd_names(e.records))
    return [*synthetic_warnings(embeddings), *seen_warnings(embeddings), *(s[0].upper() + s[1:] for s in odd)]


def synthetic_warnings(embeddings: Sequence[Embeddings]) -> list[str]:
    """Drawn walkers must never be taken for people."""
    if not any(is_drawn(name) for e in embeddings for name in dataset_names(e.settings)):
        return []
    return ["Synthetic walkers are not people: these figures say nothing about how well anybody is recognised."]
