"""An operator at the page of the service, in a browser: signing in, asking, enrolling, wrong files, many people."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from operator_page import Operator, drawn_gallery, logged, operated

import gaitprint as gp


@pytest.fixture
def operator(browser: Any, tmp_path: Path) -> Iterator[Operator]:
    drawn_gallery(tmp_path)
    logged(tmp_path, range(20, 23))
    with operated(browser, tmp_path) as person:
        yield person


def test_a_wrong_key_is_told_and_a_right_one_is_kept_in_the_tab_alone(operator: Operator) -> None:
    page = operator.page
    operator.sign_in(key="gp_00000000_wrong")
    assert "request" in page.get_by_role("alert").filter(has_text="key").inner_text()
    assert operator.errors.pop().startswith("Failed to load resource: the server responded with a status of 401")
    page.get_by_label("Key", exact=True).fill(operator.key)
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Who is this?").wait_for()
    assert operator.key not in page.evaluate("JSON.stringify(localStorage)")
    page.reload()
    page.get_by_role("heading", name="Who is this?").wait_for()
    page.get_by_role("button", name="Sign out").click()
    page.get_by_label("Key", exact=True).wait_for()
    assert page.evaluate("JSON.stringify(sessionStorage)") == "{}"


def test_somebody_known_is_named_and_confirmed(operator: Operator) -> None:
    operator.sign_in()
    operator.drop((range(2, 3), range(7, 8)))
    assert operator.heading() == "002"
    facts = operator.page.inner_text(".verdict .facts")
    assert "Distance" in facts
    assert "Margin to the next" in facts
    assert "Strangers as near" in facts
    assert operator.page.locator(".candidate").count() == 5
    operator.act("Yes, this is 002")
    operator.said("002/7 is 002: noted")
    with operator.gallery as gallery:
        assert gallery.log()[0].decision == "confirmed id:3"


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [("notes.txt", b"this is no walk", "is no walk, vectors or clip"), ("nothing.npz", b"", "is empty")],
)
def test_a_wrong_file_is_one_line(operator: Operator, name: str, content: bytes, said: str) -> None:
    operator.sign_in()
    (operator.folder / name).write_bytes(content)
    operator.page.set_input_files("input[type=file]", str(operator.folder / name))
    assert said in operator.page.locator("#alerts .said").inner_text()


def test_a_damaged_file_is_one_line_of_the_service_with_its_id(operator: Operator) -> None:
    operator.sign_in()
    (operator.folder / "damaged.npz").write_bytes(b"PK\x03\x04 and no more")
    operator.page.set_input_files("input[type=file]", str(operator.folder / "damaged.npz"))
    words = operator.page.locator("#alerts .said").inner_text()
    assert re.search(r"\(request [0-9a-f]{8,}\)", words)
    # the browser itself says that an answer was no success
    assert operator.errors.pop().startswith("Failed to load resource: the server responded with a status of 4")


def test_keys_are_listed_and_letters_can_be_switched_off(operator: Operator) -> None:
    page = operator.page
    operator.sign_in()
    page.get_by_role("heading", name="Who is this?").wait_for()
    page.keyboard.press("Alt+2")
    page.get_by_role("heading", name="People").wait_for()
    page.keyboard.press("?")
    page.get_by_role("dialog", name="Keys").get_by_label("Single letters are shortcuts").uncheck()
    page.keyboard.press("Escape")
    before = page.evaluate("document.documentElement.dataset.theme ?? ''")
    page.keyboard.press("t")
    assert page.evaluate("document.documentElement.dataset.theme ?? ''") == before
    page.get_by_role("button", name=re.compile("Light or dark")).click()
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"


def test_where_no_silhouettes_are_kept_that_is_said(browser: Any, tmp_path: Path) -> None:
    drawn_gallery(tmp_path, kept=False, retention_days=0.0)
    with operated(browser, tmp_path) as operator:
        operator.sign_in()
        operator.drop((range(2, 3), range(7, 8)))
        assert operator.heading() == "002"
        assert operator.page.get_by_text("No silhouettes are kept of this walk.").count() == 2
        # without a log nothing can be said of an answer, but its file can be enrolled
        assert operator.page.get_by_text("keeps no log").count() == 1
        operator.act("Enrol as …")
        operator.choose("002")
        operator.answer("Enrol")
        operator.said("002/7 is enrolled as 002")


def test_a_key_that_may_only_read_sees_no_way_to_change(operator: Operator) -> None:
    operator.sign_in("people/1", operator.service.keys.create("reader", ["read"])[1])
    page = operator.page
    page.get_by_role("heading", name="2 walks").wait_for()
    assert page.get_by_role("navigation").get_by_role("link").all_inner_texts() == ["People", "Review"]
    for words in ("Enrol …", "Rename …", "Merge …", "Remove", "Erase for good …"):
        assert page.get_by_role("button", name=words, exact=True).count() == 0


def test_walks_of_thousands_are_found_without_all_of_them_in_the_page(browser: Any, tmp_path: Path) -> None:
    from drawn_people import drawn

    with gp.Gallery.create(tmp_path / "g") as gallery:
        gallery.enroll(drawn(range(2500), range(1)))
    with operated(browser, tmp_path) as operator:
        page = operator.page
        operator.sign_in("people")
        page.get_by_text("2,500 people").wait_for()
        assert page.locator(".row").count() < 60
        page.get_by_role("listbox", name="People").focus()
        page.keyboard.press("End")
        page.get_by_role("option").filter(has_text="id 1000 ").wait_for()
        page.get_by_role("heading", name="999", exact=True).wait_for()
        assert page.locator(".row").count() < 60
        page.get_by_label("Search people").fill("123")
        page.get_by_text(f"{sum('123' in f'{i:03d}' for i in range(2500))} people").wait_for()


def test_enrolling_a_file_reports_what_was_not_taken(operator: Operator) -> None:
    from drawn_people import drawn

    page = operator.page
    operator.sign_in("people")
    made = drawn(range(5, 8))
    records = (*made.records[:-1], gp.SequenceRecord("nobody/1", None, "", ""))
    path = operator.folder / "many.safetensors"
    gp.save_embeddings(path, gp.Embeddings(made.vectors, records, made.layout, made.source))
    operator.act("Enrol …")
    page.get_by_role("dialog").locator("input[type=file]").set_input_files(str(path))
    page.get_by_text("many.safetensors").wait_for()
    operator.answer("Enrol")
    report = page.get_by_role("dialog", name="What was enrolled")
    report.wait_for()
    assert "3 walks enrolled, 2 new people, 2 there already, 1 not taken." in report.inner_text()
    assert "nobody/1" in report.inner_text()
