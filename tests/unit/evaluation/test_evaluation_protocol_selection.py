import numpy as np
import pytest

from gaitprint.errors import ProtocolError
from gaitprint.evaluation.protocol.protocol import ProbeSelection, Protocol, Selection, load_protocol
from gaitprint.evaluation.protocol.selection import choose_pool, choose_sides, compared_pairs, matches, require_subjects
from gaitprint.types import SequenceRecord

RECORDS = tuple(
    SequenceRecord(f"{s}/{c}/{v}", s, c, v)
    for s in ("001", "002")
    for c in ("nm-01", "nm-05", "bg-01")
    for v in ("000", "090")
)


def protocol(**values):
    return Protocol(**{"name": "p", "title": "t", "source": "s", "mode": "pooled", **values})


def keys(selection, records=RECORDS):
    return [r.key for r, keep in zip(records, matches(selection, records), strict=True) if keep]


def test_every_criterion_must_be_met():
    assert keys(Selection(conditions=("nm-*",), views=("090",), subjects=("002",))) == [
        "002/nm-01/090",
        "002/nm-05/090",
    ]
    assert len(keys(Selection())) == len(RECORDS)
    assert keys(Selection(conditions=("NM-01",))) == []
    assert keys(Selection(conditions=("nm-0",))) == []


def test_single_sequences_by_key_or_by_long_name():
    assert keys(Selection(keys=("001/nm-01/000", "002-bg-01-090"))) == ["001/nm-01/000", "002/bg-01/090"]


def test_unknown_subjects_are_selected_by_word_only():
    records = (SequenceRecord("a", None, "c", "v"), SequenceRecord("b", "1", "c", "v"))
    assert keys(Selection(labelled=False), records) == ["a"]
    assert keys(Selection(labelled=True), records) == ["b"]
    assert keys(Selection(subjects=("*",)), records) == ["b"]


def test_all_others_are_what_no_probe_selection_takes():
    found = choose_sides(
        protocol(
            gallery=Selection(others=True),
            probes={"A": ProbeSelection(conditions=("nm-05",)), "B": ProbeSelection(conditions=("bg-01",))},
        ),
        RECORDS,
    )
    for side in found:
        assert {RECORDS[i].condition for i in side.gallery} == {"nm-01"}
    assert {RECORDS[i].condition for i in found[1].probes} == {"bg-01"}


def test_a_list_not_handed_over_is_an_error():
    with pytest.raises(ProtocolError, match="PROBE_SET of sequence keys was not handed over"):
        choose_sides(load_protocol("gait3d"), RECORDS)


def test_leave_out_views_are_on_neither_side():
    sides = choose_sides(
        protocol(
            gallery=Selection(conditions=("nm-01",)),
            probes={"P": ProbeSelection(conditions=("nm-05",))},
            leave_out_views=("09?",),
        ),
        RECORDS,
    )
    assert {RECORDS[i].view for i in (*sides[0].probes, *sides[0].gallery)} == {"000"}


@pytest.mark.parametrize(
    ("probes", "gallery", "message"),
    [
        (
            ProbeSelection(conditions=("cl-01", "cl-02")),
            Selection(conditions=("nm-01",)),
            "the probe selection CL of protocol p is empty: no sequence has condition cl-01 or cl-02; "
            "found conditions bg-01, nm-01, nm-05$",
        ),
        (ProbeSelection(views=("1*",)), Selection(), "has view 1[*]; found views 000, 090"),
        (ProbeSelection(subjects=("9",)), Selection(), "has subject 9; found subjects 001, 002"),
        (ProbeSelection(keys=("1-a-b",)), Selection(), "1 keys .1-a-b.*look like 001/nm-01/000 or 001-nm-01-000"),
        (ProbeSelection(labelled=False), Selection(), "no sequence has an unknown subject$"),
        (
            ProbeSelection(conditions=("nm-05",), keys=("001/nm-01/000",)),
            Selection(),
            "has condition nm-05 and has one of 1 keys",
        ),
        (
            ProbeSelection(),
            Selection(others=True),
            "the gallery of CL of protocol p is empty: no sequence stays when the probes are taken",
        ),
        (ProbeSelection(conditions=tuple("abcdefghij")), Selection(), "a, b, c, d, e, f, g, h or 2 others; found"),
        (
            ProbeSelection(conditions=("nm-05",)),
            Selection(labelled=True, conditions=("x",)),
            "the gallery of CL of protocol p is empty: no sequence has condition x",
        ),
    ],
)
def test_an_empty_side_says_which_and_what_was_found(probes, gallery, message):
    with pytest.raises(ProtocolError, match=message):
        choose_sides(protocol(probes={"CL": probes}, gallery=gallery), RECORDS)


def test_nothing_left_and_many_names():
    nothing = protocol(probes={"P": ProbeSelection()}, gallery=Selection(), leave_out_views=("*",))
    with pytest.raises(ProtocolError, match="no sequences, or all are of views that the protocol leaves out"):
        choose_sides(nothing, RECORDS)
    many = tuple(SequenceRecord(str(i), "1", f"c{i:02}", "v") for i in range(15))
    with pytest.raises(ProtocolError, match="c11 and 3 more"):
        choose_sides(protocol(probes={"P": ProbeSelection(conditions=("x",))}, gallery=Selection()), many)


def test_a_sequence_on_both_sides_needs_an_exclusion():
    both = {"probes": {"P": ProbeSelection(conditions=("nm-05",))}, "gallery": Selection(conditions=("nm-*",))}
    with pytest.raises(ProtocolError, match=r"4 sequences \(001/nm-05/000, \.\.\.\).*would find themselves"):
        choose_sides(protocol(**both), RECORDS)
    assert len(choose_sides(protocol(**both, exclude=("same-key",)), RECORDS)[0].gallery) == 8
    assert choose_sides(protocol(**{**both, "mode": "view-by-view"}), RECORDS)
    with pytest.raises(ProtocolError, match="would find themselves"):
        choose_sides(protocol(**{**both, "mode": "view-by-view"}, identical_views=True), RECORDS)


def test_two_sequences_with_one_key_are_refused():
    with pytest.raises(ProtocolError, match="two sequences have the key '001/nm-01/000'"):
        choose_sides(load_protocol("casia-b"), (*RECORDS, RECORDS[0]))


def test_an_empty_pool_is_an_error():
    asked = protocol(mode="draws", probes={"P": ProbeSelection(views=("180",))})
    with pytest.raises(ProtocolError, match="the selection P of protocol p is empty: no sequence has view 180"):
        choose_pool(asked, "P", RECORDS)
    some = protocol(mode="draws", probes={"P": ProbeSelection(views=("090",))})
    assert {RECORDS[i].view for i in choose_pool(some, "P", RECORDS)} == {"090"}


@pytest.mark.parametrize("rule", ["same-key", "same-view", "same-subject-and-view", "same-subject-and-condition"])
def test_excluded_pairs_against_loops(rule):
    asked = protocol(probes={"P": ProbeSelection()}, gallery=Selection(), exclude=(rule,))
    valid = compared_pairs(asked, RECORDS, RECORDS)
    for i, p in enumerate(RECORDS):
        for j, g in enumerate(RECORDS):
            same = {
                "same-key": p.key == g.key,
                "same-view": p.view == g.view,
                "same-subject-and-view": p.subject == g.subject and p.view == g.view,
                "same-subject-and-condition": p.subject == g.subject and p.condition == g.condition,
            }[rule]
            assert valid[i, j] == (not same)


def test_the_view_mark_makes_cameras_of_views():
    records = tuple(SequenceRecord(v, "1", "c", v) for v in ("01_0", "01_1", "02_0"))
    valid = compared_pairs(load_protocol("ccpg"), records, records)
    np.testing.assert_array_equal(valid, [[0, 0, 1], [0, 0, 1], [1, 1, 0]])
    assert compared_pairs(load_protocol("grew"), records, records) is None


def test_unlabelled_sequences_cannot_be_scored():
    records = (SequenceRecord("a", None, "c", "v"),)
    with pytest.raises(ProtocolError, match=r"1 of the 1 probes of HID have no subject \(a, .*answer file"):
        require_subjects(load_protocol("hid"), "HID", np.array([0]), records, "probes")
