from dataclasses import replace

import numpy as np
import pytest

from gaitprint.checks import identity as _identity_check
from gaitprint.checks.appearance import average_silhouette
from gaitprint.checks.identity import kind_of, suspicious_identities
from gaitprint.datasets.synthetic import SyntheticSettings, walkers
from gaitprint.errors import ShapeError
from gaitprint.types import SequenceRecord

People = tuple[list[SequenceRecord], np.ndarray]


@pytest.fixture(scope="module")
def people() -> People:
    """Fourteen people of different outline, four normal walks and two with a coat each, three views.

    The widths of rows differ by a tenth between walks of one person of what they do between people.
    """
    generator = np.random.default_rng(0)
    records, averages = [], []
    for subject in range(1, 15):
        for kind, walks in (("cl", 2), ("nm", 4)):
            outlines = {view: generator.normal(10, 2, 32) for view in ("036", "090", "144")}
            for walk in range(1, walks + 1):
                for view, outline in outlines.items():
                    name, condition = f"{subject:03d}", f"{kind}-{walk:02d}"
                    records.append(SequenceRecord(f"{name}/{condition}/{view}", name, condition, view))
                    averages.append(drawn(outline + generator.normal(0, 0.2, 32)))
    return records, np.stack(averages)


def drawn(widths: np.ndarray) -> np.ndarray:
    """A picture uint8 [32, 32] of rows of these widths in cells, grey at the edges."""
    away = np.abs(np.arange(32) - 15.5)
    return np.rint(255 * np.clip(widths[:, None] / 2 + 0.5 - away, 0, 1)).astype(np.uint8)


def swapped(records: list[SequenceRecord], a: str, b: str, condition: str, views: str = "") -> list[SequenceRecord]:
    other = {a: b, b: a}

    def renamed(r: SequenceRecord) -> SequenceRecord:
        if r.subject not in other or r.condition != condition or views not in r.view:
            return r
        subject = other[r.subject]
        return SequenceRecord(f"{subject}/{r.condition}/{r.view}", subject, r.condition, r.view)

    return [renamed(r) for r in records]


def test_walks_under_their_own_names_are_not_doubted(people: People) -> None:
    assert list(suspicious_identities(*people)) == []
    records, averages = people
    assert list(suspicious_identities(records, averages[:, :, 5:27])) == []


def test_drawn_walkers_are_told_apart_too() -> None:
    conditions = ("nm-01", "nm-02", "nm-03", "nm-04")
    made = list(walkers(SyntheticSettings(12, 3, 24, conditions, ("000", "036", "090", "144"))))
    records, averages = [record for record, _ in made], np.stack([average_silhouette(frames) for _, frames in made])
    assert list(suspicious_identities(records, averages)) == []
    (finding,) = suspicious_identities(swapped(records, "003", "007", "nm-03"), averages)
    assert finding.keys == ("003/nm-03 like 007", "007/nm-03 like 003")


def test_two_swapped_walks_are_named_with_whom_they_look_like(people: People) -> None:
    records, averages = people
    (finding,) = suspicious_identities(swapped(records, "003", "007", "nm-03"), averages)
    assert finding.severity == "warning"
    assert finding.what == "walks that look like another subject's in most views: 2"
    assert finding.keys == ("003/nm-03 like 007", "007/nm-03 like 003")


@pytest.mark.parametrize("views", ["", "090"])
def test_the_order_of_sequences_does_not_matter(views: str, people: People) -> None:
    records, averages = people
    wrong = swapped(records, "003", "007", "nm-03", views)
    order = np.random.default_rng(0).permutation(len(records))
    shuffled = list(suspicious_identities([wrong[i] for i in order], averages[order]))
    assert shuffled == list(suspicious_identities(wrong, averages))
    assert [len(f.keys) for f in shuffled] == [2]


def test_a_folder_under_a_wrong_name_is_named(people: People) -> None:
    records, averages = people
    wrong = [
        SequenceRecord(f"009/nm-09/{r.view}", "009", "nm-09", r.view) if r.key.startswith("002/nm-04") else r
        for r in records
    ]
    (finding,) = suspicious_identities(wrong, averages)
    assert finding.keys == ("009/nm-09 like 002",)


def test_of_two_walks_of_a_kind_both_are_named(people: People) -> None:
    records, averages = people
    (finding,) = suspicious_identities(swapped(records, "001", "012", "cl-01"), averages)
    assert set(finding.keys) <= {"001/cl-01 like 012", "001/cl-02 like 012", "012/cl-01 like 001", "012/cl-02 like 001"}
    assert {"001/cl-01 like 012", "012/cl-01 like 001"} <= set(finding.keys)


def test_one_swapped_view_is_named_by_itself(people: People) -> None:
    records, averages = people
    (finding,) = suspicious_identities(swapped(records, "003", "007", "nm-03", "090"), averages)
    assert finding.what == "single sequences that look like another subject's: 2"
    assert finding.keys == ("003/nm-03/090 like 007", "007/nm-03/090 like 003")
    only = [i for i, r in enumerate(records) if r.view == "090"]
    wrong = swapped([records[i] for i in only], "003", "007", "nm-03")
    (finding,) = suspicious_identities(wrong, averages[only])
    assert finding.keys == ("003/nm-03/090 like 007", "007/nm-03/090 like 003")


def test_two_views_are_too_few_for_a_walk_and_one_other_walk_for_a_sequence(people: People) -> None:
    records, averages = people
    wrong = swapped(records, "003", "007", "cl-02")
    few = [i for i, r in enumerate(records) if r.view != "144" and r.condition.startswith("cl")]
    assert list(suspicious_identities([wrong[i] for i in few], averages[few])) == []


def test_where_looks_tell_nobody_apart_nothing_is_said() -> None:
    generator = np.random.default_rng(0)
    records = [
        SequenceRecord(f"{s}/nm-{c}/{v}", str(s), f"nm-{c}", str(v))
        for s in range(10)
        for c in range(4)
        for v in range(5)
    ]
    averages = generator.integers(0, 256, (len(records), 32, 22), dtype=np.uint8)
    assert list(suspicious_identities(records, averages)) == []


def test_groups_that_are_too_large_are_left_out_and_counted(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    records, averages = people
    monkeypatch.setattr(_identity_check, "MAX_GROUP", 4 * 14 - 1)
    wrong = swapped(swapped(records, "003", "007", "nm-03"), "001", "012", "cl-01")
    first, second = suspicious_identities(wrong, averages)
    assert all("/cl-0" in key for key in first.keys)
    assert (second.severity, second.keys) == ("note", ())
    assert second.what == "sequences not compared by their looks: 168, more than 55 of one view and kind"


def test_the_nearest_are_those_of_slow_loops(monkeypatch: pytest.MonkeyPatch) -> None:
    generator = np.random.default_rng(0)
    walks = sorted((int(s), f"nm-{c}") for s, c in generator.integers(0, 6, (40, 2)))
    averages = generator.integers(100, 110, (40, 4, 3), dtype=np.uint8)
    monkeypatch.setattr(_identity_check, "_BLOCK", 40 * 7)
    found = _identity_check._nearest(averages, walks)
    for i, (subject, condition) in enumerate(walks):
        own, other, who = np.inf, np.inf, set()
        for j, (them, theirs) in enumerate(walks):
            distance = float(np.sqrt(np.mean((averages[i].astype(float) - averages[j]) ** 2)))
            if them == subject and theirs != condition:
                own = min(own, distance)
            elif them != subject and distance < other + 1e-9:
                who = {them} | (who if distance > other - 1e-9 else set())
                other = min(other, distance)
        assert found.own[i] == pytest.approx(own, rel=1e-4)
        assert found.other[i] == pytest.approx(other, rel=1e-4)
        assert found.who[i] in who
        assert found.walks[i] == len({c for s, c in walks if s == subject}) - 1


def test_kinds_are_conditions_without_their_number() -> None:
    names = ["nm-01", "00", "H-scene1-nm-1", "day", "indoor-nm", "cl2", ""]
    assert [kind_of(name) for name in names] == ["nm", "", "H-scene1-nm", "day", "indoor-nm", "cl", ""]


def test_degenerate_sets_are_silent(people: People) -> None:
    records, averages = people
    assert list(suspicious_identities([], np.zeros((0, 32, 32), np.uint8))) == []
    assert list(suspicious_identities(records[:1], averages[:1])) == []
    one = [i for i, r in enumerate(records) if r.subject == "001"]
    assert list(suspicious_identities([records[i] for i in one], averages[one])) == []
    assert list(suspicious_identities([replace(r, subject=None) for r in records], averages)) == []
    assert list(suspicious_identities(records, np.repeat(averages[:1], len(records), axis=0))) == []
    assert list(suspicious_identities(records, np.zeros_like(averages))) == []
    single = [i for i, r in enumerate(records) if r.condition == "nm-01"]
    assert list(suspicious_identities([records[i] for i in single], averages[single])) == []


def test_averages_need_their_records(people: People) -> None:
    with pytest.raises(ShapeError, match="252 records came with 1 average silhouettes"):
        list(suspicious_identities(people[0], people[1][:1]))
