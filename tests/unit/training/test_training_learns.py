"""A minute of training must bring what chance and an untrained network do not (the pain: training "works" at 2%)."""

from pathlib import Path

import numpy as np
import pytest

from gaitprint.stages.embed import embed
from gaitprint.stages.prepare import prepare
from gaitprint.stages.train import train

pytestmark = pytest.mark.usefixtures("one_thread")

PROBES = ("nm-05", "nm-06")


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    """Sixteen walkers, eight to train on: guessing one of eight is right in 12.5 %."""
    root = tmp_path_factory.mktemp("many") / "store"
    conditions = [f"nm-{i:02d}" for i in range(1, 7)]
    settings = {"subjects": 16, "frames": 12, "views": ["036", "090"], "conditions": conditions}
    prepare(Path("synthetic"), root, dataset="synthetic", settings=settings)
    return root


def rank1(embeddings):
    """Other walks of the same view: how often the nearest is the same walker."""
    right = []
    for i, probe in enumerate(embeddings.records):
        if probe.condition in PROBES:
            gallery = [
                j for j, g in enumerate(embeddings.records) if g.condition not in PROBES and g.view == probe.view
            ]
            best = min(gallery, key=lambda j: np.linalg.norm(embeddings.vectors[i] - embeddings.vectors[j]))
            right.append(embeddings.records[best].subject == probe.subject)
    assert len(right) == 32
    return float(np.mean(right))


@pytest.mark.parametrize("network", ["gaitgl", "gaitmask"])
def test_seconds_of_training_recognise_people_never_seen_before(network, many, recipe_file, tmp_path):
    settings = 'channels = [4, 8, 16]\ntrunk_norm = "batch"'
    recipe = str(recipe_file(network, settings, iterations=120, subjects=8, sequences=3, checkpoint_every=1000))
    report = train(many, tmp_path / "run", recipe=recipe)
    assert report.final["accuracy"] > 0.4  # 0.69 and 0.58 where this was written, guessing 0.125
    assert not report.messages
    untrained = train(many, tmp_path / "raw", recipe=recipe, overrides=["training.iterations=1"])
    before = rank1(embed(many, [Path(untrained.model)]))
    after = rank1(embed(many, [Path(report.model)]))
    assert after >= 0.5  # 0.66 and 0.69
    assert before <= 0.4  # 0.28 and 0.25
