"""Logs: in the file all of it, on stderr nothing twice, and everything as it was afterwards."""

import logging

import pytest

from gaitprint.atomic_files import write_text
from gaitprint.cli._logging import LogRequest, log_request, logging_to
from gaitprint.cli.main import main
from gaitprint.errors import DataError


@pytest.fixture(autouse=True)
def unchanged():
    logger = logging.getLogger("gaitprint")
    before = logger.level, logger.propagate, list(logger.handlers)
    yield
    assert (logger.level, logger.propagate, list(logger.handlers)) == before


@pytest.mark.parametrize("place", [0, 1, 2])
@pytest.mark.parametrize("words", [["--log-file", "a.log"], ["--log-file=a.log"]])
def test_the_options_may_stand_anywhere(place, words):
    line = ["data", "doctor", "store"]
    found, rest = log_request([*line[:place], "-v", *words, *line[place:]])
    assert (found.verbose, str(found.file)) == (1, "a.log")
    assert rest == line


def test_what_is_no_option_of_the_log_stays():
    assert log_request(["data", "doctor", "--", "-v"]) == (LogRequest(), ["data", "doctor", "--", "-v"])
    assert log_request(["data", "doctor", "--log-file"])[1] == ["data", "doctor", "--log-file"]
    assert [log_request(words)[0].verbose for words in (["-vv"], ["-v", "-v"], ["--verbose"])] == [2, 2, 1]


def test_the_file_has_the_command_what_was_done_and_the_error_with_its_traceback(tmp_path, capsys):
    log = tmp_path / "logs" / "run.log"
    missing = str(tmp_path / "nothing")
    assert main(["data", "doctor", missing, "--log-file", str(log)]) == 1
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "Traceback" not in said
    text = log.read_text()
    assert f"INFO gaitprint.cli: gaitprint data doctor {missing}" in text
    assert f"ERROR gaitprint.cli: {said.removeprefix('gaitprint: ').strip()}" in text
    assert "Traceback" in text
    assert main(["data", "list", "--log-file", str(log)]) == 0
    assert log.read_text().startswith(text), "a log is added to"


def test_stderr_says_nothing_twice(tmp_path, capsys):
    assert main(["-v", "data", "doctor", str(tmp_path / "nothing"), "--log-file", str(tmp_path / "a.log")]) == 1
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == len(set(lines)) == 1


def test_a_librarys_words_come_with_v_and_only_then(tmp_path, capsys):
    for verbose, words in ((0, ""), (1, f"gaitprint.atomic_files: wrote {tmp_path / 'a.txt'}, 3 bytes\n")):
        with logging_to(LogRequest(verbose, tmp_path / "a.log"), []):
            write_text(tmp_path / "a.txt", "abc")
            logging.getLogger("gaitprint.atomic_files").debug("small")
        assert capsys.readouterr().err == words
    assert "small" not in (tmp_path / "a.log").read_text()
    with logging_to(LogRequest(2), []):
        logging.getLogger("gaitprint.atomic_files").debug("small")
    assert capsys.readouterr().err == "gaitprint.atomic_files: small\n"


def test_a_file_that_cannot_be_written_is_one_line(tmp_path, capsys):
    (tmp_path / "a").write_text("a file, not a folder")
    assert main(["data", "list", "--log-file", str(tmp_path / "a" / "b.log")]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith(f"gaitprint: cannot write {tmp_path / 'a' / 'b.log'}: ")
    assert said.err.count("\n") == 1
    with pytest.raises(DataError), logging_to(LogRequest(0, tmp_path), []):
        pass


def test_a_library_hears_it_under_the_name_gaitprint(tmp_path, caplog):
    with caplog.at_level(logging.INFO, logger="gaitprint"):
        write_text(tmp_path / "a.txt", "abc")
    assert [r.name for r in caplog.records] == ["gaitprint.atomic_files"]


@pytest.mark.parametrize("held", [b"\x10\x00\x00\x00{}", b"a note\n"])
def test_only_a_log_is_added_to(tmp_path, capsys, held):
    (tmp_path / "model.safetensors").write_bytes(held)
    assert main(["data", "list", "--log-file", str(tmp_path / "model.safetensors")]) == 1
    assert "is no log of ours" in capsys.readouterr().err
    assert (tmp_path / "model.safetensors").read_bytes() == held


def test_a_length_of_windows_without_windows_is_no_option(tmp_path, capsys):
    """It would be left out of account without a word."""
    given = ["model", "embed", str(tmp_path), "--model", "m", "--out", "e", "--window-frames", "12"]
    assert main(given) == 2
    assert "give their number, --windows" in capsys.readouterr().err
