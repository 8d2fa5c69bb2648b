"""What people put right at the page of the service, in a browser, by hand and by keys."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from operator_page import Operator, drawn_gallery, logged, operated


@pytest.fixture
def operator(browser: Any, tmp_path: Path) -> Iterator[Operator]:
    drawn_gallery(tmp_path)
    logged(tmp_path, range(20, 23))
    with operated(browser, tmp_path) as person:
        yield person


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
    page.get_by_role("img", name="Silhouettes of 021/5, 24 frames").wait_for()
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
    page.get_by_role("dialog").get_by_role("img", name="Silhouettes of 000, 30 frames").wait_for()
    page.get_by_role("dialog").get_by_role("img", name="Silhouettes of 004, 30 frames").wait_for()
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
    page.get_by_role("heading", name="3 walks").wait_for()
    page.get_by_label("Mark walk 000/0").check()
    operator.act("Move …")
    page.get_by_role("dialog").get_by_role("combobox").fill("Dora")
    operator.answer("Move")
    operator.said("1 walk of 003 became Dora")
    page.get_by_label("Mark walk 003/1").check()
    page.get_by_role("group", name="Marked walks").get_by_role("button", name="Remove").click()
    operator.said("out of every answer")
    page.locator(".samples").get_by_text("removed").wait_for()
    page.get_by_label("Mark walk 003/1").check()
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


def test_the_changes_are_listed_and_taken_back(operator: Operator) -> None:
    with operator.gallery as gallery:
        gallery.rename("000", "Anna")
    page = operator.page
    operator.sign_in("changes")
    page.get_by_role("button", name=re.compile("Undo change .*, rename")).click()
    operator.said("Undone: rename")
    with operator.gallery as gallery:
        assert gallery.show(1)[0].name == "000"
    assert all("Anna" not in line for line in page.locator(".audit li").all_inner_texts())


def test_walks_of_one_unknown_person_are_enrolled_together(operator: Operator) -> None:
    logged(operator.folder, range(21, 22), takes=range(6, 8))
    page = operator.page
    operator.sign_in("review")
    page.get_by_label("Show").select_option(label="Unknown people, by how often")
    page.get_by_role("option").filter(has_text="Seen 3 times").click()
    page.get_by_text("this is the last walk").wait_for()
    assert page.get_by_role("button", name=re.compile("^(Yes|Not|A stranger)")).count() == 0
    operator.act("Enrol all 3 as …")
    page.get_by_role("dialog").get_by_role("combobox").fill("Clara")
    operator.answer("Enrol")
    operator.said("3 walks are enrolled as Clara")
    with operator.gallery as gallery:
        assert gallery.show("Clara")[0].samples == 3
