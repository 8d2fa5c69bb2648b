"""Folders in which a store was begun, with a journal that was damaged or forged."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hostile_kinds import CASIA, Scene

from gaitprint.ingest.layout_choice import LayoutChoice
from gaitprint.stages import prepare as preparation

DEEP = b"[" * 100_000 + b"\n"


class Stop(Exception):
    """Stands for a kill."""


def begin(scene: Scene) -> Path:
    """Prepare two of the three sequences, and be killed."""

    def stop(done: int, total: int, key: str) -> None:
        if done == 2:
            raise Stop

    with pytest.raises(Stop):
        preparation.prepare(scene.set, scene.out, LayoutChoice(CASIA[1]), progress=stop)
    return scene.out / "journal.jsonl"


def line(values: Any) -> bytes:
    return json.dumps(values).encode() + b"\n"


def row(**changes: Any) -> Callable[[list[bytes]], list[bytes]]:
    """Other values in the row of the second sequence."""
    return lambda lines: [*lines[:2], line({**json.loads(lines[2]), **changes})]


def begun(**changes: Any) -> Callable[[list[bytes]], list[bytes]]:
    """Other values in the first line."""
    return lambda lines: [line({**json.loads(lines[0]), **changes}), *lines[1:]]


def second(data: bytes) -> Callable[[list[bytes]], list[bytes]]:
    """Other bytes in place of the second sequence's row."""
    return lambda lines: [*lines[:2], data]


@dataclass(frozen=True)
class Damage:
    """What is done to a journal, and how preparing again goes on: as if nothing had been, or refused in a line."""

    name: str
    change: Callable[[list[bytes]], list[bytes]]
    refused: str = ""


DAMAGE = [
    Damage("nothing", lambda lines: []),
    Damage("zeros", lambda lines: [bytes(4096)]),
    Damage("the first line cut", lambda lines: [lines[0][:20]]),
    Damage("the first line deep", lambda lines: [DEEP], "begun as something else"),
    Damage("the first line of rubbish", lambda lines: [b"evil\n"], "begun as something else"),
    Damage("the first line a list", lambda lines: [b"[]\n"], "begun as something else"),
    Damage("the first line no text", lambda lines: [b"\xff\xfe\n"], "begun as something else"),
    Damage("of another data set", begun(dataset="grew"), "was begun as grew"),
    Damage("of a size that is no list", begun(size=7), "begun as something else"),
    Damage("of a size of a terabyte", begun(size=[2**40, 64]), "was begun as casia-b"),
    Damage("of another source", begun(made_from="evil")),
    Damage("of another generation", begun(generation=99)),
    Damage("of a generation that is a list", begun(generation=[1])),
    Damage("a row cut", lambda lines: [*lines[:2], lines[2][:30]]),
    Damage("a row deep", second(DEEP)),
    Damage("a row of rubbish", second(b"evil\n")),
    Damage("a row that is a number", second(b"7\n")),
    Damage("a row that is null", second(b"null\n")),
    Damage("a row of nothing", second(b"{}\n")),
    Damage("a row of NaN", row(length=float("nan"))),
    Damage("a row of infinity", row(offset=float("inf"))),
    Damage("a row of a negative place", row(offset=-8)),
    Damage("a row past the end", row(offset=2**62)),
    Damage("a row of an exabyte", row(bytes=2**62)),
    Damage("a row of frames without end", row(length=2**70)),
    Damage("a row of no frames", row(length=0)),
    Damage("a row of another checksum", row(sha256="00" * 32)),
    Damage("a row of a checksum that is none", row(sha256="evil")),
    Damage("a row whose key is a list", row(key=[])),
    Damage("a row whose subject is a number", row(subject=0)),
    Damage("a row whose subject is a list", row(subject=[])),
    Damage("a row whose view is missing", row(view=None)),
    Damage("a row whose warnings are a text", row(warnings=7)),
    Damage("a row whose measurements are texts", row(quality={"height": "tall"})),
    Damage("a row whose measurements are a list", row(quality=[1])),
    Damage("a row of an unknown field", row(evil=1)),
    Damage("a row kept of nothing", second(line({"keep": "evil"}))),
    Damage("a row kept of a list", second(line({"keep": []}))),
    Damage("aside without a reason", second(line({"aside": {"key": "003/nm-01/000"}}))),
    Damage("aside with a key that is a list", second(line({"aside": {"key": [], "reason": "x"}}))),
    Damage("aside with a key that is a number", second(line({"aside": {"key": 5, "reason": "x"}}))),
    Damage("aside with a reason that is a number", second(line({"aside": {"key": "003/nm-01/000", "reason": 7}}))),
    Damage("aside that is a list", second(line({"aside": []}))),
]
