"""A measurement is made once for the same facts, and whatever is wrong with the folder costs one more."""

import json
from multiprocessing.pool import ThreadPool
from pathlib import Path

import pytest

from gaitprint.remembered import VARIABLE, cache_folder, remembered

FACTS = {"device": "Some CPU 9", "threads": 2, "shape": (12, 32)}


class Measuring:
    """Gives 1.0, 2.0 and so on, one more each time it is asked."""

    def __init__(self):
        self.times = 0

    def __call__(self):
        self.times += 1
        return {"one": float(self.times), "other": 0.5}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv(VARIABLE, str(tmp_path / "kept"))
    return tmp_path / "kept"


def test_the_same_facts_are_measured_once_and_others_anew(folder):
    measure = Measuring()
    assert remembered("x", FACTS, measure) == remembered("x", FACTS, measure) == {"one": 1.0, "other": 0.5}
    assert remembered("x", {**FACTS, "threads": 3}, measure)["one"] == 2.0
    assert remembered("y", FACTS, measure)["one"] == 3.0
    assert remembered("x", FACTS, measure)["one"] == 1.0
    assert sorted(path.name[:2] for path in folder.iterdir()) == ["x-", "x-", "y-"], "and nothing half-written"


@pytest.mark.parametrize(
    "damage",
    [
        "",
        "{",
        "[]",
        '{"facts": 1}',
        '{"facts": FACTS, "values": []}',
        '{"facts": FACTS, "values": {}}',
        '{"facts": FACTS, "values": {"one": "2"}}',
        '{"facts": FACTS, "values": {"one": -1.0}}',
        '{"facts": FACTS, "values": {"one": NaN}}',
        '{"facts": {}, "values": {"one": 9.0, "other": 9.0}}',
    ],
)
def test_a_file_that_is_damaged_or_of_other_facts_is_replaced(folder, damage):
    measure = Measuring()
    remembered("x", FACTS, measure)
    (path,) = folder.iterdir()
    path.write_text(damage.replace("FACTS", json.dumps(FACTS)))
    assert remembered("x", FACTS, measure)["one"] == 2.0
    assert remembered("x", FACTS, measure)["one"] == 2.0


def test_a_folder_that_cannot_be_written_to_costs_only_the_measurement(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("mine")
    for place in (tmp_path / "file", tmp_path / "file" / "below", Path("/proc/nothing")):
        monkeypatch.setenv(VARIABLE, str(place))
        measure = Measuring()
        assert [remembered("x", FACTS, measure)["one"] for _ in range(2)] == [1.0, 2.0], place
    assert (tmp_path / "file").read_text() == "mine"


def test_many_at_once_leave_one_whole_file(folder):
    measure = Measuring()
    with ThreadPool(8) as pool:
        found = pool.map(lambda _: remembered("x", FACTS, measure), range(64))
    assert all(values["other"] == 0.5 for values in found)
    assert len(list(folder.iterdir())) == 1
    assert remembered("x", FACTS, Measuring()) in found


def test_the_folder_is_the_named_one_or_the_users_own(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv(VARIABLE, "here")
    assert cache_folder() == Path("here")
    monkeypatch.setenv(VARIABLE, "")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert cache_folder() == tmp_path / "xdg" / "gaitprint"
    for ignored in ("relative", ""):
        monkeypatch.setenv("XDG_CACHE_HOME", ignored)
        assert cache_folder() == tmp_path / ".cache" / "gaitprint"

    def nobody() -> Path:
        raise RuntimeError("no home")

    monkeypatch.setattr(Path, "home", nobody)
    assert cache_folder() is None
    assert remembered("x", FACTS, Measuring())["one"] == 1.0
