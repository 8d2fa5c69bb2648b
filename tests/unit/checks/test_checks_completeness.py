import pytest

from gaitprint.checks.completeness import missing_views
from gaitprint.types import SequenceRecord


def records(subjects: int, lacking: set[str], views: tuple[str, ...] = ("000", "018", "036")) -> list[SequenceRecord]:
    keys = [f"{s:03d}/{c}/{v}" for s in range(1, subjects + 1) for c in ("bg-01", "nm-01") for v in views]
    return [SequenceRecord(key, *key.split("/")) for key in keys if key not in lacking]


def test_whole_walks_are_no_finding() -> None:
    assert list(missing_views(records(10, set()))) == []


def test_missing_views_are_named_walk_by_walk() -> None:
    lacking = {"005/bg-01/018", "005/bg-01/036", "007/nm-01/000"}
    (finding,) = missing_views(records(10, lacking))
    assert (finding.severity, finding.what) == ("note", "walks that lack views which nearly all have: 2 of 20")
    assert finding.keys == ("005/bg-01: 018, 036", "007/nm-01: 000")


def test_a_subject_stands_for_all_its_walks() -> None:
    (finding,) = missing_views(records(20, {"005/bg-01/018", "005/nm-01/018", "006/bg-01/000", "006/nm-01/018"}))
    assert finding.what == "walks that lack views which nearly all have: 4 of 40"
    assert finding.keys == ("005: 018", "006/bg-01: 000", "006/nm-01: 018")


@pytest.mark.parametrize(("lacking", "usual"), [(1, True), (2, True), (3, False)])
def test_a_view_that_a_tenth_lacks_is_still_usual(lacking: int, usual: bool) -> None:
    gone = {f"{s:03d}/bg-01/018" for s in range(1, lacking + 1)}
    found = list(missing_views(records(10, gone)))
    assert [len(f.keys) for f in found] == ([lacking] if usual else [])


def test_one_of_five_walks_may_lack_a_view_but_fewer_walks_say_nothing() -> None:
    some = [SequenceRecord(f"{i}/x/{v}", str(i), "x", v) for i in range(5) for v in "ab" if (i, v) != (2, "b")]
    assert [f.keys for f in missing_views(some)] == [("2/x: b",)]
    assert list(missing_views([r for r in some if r.subject != "4"])) == []


def test_chance_views_and_people_unknown_lack_nothing() -> None:
    assert list(missing_views([])) == []
    assert list(missing_views([SequenceRecord(f"{i}/x/{i}", str(i), "x", str(i)) for i in range(30)])) == []
    nobody = [SequenceRecord(f"{i}/x/{v}", None, "x", v) for i in range(9) for v in "ab" if (i, v) != (2, "b")]
    assert list(missing_views(nobody)) == []
