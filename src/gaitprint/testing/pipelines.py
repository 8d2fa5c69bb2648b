"""What a transform and a scorer promise as steps of a pipeline, with every step of ours before or after them."""

import numpy as np

from gaitprint.retrieval.pipeline import Pipeline
from gaitprint.testing.embeddings import Blocks, drawn_sides
from gaitprint.testing.promises import Promises, expect, expect_near

PROBES, GALLERY, FEWER = 17, 8, 4


def check_in_pipeline(about: Promises, pipeline: Pipeline, blocks: Blocks) -> None:
    """Distances in full precision, whatever the order of rows, and no look at other probes that is not declared.

    Raises:
        ContractError: a promise is broken.
    """
    probe, gallery = drawn_sides(blocks, PROBES, GALLERY)
    within = f"in {pipeline.label}"
    with about.promise("distances are float32 [Q, G], small is alike, none of them rounded to half precision"):
        whole = pipeline.distances(probe, gallery)
        kind = f"{whole.dtype} {list(whole.shape)}"
        expect(whole.dtype == np.float32 and whole.shape == (PROBES, GALLERY), f"{kind} {within}")
        expect(np.isfinite(whole).all(), f"values that are not finite {within}")
        # distances that are whole numbers, such as counts, are exact in half precision too
        half = np.array_equal(whole, whole.astype(np.float16).astype(np.float32))
        expect(not half or np.array_equal(whole, np.rint(whole)), f"half precision {within}")
    with about.promise("the order of rows does not matter: another order gives the same distances in that order"):
        # sums in another order round otherwise, and that is all that may differ
        rows, columns = np.random.default_rng(1).permutation(PROBES), np.random.default_rng(2).permutation(GALLERY)
        found = pipeline.distances(probe.select(rows), gallery.select(columns))
        expect_near(found, whole[rows][:, columns], 2e-6, 0.0, f"rows in another order, {within}")
    with about.promise("`transductive` is true exactly where other probes change a probe's distances"):
        probe, gallery = drawn_sides(blocks, PROBES, GALLERY, seed=3)
        whole = pipeline.distances(probe, gallery)[:FEWER]
        fewer = pipeline.distances(probe.select(range(FEWER)), gallery)
        differs = not np.allclose(fewer, whole, rtol=1e-6, atol=0)
        said = f"{PROBES - FEWER} probes fewer {'change' if differs else 'do not change'} the others' distances"
        expect(pipeline.transductive == differs, f"transductive = {pipeline.transductive}, and {said} {within}")
    if not pipeline.transductive:
        with about.promise("in live use, one probe after another on a fitted gallery, distances are the same"):
            fitted, some = pipeline.fit(gallery), probe.select(range(FEWER))
            expect_near(fitted.distances(some), whole, 1e-5, 1e-5 * float(np.abs(whole).max()), f"fitted {within}")
        with about.promise("an edited gallery answers as one that was fitted from the start"):
            left = [0, 1, 3, 4, 6, 7]
            changed = pipeline.fit(gallery.select(range(GALLERY - 2))).remove([gallery.records[i].key for i in (2, 5)])
            found = changed.insert(gallery.select(left[-2:])).distances(some)
            wanted = pipeline.fit(gallery.select(left)).distances(some)
            expect_near(found, wanted, 1e-6, 1e-6 * float(np.abs(wanted).max()), f"an edited gallery {within}")
