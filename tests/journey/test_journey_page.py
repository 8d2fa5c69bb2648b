"""An operator at the page of the service, in a browser: all that people put right, by hand and by keys."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from operator_page import Operator, drawn_gallery, logged, need_browser, operated

import gaitprint as gp


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    place = need_browser()
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        # whoever runs as root in a container has no sandbox to give
        made = driver.chromium.launch(executable_path=place, args=["--no-sandbox"])
        yield made
        made.close()


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
    assert "1,000 strangers" in facts
    assert operator.page.locator(".candidate").count() == 5
    operator.act("Yes, this is 002")
    operator.said("002/7 is 002: noted")
    with operator.gallery as gallery:
        assert gallery.log()[0].decision == "confirmed id:3"


def test_a_stranger_is_unknown_and_no_one_again(operator: Operator) -> None:
    operator.sign_in()
    operator.drop((range(40, 41), range(1)))
    assert operator.heading() == "Unknown"
    assert "nobody known is near enough" in operator.page.inner_text(".verdict")
    operator.act("A stranger")
    operator.said("a stranger")
    with operator.gallery as gallery:
        assert gallery.log()[0].decision.startswith("rejected id:")
        assert gallery.calibration is not None
        assert gallery.calibration.strangers == 301


def test_not_this_person_is_denied_the_next_time(operator: Operator) -> None:
    operator.sign_in()
    operator.drop((range(2, 3), range(7, 8)))
    assert operator.heading() == "002"
    operator.act("Not 002")
    operator.said("002/7 is not 002")
    operator.act("Ask again")
    operator.page.get_by_text("said not to be").first.wait_for()
    assert operator.heading() == "Unknown"
    operator.page.locator("#notices").get_by_role("button", name="Undo").click()
    operator.said("Undone: reject")
    operator.act("Ask again")
    operator.page.locator(".verdict.known").wait_for()
    assert operator.heading() == "002"


def test_an_unknown_is_enrolled_under_a_new_name_with_its_silhouettes(operator: Operator) -> None:
    page = operator.page
    operator.sign_in("review")
    page.get_by_role("option").filter(has_text="021/5").click()
    page.wait_for_selector(".verdict")
    assert page.get_by_role("img", name=re.compile(r"Silhouettes of 021/5, 24 frames")).count() == 1
    operator.act("Enrol as …")
    page.get_by_role("dialog").get_by_role("combobox").fill("Clara")
    page.get_by_text("A new person, Clara").wait_for()
    operator.answer("Enrol")
    operator.said("021/5 is enrolled as Clara")
    with operator.gallery as gallery:
        person, [sample] = gallery.show("Clara")
        assert gallery.kept_walks([sample.id]) == {sample.id}
    operator.go(f"people/{person.id}")
    page.get_by_role("heading", name="Clara").wait_for()


def test_two_people_become_one_after_a_look_and_two_again(operator: Operator) -> None:
    page = operator.page
    operator.sign_in("people/1")
    operator.act("Merge …")
    operator.choose("004")
    page.get_by_text("2 walks of 004 (id 5) would be 000's (id 1).").wait_for()
    assert page.get_by_role("dialog").locator("canvas").count() >= 2
    operator.answer("Merge")
    operator.said("004 is 000 now")
    page.get_by_text("4 walks", exact=True).wait_for()
    page.locator("#notices").get_by_role("button", name="Undo").click()
    operator.said("Undone: merge")
    page.get_by_role("heading", name="2 walks").wait_for()
    with operator.gallery as gallery:
        assert [p.samples for p in gallery.people()] == [2] * 6


def test_walks_are_moved_split_off_removed_and_brought_back(operator: Operator) -> None:
    page = operator.page
    operator.sign_in("people/1")
    page.get_by_label("Mark walk 000/0").check()
    operator.act("Move …")
    operator.choose("003")
    operator.answer("Move")
    operator.said("1 walk moved from 000 to 003")
    operator.go("people/4")
    page.get_by_label("Mark walk 000/0").check()
    operator.act("Move …")
    page.get_by_role("dialog").get_by_role("combobox").fill("Dora")
    operator.answer("Move")
    operator.said("1 walk of 003 became Dora")
    page.get_by_label("Mark walk 003/1").check()
    page.get_by_role("group", name="Marked walks").get_by_role("button", name="Remove").click()
    operator.said("out of every answer")
    page.get_by_label("Mark walk 003/1").wait_for()
    page.get_by_role("group", name="Marked walks").get_by_role("button", name="Restore").click()
    operator.said("there again")
    with operator.gallery as gallery:
        assert [(p.name, p.samples) for p in gallery.people()][-1] == ("Dora", 1)
        assert gallery.show("003")[0].samples == 2


def test_somebody_is_renamed_tagged_removed_restored_and_erased(operator: Operator) -> None:
    page = operator.page
    operator.sign_in("people/2")
    operator.act("Rename …")
    name = "<b>Bea</b> & Söhne"
    page.get_by_role("dialog").get_by_label("New name").fill(name)
    operator.answer("Rename")
    page.get_by_role("heading", name=name).wait_for()  # what is typed is text, not markup
    operator.act("Tags …")
    page.get_by_role("dialog").get_by_label("Tags").fill("night, staff")
    operator.answer("Save")
    operator.said("night, staff")
    operator.act("Remove")
    operator.said("out of every answer")
    page.get_by_role("checkbox", name="removed").check()
    page.get_by_role("option").filter(has_text=name).click()
    operator.act("Restore")
    operator.said("there again")
    operator.act("Erase for good …")
    page.get_by_text("would be erased with:").wait_for()
    operator.answer("Go on")
    page.get_by_role("dialog", name="Really erase?").get_by_role("textbox").fill("somebody else")
    operator.answer("Erase for good")
    page.get_by_role("dialog").get_by_role("alert").wait_for()
    page.get_by_role("dialog").get_by_role("textbox").fill(name)
    operator.answer("Erase for good")
    operator.said("is erased")
    with operator.gallery as gallery:
        assert [p.id for p in gallery.people()] == [1, 3, 4, 5, 6]
        assert gallery.people(removed=True) == []


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


def test_the_log_is_gone_through_by_keys_alone(operator: Operator) -> None:
    page = operator.page
    operator.sign_in("review")
    page.locator(".verdict").get_by_text("022/5").wait_for()
    page.keyboard.press("j")
    page.locator(".verdict").get_by_text("021/5").wait_for()
    page.keyboard.press("k")
    page.locator(".verdict").get_by_text("022/5").wait_for()
    page.keyboard.press("Enter")
    page.locator(".verdict").get_by_text("021/5").wait_for()
    page.keyboard.press("x")
    page.locator(".verdict").get_by_text("020/5").wait_for()
    page.keyboard.press("s")
    page.get_by_text("That was the last one.").wait_for()
    with operator.gallery as gallery:
        words = [p.decision.split()[0] for p in gallery.log()]
    assert words == ["confirmed", "rejected", "rejected"]
    page.keyboard.press("u")
    operator.answer("Undo")
    operator.said("Undone: reject")


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


def test_walks_play_and_step_together(operator: Operator) -> None:
    page = operator.page
    operator.sign_in("review")
    page.wait_for_selector(".stage canvas")
    assert page.locator(".stage canvas").count() == 2
    look = "() => [...document.querySelectorAll('.stage canvas')].map((c) => c.toDataURL())"
    # little motion is asked for: nothing moves until somebody says so
    first = page.evaluate(look)
    page.wait_for_timeout(150)
    assert page.evaluate(look) == first
    page.keyboard.press(".")
    second = page.evaluate(look)
    assert all(a != b for a, b in zip(first, second, strict=True))
    page.keyboard.press(",")
    assert page.evaluate(look) == first
    page.keyboard.press("Space")
    page.get_by_role("button", name="Pause").wait_for()
    page.wait_for_function("first => document.querySelector('.stage canvas').toDataURL() !== first", arg=first[0])


def test_where_no_silhouettes_are_kept_that_is_said(browser: Any, tmp_path: Path) -> None:
    drawn_gallery(tmp_path, kept=False, retention_days=0)
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
        page.get_by_role("option").filter(has_text="2499").wait_for()
        page.get_by_role("heading", name="2499").wait_for()
        assert page.locator(".row").count() < 60
        page.get_by_label("Search people").fill("123")
        page.get_by_text(f"{sum('123' in f'{i:03d}' for i in range(2500))} people").wait_for()


def test_enrolling_a_file_reports_what_was_not_taken(operator: Operator) -> None:
    from drawn_people import drawn

    page = operator.page
    operator.sign_in("people")
    made = drawn(range(5, 8))
    records = (*made.records[:-1], gp.SequenceRecord("nobody/1", None, "", ""))
    gp.save_embeddings(operator.folder / "many.safetensors", gp.Embeddings(made.vectors, records, made.layout, made.source))
    operator.act("Enrol …")
    page.get_by_role("dialog").locator("input[type=file]").set_input_files(str(operator.folder / "many.safetensors"))
    page.get_by_text("many.safetensors").wait_for()
    operator.answer("Enrol")
    report = page.get_by_role("dialog", name="What was enrolled")
    report.wait_for()
    assert "3 walks enrolled, 2 new people, 2 there already, 1 not taken." in report.inner_text()
    assert "nobody/1" in report.inner_text()


def test_the_changes_are_listed_and_taken_back(operator: Operator) -> None:
    with operator.gallery as gallery:
        gallery.rename("000", "Anna")
    page = operator.page
    operator.sign_in("changes")
    page.get_by_role("button", name=re.compile("Undo change .*, rename")).click()
    operator.said("Undone: rename")
    with operator.gallery as gallery:
        assert gallery.show(1)[0].name == "000"
    assert np.all([line.count("Anna") == 0 for line in page.locator(".audit li").all_inner_texts()])
