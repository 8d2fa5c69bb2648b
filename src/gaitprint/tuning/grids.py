"""The pipelines that tuning tries, made of what steps declare, each around what the ones before have found."""

from collections.abc import Callable, Sequence

from gaitprint.retrieval.distances.metrics import MetricName
from gaitprint.retrieval.tunable import DataShape, ScorerTuning, Table, scorer_tuning
from gaitprint.tuning.simplicity import PLAIN, is_expansion, resolved, settings_of
from gaitprint.tuning.steps import TunedSteps


def distances(shape: DataShape, steps: TunedSteps) -> list[Table]:
    """Ways to compare pair by pair; with several networks also their weights."""
    scorers, changed = steps.scorers_of("distance"), steps.transforms_of("distance")
    tables: list[Table] = [{"transforms": [], "scorer": step} for step in _all(scorers)]
    scales: list[list[Table]] = [[]]
    for name, tuning in changed.items():
        candidates = [{"name": name, **settings} for settings in tuning.candidates(shape)]
        sensitive = {n: s for n, s in scorers.items() if not (s.scale_free and tuning.only_scales)}
        tables += [{"transforms": [step], "scorer": scorer} for step in candidates for scorer in _all(sensitive)]
        scales += [candidates[-1:]] if tuning.only_scales else []
    weights = [
        {"name": name, **settings}
        for name, tuning in steps.transforms_of("weights").items()
        for settings in tuning.candidates(shape)
    ]
    return tables + [
        {"transforms": [*scale, step], "scorer": dict(PLAIN["scorer"])} for scale in scales for step in weights
    ]


def rerankings(start: Table, steps: TunedSteps) -> list[Table]:
    """`start` with every re-ranking to begin with in place of its scorer, on the distance it has."""
    return _reranked(start, steps, lambda tuning, base: tuning.candidates(base))


def rerankings_after_expansion(start: Table, steps: TunedSteps) -> list[Table]:
    """The same behind an expansion."""
    return _reranked(start, steps, lambda tuning, base: tuning.after_expansion(base))


def refined(reranked: Table, steps: TunedSteps) -> list[Table]:
    """A re-ranking with settings around its own."""
    scorer = reranked["scorer"]
    found = steps.scorers[scorer["name"]].refined(settings_of(scorer))
    return [{**reranked, "scorer": {"name": scorer["name"], **settings}} for settings in found]


def other_bases(reranked: Table, steps: TunedSteps) -> list[Table]:
    """A re-ranking on the other distances, of vectors as they are and behind each transform of distances."""
    scorer = reranked["scorer"]
    tuning, firsts = steps.scorers[scorer["name"]], _firsts(steps)
    others = [step for step in reranked["transforms"] if step not in [first for first, _ in firsts]]
    based = tuning.other_bases(settings_of(scorer))
    tables: list[Table] = [{"transforms": others, "scorer": {"name": scorer["name"], **s}} for s in based]
    return tables + [
        {"transforms": [first, *others], "scorer": {"name": scorer["name"], **settings}}
        for first, only_scales in firsts
        for settings in based
        if not (only_scales and tuning.scale_free_with(settings))
    ]


def expansions(shape: DataShape, steps: TunedSteps) -> list[Table]:
    """Steps that average sequences with near ones."""
    tunings = steps.transforms_of("expansion").items()
    return [{"name": name, **settings} for name, tuning in tunings for settings in tuning.candidates(shape)]


def expanded(start: Table, step: Table) -> Table:
    """`start` with an expansion as the last of its transforms, in place of the one it has."""
    return {**start, "transforms": [*(t for t in start["transforms"] if not is_expansion(t)), step]}


def variations(table: Table, steps: TunedSteps) -> list[Table]:
    """A resolved, expanded pipeline with one thing of its expansion changed, or a transform before or after it."""
    step = next(t for t in table["transforms"] if is_expansion(t))
    changes = steps.transforms[step["name"]].variations(settings_of(step))
    tables = [
        {**table, "transforms": [{**t, **change} if t is step else t for t in table["transforms"]]}
        for change in changes
    ]
    for first, _ in _firsts(steps):
        if not any(t["name"] == first["name"] for t in table["transforms"]):
            own = table["transforms"]
            tables += [{**table, "transforms": both} for both in ([first, *own], [*own, first])]
    return tables


def _all(scorers: dict[str, ScorerTuning]) -> list[Table]:
    return [{"name": name, **settings} for name, tuning in scorers.items() for settings in tuning.candidates(None)]


def _firsts(steps: TunedSteps) -> list[tuple[Table, bool]]:
    """The first candidate of each transform of distances, every setting said, and whether it only scales."""
    found: list[tuple[Table, bool]] = []
    for name, tuning in steps.transforms_of("distance").items():
        first = {"name": name, **tuning.candidates(DataShape(1, (1,)))[0]}
        found.append((resolved({"transforms": [first]})["transforms"][0], tuning.only_scales))
    return found


Asked = Callable[[ScorerTuning, MetricName | None], Sequence[Table]]


def _reranked(start: Table, steps: TunedSteps, asked: Asked) -> list[Table]:
    scorer = start["scorer"]
    plain = scorer_tuning(scorer["name"])
    base = None if plain is None else plain.base_of(settings_of(scorer))
    return [
        {**start, "scorer": {"name": name, **settings}}
        for name, tuning in steps.scorers_of("re-ranking").items()
        for settings in asked(tuning, base)
    ]
