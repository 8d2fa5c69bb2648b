"""Walks that were said not to be somebody: fewer strangers like those are named, and the known are found as before."""

from pathlib import Path

import numpy as np
from drawn_people import drawn, filled

import gaitprint as gp

PEOPLE, LIKE = 60, 40
"""People who are enrolled, and strangers who look like one of them each."""


def strangers(takes: range) -> gp.Embeddings:
    """Walks of strangers, each near somebody who is enrolled, though not as near as they to themselves."""
    vectors, records = [], []
    for s in range(LIKE):
        own = drawn(range(s, s + 1), range(1), noise=0.0).vectors[0]
        aside = np.random.default_rng([11, s]).standard_normal(len(own))
        for take in takes:
            beside = 0.15 * np.random.default_rng([12, s, take]).standard_normal(len(own))
            vectors.append(own + 1.6 * aside / np.linalg.norm(aside) + beside)
            records.append(gp.SequenceRecord(f"stranger {s}/{take}", None, "", ""))
    layout = drawn(range(1)).layout
    return gp.Embeddings(np.array(vectors, np.float32), tuple(records), layout, "drawn")


def rates(gallery: gp.Gallery) -> tuple[float, float]:
    """False alarms by new walks of those strangers; known whose new walks find them not (FNIR)."""
    others = gallery.identify(strangers(range(5, 8)), top=1, log=False)
    known = drawn(range(PEOPLE), range(5, 8))
    found = gallery.identify(known, top=1, log=False)
    missed = [a.name != r.subject for a, r in zip(found, known.records, strict=True)]
    return float(np.mean([a.person is not None for a in others])), float(np.mean(missed))


def test_negatives_lower_false_alarms_and_leave_the_known_alone(tmp_path: Path) -> None:
    gallery = filled(tmp_path / "g", range(PEOPLE), range(4))
    gallery.calibrate(drawn(range(500, 800), range(1)))
    alarms, missed = rates(gallery)
    assert alarms > 0.3, "strangers like these are what negatives are for"
    seen = strangers(range(2))
    for i, answer in enumerate(gallery.identify(seen, top=1, log=False)):
        if answer.person is not None:
            gallery.reject(seen.select([i]), f"id:{answer.person}")
    after, still = rates(gallery)
    assert after < 0.5 * alarms, "walks of the same strangers, which nobody has rejected"
    people = PEOPLE
    half = 1.96 * np.sqrt(max(missed * (1 - missed), 1 / people) / people)
    assert abs(still - missed) <= half, "the interval of FNIR, by people"
