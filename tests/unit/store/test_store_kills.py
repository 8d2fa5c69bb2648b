"""Killed at any byte, before any step of publishing, or by the system: nothing finished is lost, and it goes on."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from store_examples import (
    Killed,
    Steps,
    begin,
    contents,
    decide,
    fresh,
    known,
    places,
    record,
    replace_contents,
    run,
    update,
    write,
    writer,
)

from gaitprint.errors import ArtefactError, DataError
from gaitprint.store import Store, is_store

GOES_ON = [pytest.param(fresh, id="new"), pytest.param(update, id="update")]


def prepared(root: Path, steps: Steps) -> dict[str, bytes]:
    """What lies there before the steps: nothing, or the store that an update starts from."""
    if steps is update:
        write(root)
    else:
        root.mkdir()
    return contents(root)


def straight(root: Path, steps: Steps) -> dict[str, bytes]:
    prepared(root, steps)
    run(writer(root), steps)
    return contents(root)


def _line_ends(data: bytes) -> list[int]:
    return [i + 1 for i, byte in enumerate(data) if byte == 10]


@pytest.mark.parametrize("steps", GOES_ON)
def test_killed_at_any_byte_it_goes_on_to_the_same_store(tmp_path: Path, steps: Steps) -> None:
    """The journal cut at every byte beside all of the data, and the data beside all of the journal; and both near
    the ends of lines and frames. What is recovered is looked at everywhere, and of some places made whole."""
    expected = straight(tmp_path / "straight", steps)
    root = tmp_path / "s"
    before = prepared(root, steps)
    begin(root, steps, 5)
    killed = contents(root)
    journal, data = killed["journal.jsonl"], killed["frames.bin"]
    begun = len(before.get("frames.bin", b""))
    lines = _line_ends(journal)
    rows = [json.loads(line) for line in journal.splitlines()[1:]]
    ends = [r["offset"] + r["bytes"] for r in rows if "offset" in r]
    assert len(lines) == 6
    assert ends[-1] == len(data)
    cuts = {(j, len(data)) for j in [*range(0, len(journal), 3), *places(lines, 0)]}
    cuts |= {(len(journal), f) for f in range(begun, len(data) + 1)}
    cuts |= {(j, f) for j in places(lines, 0) for f in places(ends, 0) if begun <= f}
    sound = {r.get("key") or r.get("keep") or r["aside"]["key"]: 0 for r in rows}
    for number, (j, f) in enumerate(sorted(cuts)):
        whole = [(end <= j) and (r.get("offset", 0) + r.get("bytes", 0) <= f) for end, r in zip(lines[1:], rows)]  # noqa: B905
        count = whole.index(False) if False in whole else len(whole)
        replace_contents(root, killed | {"journal.jsonl": journal[:j], "frames.bin": data[:f]})
        assert _done(root) == set(list(sound)[:count]), (j, f)
        if number % 16 == 0:
            run(writer(root), steps)
            assert contents(root) == expected, (j, f)


@pytest.mark.parametrize("steps", GOES_ON)
def test_killed_twice_in_a_row_and_once_more(tmp_path: Path, steps: Steps) -> None:
    expected = straight(tmp_path / "straight", steps)
    root = tmp_path / "s"
    prepared(root, steps)
    for done in range(5):
        assert len(_done(root)) == done
        begin(root, steps, 1)
        with (root / "frames.bin").open("ab") as stream:
            stream.write(b"half a sequence")
        with (root / "journal.jsonl").open("ab") as stream:
            stream.write(b'{"key": "00')
    run(writer(root), steps)
    assert contents(root) == expected


def _done(root: Path) -> frozenset[str]:
    into = writer(root)
    done = into.done
    with pytest.raises(Killed), into:
        raise Killed
    return done


@pytest.mark.parametrize("steps", GOES_ON)
@pytest.mark.parametrize("zeros", [1, 7, 60])
def test_a_power_cut_that_leaves_zeros_behind_a_sound_journal_is_noticed(tmp_path: Path, steps: Steps, zeros) -> None:
    expected = straight(tmp_path / "straight", steps)
    root = tmp_path / "s"
    prepared(root, steps)
    begin(root, steps, 5)
    data = contents(root)["frames.bin"]
    (root / "frames.bin").write_bytes(data[:-zeros] + bytes(zeros))
    assert len(_done(root)) < 5
    run(writer(root), steps)
    assert contents(root) == expected


@pytest.mark.parametrize("start", [0, 10, 300, 700])
def test_a_journal_with_a_hole_of_zeros_counts_up_to_it(tmp_path: Path, start: int) -> None:
    expected = straight(tmp_path / "straight", update)
    root = tmp_path / "s"
    prepared(root, update)
    begin(root, update, 5)
    journal = contents(root)["journal.jsonl"]
    (root / "journal.jsonl").write_bytes(journal[:start] + bytes(40) + journal[start + 40 :])
    assert len(_done(root)) < 5
    run(writer(root), update)
    assert contents(root) == expected


class Dying:
    """Lets `count` calls of the system's through. The next is the last: it raises, and so does every later one."""

    def __init__(self, count: int, error: type[BaseException], lasting: bool) -> None:
        self.left, self.error, self.lasting = count, error, lasting
        self.struck = False

    def __call__(self, real):
        def call(*args, **options):
            if self.left == 0 or (self.struck and self.lasting):
                self.struck = True
                self.left -= 1
                raise self.error(5, "no more")
            self.left -= 1
            return real(*args, **options)

        return call


CALLS = ("fsync", "replace", "rename", "unlink", "truncate")


def dying_run(root: Path, steps: Steps, count: int, error: type[BaseException], monkeypatch) -> bool:
    """Decide all, then publish under a system that fails; whether it did."""
    into = writer(root)
    for step in steps(into):
        step()
    dying = Dying(count, error, lasting=error is Killed)
    with monkeypatch.context() as patch:
        for name in CALLS:
            patch.setattr(os, name, dying(getattr(os, name)))
        try:
            with into:
                pass
        except (Killed, DataError, OSError):
            assert dying.struck
    return dying.struck


def resume_undecided(into, steps: Steps) -> None:
    """As `prepare` does: of a state that was published all is kept, for no stamp has changed."""
    stamps = {record(2).key: "stamp 2 1", record(3).key: "stamp 3 1"} if steps is update else {}
    if into.known and all(into.known.get(k) == s for k, s in stamps.items()) and not into.done:
        run(into, lambda w: iter([lambda k=k: w.keep(k) for k in w.known]))
    else:
        run(into, steps)


@pytest.mark.parametrize("error", [Killed, OSError])
@pytest.mark.parametrize("steps", GOES_ON)
def test_killed_or_failed_at_any_step_of_publishing(tmp_path: Path, steps: Steps, error, monkeypatch) -> None:
    """The store opens as it was before or as it should be, and going on ends at the same bytes as the straight run."""
    expected = straight(tmp_path / "straight", steps)
    new = Store.open(tmp_path / "straight").fingerprint
    root = tmp_path / "s"
    before = prepared(root, steps)
    old = Store.open(root).fingerprint if steps is update else None
    seen = []
    for count in range(40):
        replace_contents(root, before)
        struck = dying_run(root, steps, count, error, monkeypatch)
        if not struck:
            break
        seen.append(Store.open(root).fingerprint if is_store(root) else None)
        assert seen[-1] in (old, new), count
        resume_undecided(writer(root), steps)
        assert contents(root) == expected, count
    assert not struck
    assert contents(root) == expected
    assert set(seen) == {old, new}
    if error is Killed:  # that a temporary file cannot be removed, say, is no failure
        assert seen == sorted(seen, key=lambda state: state == new), "once it is new it stays new"
    assert len(seen) >= 7


def test_a_change_of_what_is_left_out_alone_survives_kills(tmp_path: Path, monkeypatch) -> None:
    """No row changes: that the head still has to be written is known by the index of the new state."""

    def steps(into):
        for key in into.known.keys() - {"bad"} - into.done:
            yield lambda key=key: into.keep(key)
        if "bad" not in into.done:
            yield lambda: into.set_aside("bad", "truncated", "stamp bad 1")

    write(tmp_path / "straight")
    run(writer(tmp_path / "straight"), steps)
    expected = contents(tmp_path / "straight")
    before = contents(write(tmp_path / "s").root)
    for count in range(40):
        replace_contents(tmp_path / "s", before)
        if not dying_run(tmp_path / "s", steps, count, Killed, monkeypatch):
            break
        run(writer(tmp_path / "s"), steps)
        assert contents(tmp_path / "s") == expected, count
    assert count > 5


def test_the_journal_of_a_published_state_is_nothing_to_go_on_with(tmp_path: Path) -> None:
    begin(tmp_path, fresh, 5)
    journal = contents(tmp_path)["journal.jsonl"]
    run(writer(tmp_path), fresh)
    finished = contents(tmp_path)
    (tmp_path / "journal.jsonl").write_bytes(journal)
    assert len(Store.open(tmp_path).records) == 4
    assert _done(tmp_path) == frozenset()
    with writer(tmp_path) as into:
        for key in into.known:
            into.keep(key)
    assert contents(tmp_path) == finished


def test_temporary_files_of_a_killed_writer_are_cleared_away(tmp_path: Path) -> None:
    expected = straight(tmp_path / "straight", fresh)
    begin(tmp_path / "s", fresh, 2)
    for name in ("store.json", "quarantine.json", "index-1.arrow"):
        (tmp_path / "s" / f".{name}.0123abcd.tmp").write_bytes(b"{")
    run(writer(tmp_path / "s"), fresh)
    assert contents(tmp_path / "s") == expected


@pytest.mark.parametrize("head", [b"null\n", b'{"a": 1}\n', b"\xff\n", b"\n", b"[1]\n"])
def test_a_journal_of_something_else_is_refused(tmp_path: Path, head: bytes) -> None:
    (tmp_path / "journal.jsonl").write_bytes(head)
    with pytest.raises(DataError, match="was begun as something else, not as a store"):
        writer(tmp_path)
    assert contents(tmp_path) == {"journal.jsonl": head}


DAMAGED = ["null", "[1]", '{"key": 3}', '{"length": 0}', "{", '{"unknown": 1}', '{"aside": {"key": "a"}}']
DAMAGED += ['{"aside": 3}', '{"keep": "unheard"}', "\udcff"]
CHANGED = [
    {"length": "3"},
    {"length": 10**15},
    {"key": 5},
    {"offset": -1},
    {"bytes": 0},
    {"bytes": 10**12},
    {"view": None},
]
CHANGED += [{"warnings": [1]}, {"quality": {"x": "y"}}, {"quality": 3}, {"sha256": "00"}, {"sha256": 5}, {"offset": 1}]


@pytest.mark.parametrize("change", [*DAMAGED, *CHANGED], ids=str)
def test_a_damaged_line_ends_the_journal(tmp_path: Path, change: str | dict) -> None:
    expected = straight(tmp_path / "straight", fresh)
    begin(tmp_path / "s", fresh, 5)
    path = tmp_path / "s" / "journal.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    text = change if isinstance(change, str) else json.dumps(json.loads(lines[2]) | change)
    lines[2] = text.encode("utf-8", "surrogateescape") + b"\n"
    path.write_bytes(b"".join(lines))
    into = writer(tmp_path / "s")
    assert into.done == {record(0).key}
    run(into, fresh)
    assert contents(tmp_path / "s") == expected


def test_a_line_about_the_frames_of_another_ends_the_journal(tmp_path: Path) -> None:
    """Sound frames at a place where they cannot have been written."""
    expected = straight(tmp_path / "straight", fresh)
    begin(tmp_path / "s", fresh, 5)
    path = tmp_path / "s" / "journal.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([*lines[:2], lines[1].replace(b"000/nm-01", b"555/nm-01"), *lines[2:]]))
    assert _done(tmp_path / "s") == {record(0).key}
    run(writer(tmp_path / "s"), fresh)
    assert contents(tmp_path / "s") == expected


@pytest.mark.parametrize("steps", GOES_ON)
def test_frames_are_on_the_disk_before_the_head_that_counts_them(tmp_path: Path, steps: Steps, monkeypatch) -> None:
    prepared(tmp_path / "s", steps)
    done: list[str] = []
    fsync, replace = os.fsync, os.replace
    monkeypatch.setattr(os, "fsync", lambda h: (done.append(Path(f"/proc/self/fd/{h}").resolve().name), fsync(h))[1])
    monkeypatch.setattr(os, "replace", lambda a, b: (done.append(f"-> {Path(b).name}"), replace(a, b))[1])
    run(writer(tmp_path / "s"), steps)
    index = "-> index-2.arrow" if steps is update else "-> index-1.arrow"
    order = [done.index("frames.bin"), done.index(index), done.index("-> store.json")]
    assert order == sorted(order)
    for name in (index, "-> store.json"):
        assert done[done.index(name) - 1].endswith(".tmp"), "its bytes first"
        assert done[done.index(name) + 1] == "s", "and then its name"


def test_an_unfinished_store_says_so(tmp_path: Path) -> None:
    begin(tmp_path, fresh, 2)
    with pytest.raises(ArtefactError, match="is unfinished: run `gaitprint data prepare` again to complete it"):
        Store.open(tmp_path)


SCRIPT = """
import os, signal, sys, threading
sys.path.insert(0, sys.argv[2])
from pathlib import Path
from store_examples import fresh, update, writer
steps = {"fresh": fresh, "update": update}[sys.argv[3]]
into = writer(Path(sys.argv[1]))
for number, step in enumerate(steps(into)):
    step()
    if number == int(sys.argv[4]):
        os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize(("steps", "last"), [(fresh, 0), (fresh, 3), (update, 2), (update, 4)])
def test_a_real_kill_loses_nothing_that_was_decided(tmp_path: Path, steps: Steps, last: int) -> None:
    expected = straight(tmp_path / "straight", steps)
    prepared(tmp_path / "s", steps)
    words = [str(tmp_path / "s"), str(Path(__file__).parent), steps.__name__, str(last)]
    done = subprocess.run([sys.executable, "-c", SCRIPT, *words], capture_output=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert len(_done(tmp_path / "s")) == last + 1
    run(writer(tmp_path / "s"), steps)
    assert contents(tmp_path / "s") == expected
    assert "bad" in known(tmp_path / "s")


def test_a_real_kill_at_any_moment(tmp_path: Path) -> None:
    """Ten writers, each killed some milliseconds after it began to write; then one that ends."""
    script = SCRIPT.replace("    step()\n", "    step()\n    print(flush=True)\n").replace("== int(sys.argv[4])", "< 0")
    words = [str(tmp_path / "s"), str(Path(__file__).parent), "fresh", "0"]
    for number in range(3):
        with subprocess.Popen([sys.executable, "-c", script, *words], stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            for _ in range(number):
                process.stdout.readline()
            process.kill()
    run(writer(tmp_path / "s"), fresh)
    assert contents(tmp_path / "s") == straight(tmp_path / "straight", fresh)


def test_frames_of_a_changed_sequence_are_never_mixed(tmp_path: Path) -> None:
    """Killed after the frames and before the line: the bytes are cut off, whatever comes next."""
    write(tmp_path)
    begin(tmp_path, update, 1)
    with (tmp_path / "frames.bin").open("ab") as stream:
        stream.write(os.urandom(30))
    with writer(tmp_path) as into:
        decide(into, 1, salt=5)
    store = Store.open(tmp_path)
    assert [row.bytes for row in store.rows][-1] == store.head.bytes - store.row(1).offset
