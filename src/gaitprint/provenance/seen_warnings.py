"""What must be said beside figures on people whom a network has seen: they say little about anybody else."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gaitprint.layouts.drawn import is_drawn
from gaitprint.models.seen_subjects import Seen, SeenSubjects, seen_subjects_from
from gaitprint.store import Store
from gaitprint.types import Embeddings, SequenceRecord

PUBLISHED = ("casia-b", "casia-e", "oumvlp", "ccpg", "sustech1k", "gait3d", "grew")
"""Data sets in which an id is one person wherever it lies."""
SHOWN = 3


@dataclass(frozen=True)
class Place:
    """Where people come from; empty where nobody says."""

    dataset: str = ""
    store: str = ""
    origin: str = ""

    @classmethod
    def of(cls, store: Store) -> "Place":
        """The place that a store is."""
        return cls(store.dataset, store.fingerprint, store.head.made_from)

    @classmethod
    def within(cls, settings: Mapping[str, Any]) -> "Place":
        """Those of embeddings, by their settings; of fused ones, which are of the same records, the first that says."""
        parts = settings.get("networks")
        inner = [cls.within(p) for p in parts if isinstance(p, Mapping)] if isinstance(parts, list) else []
        first = next((place for place in inner if place != cls()), cls())
        return cls(*(_text(settings.get(name)) or old for name, old in vars(first).items()))

    def holds(self, seen: Seen) -> bool | None:
        """Whether one name is one person in both; None: it cannot be known."""
        # empty is unknown, and equal to nothing
        if (self.store and self.store == seen.store) or (self.origin and self.origin == seen.origin):
            return True
        # drawn walkers are nobody, so that nobody elsewhere can be one of them, whatever they are called
        if self.dataset and is_drawn(seen.dataset) and not is_drawn(self.dataset):
            return False
        if seen.dataset in PUBLISHED and self.dataset in PUBLISHED:
            return seen.dataset == self.dataset
        return None


@dataclass(frozen=True)
class _Network:
    """A network behind vectors, whom it has seen, and where those come from whom it embedded."""

    title: str
    memory: SeenSubjects
    place: Place
    part: str


def seen_warnings(embeddings: Sequence[Embeddings]) -> list[str]:
    """Sentences about people in embeddings whom a network behind them has seen; none where nobody is."""
    titles_of: dict[tuple[str, str], list[str]] = {}
    for one in embeddings:
        for network in _networks(one.settings, Place(), ""):
            for sentence in _sentences(network, _subjects(one.records)):
                titles = titles_of.setdefault(sentence, [])
                titles += [network.title] if network.title not in titles else []
    return [f"{before}{_joined(titles)}{after}" for (before, after), titles in titles_of.items()]


def familiar_walks(networks: Sequence[Mapping[str, Any]], place: Place, records: Iterable[SequenceRecord]) -> list[str]:
    """Say the sentences of `seen_warnings` about walks that are not embedded in a file.

    Args:
        networks: facts of each, as embeddings hold them.
        place: where the walks come from.
        records: of the walks.
    """
    sentences: dict[str, None] = {}
    for facts in networks:
        network = _Network(_title(facts), _memory(facts), place, "")
        for before, after in _sentences(network, _subjects(records)):
            sentences[f"{before}{network.title}{after}"] = None
    return list(sentences)


def _networks(settings: Mapping[str, Any], place: Place, part: str) -> Iterator[_Network]:
    """The networks that settings of embeddings name; those of fused ones hold their parts' settings."""
    origin = Place(*(_text(settings.get(name)) or old for name, old in vars(place).items()))
    part = _text(settings.get("part")) or part
    parts = settings.get("networks")
    if not isinstance(parts, list):
        yield _Network(_title(settings), _memory(settings), origin, part)
        return
    for one in parts:
        yield from _networks(one if isinstance(one, Mapping) else {}, origin, part)


def _sentences(network: _Network, subjects: frozenset[str]) -> Iterator[tuple[str, str]]:
    """What stands before a network's title and behind it."""
    if network.part == "train":
        yield "The sequences are of the training part of their split: figures on it are no test of ", "."
    sure: dict[str, set[str]] = {"trained": set(), "chose": set()}
    for seen in network.memory.people:
        met, same = subjects & set(seen.subjects), network.place.holds(seen)
        if same:
            sure[seen.how] |= met
        elif met and same is None:
            who = f"{some_of(met, subjects)} have the names of people whom"
            yield f"{who} ", f" has seen in {_where(seen)}: if they are the same people, no figure on them is a test."
        elif met and not is_drawn(seen.dataset):
            who = f"{some_of(met, subjects)} have the names of people whom"
            yield f"{who} ", f" has seen in {seen.dataset}: another data set, so they are taken for others."
    if sure["trained"]:
        why = "figures on them say nothing about people it has never seen."
        yield f"Trained people: {some_of(sure['trained'], subjects)} trained ", f": {why}"
    # who trained the weights has been named already, and that is the worse of the two
    if chose := sure["chose"] - sure["trained"]:
        why = "it was the best on them of all that the run had, so figures on them are too good."
        yield f"{some_of(chose, subjects)} chose the weights of ", f" (held out in training): {why}"
    for reason in network.memory.unknown:
        yield "It is unknown whom ", f" was trained on ({reason}): figures hold only for people it has never seen."


def _where(seen: Seen) -> str:
    known = seen.dataset or "data of which nothing is known"
    return f"{known}, in another store or an earlier state of this one" if seen.store else known


def some_of(met: Iterable[str], subjects: frozenset[str]) -> str:
    """Say how many of the subjects are meant, with the first names."""
    names = sorted(met)
    shown = ", ".join(names[:SHOWN]) + (", ..." if len(names) > SHOWN else "")
    return f"{len(names)} of the {len(subjects)} subjects ({shown})"


def _subjects(records: Iterable[SequenceRecord]) -> frozenset[str]:
    return frozenset(r.subject for r in records if r.subject is not None)


def _memory(facts: Mapping[str, Any]) -> SeenSubjects:
    if "seen" in facts:
        return seen_subjects_from(facts["seen"])
    if "network" not in facts:
        return SeenSubjects(unknown=("the vectors do not say which network made them",))
    return SeenSubjects(unknown=("its vectors were made by an earlier version: embed again",))


def _title(facts: Mapping[str, Any]) -> str:
    """A network's name for a sentence: its title up to a colon."""
    return str(facts.get("title") or facts.get("network") or "the network").partition(":")[0]


def _joined(titles: Sequence[str]) -> str:
    return " and ".join(titles)


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
