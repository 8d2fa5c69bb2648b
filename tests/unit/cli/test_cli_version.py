"""`--version` says what a report of a fault should hold, and `--strict` and shells get what they ask for."""

import json
import sys
from importlib.metadata import version

import pytest

import gaitprint
from gaitprint.cli._version import version_lines
from gaitprint.cli.main import main

MADE = "processor\t: 0\nmodel name\t: Made Up 9000\nflags\t\t: sse {flags}\n\nprocessor\t: 1\nmodel name\t: Other\n"


def test_it_says_what_is_installed(capsys):
    assert main(["--version"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"gaitprint, version {gaitprint.__version__}"
    assert lines[1].startswith(f"Python {sys.version.split()[0]}")
    for library in ("torch", "numpy", "opencv-python-headless"):
        assert f"{library} {version(library)}" in lines[2]
    assert "cores" in lines[3]
    assert lines[4].startswith("precision: ")


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        ("avx512f avx512_bf16", "multiplies in bfloat16 (avx512_bf16)"),
        ("amx_bf16", "multiplies in bfloat16 (amx_bf16)"),
        ("avx512f avx512bw", "float32 is the fast precision"),
        ("", "float32 is the fast precision"),
    ],
)
def test_the_precision_is_what_the_processor_has(tmp_path, flags, words):
    """AVX-512 alone computes in bfloat16 only by emulating it."""
    (tmp_path / "cpuinfo").write_text(MADE.format(flags=flags))
    lines = version_lines(tmp_path / "cpuinfo")
    assert words in lines[4]
    assert "Made Up 9000" in lines[3]


def test_a_system_that_does_not_say_is_no_error(tmp_path):
    assert "nothing is known of bfloat16" in version_lines(tmp_path / "nothing")[4]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_gets_its_script(monkeypatch, capsys, shell):
    monkeypatch.setenv("_GAITPRINT_COMPLETE", f"{shell}_source")
    if shell == "bash":
        monkeypatch.setattr("click.shell_completion.BashComplete._check_version", staticmethod(lambda: None))
    with pytest.raises(SystemExit) as left:
        main([])
    said = capsys.readouterr().out
    assert left.value.code == 0
    assert f"_GAITPRINT_COMPLETE={shell}_complete" in said


@pytest.mark.parametrize(
    ("line", "begun", "offered"),
    [
        ("gaitprint", "ev", "eval"),
        ("gaitprint eval", "id", "identify"),
        ("gaitprint data", "pre", "prepare"),
        ("gaitprint eval identify e.safetensors --protocol", "gait", "gait3d"),
        ("gaitprint eval identify e.safetensors --pipeline", "k-", "k-reciprocal"),
        ("gaitprint eval submit e.safetensors --pipeline", "unit", "unit-length"),
        ("gaitprint eval verify e.safetensors --pipeline", "unit-length,part-m", "unit-length,part-mean"),
        ("gaitprint eval compare e.safetensors --after-pipeline", "cluster", "cluster-expansion"),
        ("gaitprint data prepare source store --dataset", "ou", "oumvlp"),
        ("gaitprint model train store run --recipe", "qu", "quick"),
        ("gaitprint model plan", "gaitgl-d", "gaitgl-demo"),
        ("gaitprint eval submit e.safetensors --form", "g", "grew"),
    ],
)
def test_names_are_completed(monkeypatch, capsys, line, begun, offered):
    monkeypatch.setenv("_GAITPRINT_COMPLETE", "fish_complete")
    monkeypatch.setenv("COMP_WORDS", f"{line} {begun}")
    monkeypatch.setenv("COMP_CWORD", begun)
    with pytest.raises(SystemExit):
        main([])
    values = [row.split(",", 1)[1].split("\t")[0] for row in capsys.readouterr().out.splitlines() if "," in row]
    assert offered in values
    assert all(v.startswith(begun) for v in values)


def test_what_was_measured_here_is_said(tmp_path, monkeypatch):
    monkeypatch.setenv("GAITPRINT_CACHE", str(tmp_path))
    assert "`gaitprint model plan` measures a recipe" in version_lines()[4]
    facts = {"torch": version("torch"), "network": {"name": "gaitgl"}}
    values = {"float32": 1.0, "bfloat16": 2.5}
    (tmp_path / "precision-a.json").write_text(json.dumps({"facts": facts, "values": values}))
    (tmp_path / "precision-b.json").write_text(json.dumps({"facts": {**facts, "torch": "0"}, "values": values}))
    for i, text in enumerate(("{", "[]", "{}", '{"facts": 1, "values": 2}')):
        (tmp_path / f"precision-{i}.json").write_text(text)
    assert version_lines()[4].endswith("; measured: gaitgl takes 2.5 times as long in bfloat16")
