"""The doctor's page: whole HTML that needs nothing else, with what was found and what it looks like."""

import base64
import html
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import cv2
import numpy as np
import pytest

from gaitprint.checks.examination import Examined
from gaitprint.components import find_component
from gaitprint.errors import ConfigError, DataError
from gaitprint.pages.doctor import MEANING, SHOWN, doctor_page
from gaitprint.silhouettes.quality import FIELDS
from gaitprint.stages.doctor import doctor
from gaitprint.stages.prepare import prepare

EMPTY = {"meta", "link", "br", "img", "hr", "input", "col", "path", "line", "rect", "circle", "use", "stop"}


class Page(HTMLParser):
    """Every tag must be closed in its turn; texts, pictures and links are gathered."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.source = path.read_text(encoding="utf-8")
        self.open: list[str] = []
        self.links: list[str] = []
        self.pictures: list[np.ndarray] = []
        self.ids: list[str] = []
        self.texts: dict[str, list[str]] = {}
        self.feed(self.source)
        self.close()
        assert self.open == [], "every tag is closed"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in EMPTY:
            self.open.append(tag)
        for name, value in attrs:
            if name in ("src", "href", "action", "data", "poster", "srcset"):
                self.links.append(value or "")
            if name == "id":
                self.ids.append(value or "")
            if tag == "img" and name == "src":
                data = base64.b64decode((value or "").removeprefix("data:image/png;base64,"), validate=True)
                self.pictures.append(cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_GRAYSCALE))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in EMPTY:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        if tag not in EMPTY:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.texts.setdefault(self.open[-1] if self.open else "", []).append(" ".join(data.split()))


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A miniature with a copy under another name, a short sequence and one that is damaged."""
    root = tmp_path / "data"
    find_component("dataset", "opengait").make().write_miniature(root)
    (root / "dora/day-01/left/left.pkl").write_bytes((root / "anna/day-01/left/left.pkl").read_bytes())
    (root / "ben/day-00/left/left.pkl").write_bytes(b"damaged")
    return root


def words(source: str) -> str:
    """What a reader sees, in lower case."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", source)).split()).lower()


def check(page: Page) -> None:
    """What holds for every page."""
    assert page.source.lower().startswith("<!doctype html>")
    assert all(link.startswith(("data:image/png;base64,", "#")) for link in page.links), page.links
    assert not re.search(r"<script|@import|url\(\s*['\"]?(?!data:)|https?://(?!www\.w3\.org/)", page.source)
    assert len(set(page.ids)) == len(page.ids)
    assert not {"none", "nan", "inf"} & set(words(page.source.split("<body")[1]).split())


def test_it_says_what_the_report_says(data: Path, tmp_path: Path) -> None:
    report = doctor(data, page=tmp_path / "page.html")
    page = Page(tmp_path / "page.html")
    check(page)
    text = words(page.source)
    for finding in report.findings:
        assert words(finding.what) in text
        assert words(finding.advice) in text
    for key, reason in report.unusable:
        assert f"{key} {words(reason)}" in text
    assert report.fingerprint in text
    assert f"found in {data}, a data set.".lower() in text
    assert report.title.lower() in text
    for name in report.quality:
        assert MEANING[name] in text
    assert set(MEANING) == set(FIELDS), "every measure is explained"


def test_it_shows_the_sequences_of_findings_and_others(data: Path, tmp_path: Path) -> None:
    report = doctor(data, page=tmp_path / "page.html")
    page = Page(tmp_path / "page.html")
    _, *sheets = page.source.split('<article class="sheet')
    bad = dict(report.unusable)
    with_pictures = [f for f in report.findings if set(f.keys) - set(bad)]
    assert len(with_pictures) >= 2
    for finding, sheet in zip(with_pictures, sheets, strict=False):
        assert words(finding.what) in words(sheet)
        keys = [k for k in finding.keys if k not in bad]
        assert [f"{k} · 6 frames" in words(sheet) for k in keys] == [i < SHOWN for i in range(len(keys))]
        if len(keys) > SHOWN:
            assert f"{len(keys) - SHOWN} more are not drawn" in words(sheet)
    assert "ben/day-00/left ·" not in words("".join(sheets)), "the damaged one cannot be drawn"
    assert all(picture.shape[0] % 64 == 0 and picture.any() for picture in page.pictures)


def test_the_pictures_are_the_frames(tmp_path: Path) -> None:
    frames = np.random.default_rng(0).integers(0, 256, (3, 64, 64), dtype=np.uint8)
    (tmp_path / "data/a/b/c").mkdir(parents=True)
    np.save(tmp_path / "data/a/b/c/c.npy", frames)
    doctor(tmp_path / "data", page=tmp_path / "page.html")
    for picture in Page(tmp_path / "page.html").pictures:
        np.testing.assert_array_equal(picture[:, :192], np.hstack(list(frames)))
        assert not picture[:, 192:].any()


def test_a_store_has_the_page_of_its_data(data: Path, tmp_path: Path) -> None:
    doctor(data, page=tmp_path / "data.html")
    prepare(data, tmp_path / "store")
    doctor(tmp_path / "store", page=tmp_path / "store.html")
    ours, theirs = Page(tmp_path / "store.html"), Page(tmp_path / "data.html")
    check(ours)
    assert len(ours.pictures) > 0
    assert {p.tobytes() for p in ours.pictures} <= {p.tobytes() for p in theirs.pictures}


def test_where_all_is_well_it_says_so(tmp_path: Path) -> None:
    root = tmp_path / "data"
    find_component("dataset", "opengait").make().write_miniature(root)
    for i, path in enumerate(sorted(root.rglob("*.pkl"))):
        made = np.zeros((6, 64, 64), np.uint8)
        made[:, :, 22:42] = 255
        made[:, 10, 20] = i + 1
        path.unlink()
        np.save(path.with_suffix(".npy"), made)
    report = doctor(root, page=tmp_path / "page.html")
    assert report.findings == ()
    page = Page(tmp_path / "page.html")
    check(page)
    assert "Nothing was found wrong." in page.source
    assert "Some of the other sequences" in page.source
    assert len(page.pictures) == SHOWN


def test_a_tree_of_no_layout_has_a_page_too(tmp_path: Path) -> None:
    (tmp_path / "data/a/b").mkdir(parents=True)
    np.save(tmp_path / "data/a/b/b.npy", np.full((6, 64, 64), 255, np.uint8))
    report = doctor(tmp_path / "data", page=tmp_path / "page.html")
    page = Page(tmp_path / "page.html")
    check(page)
    assert report.kind == "nothing known"
    assert "no published layout fits" in words(page.source)
    assert "nothing known" not in words(page.source)
    assert page.pictures == []


def test_names_are_text_and_never_tags(tmp_path: Path) -> None:
    leaf = tmp_path / "data" / "<script>alert(1)<" / "b&amp;'\"" / "<img src=x>"
    leaf.mkdir(parents=True)
    np.save(leaf / "x.npy", np.full((3, 64, 64), 255, np.uint8))
    doctor(tmp_path / "data", page=tmp_path / "page.html")
    page = Page(tmp_path / "page.html")
    check(page)
    assert any("<img src=x>" in text for texts in page.texts.values() for text in texts)


def test_long_lists_are_cut_and_say_so(tmp_path: Path) -> None:
    find_component("dataset", "opengait").make().write_miniature(tmp_path / "data")
    report = doctor(tmp_path / "data")
    many = tuple((f"key-{i:03d}", "a reason") for i in range(150))
    finding = replace(report.findings[0], keys=tuple(f"name-{i:03d}" for i in range(99)))
    shown = doctor_page(
        replace(report, unusable=many, findings=(finding,)),
        Examined((), (), (), ()),
        lambda key: np.zeros((1, 64, 64), np.uint8),
    )
    unusable, which = (t for t in shown.tables if t.title in ("Sequences that cannot be used", "Which they are"))
    assert (len(unusable.rows), unusable.note) == (60, "90 more stand in the JSON.")
    ((_, names),) = which.rows
    assert str(names).endswith("name-058, name-059 and 39 more")


@pytest.mark.parametrize("name", ["page.txt", "page"])
def test_another_ending_is_refused_before_anything_is_read(data: Path, tmp_path: Path, name: str) -> None:
    steps: list[int] = []
    with pytest.raises(ConfigError, match=r"its name ends in \.html"):
        doctor(data, page=tmp_path / name, progress=lambda done, *_: steps.append(done))
    with pytest.raises(DataError, match="cannot write"):
        doctor(data, page=data / "ben/day-00/left/left.pkl/page.html", progress=lambda done, *_: steps.append(done))
    assert steps == []
