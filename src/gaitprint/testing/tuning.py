"""What a transform or a scorer promises that declares its `tuning`."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from gaitprint.config import settings_to_dict
from gaitprint.retrieval.budget import ComputeBudget
from gaitprint.retrieval.contracts import Scorer, Transform
from gaitprint.retrieval.joint.sides import JointSides
from gaitprint.retrieval.tunable import DataShape, ScorerTuning, Settings, TransformTuning
from gaitprint.testing.embeddings import drawn_sides
from gaitprint.testing.promises import Promises, expect, expect_near
from gaitprint.testing.steps import compared, transformed

SEQUENCES = 4
"""Of a subject, as far as candidates are told."""
_MANY = 40


def check_scorer_tuning(about: Promises, step: Scorer) -> None:
    """Try what a scorer declares for tuning, if it does."""
    tuning: ScorerTuning | None = about.component.tuning
    if tuning is None:
        return
    with about.promise("all that its tuning tries are settings of it"):
        begun = [_made(about, settings) for settings in tuning.candidates(None)]
        expect(begun, "no candidates")
        first = _settings(begun[0])
        for settings in (*tuning.refined(first), *tuning.other_bases(first), *tuning.after_expansion(None)):
            _made(about, settings)
    _check_complexity(about, tuning, first)
    probe, gallery = drawn_sides(about.example.blocks, 7, _MANY, seed=6)
    for made in (begun[0],) if step.inductive else (begun[0], step):
        with about.promise("what its tuning computes jointly are the scorer's own distances"):
            joint = tuning.joint(made, JointSides(probe, gallery, ComputeBudget()))
            if joint is not None:
                expect_near(joint, compared(made, probe, gallery), 2e-5, 2e-6, "distances")


def check_transform_tuning(about: Promises, step: Transform) -> None:
    """Try what a transform declares for tuning, if it does."""
    tuning: TransformTuning | None = about.component.tuning
    if tuning is None:
        return
    with about.promise("all that its tuning tries are settings of it"):
        networks = tuple(1 for _ in about.example.blocks)
        begun = [_made(about, settings) for settings in tuning.candidates(DataShape(SEQUENCES, networks))]
        expect(begun, f"no candidates for {len(networks)} networks")
        first = _settings(begun[0])
        for change in tuning.variations(first):
            _made(about, {**first, **change})
    _check_complexity(about, tuning, first)
    probe, gallery = drawn_sides(about.example.blocks, 7, _MANY, seed=6)
    for made in (begun[0],) if step.inductive else (begun[0], step):
        with about.promise("what its tuning computes jointly are the transform's own embeddings"):
            joint = tuning.joint(made, JointSides(probe, gallery, ComputeBudget()))
            if joint is not None:
                for found, own in zip(joint, transformed(made, probe, gallery), strict=True):
                    expect_near(found.vectors, own.vectors, 2e-5, 2e-6, "vectors")


def _check_complexity(about: Promises, tuning: ScorerTuning | TransformTuning, settings: Settings) -> None:
    with about.promise("its tuning says of settings how complex they are, as a tuple of numbers"):
        found = tuning.complexity(settings)
        expect(isinstance(found, tuple) and np.isfinite(np.array(found, float)).all(), repr(found))


def _made(about: Promises, settings: Mapping[str, Any]) -> Any:
    return about.component.make(dict(settings), f"a candidate of {about.name}")


def _settings(step: Scorer | Transform) -> Settings:
    return settings_to_dict(step.settings)
