"""What every source owes: the same tree is the same, wherever it lies."""

import multiprocessing
import pickle
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from source_trees import CLUTTER, SOURCES, TREE, everything

from gaitprint.archives import Files, Listing, inside, parent
from gaitprint.errors import DataError

LEAF = "001/nm-01/090"


@pytest.fixture(params=SOURCES)
def kind(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def files(kind: str, tmp_path: Path) -> Files:
    return SOURCES[kind](tmp_path)


def one_line(caught: pytest.ExceptionInfo) -> bool:
    return str(caught.value).isprintable()


def test_it_is_a_source(files: Files) -> None:
    assert isinstance(files, Files)


def test_all_names_and_bytes_are_there(files: Files) -> None:
    assert everything(files) == TREE


def test_a_listing_is_sorted_and_knows_folders_from_files(files: Files) -> None:
    assert files.list() == Listing(("001", "002", "x" * 200, "Ünïcode 歩"), ("read me.txt",))
    assert files.list("001") == Listing(("nm-01",), ())
    assert files.list(LEAF) == Listing((), ("1.png", "10.png", "2.png"))
    assert files.list("") == files.list()


def test_what_is_a_folder(files: Files) -> None:
    assert [files.is_folder(n) for n in ("", "001", LEAF, "Ünïcode 歩")] == [True] * 4
    assert [files.is_folder(n) for n in (f"{LEAF}/2.png", "none", "001/none", "read me.txt")] == [False] * 4


def test_clutter_is_passed_over(kind: str, tmp_path: Path) -> None:
    files = SOURCES[kind](tmp_path, TREE | CLUTTER)
    assert everything(files) == TREE
    (tmp_path / "plain").mkdir()
    plain = SOURCES[kind](tmp_path / "plain", TREE)
    assert files.stamp("001") == plain.stamp("001")


def test_an_empty_source_has_nothing(kind: str, tmp_path: Path) -> None:
    if kind.startswith("within"):
        pytest.skip("a folder of archives that holds nothing is not there")
    assert SOURCES[kind](tmp_path, {}).list() == Listing((), ())


@pytest.mark.parametrize("name", ["none", "none/x.png", "001/none", f"{LEAF}/2.png/x", "", "001"])
def test_what_is_no_file_is_not_read(files: Files, name: str) -> None:
    with pytest.raises(DataError) as caught:
        files.read(name, 10)
    assert one_line(caught)
    assert name.split("/")[0] in str(caught.value)


@pytest.mark.parametrize("name", ["none", "001/none", f"{LEAF}/2.png"])
def test_what_is_no_folder_is_not_listed(files: Files, name: str) -> None:
    with pytest.raises(DataError) as caught:
        files.list(name)
    assert one_line(caught)


@pytest.mark.parametrize("name", ["none", "none/x.png", "001/none"])
def test_what_is_not_there_has_no_stamp(files: Files, name: str) -> None:
    with pytest.raises(DataError) as caught:
        files.stamp(name)
    assert one_line(caught)


HOSTILE = ["../a.png", "..", "001/..", "001/../read me.txt", "/etc/passwd", "001/../../x", "a\0b", "/x"]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_that_leads_elsewhere_is_refused_in_one_line(files: Files, name: str) -> None:
    for use in (lambda n: files.read(n, 100), files.list, files.stamp):
        with pytest.raises(DataError) as caught:
            use(name)
        assert one_line(caught)


def test_a_file_over_the_limit_is_not_read(files: Files) -> None:
    assert files.read(f"{LEAF}/10.png", 2700) == b"ten" * 900
    with pytest.raises(DataError, match=r"10\.png (has|unpacks to) 2700 bytes, the limit is 2699: ") as caught:
        files.read(f"{LEAF}/10.png", 2699)
    assert one_line(caught)


def test_messages_call_a_file_by_its_whole_path(files: Files, kind: str, tmp_path: Path) -> None:
    assert str(tmp_path) in files.where
    assert files.called("").startswith(files.where)
    assert files.called(LEAF).startswith(files.where)
    assert files.called(LEAF).endswith(LEAF)
    assert files.called("a\nb\0").endswith(r"a\nb\x00")


@pytest.mark.parametrize("name", [LEAF, f"{LEAF}/2.png"])
def test_a_stamp_stays_while_nothing_changes(files: Files, kind: str, tmp_path: Path, name: str) -> None:
    stamp = files.stamp(name)
    assert stamp
    assert files.stamp(name) == stamp
    (tmp_path / "again").mkdir()
    assert SOURCES[kind](tmp_path / "again").stamp(name) == stamp, "made again at the same times"
    others = [f"{LEAF}/1.png", f"{LEAF}/10.png", "001/nm-01/180", "001", "002/bg-01/090", "read me.txt"]
    assert stamp not in [files.stamp(other) for other in others]


CHANGES = {
    "size": {f"{LEAF}/2.png": b"2"},
    "new": {f"{LEAF}/3.png": b"three"},
    "gone": {f"{LEAF}/2.png": None},
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_stamp_changes_with_a_file_of_the_folder(files: Files, kind: str, tmp_path: Path, change: str) -> None:
    new = {n: d for n, d in (TREE | CHANGES[change]).items() if d is not None}
    (tmp_path / "new").mkdir()
    changed = SOURCES[kind](tmp_path / "new", new)
    assert changed.stamp(LEAF) != files.stamp(LEAF)
    assert changed.stamp("001/nm-01/180") == files.stamp("001/nm-01/180")
    assert changed.stamp("001/nm-01") == files.stamp("001/nm-01"), "of the files directly in it"
    assert changed.stamp(f"{LEAF}/1.png") == files.stamp(f"{LEAF}/1.png")


def test_a_stamp_changes_with_the_time_or_with_the_content(files: Files, kind: str, tmp_path: Path) -> None:
    """A zip holds checksums, which are better than times; the others go by the time."""
    (tmp_path / "later").mkdir()
    (tmp_path / "other").mkdir()
    later = SOURCES[kind](tmp_path / "later", TREE, 1_600_000_001)
    other = SOURCES[kind](tmp_path / "other", TREE | {f"{LEAF}/2.png": b"owt"})
    by_content = "zip" in kind or kind == "stored"
    for name in (LEAF, f"{LEAF}/2.png"):
        assert (later.stamp(name) != files.stamp(name)) == (not by_content)
        assert (other.stamp(name) != files.stamp(name)) == by_content


def _everything(files: Files) -> dict[str, bytes]:
    return everything(files)


def test_it_can_be_handed_to_another_process(files: Files) -> None:
    assert len(pickle.dumps(files)) < 1000, "the way to it and not what it holds"
    again = pickle.loads(pickle.dumps(files))
    assert everything(again) == TREE
    assert again.stamp(LEAF) == files.stamp(LEAF)


def test_another_process_reads_the_same(tmp_path: Path) -> None:
    """All kinds by the same two processes, which are slow to start."""
    made = []
    for number, kind in enumerate(SOURCES):
        (tmp_path / str(number)).mkdir()
        made.append(SOURCES[kind](tmp_path / str(number)))
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        assert pool.map(_everything, made) == [TREE] * len(made)


def test_threads_read_the_same(files: Files) -> None:
    names = [n for n in TREE if len(TREE[n]) > 1] * 20
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda n: files.read(n, 2**20), names)) == [TREE[n] for n in names]


def test_nothing_is_written_to_disk(kind: str, tmp_path: Path) -> None:
    files = SOURCES[kind](tmp_path)
    before = sorted(tmp_path.rglob("*"))
    everything(files)
    assert sorted(tmp_path.rglob("*")) == before


def test_the_order_puts_folders_as_they_lie(kind: str, tmp_path: Path) -> None:
    """Of a packed tar; elsewhere it does not matter, and nothing is put before anything."""
    tree = {f"{name}/{n}.png": b"data" for name in ("c", "a", "b") for n in (2, 1)}
    files = SOURCES[kind](tmp_path, tree)
    order = sorted(("a", "b", "c"), key=files.order)
    packed = kind in ("gz", "tgz", "bz2", "xz", "within a tar")
    assert order == (["c", "a", "b"] if packed else ["a", "b", "c"])
    assert (files.order("c/2.png") < files.order("c/1.png")) == packed


def test_names_are_put_together_and_taken_apart() -> None:
    assert [inside("", "a"), inside("a/b", "c")] == ["a", "a/b/c"]
    assert [parent("a"), parent("a/b/c"), parent("")] == ["", "a/b", ""]
