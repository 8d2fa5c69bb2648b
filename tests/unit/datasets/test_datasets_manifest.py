"""Sequences listed in a file of one's own."""

import codecs
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest

from gaitprint.archives import open_files
from gaitprint.components import find_component
from gaitprint.errors import ArtefactError, ConfigError, DataError
from gaitprint.ingest.layout_choice import LayoutChoice
from gaitprint.layouts.contract import FoundSequence, Layout
from gaitprint.stages.prepare import prepare
from gaitprint.store import Store


def layout(**settings: object) -> Layout:
    made: Layout = find_component("dataset", "manifest").make(settings)
    return made


def scanned(root: Path, content: str | bytes, **settings: object) -> list[FoundSequence]:
    data = content.encode() if isinstance(content, str) else content
    (root / "manifest.csv").write_bytes(data)
    return layout(**settings).scan(open_files(root))


def told(found: list[FoundSequence]) -> list[tuple[str, str | None, str, str, str]]:
    return [(f.record.key, f.record.subject, f.record.condition, f.record.view, f.place) for f in found]


def table(root: Path, columns: Mapping[str, object], name: str = "list.parquet") -> Path:
    pa.parquet.write_table(pa.table(dict(columns)), root / name)
    return root / name


class TestCsv:
    def test_a_row_is_a_sequence_and_keys_order_them(self, tmp_path: Path) -> None:
        text = "path,subject,condition,view\nb/2.npy,007,night,left\na/1.pkl,7,day,right\n"
        assert told(scanned(tmp_path, text)) == [
            ("a/1", "7", "day", "right", "a/1.pkl"),
            ("b/2", "007", "night", "left", "b/2.npy"),
        ]

    def test_a_column_of_row_numbers_without_a_name_is_nothing(self, tmp_path: Path) -> None:
        """pandas writes one unless it is told not to."""
        assert told(scanned(tmp_path, ",path,subject,view\n0,a.npy,anna,left\n1,b.npy,ben,left\n")) == [
            ("a", "anna", "default", "left", "a.npy"),
            ("b", "ben", "default", "left", "b.npy"),
        ]

    def test_the_column_of_paths_has_a_name(self) -> None:
        with pytest.raises(ConfigError, match="`path` is the column that says where each sequence is"):
            layout(path="")

    def test_the_path_alone_is_enough_and_nobody_is_nobody(self, tmp_path: Path) -> None:
        assert told(scanned(tmp_path, "path\nx.npy\n")) == [("x", None, "default", "default", "x.npy")]
        assert told(scanned(tmp_path, "subject,path,view,condition\n,x.npy,,\n")) == [
            ("x", None, "default", "default", "x.npy")
        ]

    @pytest.mark.parametrize(
        "data",
        [
            codecs.BOM_UTF8 + "path,subject\nübung/冬.npy,Ünal\n".encode(),
            "path,subject\r\nübung/冬.npy,Ünal\r\n".encode(),
            "path,subject\nübung/冬.npy,Ünal".encode(),
            '"path","subject"\n"übung/冬.npy","Ünal"\n'.encode(),
            "path,subject\n\nübung/冬.npy,Ünal\n\n".encode(),
            "path;subject\nübung/冬.npy;Ünal\n".encode(),
            "path\tsubject\nübung/冬.npy\tÜnal\n".encode(),
            "path|subject\nübung/冬.npy|Ünal\n".encode(),
            "sep=;\npath;subject\nübung/冬.npy;Ünal\n;\n".encode(),
            "# by hand\r\n# in May\r\npath,subject\r\nübung/冬.npy,Ünal\r\n,\r\n".encode(),
            "path,subject\nübung/冬.npy,Ünal\n".encode("utf-16"),
            "path\tsubject\r\nübung/冬.npy\tÜnal\r\n".encode("utf-16"),
            "path,subject\nübung/冬.npy,Ünal\n".encode("utf-32"),
            "path,subject\n./übung//冬.npy,Ünal\n".encode(),
            "path,subject\nübung\\冬.npy,Ünal\n".encode(),
        ],
        ids=lambda data: repr(data)[:40],
    )
    def test_files_as_programs_write_them(self, tmp_path: Path, data: bytes) -> None:
        assert told(scanned(tmp_path, data)) == [("übung/冬", "Ünal", "default", "default", "übung/冬.npy")]

    def test_quotes_hold_commas(self, tmp_path: Path) -> None:
        (found,) = scanned(tmp_path, 'path,subject,view\n"a, b.npy","Doe, ""J"" Jane",left\n')
        assert (found.place, found.record.subject) == ("a, b.npy", 'Doe, "J" Jane')

    def test_more_columns_are_no_harm_and_one_may_have_no_name(self, tmp_path: Path) -> None:
        text = ",age,path,subject,note\n0,33,x.npy,anna,\n1,34,y.npy,ben,late\n"
        assert [(f.place, f.record.subject) for f in scanned(tmp_path, text)] == [("x.npy", "anna"), ("y.npy", "ben")]

    def test_columns_may_have_other_names(self, tmp_path: Path) -> None:
        names = {"path": "file", "subject": "who", "condition": "how", "view": "camera", "key": "id"}
        (found,) = scanned(tmp_path, "id,file,who,how,camera\nw1,x.npy,anna,fast,3\n", **names)
        assert told([found]) == [("w1", "anna", "fast", "3", "x.npy")]

    def test_the_key_is_the_path_without_the_ending_of_an_array_only(self, tmp_path: Path) -> None:
        text = "path\nwalk.1\nwalk.2\nold/2024.01.02\na.b.NPY\nc.TIF\n"
        assert [f.record.key for f in scanned(tmp_path, text)] == ["a.b", "c", "old/2024.01.02", "walk.1", "walk.2"]

    def test_an_empty_key_is_the_path(self, tmp_path: Path) -> None:
        assert [f.record.key for f in scanned(tmp_path, "key,path\n,x.npy\nmine,y.npy\n")] == ["mine", "x"]

    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ("file,subject\nx.npy,a\n", r"manifest\.csv has no column 'path': known: file, subject"),
            ("paht,subject\nx.npy,a\n", "has no column 'path': did you mean 'paht'"),
            ("path:subject\nx.npy:a\n", "has no column 'path'"),
            ("path,subject\nx.npy\n", "line 2: fewer cells than the header has columns"),
            ("path,subject\ny.npy,b\nx.npy,a,b\n", "line 3: more cells than the header has columns"),
            ("path,subject,subject\nx.npy,a,b\n", "has two columns 'subject': rename one"),
            ("path,subject\n", "lists no sequence: expected a row for each, found only a header"),
            ("", r"manifest\.csv is empty: expected a header such as path,subject"),
            (" \n\n", "is empty: expected a header"),
            ("path\nx\nx\n", "the rows 1 and 2 both list 'x': delete one of them"),
            ("path,key\nx,a\ny,b\n./x,c\n", "the rows 1 and 3 both list 'x'"),
            ("walks/1.npy,anna\nwalks/2.npy,ben\n", "no column 'path'.*the first line names the columns, such as"),
            ("path\n../x.npy\n", r"row 1: expected a path below the manifest's folder, found '\.\./x\.npy'"),
            ("path\na.npy\nb/../../x.npy\n", "row 2: expected a path below"),
            ("path\nb\\..\\x.npy\n", "row 1: expected a path below"),
            ("path\n/etc/passwd\n", "row 1: expected a path below the manifest's folder, found '/etc/passwd'"),
            ("path\n\\\\server\\x.npy\n", "row 1: expected a path below"),
            ("path\nC:\\x.npy\n", "row 1: expected a path below"),
            ("path,subject\n,anna\n", "row 1: expected a path below the manifest's folder, found ''"),
            ("path\n./\n", "row 1: expected a path below"),
            ('path\n"a\nb.npy"\n', r"row 1: 'a\\nb\.npy' holds unprintable characters: rename it"),
            ('path,key\nx.npy,"a\tb"\n', r"row 1: .* holds unprintable characters"),
            ('path\n"x.npy\n', "cannot be read as CSV"),
            ('path\n"x".npy\n', "cannot be read as CSV"),
        ],
    )
    def test_a_wrong_one_is_refused(self, tmp_path: Path, text: str, words: str) -> None:
        with pytest.raises(DataError, match=words) as caught:
            scanned(tmp_path, text)
        assert "\n" not in str(caught.value)

    @pytest.mark.parametrize("coding", ["utf-16-le", "latin-1", "utf-32-be"])
    def test_another_coding_is_refused(self, tmp_path: Path, coding: str) -> None:
        with pytest.raises(DataError, match=r"manifest\.csv") as caught:
            scanned(tmp_path, "path,subject\nx.npy,Jürgen\n".encode(coding))
        assert "\n" not in str(caught.value)

    @pytest.mark.parametrize(
        ("data", "words"),
        [
            (b"PK\3\4xl/workbook.xml", "is a zip archive, or an .npz or Office file: expected a CSV, TSV or Parquet"),
            (b"\x1f\x8b\x08", "is packed with gzip: unpack it first"),
            (b"<!DOCTYPE html>", "is a web page"),
        ],
        ids=["office", "gzip", "html"],
    )
    def test_a_file_of_another_kind_is_named(self, tmp_path: Path, data: bytes, words: str) -> None:
        with pytest.raises(DataError, match=words):
            scanned(tmp_path, data)

    def test_a_key_is_given_once(self, tmp_path: Path) -> None:
        for text in ("path,key\na.npy,k\nb.npy,k\n", "path\nx.npy\nx.pkl\n"):
            (tmp_path / "manifest.csv").write_text(text)
            with pytest.raises(DataError, match=r"share the key '[kx]': rename one of them"):
                prepare(tmp_path / "manifest.csv", tmp_path / "store")
            assert not (tmp_path / "store").exists()


class TestColumns:
    @pytest.mark.parametrize(
        "header",
        [
            "path, subject, view",
            " path ,subject ,view",
            "Path,Subject,View",
            "PATH,SUBJECT,VIEW",
            "path,\u00a0subject,view\u200b",
            "\ufeff\ufeffpath,subject,view",
            "\uff50\uff41\uff54\uff48,subject,view",
            '"path", "subject", "view"',
        ],
    )
    def test_names_with_spaces_and_capitals_are_the_names(self, tmp_path: Path, header: str) -> None:
        (found,) = scanned(tmp_path, f"{header}\nx.npy,anna,left\n")
        assert told([found]) == [("x", "anna", "default", "left", "x.npy")]

    def test_what_was_taken_for_what_is_said(self, tmp_path: Path) -> None:
        (found,) = scanned(tmp_path, "path,Subject\nx.npy,anna\n")
        assert found.notes == (f"{tmp_path}/manifest.csv: the column 'Subject' is read as 'subject'",)
        (found,) = scanned(tmp_path, "path,subject,Subject\nx.npy,anna,ben\n")
        assert (found.record.subject, "'Subject' is not read" in found.notes[0]) == ("anna", True)
        (found,) = scanned(tmp_path, "path,age\nx.npy,33\n")
        assert "no column 'subject', so nobody is known; if one of 'age' says who walks" in found.notes[0]
        with pytest.raises(DataError, match=r"known: file, subject \(if one of them is meant, .*--set path="):
            scanned(tmp_path, "file,subject\nx.npy,anna\n")
        (found,) = scanned(tmp_path, "path,subject,condition,view,age\nx.npy,anna,day,left,33\n")
        assert found.notes == ()
        (found,) = scanned(tmp_path, "path,subject,condition,cam\nx.npy,anna,day,left\n")
        assert "without the column 'view' all are 'default'; not read: 'cam'" in found.notes[0]

    @pytest.mark.parametrize("near", ["subjct", "subjects", "subject_id", "SubjectID", "Subject Name", "the subject"])
    def test_nearly_the_name_may_be_something_else(self, tmp_path: Path, near: str) -> None:
        with pytest.raises(DataError, match=f"no column 'subject', but '{near}': rename it, or say .* subject={near}"):
            scanned(tmp_path, f"path,{near}\nx.npy,anna\n")
        (found,) = scanned(tmp_path, f"path,{near}\nx.npy,anna\n", subject=near)
        assert found.record.subject == "anna"
        (found,) = scanned(tmp_path, f"path,{near}\nx.npy,anna\n", subject="")
        assert found.record.subject is None
        assert not any("nobody known" in note for note in found.notes)

    @pytest.mark.parametrize(
        ("near", "field"), [("views", "view"), ("view_deg", "view"), ("keys", "key"), ("conditon", "condition")]
    )
    def test_that_holds_for_every_column(self, tmp_path: Path, near: str, field: str) -> None:
        with pytest.raises(DataError, match=f"no column '{field}', but '{near}'"):
            scanned(tmp_path, f"path,subject,{near}\nx.npy,anna,1\n")

    def test_two_that_may_be_meant_are_refused(self, tmp_path: Path) -> None:
        with pytest.raises(DataError, match="'Subject' and 'SUBJECT' both may be the column 'subject': rename one"):
            scanned(tmp_path, "path,Subject,SUBJECT\nx.npy,anna,ben\n")

    def test_a_column_that_was_asked_for_must_be_there(self, tmp_path: Path) -> None:
        with pytest.raises(DataError, match="no column 'persn': did you mean 'person'"):
            scanned(tmp_path, "path,person\nx.npy,anna\n", subject="persn")


class TestCells:
    @pytest.mark.parametrize("given", ["001 ", " 001", "\u00a0001", "001\u200b", '" 001"', "\ufeff001", "001\u3000"])
    def test_white_space_around_names_is_left_out_and_said(self, tmp_path: Path, given: str) -> None:
        found = scanned(tmp_path, f"path,subject\nx.npy,{given}\ny.npy,001\n")
        assert [f.record.subject for f in found] == ["001", "001"]
        # a space after a comma is the file's form, of which nothing is to be said
        assert [len(f.notes) for f in found] == [int(given != " 001"), 0]
        assert all(note == "white space around names in the column 'subject' is left out" for note in found[0].notes)

    @pytest.mark.parametrize("word", ["nan", "NaN", "None", "null", "NULL", "NA", "<NA>", "N/A", "#N/A", "-", " nan "])
    def test_words_for_an_empty_cell_are_nobody_and_said(self, tmp_path: Path, word: str) -> None:
        (found,) = scanned(tmp_path, f"path,subject,condition,view\nx.npy,{word},{word},{word}\n")
        assert told([found]) == [("x", None, "default", "default", "x.npy")]
        assert f"'{word.strip()}' in the column 'subject' is read as an empty cell" in found.notes
        (found,) = scanned(tmp_path, f"path,subject\nx.npy,{word}\n", missing=[])
        assert found.record.subject == word.strip()

    @pytest.mark.parametrize("name", ["Nan", "Null", "Na", "0", "none-01", "nana", "?"])
    def test_names_like_them_are_names(self, tmp_path: Path, name: str) -> None:
        (found,) = scanned(tmp_path, f"path,subject\nx.npy,{name}\n")
        assert (found.record.subject, found.notes) == (name, ())

    def test_a_file_whose_name_ends_with_a_space_is_found_as_it_is(self, tmp_path: Path) -> None:
        (tmp_path / "walk ").mkdir()
        (tmp_path / "other").mkdir()
        found = scanned(tmp_path, "path,subject\nwalk ,anna\nother ,ben\n")
        assert [(f.place, len(f.notes)) for f in found] == [("other", 1), ("walk ", 0)]

    def test_whole_numbers_beside_empty_cells_are_no_floats(self, tmp_path: Path) -> None:
        table(tmp_path, {"path": ["a", "b", "c"], "subject": [1.0, None, float("nan")], "view": [90.0, 0.5, 0.0]})
        found = layout(file="list.parquet").scan(open_files(tmp_path))
        assert [(f.record.subject, f.record.view) for f in found] == [("1", "90"), (None, "0.5"), (None, "0")]


class TestParquet:
    def test_it_says_what_the_same_csv_says(self, tmp_path: Path) -> None:
        columns = {
            "path": ["b/2.npy", "a/1.pkl"],
            "subject": ["007", None],
            "condition": ["night", ""],
            "view": pa.array(["left", "right"]).dictionary_encode(),
            "age": [3, None],
        }
        table(tmp_path, columns)
        found = layout(file="list.parquet").scan(open_files(tmp_path))
        csv = scanned(tmp_path, "path,subject,condition,view,age\nb/2.npy,007,night,left,3\na/1.pkl,,,right,\n")
        assert told(found) == told(csv)

    def test_numbers_are_their_digits(self, tmp_path: Path) -> None:
        table(tmp_path, {"path": ["x.npy"], "subject": pa.array([7], pa.int64()), "view": [90]})
        (found,) = layout(file="list.parquet").scan(open_files(tmp_path))
        assert (found.record.subject, found.record.view) == ("7", "90")

    @pytest.mark.parametrize(
        ("columns", "words"),
        [
            ({"file": ["x.npy"]}, "has no column 'path'"),
            ({"path": ["../x.npy"]}, "row 1: expected a path below"),
            ({"path": pa.array([None], pa.string())}, "row 1: expected a path below .* found ''"),
            ({"path": pa.array([], pa.string())}, "lists no sequence"),
        ],
    )
    def test_a_wrong_one_is_refused(self, tmp_path: Path, columns: Mapping[str, object], words: str) -> None:
        table(tmp_path, columns)
        with pytest.raises(DataError, match=words):
            layout(file="list.parquet").scan(open_files(tmp_path))

    @pytest.mark.parametrize("data", [b"", b"PAR1", b"path\nx.npy\n", b"PAR1" + bytes(50) + b"PAR1"])
    def test_what_is_none_is_refused_in_one_line(self, tmp_path: Path, data: bytes) -> None:
        (tmp_path / "list.parquet").write_bytes(data)
        with pytest.raises(
            DataError, match=r"list\.parquet cannot be read as Parquet \(.*\): save it as such"
        ) as caught:
            layout(file="list.parquet").scan(open_files(tmp_path))
        assert "\n" not in str(caught.value)


class TestPreparing:
    def make(self, root: Path) -> Path:
        for i, name in enumerate(("one", "two", "three")):
            (root / "walks").mkdir(parents=True, exist_ok=True)
            np.save(root / "walks" / f"{name}.npy", np.full((6, 64, 64), 250 + i, np.uint8))
        path = root / "people.csv"
        path.write_text("path,subject\nwalks/one.npy,anna\nwalks/two.npy,ben\nwalks/three.npy,\n")
        return path

    def test_the_file_itself_is_the_source(self, tmp_path: Path) -> None:
        report = prepare(self.make(tmp_path), tmp_path / "store")
        store = Store.open(tmp_path / "store")
        assert (report.dataset, store.layout) == ("manifest", {"file": "people.csv"})
        assert [r.subject for r in store.records] == ["anna", None, "ben"]
        assert [int(store.frames(i).max()) for i in range(3)] == [250, 252, 251]

    def test_it_may_lie_deeper_or_in_an_archive_by_name(self, tmp_path: Path) -> None:
        import zipfile

        prepare(self.make(tmp_path / "data"), tmp_path / "store")
        with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
            for path in (tmp_path / "data").rglob("*.*"):
                archive.write(path, path.relative_to(tmp_path / "data"))
        for source in (tmp_path / "data", tmp_path / "a.zip"):
            out = tmp_path / f"{source.name}-store"
            report = prepare(source, out, LayoutChoice("manifest", {"file": "people.csv"}))
            assert report.fingerprint == Store.open(tmp_path / "store").fingerprint

    def test_a_listed_file_that_is_missing_is_left_out(self, tmp_path: Path) -> None:
        source = self.make(tmp_path)
        (tmp_path / "walks/two.npy").unlink()
        ((key, reason),) = prepare(source, tmp_path / "store").quarantined
        assert (key, "two.npy does not exist" in reason) == ("walks/two", True)

    def test_a_partition_splits_it(self, tmp_path: Path) -> None:
        (tmp_path / "parts.json").write_text('{"TRAIN_SET": ["anna"], "TEST_SET": ["ben"]}')
        split = layout(partition=str(tmp_path / "parts.json")).split(None, ["anna", "ben"])
        assert (split.train, split.test) == (("anna",), ("ben",))
        with pytest.raises(ArtefactError, match="the partition is missing"):
            layout(partition=str(tmp_path / "none.json")).split(None, ["anna"])

    def test_what_else_lies_beside_it_is_not_looked_at(self, tmp_path: Path) -> None:
        source = self.make(tmp_path)
        (tmp_path / "old").symlink_to(tmp_path / "gone")
        (tmp_path / "home").symlink_to("/")
        (tmp_path / "a\nb").touch()
        assert prepare(source, tmp_path / "store").sequences == 3

    def test_links_do_not_lead_out(self, tmp_path: Path) -> None:
        source = self.make(tmp_path / "data")
        np.save(tmp_path / "secret.npy", np.full((6, 64, 64), 255, np.uint8))
        (tmp_path / "data/walks/two.npy").unlink()
        (tmp_path / "data/walks/two.npy").symlink_to(tmp_path / "secret.npy")
        ((key, reason),) = prepare(source, tmp_path / "store").quarantined
        assert (key, "link out of" in reason) == ("walks/two", True)

    @pytest.mark.parametrize(
        ("settings", "error", "words"),
        [
            ({"file": "list.txt"}, ConfigError, r"a manifest is a \.csv, \.tsv or \.parquet file, found 'list\.txt'"),
            (
                {"file": "none.csv"},
                DataError,
                r"expected the file .*none\.csv with a row for each sequence, found none",
            ),
            ({"file": "walks/none.csv"}, DataError, "expected the file"),
            ({"file": "nowhere/none.csv"}, DataError, "expected the file"),
            ({"file": "../none.csv"}, DataError, "check the path|link out of"),
            ({"column": "x"}, ConfigError, "no setting 'column'"),
        ],
    )
    def test_wrong_settings_are_refused(
        self, tmp_path: Path, settings: dict[str, str], error: type[Exception], words: str
    ) -> None:
        self.make(tmp_path)
        with pytest.raises(error, match=words):
            prepare(tmp_path, tmp_path / "store", LayoutChoice("manifest", settings))

    def test_a_manifest_is_no_other_data_set(self, tmp_path: Path) -> None:
        with pytest.raises(ConfigError, match="is a manifest, not a data set 'casia-b': leave --dataset out"):
            prepare(self.make(tmp_path), tmp_path / "store", LayoutChoice("casia-b"))
