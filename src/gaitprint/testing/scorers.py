"""What every scorer promises, whoever wrote it."""

import numpy as np

from gaitprint.components import component_names, find_component
from gaitprint.retrieval.budget import ComputeBudget
from gaitprint.retrieval.contracts import Scorer
from gaitprint.retrieval.distances.contributions import PartSum, part_contributions
from gaitprint.retrieval.pipeline import Pipeline
from gaitprint.testing.embeddings import drawn_sides, hard_cases
from gaitprint.testing.pipelines import check_in_pipeline
from gaitprint.testing.promises import Promises, expect, expect_declares, expect_near, promises_of
from gaitprint.testing.steps import compared
from gaitprint.testing.tuning import check_scorer_tuning


def check_scorer(name: str) -> None:
    """Try all that a scorer owes, alone and after each of our transforms; see `gaitprint.retrieval.contracts.Scorer`.

    Args:
        name: of a scorer of ours, or the dotted path of a module elsewhere that ends with `component = ...`.

    Raises:
        ContractError: a promise is broken; it says which.
        ComponentError: no scorer has that name.
    """
    for about in promises_of("scorer", name):
        with about.promise(
            "it is built as Scorer(settings) that can fit, with settings, transductive, pairwise, part_sum and distance"
        ):
            step = about.make()
            expect_declares(step, Scorer, ("settings", "transductive", "inductive", "pairwise", "part_sum", "distance"))
        with about.promise("`distance` says in one line what the numbers are"):
            said = step.distance
            expect(isinstance(said, str) and bool(said.strip()) and "\n" not in said, repr(said))
        _check_hard_cases(about, step)
        _check_copies(about, step)
        if step.pairwise:
            _check_pairs(about, step)
        if step.part_sum is not None:
            _check_part_sum(about, step, step.part_sum)
        check_scorer_tuning(about, step)
        check_in_pipeline(about, Pipeline((), step), about.example.blocks)
        for transform in component_names("transform"):
            before = find_component("transform", transform).make()
            check_in_pipeline(about, Pipeline((before,), step), about.example.blocks)


def _check_hard_cases(about: Promises, step: Scorer) -> None:
    for case, (probe, gallery) in hard_cases(about.example.blocks).items():
        with about.promise("any embeddings give float32 [Q, G], finite and at least 0"):
            comparison = step.fit(gallery, ComputeBudget()).compare(probe)
            expect(comparison.shape == (len(probe), len(gallery)), f"{list(comparison.shape)} for {case}")
            found = comparison.rows(0, len(probe))
            expect(found.dtype == np.float32, f"{found.dtype} for {case}")
            expect(found.shape == (len(probe), len(gallery)), f"{list(found.shape)} for {case}")
            expect(np.isfinite(found).all(), f"values that are not finite for {case}")
            expect(found.min() >= 0, f"{found.min()} for {case}")


def _check_copies(about: Promises, step: Scorer) -> None:
    """Steps that look at neighbours need more items than they look at."""
    with about.promise("small is alike: the nearest of a sequence is its own copy"):
        _, gallery = drawn_sides(about.example.blocks, 1, 8 if step.pairwise else 48, seed=4)
        wrong = np.flatnonzero(compared(step, gallery, gallery).argmin(axis=1) != np.arange(len(gallery)))
        expect(not len(wrong), f"another item for {len(wrong)} of {len(gallery)} sequences")


def _check_pairs(about: Promises, step: Scorer) -> None:
    with about.promise("it says pairwise, so the distance of two sequences is a matter of these two alone"):
        probe, gallery = drawn_sides(about.example.blocks, 5, 7)
        whole = compared(step, probe, gallery)
        for q, g in ((0, 0), (2, 5), (4, 6)):
            alone = compared(step, probe.select([q]), gallery.select([g]))
            expect_near(alone[0, 0], whole[q, g], 1e-6, 0.0, "a pair by itself")


def _check_part_sum(about: Promises, step: Scorer, part_sum: PartSum) -> None:
    with about.promise("it says part_sum, so what the parts of a pair add makes its distance"):
        probe, gallery = drawn_sides(about.example.blocks, 5, 7)
        whole = compared(step, probe, gallery)
        for q, g in ((0, 0), (2, 5), (4, 6)):
            pair = probe.vectors[q : q + 1], gallery.vectors[g : g + 1]
            parts = part_contributions(*pair, probe.layout, part_sum)[0]
            expect(parts.min() >= 0, f"a part that adds {parts.min()}")
            expect_near(part_sum.distance(parts.sum()), whole[q, g], 1e-5, 1e-6, "a pair")
    with about.promise("the factors of its part_sum are contributions divided by squares"):
        squares = np.array([0.0, 1e-6, 0.3, 2.0])
        expect_near(part_sum.factors(squares) * squares, part_sum.contributions(squares), 1e-9, 0.0, "four parts")
