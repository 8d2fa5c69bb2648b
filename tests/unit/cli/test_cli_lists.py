"""Lists of names as they are typed."""

import click
import pytest
from click.testing import CliRunner

from gaitprint.cli.app import app
from gaitprint.cli.lists import expand_subjects, split_names


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("anna", ("anna",)),
        ("anna,ben", ("anna", "ben")),
        (" anna , ben ", ("anna", "ben")),
        ('"Doe, Jane",ben', ("Doe, Jane", "ben")),
        ('ben, "Doe, Jane"', ("ben", "Doe, Jane")),
        ('"Doe, ""J"" Jane"', ('Doe, "J" Jane',)),
        ('"a","b"', ("a", "b")),
        ('6" left', ('6" left',)),
        ("Jane Doe", ("Jane Doe",)),
    ],
)
def test_names_as_csv_has_them(text: str, names: tuple[str, ...]) -> None:
    assert split_names(text) == expand_subjects(text) == names


@pytest.mark.parametrize("text", ["", " ", ",", "a,,b", "a,", ",a", '""', '"a', '"a"b', 'a,"b', '"a",'])
def test_what_is_no_list_is_refused_with_the_way_out(text: str) -> None:
    for split in (split_names, expand_subjects):
        with pytest.raises(click.UsageError, match=r"wants names separated by commas.* quotation marks around one"):
            split(text)


def test_a_range_in_quotation_marks_is_a_name() -> None:
    assert expand_subjects('"1-3",4-5') == ("1-3", "4", "5")
    with pytest.raises(click.UsageError, match="ids and ranges such as 001-060,062"):
        expand_subjects("5-4")


@pytest.mark.parametrize("option", ["--views", "--conditions", "--subjects"])
def test_every_option_that_takes_a_list_says_which_it_is(option: str) -> None:
    result = CliRunner().invoke(app, ["eval", "identify", "none.safetensors", option, 'a,"b'])
    assert (result.exit_code, f"{option} wants names separated by commas" in result.output) == (2, True)
