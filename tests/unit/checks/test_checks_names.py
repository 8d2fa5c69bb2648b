"""One person under two names, and names that are nobody's."""

from pathlib import Path

import numpy as np
import pytest

from gaitprint.checks.names import odd_names
from gaitprint.errors import did_you_mean
from gaitprint.ingest.layout_choice import LayoutChoice
from gaitprint.layouts.similar_names import look_alikes, trimmed
from gaitprint.stages.doctor import doctor
from gaitprint.stages.prepare import prepare
from gaitprint.types import SequenceRecord


@pytest.mark.parametrize(
    "names",
    [
        ("001", "1"),
        ("1", "1.0"),
        ("001", "1.0"),
        ("Anna", "anna"),
        ("001 ", "001"),
        ("001\u00a0", "001"),
        ("0\u200b01", "001"),
        ("Jane Doe", "Jane  Doe"),
        ("Jos\u00e9", "Jose\u0301"),
        ("Anna", "\u0410nna"),
        ("Oleg", "\u039fleg"),
        ("O01", "001"),
        ("\uff10\uff11", "01"),
        ("'001", "001"),
        ('="001"', "001"),
        ("S_01", "S1"),
        ("S-1", "S\u20131"),
    ],
    ids=ascii,
)
def test_names_that_look_alike_are_pointed_out(names: tuple[str, str]) -> None:
    assert look_alikes([*names, "062", "Ben"]) == [tuple(sorted(names))]
    records = [SequenceRecord(f"{i}", name, "nm", "090") for i, name in enumerate((*names, "062"))]
    assert any(f.what == "subjects whose names look alike: 1" for f in odd_names(records))


def test_usual_names_give_no_finding() -> None:
    subjects = [f"{i:03d}" for i in range(125)]
    views = [f"{v:03d}" for v in range(0, 181, 18)]
    records = [SequenceRecord(f"{s}/{c}/{v}", s, c, v) for s in subjects for c in ("nm-01", "cl-01") for v in views]
    assert list(odd_names(records)) == []
    people = ["Anna", "Hanna", "Ana", "Ann", "1-1", "1_2", "Nan", "11", "101", "110", "010", None]
    assert list(odd_names([SequenceRecord(str(i), p, "day", "left") for i, p in enumerate(people)])) == []


def test_letters_of_another_alphabet_are_shown_as_numbers() -> None:
    records = [SequenceRecord(str(i), name, "nm", "0") for i, name in enumerate(("Anna", "\u0410nna"))]
    (finding,) = odd_names(records)
    assert finding.keys == (r"'Anna' and '\u0410nna'",)


@pytest.mark.parametrize(
    ("subject", "words"),
    [
        *((word, "an empty cell") for word in ("nan", "None", "none", "NAN", "Unknown", "?", "-1", "n/a")),
        ("7.0", "programs write numbers"),
        (" x", "white space"),
    ],
)
def test_names_that_nobody_has_are_pointed_out(subject: str, words: str) -> None:
    (finding,) = odd_names([SequenceRecord("a", subject, "nm", "0"), SequenceRecord("b", "002", "nm", "0")])
    assert (words in finding.what, finding.keys) == (True, (repr(subject),))


def test_conditions_and_views_count_too() -> None:
    found = odd_names([SequenceRecord("a", "1", "nm-01", "90"), SequenceRecord("b", "2", "NM-1", "090")])
    assert [f.what for f in found] == ["conditions whose names look alike: 1", "views whose names look alike: 1"]


def test_the_doctor_counts_views_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    for view in ("108", "54", "0"):
        (tmp_path / "001" / "nm-01" / view).mkdir(parents=True)
        np.save(tmp_path / "001/nm-01" / view / "x.npy", np.full((6, 64, 64), 200 + len(view), np.uint8))
    assert list(doctor(tmp_path, LayoutChoice("folder")).views) == ["0", "54", "108"]
    assert did_you_mean("x", ["108", "54", "0"]) == "known: 0, 54, 108"


def test_what_is_around_a_name_is_no_part_of_it() -> None:
    assert [trimmed(t) for t in (" a b ", "\u00a0a", "a\u200b\n", "a")] == ["a b", "a", "a", "a"]


def test_prepare_and_doctor_say_so_of_folders_and_manifests(tmp_path: Path) -> None:
    rows = ["path, Subject"]
    for i, subject in enumerate(("001", "1", "002 ", "nan")):
        (tmp_path / "tree" / subject / "nm-01" / "090").mkdir(parents=True)
        np.save(tmp_path / "tree" / subject / "nm-01" / "090/090.npy", np.full((6, 64, 64), 200 + i, np.uint8))
        rows.append(f"tree/{subject}/nm-01/090/090.npy,{subject}")
    source, listed = tmp_path / "tree", tmp_path / "list.csv"
    listed.write_text("\n".join(rows))
    report = prepare(source, tmp_path / "a", LayoutChoice("folder"))
    (twins, padded, words) = report.notes
    assert "subjects whose names look alike: 1 ('001' and '1')" in twins
    assert ("'002 '" in padded, "'nan'" in words) == (True, True)
    by_list = prepare(listed, tmp_path / "b")
    assert by_list.subjects == 3
    assert [n.split(": ")[-1] for n in by_list.notes[:1]] == ["the column 'Subject' is read as 'subject'"]
    assert "white space around names in the column 'Subject' is left out: 1 of 4 sequences" in " ".join(by_list.notes)
    assert "'nan' in the column 'Subject' is read as an empty cell: 1 of 4 sequences" in " ".join(by_list.notes)
    for path in (source, tmp_path / "a"):
        found = [f.what for f in doctor(path, LayoutChoice("folder" if path == source else "auto")).findings]
        assert "subjects whose names look alike: 1" in found
    assert any("is read as 'subject'" in f.what for f in doctor(listed).findings)
