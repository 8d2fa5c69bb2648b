"""What is typed wrongly around a command: the line says what was meant, and nothing is done elsewhere."""

import pytest

from gaitprint.cli.app import COMMANDS
from gaitprint.cli.main import main


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (["prepair", "a", "b"], "did you mean 'data prepare'?"),
        (["data", "prepair", "a"], "did you mean 'prepare'?"),
        (["prepare", "a"], "'prepare': did you mean 'data prepare'?"),
        (["eval", "prepare", "a"], "'eval prepare': did you mean 'data prepare'?"),
        (["evaluate", "a"], "'evaluate': did you mean 'eval'?"),
        (["IDENTIFY", "a"], "did you mean 'eval identify'?"),
        (["--json", "eval", "identify", "a"], "--json is an option of commands and stands behind one"),
        (["--protocol", "casia-b", "eval", "identify", "a"], "--protocol is an option of commands"),
        (["--sice"], "No such option '--sice'"),
        (["model", "plan", "quick", "--threads", "100000"], "100000 is too much: it is at most 1024"),
        (["model", "plan", "quick", "--threads", "9" * 30], "is too much"),
        (["data", "doctor", "a", "--workers", "100000"], "100000 is too much: it is at most 1024"),
        (["eval", "verify", "a", "--splits", "100000000"], "100000000 is too much: it is at most 10000"),
        (["gallery", "capacity", "--people", "9", "--width", "100000000000"], "is too much: it is at most 1000000"),
        (["eval", "identify", "a", "--seed", "1.5"], "'1.5' is not a valid integer (see"),
        (["eval", "report", "a", "--out", "b"], "such as gaitgl=gl.safetensors, found 'a'"),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_a_line_that_cannot_be_read_says_what_was_meant(
    line: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(line) == 2
    said = capsys.readouterr().err
    assert words in said
    assert said.count("\n") == 1


PATHS = [(c, p.name) for c, command in sorted(COMMANDS.items()) for p in command.params if p.type.name == "path"]


def test_every_path_is_refused_where_it_is_empty() -> None:
    """An empty text is a variable of the shell that is not set; as a path it would be the folder one is in."""
    assert len(PATHS) > 30
    for name, parameter in PATHS:
        kind = next(p for p in COMMANDS[name].params if p.name == parameter).type
        with pytest.raises(Exception, match="found an empty text"):
            kind.convert("", None, None)


def test_an_empty_path_is_told_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["data", "doctor", ""]) == 2
    assert "'PATH': expected a path, found an empty text" in capsys.readouterr().err


def test_the_home_folder_is_meant_by_its_sign(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HOME", "/nowhere/anna")
    assert main(["model", "runs", "~/runs"]) == 1
    assert "/nowhere/anna/runs" in capsys.readouterr().err
