"""What will not fit is refused before it starts, by what the machine, its groups and the process allow."""

from pathlib import Path

import pytest

from gaitprint import memory
from gaitprint.errors import ConfigError, RoomError
from gaitprint.memory import available_memory, check_room, parse_size


def group(folder: Path, limit: str, used: int, stat: str = "", names=("memory.max", "memory.current")) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / names[0]).write_text(f"{limit}\n")
    (folder / names[1]).write_text(f"{used}\n")
    (folder / "memory.stat").write_text(stat)


@pytest.fixture
def root(tmp_path):
    (tmp_path / "proc" / "self").mkdir(parents=True)
    return tmp_path


def test_the_tightest_group_counts_and_pages_that_can_go_are_free(root):
    (root / "proc/self/cgroup").write_text("0::/job/step\n")
    top = root / "sys/fs/cgroup"
    group(top / "job", "1000", 700, "active_file 5\ninactive_file 100\n")
    group(top / "job" / "step", "max", 600)
    assert memory._groups(root) == 1000 - 700 + 100
    group(top / "job" / "step", "650", 600)
    assert memory._groups(root) == 50


def test_groups_of_version_1(root):
    (root / "proc/self/cgroup").write_text("5:cpu:/job\n4:memory:/job\n")
    names = ("memory.limit_in_bytes", "memory.usage_in_bytes")
    group(root / "sys/fs/cgroup/memory", str(2**63 - 4096), 5, names=names)
    assert memory._groups(root) is None, "no limit"
    group(root / "sys/fs/cgroup/memory/job", "900", 100, "total_inactive_file 50\n", names)
    assert memory._groups(root) == 850


def test_where_nothing_is_said_nothing_is_refused(root, monkeypatch):
    assert memory._groups(root) is None
    for name in ("_machine", "_groups", "_own_limit"):
        monkeypatch.setattr(memory, name, lambda *_: None)
    monkeypatch.delenv(memory.VARIABLE, raising=False)
    check_room(1e18, "all", "less")
    assert available_memory() is None


def test_the_machine_says_what_it_has(root):
    (root / "meminfo").write_text("MemTotal: 9 kB\nMemAvailable:    7 kB\n")
    assert memory._machine(root / "meminfo") == 7 * 1024
    assert (memory._machine(root / "none") or 0) > 0, "all there is"


def test_one_line_says_what_is_needed_and_there_and_how_to_insist(monkeypatch):
    monkeypatch.setenv(memory.VARIABLE, "2GB")
    with pytest.raises(RoomError) as refused:
        check_room(3e9, "this", "take less")
    said = "this takes about 3 GB of memory, and 2 GB are available: take less; or say with GAITPRINT_MEMORY=3.3GB"
    assert str(refused.value).startswith(said)
    monkeypatch.setenv(memory.VARIABLE, "3.3GB")
    check_room(3e9, "this", "take less")
    check_room(3e9, "this", "take less", available=10)
    monkeypatch.setenv(memory.VARIABLE, "lots")
    with pytest.raises(ConfigError, match=r"GAITPRINT_MEMORY is a size .* found 'lots'"):
        check_room(1, "this", "take less")
    monkeypatch.delenv(memory.VARIABLE)
    with pytest.raises(RoomError):
        check_room(11, "this", "take less", available=10)


@pytest.mark.parametrize(
    ("text", "size"), [("1K", 1000), ("1kib", 1024), ("0.5 TB", 5 * 10**11), ("1", None), ("", None)]
)
def test_sizes(text, size):
    assert parse_size(text) == size
