"""A browser in front of a service on loopback, and galleries of drawn people with drawn walks."""

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import gaitprint as gp

UNIT = Path(__file__).resolve().parents[1] / "unit"
for room in ("gallery", "service"):
    sys.path.append(str(UNIT / room))

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
WIDE, PHONE = (1280, 800), (360, 740)


def need_browser() -> str | None:
    """The path of a browser that is installed, or None for the one that playwright installed; skips without any."""
    pytest.importorskip("playwright", reason="the page is driven with playwright: pip install -e '.[dev]'")
    found = next((place for name in BROWSERS if (place := shutil.which(name))), None)
    if found is None and not list(Path.home().glob(".cache/ms-playwright/chromium*")):
        pytest.skip("no Chromium is installed: apt-get install chromium, or playwright install chromium")
    return found


@contextmanager
def chromium() -> Iterator[Any]:
    """A browser without a window."""
    place = need_browser()
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        # whoever runs as root in a container has no sandbox to give
        made = driver.chromium.launch(executable_path=place, args=["--no-sandbox"])
        yield made
        made.close()


def frames(seed: int, count: int = 30) -> np.ndarray:
    """A drawn walk [T 64 64]: a body whose legs swing."""
    made = np.zeros((count, 64, 64), np.uint8)
    for t in range(count):
        swing = round(9 * np.sin(0.4 * t + seed))
        made[t, 4:16, 27:37] = made[t, 16:40, 24:40] = 255
        for leg in (swing, -swing):
            rows = np.arange(40, 62)
            for row, left in zip(rows, 28 + (leg * (rows - 39)) // 22, strict=True):
                made[t, row, left : left + 7] = 255
    return made


@dataclass
class Operator:
    """Somebody at the page."""

    page: Any
    url: str
    key: str
    folder: Path
    service: Any
    errors: list[str] = field(default_factory=list)
    """What the browser's console had to complain of."""

    @property
    def gallery(self) -> gp.Gallery:
        return gp.Gallery.open(self.folder / "g")

    def sign_in(self, view: str = "identify", key: str | None = None) -> None:
        self.page.goto(f"{self.url}/#/{view}")
        self.page.get_by_label("Key", exact=True).fill(self.key if key is None else key)
        self.page.get_by_role("button", name="Sign in").click()

    def go(self, view: str) -> None:
        self.page.evaluate("view => { location.hash = `#/${view}`; }", view)

    def drop(self, *walks: tuple[range, range], name: str = "sent.safetensors") -> None:
        """Choose a file of vectors: people and takes."""
        from drawn_people import drawn

        [(people, takes)] = walks
        path = self.folder / name
        gp.save_embeddings(path, drawn(people, takes))
        self.page.set_input_files("input[type=file]", str(path))

    def heading(self) -> str:
        """Who was named, in words."""
        self.page.wait_for_selector(".verdict h2")
        return str(self.page.inner_text(".verdict h2")).split("\n")[0]

    def said(self, words: str) -> None:
        """Wait until the page says it."""
        self.page.locator("#notices").get_by_text(words).wait_for()

    def act(self, name: str, *, exact: bool = True) -> None:
        self.page.locator("main").get_by_role("button", name=name, exact=exact).click()

    def answer(self, button: str) -> None:
        """Press a button of the dialog in front."""
        self.page.get_by_role("dialog").get_by_role("button", name=button, exact=True).click()

    def choose(self, name: str) -> None:
        """Type a person's name into the dialog's field, and take them from the list."""
        box = self.page.get_by_role("dialog").get_by_role("combobox")
        box.fill(name)
        self.page.get_by_role("dialog").get_by_role("option").filter(has_text=name).first.click()


@contextmanager
def operated(browser: Any, folder: Path, size: tuple[int, int] = WIDE, **looks: Any) -> Iterator[Operator]:
    """Serve the gallery `folder/g` and open the page; the block has to end without a complaint of the console."""
    from served import served

    with served(folder / "g") as running:
        context = browser.new_context(
            viewport={"width": size[0], "height": size[1]}, reduced_motion="reduce", locale="en-GB", **looks
        )
        page = context.new_page()
        page.set_default_timeout(20_000)
        person = Operator(page, running.url, running.key, folder, running.service)
        page.on("console", lambda m: person.errors.append(m.text) if m.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: person.errors.append(str(error)))
        try:
            yield person
        finally:
            context.close()
        assert person.errors == [], person.errors


def drawn_gallery(folder: Path, *, kept: bool = True, retention_days: float = 3.0) -> None:
    """Six people of two walks each, calibrated with strangers, with silhouettes where `kept`."""
    from drawn_people import drawn

    walks = drawn(range(6))
    with gp.Gallery.create(folder / "g", retention_days=retention_days, keep_walks=kept) as made:
        made.enroll(walks, gp.WalkDetails(tags=["staff"]), silhouettes=[frames(i) for i in range(len(walks))])
        made.calibrate(drawn(range(500, 800), range(1)))


def logged(folder: Path, people: range, takes: range = range(5, 6)) -> None:
    """Somebody was asked about, by a camera, with silhouettes."""
    from drawn_people import drawn

    probes = drawn(people, takes)
    with gp.Gallery.open(folder / "g") as gallery:
        gallery.identify(probes, camera="door", silhouettes=[frames(50 + i, 24) for i in range(len(probes))])
