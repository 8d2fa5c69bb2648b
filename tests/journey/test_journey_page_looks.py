"""The page as people with other eyes, hands and screens have it: axe, light and dark, 1280 and 360 pixels."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from operator_page import PHONE, WIDE, Operator, drawn_gallery, logged, operated

_WIDER = """
() => Math.max(...[document.documentElement, ...document.querySelectorAll('.side, .main, dialog')]
  .map((place) => place.scrollWidth - place.clientWidth))
"""
SERIOUS = {"serious", "critical"}


@pytest.fixture(params=[(WIDE, "light"), (WIDE, "dark"), (PHONE, "light"), (PHONE, "dark")], ids=str)
def operator(request: pytest.FixtureRequest, browser: Any, tmp_path: Path) -> Iterator[Operator]:
    drawn_gallery(tmp_path)
    logged(tmp_path, range(20, 23))
    size, scheme = request.param
    with operated(browser, tmp_path, size, color_scheme=scheme) as person:
        yield person


def test_axe_has_nothing_serious_to_say_and_nothing_is_cut_off(operator: Operator) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    page, found = operator.page, []

    def look(where: str) -> None:
        violations = axe.run(page).response["violations"]
        found.extend(f"{where}: {v['id']} {v['nodes'][0]['html']}" for v in violations if v["impact"] in SERIOUS)
        wide = page.evaluate(_WIDER)
        found.extend([f"{where}: {wide} pixels too wide"] if wide > 0 else [])

    page.goto(operator.url)
    page.get_by_label("Key", exact=True).wait_for()
    look("sign in")
    operator.sign_in()
    operator.drop((range(2, 3), range(7, 8)))
    page.wait_for_selector(".stage canvas")
    look("answer")
    operator.go("people")
    page.locator(".row .two").first.wait_for()
    look("people")
    operator.go("people/1")
    page.wait_for_selector(".samples li")
    page.get_by_label("Mark walk 000/0").check()
    look("person")
    operator.act("Merge …")
    operator.choose("004")
    page.get_by_text("would be 000's").wait_for()
    page.get_by_role("dialog").locator("canvas").first.wait_for()
    look("merge")
    page.keyboard.press("Escape")
    operator.go("review")
    page.locator(".row .two").first.click()
    page.locator(".verdict").first.wait_for()
    look("review")
    operator.go("changes")
    page.locator(".audit li").first.wait_for()
    look("changes")
    page.keyboard.press("?")
    page.get_by_role("dialog", name="Keys").wait_for()
    look("keys")
    assert found == []
