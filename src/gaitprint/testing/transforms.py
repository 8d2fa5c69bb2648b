"""What every transform promises, whoever wrote it."""

import numpy as np

from gaitprint.components import component_names, find_component, name_of
from gaitprint.retrieval.budget import ComputeBudget
from gaitprint.retrieval.contracts import FittedTransform, Transform
from gaitprint.retrieval.gallery_delta import GalleryDelta
from gaitprint.retrieval.pipeline import Pipeline
from gaitprint.testing.embeddings import drawn_sides, hard_cases
from gaitprint.testing.pipelines import check_in_pipeline
from gaitprint.testing.promises import Promises, expect, expect_declares, expect_near, promises_of
from gaitprint.testing.steps import transformed
from gaitprint.testing.tuning import check_transform_tuning
from gaitprint.types import Embeddings


def check_transform(name: str) -> None:
    """Try all that a transform owes, before each of our scorers; see `gaitprint.retrieval.contracts.Transform`.

    Args:
        name: of a transform of ours, or the dotted path of a module elsewhere that ends with `component = ...`.

    Raises:
        ContractError: a promise is broken; it says which.
        ComponentError: no transform has that name.
    """
    for about in promises_of("transform", name):
        with about.promise(
            "it is built as Transform(settings) that can fit, with settings, transductive and per_sequence"
        ):
            step = about.make()
            expect_declares(step, Transform, ("settings", "transductive", "inductive", "per_sequence"))
        with about.promise("a step that is told to look at one probe at a time (`inductive`) is not transductive"):
            expect(not (step.inductive and step.transductive), "both")
        for case, (probe, gallery) in hard_cases(about.example.blocks).items():
            _check_case(about, step, case, probe.select([0]) if step.inductive else probe, gallery)
        _check_one_probe(about, step)
        if step.per_sequence:
            _check_per_sequence(about, step)
        check_transform_tuning(about, step)
        for compared in component_names("scorer"):
            scorer = find_component("scorer", compared).make()
            # what follows a step of one probe at a time has to be so, too: Pipeline refuses it otherwise
            if not (step.inductive and scorer.transductive):
                check_in_pipeline(about, Pipeline((step,), scorer), about.example.blocks)


def _check_case(about: Promises, step: Transform, case: str, probe: Embeddings, gallery: Embeddings) -> None:
    with about.promise("it changes both sides of any embeddings, and leaves the given ones as they are"):
        before = [side.vectors.tobytes() for side in (probe, gallery)]
        fitted = step.fit(gallery, ComputeBudget())
        sides = fitted.transform(probe)
        expect(isinstance(sides, tuple) and len(sides) == 2, f"a {type(sides).__name__} for {case}")
        expect(all(isinstance(side, Embeddings) for side in sides), f"no two Embeddings for {case}")
        expect(isinstance(fitted, FittedTransform), f"a {type(fitted).__name__} that is no FittedTransform")
        same = [side.vectors.tobytes() for side in (probe, gallery)] == before
        expect(same, f"the given vectors changed for {case}")
        expect(all("transforms" not in side.settings for side in (probe, gallery)), "the given settings changed")
    for given, made in zip((probe, gallery), sides, strict=True):
        with about.promise("vectors stay float32 and finite; records, layout and source stay as they are"):
            expect(made.vectors.dtype == np.float32, f"{made.vectors.dtype} for {case}")
            expect(np.isfinite(made.vectors).all(), f"vectors that are not finite for {case}")
            for key in ("records", "layout", "source"):
                expect(getattr(made, key) == getattr(given, key), f"other {key} for {case}")
        with about.promise(
            "it is noted in settings['transforms']: gaitprint.retrieval.derived_embeddings.derive does it"
        ):
            listed = made.settings.get("transforms")
            last = listed[-1] if isinstance(listed, list) and listed else None
            noted = last.get("name") if isinstance(last, dict) else None
            expect(noted == name_of(step), f"{noted!r} noted and not {name_of(step)!r}")


def _check_one_probe(about: Promises, step: Transform) -> None:
    with about.promise("a fitted gallery answers one probe after another as all of it with that probe does"):
        probe, gallery = drawn_sides(about.example.blocks, 3, 12, seed=5)
        fitted = step.fit(gallery, ComputeBudget())
        for i in (0, 2, 0):
            delta = fitted.apply(GalleryDelta.of_probe(probe.vectors[i]))
            after = transformed(step, probe.select([i]), gallery)
            expect_near(delta.probe, after[0].vectors, 1e-5, 1e-6, "a probe")
            expect_near(delta.patched(fitted.gallery.vectors), after[1].vectors, 1e-5, 1e-6, "the gallery")


def _check_per_sequence(about: Promises, step: Transform) -> None:
    with about.promise("it says per_sequence, so each sequence comes out the same by itself"):
        probe, gallery = drawn_sides(about.example.blocks, 9, 6)
        alone, whole = transformed(step, probe.select([2]), gallery.select([5])), transformed(step, probe, gallery)
        expect_near(alone[0].vectors, whole[0].vectors[2:3], 1e-6, 0.0, "a probe")
        expect_near(alone[1].vectors, whole[1].vectors[5:6], 1e-6, 0.0, "a gallery item")
