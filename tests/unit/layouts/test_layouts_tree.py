import os
from pathlib import Path

import pytest

from gaitprint.archives import open_files
from gaitprint.errors import DataError
from gaitprint.layouts.tree import Level, Tree, sequence_place, walk

TREE = Tree("toy", (Level("subject", "001", "[0-9]{3}"), Level("view", "090", "[0-9]{3}")))


def leaf(root: Path, path: str, *files: str) -> Path:
    folder = root / path
    folder.mkdir(parents=True, exist_ok=True)
    for name in files:
        (folder / name).write_bytes(b"x")
    return folder


def test_leaves_come_sorted_with_what_is_to_be_read(tmp_path: Path) -> None:
    leaf(tmp_path, "002/090", "a.png", "b.png")
    leaf(tmp_path, "001/090", "090.pkl")
    leaf(tmp_path, "001/000")
    leaf(tmp_path, "003")
    leaf(tmp_path, ".git/objects", "x.png")
    leaf(tmp_path, "__MACOSX/001", "x.png")
    (tmp_path / "README.md").write_text("hello")
    found = walk(open_files(tmp_path), TREE)
    assert [x.names for x in found] == [("001", "000"), ("001", "090"), ("002", "090")]
    assert [x.place for x in found] == ["001/000", "001/090/090.pkl", "002/090"]


@pytest.mark.parametrize(
    ("make", "words"),
    [
        ([], "expected folders like '001/090' .* found no sequence"),
        (["001/nm/a.png"], "view folders like '090' at level 2 .* found 'nm'"),
        (["x/090/a.png"], "subject folders like '001' at level 1 .* found 'x'"),
        (["001/a.png"], "view folders like '090' at level 2 .* found the file 'a.png' .* too shallow"),
        (["a.png"], "subject folders like '001' at level 1 .* found the file 'a.png'"),
        (
            ["001/090/deep/a.png"],
            "expected the frames in .*001/090, 2 levels down .* found the folder 'deep'.* too deep",
        ),
    ],
)
def test_a_tree_of_another_shape_is_refused(tmp_path: Path, make: list[str], words: str) -> None:
    for path in make:
        leaf(tmp_path, str(Path(path).parent), Path(path).name)
    with pytest.raises(DataError, match=words) as caught:
        walk(open_files(tmp_path), TREE)
    assert "\n" not in str(caught.value)


def test_a_root_that_is_no_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(DataError, match="found a file"):
        walk(open_files(tmp_path / "file"), TREE)
    with pytest.raises(DataError, match="found nothing"):
        walk(open_files(tmp_path / "none"), TREE)


def test_where_every_file_is_a_sequence_another_way_is_shown(tmp_path: Path) -> None:
    leaf(tmp_path, "001", "090.npy")
    with pytest.raises(DataError, match=r"too shallow.*list them in a CSV \(path,subject,condition,view\)"):
        walk(open_files(tmp_path), TREE)


def test_links_may_not_lead_out(tmp_path: Path) -> None:
    leaf(tmp_path, "out/090", "a.png")
    root = tmp_path / "root"
    leaf(root, "001/090", "a.png")
    (root / "002").symlink_to(root / "001")
    assert [x.names[0] for x in walk(open_files(root), TREE)] == ["001", "002"]
    (root / "003").symlink_to(tmp_path / "out")
    with pytest.raises(DataError, match=r"003 is a link out of"):
        walk(open_files(root), TREE)
    (root / "003").unlink()
    (root / "001" / "090" / "b.png").symlink_to(tmp_path / "out" / "090" / "a.png")
    assert [x.place for x in walk(open_files(root), TREE)] == ["001/090", "002/090"], "who reads the leaf refuses it"
    with pytest.raises(DataError, match=r"b.png is a link out of"):
        open_files(root).list("001/090")


def test_names_that_would_break_a_line_or_utf8_are_refused(tmp_path: Path) -> None:
    leaf(tmp_path, "00\n1/090", "a.png")
    with pytest.raises(DataError, match=r"the name '00\\n1' holds unprintable") as caught:
        walk(open_files(tmp_path), TREE)
    assert "\n" not in str(caught.value)
    other = tmp_path / "other"
    other.mkdir()
    (other / os.fsdecode(b"\xff\xfe")).mkdir()
    with pytest.raises(DataError, match=r"\\udcff\\udcfe"):
        walk(open_files(other), TREE)


def test_a_listing_that_fails_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("gaitprint.archives.folder.os.scandir", fail)
    with pytest.raises(DataError, match=r"cannot be read: Permission denied"):
        walk(open_files(tmp_path), TREE)


def test_of_several_arrays_the_one_that_fits_or_is_named_like_the_folder_is_read(tmp_path: Path) -> None:
    files = open_files(tmp_path)
    assert sequence_place(files, "090", ["parsing.pkl"], TREE) == "090/parsing.pkl"
    assert sequence_place(files, "090", ["090.pkl", "parsing.pkl"], TREE) == "090/090.pkl"
    assert sequence_place(files, "090", ["1.png", "2.png"], TREE) == "090"
    assert sequence_place(files, "090", [], TREE) == "090"
    with pytest.raises(DataError, match=r"holds several files \(a.pkl, b.pkl\).*'090.pkl'"):
        sequence_place(files, "090", ["a.pkl", "b.pkl"], TREE)
    with pytest.raises(DataError, match=r"several files \(090.npy, 090.pkl\)"):
        sequence_place(files, "090", ["090.npy", "090.pkl"], TREE)
    # which of them is the sequence its reader says, of this one and not of the whole tree
    assert sequence_place(files, "090", ["1.png", "a.pkl"], TREE) == "090"


def test_a_tree_of_modalities_reads_the_one_of_silhouettes_and_misses_it_by_name(tmp_path: Path) -> None:
    files = open_files(tmp_path)
    tree = Tree("toy", TREE.levels, ".*-sils", "{leaf}-sils.pkl")
    assert sequence_place(files, "090", ["090.pkl", "x-sils.pkl"], tree) == "090/x-sils.pkl"
    assert sequence_place(files, "090", ["090.pkl", "x-rgb.pkl"], tree) == "090/090.pkl"
    for others in (["x-rgb.pkl"], ["x-rgb.pkl", "x-depth.pkl"]):
        assert sequence_place(files, "090", others, tree) == "090/090-sils.pkl"
    assert sequence_place(files, "090", [], tree) == "090"
    with pytest.raises(DataError, match="several files"):
        sequence_place(files, "090", ["a-sils.pkl", "b-sils.pkl"], tree)
