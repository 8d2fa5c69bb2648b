"""The pages are run after the demo that the README makes: what holds in the small copy must hold in the real one."""

from docs_demo import WALKERS

from gaitprint.components import find_component
from gaitprint.datasets.synthetic import SyntheticSettings
from gaitprint.stages.demo import SUBJECTS


def test_the_small_demo_is_a_part_of_the_real_one() -> None:
    """Same ids, on the same side of the split, walking under conditions and seen from views that the real one has."""
    split = find_component("dataset", "synthetic").make().split
    ids = [f"{i:03d}" for i in range(1, SUBJECTS + 1)]
    ours = ids[WALKERS["start"] - 1 :][: WALKERS["subjects"]]
    small, real = split(None, ours), split(None, ids)
    assert len(small.train) == len(small.test) == WALKERS["subjects"] / 2
    assert set(small.train) <= set(real.train)
    assert set(small.test) <= set(real.test)
    assert set(WALKERS["conditions"]) <= set(SyntheticSettings().conditions)
    assert set(WALKERS["views"]) <= set(SyntheticSettings().views)
