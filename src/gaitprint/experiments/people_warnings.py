"""What must be said of the people that figures are about."""

from collections.abc import Sequence

from gaitprint.checks.names import odd_names
from gaitprint.provenance.data_warnings import synthetic_warnings
from gaitprint.provenance.seen_warnings import seen_warnings
from gaitprint.types import Embeddings


def people_warnings(embeddings: Sequence[Embeddings]) -> list[str]:
    """Of whom the figures are: walkers that are drawn, people whom a network has seen, or who may be one person."""
    odd = dict.fromkeys(f"{f.what} ({f.named()}): {f.advice}." for e in embeddings for f in odd_names(e.records))
    return [*synthetic_warnings(embeddings), *seen_warnings(embeddings), *(s[0].upper() + s[1:] for s in odd)]
