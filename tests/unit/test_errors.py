"""What is suggested for a name that is none: what was meant, and never somebody or something else."""

import pytest

from gaitprint.errors import did_you_mean

KEYS = [
    f"{subject:03d}/{condition}/{view:03d}"
    for subject in (1, 16)
    for condition in ("nm-01", "nm-05")
    for view in range(0, 180, 18)
]


@pytest.mark.parametrize(
    ("wrong", "known", "meant"),
    [
        ("CASIA-B", ["casia-b", "casia-e"], "casia-b"),
        ("casiab", ["casia-b", "casia-e"], "casia-b"),
        ("NM-01", ["nm-01", "bg-01"], "nm-01"),
        ("98", ["098", "980"], "098"),
        ("9", [f"{i:03d}" for i in range(30)], "009"),
        ("1/nm-5/90", KEYS, "001/nm-05/090"),
        ("016/nm-05", KEYS, "016/nm-05/000"),
        ("rank1", ["rank-1", "rank-1", "rank-5"], "rank-1"),
    ],
    ids=["capitals", "hyphen", "condition", "zeros", "zeros-of-many", "zeros-in-a-key", "beginning-of-a-key", "twice"],
)
def test_the_name_that_was_meant_is_suggested(wrong: str, known: list[str], meant: str) -> None:
    assert did_you_mean(wrong, known) == f"did you mean {meant!r}?"


@pytest.mark.parametrize(
    ("wrong", "known"),
    [("002/nm-05/090", KEYS), ("rank-0", ["rank-1", "rank-20"]), ("bg-3", ["bg-01", "bg-02"]), ("", KEYS)],
    ids=["another-person", "another-rank", "another-walk", "empty"],
)
def test_another_number_is_no_misspelling(wrong: str, known: list[str]) -> None:
    assert did_you_mean(wrong, known).startswith("known: ")


def test_a_name_known_twice_is_listed_once() -> None:
    assert did_you_mean("map", ["rank-1", "rank-1", "rank-5"]) == "known: rank-1, rank-5"


def test_a_name_with_a_comma_is_shown_as_a_list_takes_it() -> None:
    said = did_you_mean("Doe, K", ["Doe, J"])
    assert said == """did you mean 'Doe, J'? (in a list of names '"Doe, J"', for it holds a comma)"""
