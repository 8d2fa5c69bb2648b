"""Ctrl-C and SIGTERM at any moment: one line, exit code 130 or 143, nobody left behind, and a true word on a repeat."""

import os
import re
import signal
import subprocess
import sys

import pytest

from gaitprint.cli import _leaving
from gaitprint.cli.app import COMMANDS
from gaitprint.cli.main import main
from gaitprint.processes import deaf_children

PATIENCE = 600.0
"""Seconds until something that should happen counts as not happening."""


@pytest.fixture
def handlers():
    before = {number: signal.getsignal(number) for number in _leaving.SIGNALS}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.parametrize(
    ("words", "stage"), [(["data", "list"], "datasets.list_datasets"), (["demo", "x"], "demo.demo")]
)
def test_a_signal_is_one_line_and_a_code(monkeypatch, capsys, handlers, number, code, words, stage):
    def asked(*_given, **_named):
        signal.raise_signal(number)

    monkeypatch.setattr(f"gaitprint.stages.{stage}", asked)
    _leaving.answer_signals(words)
    assert main(words) == code
    repeat = "goes on where it was" if words[0] in _leaving.GOES_ON else "begins anew"
    line = f"gaitprint: interrupted ({number.name}), nothing is half-written: the same command {repeat}\n"
    assert capsys.readouterr() == ("", line)
    assert signal.getsignal(number) == signal.SIG_DFL, "once more, it ends at once"
    _leaving.answer_no_more()
    assert {signal.getsignal(n) for n in _leaving.SIGNALS} == {signal.SIG_DFL}


def test_without_the_program_ctrl_c_is_the_same_code(monkeypatch, capsys):
    def asked(*_given, **_named):
        raise KeyboardInterrupt

    monkeypatch.setattr("gaitprint.stages.datasets.list_datasets", asked)
    assert main(["--debug", "data", "list"]) == 130
    assert "interrupted (SIGINT)" in capsys.readouterr().err


def test_what_is_said_of_a_repeat_is_what_the_help_says():
    """A command that goes on says so in its help, and no other."""
    says = {
        name
        for name, command in COMMANDS.items()
        if re.search(r"(Killed,|A stopped \w+)[^.]*\bgoes\s+on\b", command.help or "")
    }
    assert says == _leaving.GOES_ON


def test_what_was_ignored_stays_ignored(handlers):
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _leaving.answer_signals([])
    assert signal.getsignal(signal.SIGINT) == signal.SIG_IGN
    _leaving.answer_no_more()
    assert signal.getsignal(signal.SIGINT) == signal.SIG_IGN


def test_while_a_module_is_loaded_the_process_ends_at_once(monkeypatch, capfd, handlers, tmp_path):
    """Libraries wrap or swallow what is raised in them while they are loaded: nothing is raised there."""
    (tmp_path / "asks_to_leave.py").write_text("import signal\nsignal.raise_signal(signal.SIGINT)\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(os, "_exit", sys.exit)
    _leaving.answer_signals(["data", "prepare"])
    with pytest.raises(SystemExit) as ended:
        import asks_to_leave  # noqa: F401
    assert ended.value.code == 130
    assert capfd.readouterr().err.count("\n") == 1


def test_children_are_deaf_to_ctrl_c_and_this_process_hears_it_afterwards(handlers):
    heard = []
    signal.signal(signal.SIGINT, lambda number, frame: heard.append(number))
    with deaf_children():
        asked = subprocess.run(["sh", "-c", "kill -INT $$; echo alive"], capture_output=True, text=True)
        assert asked.stdout == "alive\n"
        signal.raise_signal(signal.SIGINT)
        assert heard == []
    assert heard == [signal.SIGINT]
    assert signal.pthread_sigmask(signal.SIG_BLOCK, ()) == set()


def test_a_process_that_is_being_started_is_not_left_half_way(handlers):
    """SIGTERM waits as well, but is not blocked: what is started here inherits that, and could never be ended."""
    heard = []
    signal.signal(signal.SIGTERM, lambda number, frame: heard.append(number))
    with deaf_children():
        signal.raise_signal(signal.SIGTERM)
        assert heard == []
        assert signal.SIGTERM not in signal.pthread_sigmask(signal.SIG_BLOCK, ())
    assert heard == [signal.SIGTERM]
    for kept in (signal.SIG_IGN, signal.SIG_DFL):
        signal.signal(signal.SIGTERM, kept)
        with deaf_children():
            assert signal.getsignal(signal.SIGTERM) == kept


HELD = """
import sys
import time

import gaitprint.stages.datasets as stage
from gaitprint.cli.main import run
from gaitprint.ingest.reading import Task, read_all


def held(files, task):
    print("reading", file=sys.stderr, flush=True)
    time.sleep(3600)


if __name__ == "__main__":
    stage.list_datasets = lambda: list(read_all(held, None, [Task("")] * 8, 2))
    sys.argv = ["gaitprint", "data", "list"]
    run()
"""


def test_ctrl_c_at_a_terminal_leaves_no_worker(tmp_path):
    """All processes get it. A worker that was left would hold the stream open, and its end would never come."""
    (tmp_path / "held.py").write_text(HELD)
    program = [sys.executable, tmp_path / "held.py"]
    with subprocess.Popen(program, stderr=subprocess.PIPE, text=True, start_new_session=True) as process:
        assert process.stderr is not None
        assert process.stderr.readline() == "reading\n"
        os.killpg(process.pid, signal.SIGINT)
        told = process.communicate(timeout=PATIENCE)[1]
    assert process.returncode == 130
    line = "gaitprint: interrupted (SIGINT), nothing is half-written: the same command begins anew"
    assert [said for said in told.splitlines() if said != "reading"] == [line]


@pytest.mark.parametrize(
    "error",
    [MemoryError(), RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried 9 bytes")],
)
def test_memory_that_ran_out_is_one_line(monkeypatch, capsys, error):
    def full():
        raise error

    monkeypatch.setattr("gaitprint.stages.datasets.list_datasets", full)
    assert main(["data", "list"]) == 1
    assert capsys.readouterr().err == "gaitprint: out of memory: use fewer sequences or smaller batches\n"


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["eval", "identify", "none", "--protocol", "nix"], 1),
        (["model", "plan", "nix"], 1),
        (["model", "plan", "quick", "--set", "network.name=nix"], 1),
        (["model", "plan", "quick", "--set", "iterations=3"], 1),
        (["data", "prepare", "synthetic", "store", "--dataset", "nix"], 1),
        (["eval", "identify", "none", "--pipeline", "nix"], 1),
        (["data", "doctor", "none"], 1),
        (["model", "embed", "none", "--model", "none", "--out", "out"], 1),
        (["nix"], 2),
        (["model", "plan", "quick", "--nix"], 2),
        (["data", "prepare", "synthetic"], 2),
        (["data", "prepare", "synthetic", "store", "--form", "nix"], 2),
        (["data", "prepare", "synthetic", "store", "--subjects", "3-1"], 2),
        (["eval", "identify", "none", "--memory", "lots"], 2),
        (["model", "plan", "quick", "--people", "many"], 2),
        (["--version"], 0),
        (["model", "plan", "--help"], 0),
    ],
)
def test_codes_are_the_same_over_all_commands(monkeypatch, tmp_path, capsys, words, code):
    monkeypatch.chdir(tmp_path)
    assert main(words) == code
    told = capsys.readouterr().err
    assert told.count("\n") == (code > 0)
    if code:
        assert told.startswith("gaitprint: ")
    assert not list(tmp_path.iterdir())
