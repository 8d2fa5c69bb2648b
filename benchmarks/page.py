"""The operator's page on a big gallery: milliseconds from a key or a scroll to rows that are there, in a browser.

Run: python benchmarks/page.py [--people 10000] [--times 20] [--browser PATH]

Names are made up. Measured is what a person waits for: from the event in the page, over the service on this machine,
to the frame in which the rows stand. Needs `pip install 'gaitprint[service]' playwright` and a Chromium.
"""

import argparse
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from playwright.sync_api import Page, sync_playwright

import gaitprint as gp
from gaitprint.service.app import create_app
from gaitprint.service.server import Address, GracefulServer
from gaitprint.types import PartLayout

WIDTH = 64
FIRST = ("Anna", "Berta", "Chen", "Dmitri", "Eva", "Farid", "Grace", "Hiro", "Ines", "Jan")
LAST = ("Keller", "Okafor", "Wei", "Ivanov", "Lind", "Haddad", "Nowak", "Sato", "Costa", "Berg")
_SEARCH = "const i = document.querySelector('[data-search]'); i.value = 'WORD'; i.dispatchEvent(new Event('input'));"
# from an event to the frame in which every row in sight has its name
_WAIT = """
(change) => new Promise((resolve) => {
  const list = document.querySelector('.list');
  const began = performance.now();
  const before = list.querySelector('.row')?.id + document.querySelector('.side .note').textContent;
  new Function(change)();
  const look = () => {
    const rows = [...list.querySelectorAll('.row')];
    const now = rows[0]?.id + document.querySelector('.side .note').textContent;
    if (now !== before && rows.length && !list.querySelector('.waiting')) {
      requestAnimationFrame(() => resolve(performance.now() - began));
    } else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
})
"""


def fill(place: Path, people: int) -> None:
    """A gallery of so many people with one walk each."""
    random = np.random.default_rng(1)
    names = [f"{FIRST[i % 10]} {LAST[i // 10 % 10]} {i:05d}" for i in range(people)]
    with gp.Gallery.create(place) as gallery:
        for start in range(0, people, 1000):
            some = names[start : start + 1000]
            vectors = random.standard_normal((len(some), WIDTH)).astype(np.float32)
            records = tuple(gp.SequenceRecord(f"{name}/1", name, "nm", "090") for name in some)
            details = gp.WalkDetails(tags=["staff"] if start % 2000 else ["visitor"])
            gallery.enroll(gp.Embeddings(vectors, records, PartLayout(((1, WIDTH),)), "made up"), details)


@contextmanager
def served(place: Path) -> Iterator[tuple[str, str]]:
    """The service of a gallery, in a thread; its address and its key."""
    address = Address(port=0)
    port = address.listen()
    app = create_app(place)
    server = GracefulServer(app, address)
    thread = threading.Thread(target=server.run, args=([port],))
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield address.url(port.getsockname()[1]), app.state.service.first_key()
    finally:
        server.should_exit = True
        thread.join()


def waited(page: Page, changes: list[str]) -> list[float]:
    """Milliseconds of each change."""
    return [page.evaluate(_WAIT, change) for change in changes]


def main(people: int, times: int, browser: str | None) -> None:
    """Print every figure in a line."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as driver:
        place = Path(folder) / "people.gallery"
        fill(place, people)
        with served(place) as (url, key):
            opened = driver.chromium.launch(executable_path=browser, args=["--no-sandbox"])
            # the policy of the page forbids running text, which is how this script measures
            page = opened.new_context(bypass_csp=True, viewport={"width": 1280, "height": 800}).new_page()
            page.goto(f"{url}/#/people")
            page.get_by_label("Key", exact=True).fill(key)
            page.keyboard.press("Enter")
            page.wait_for_selector(".row .two")
            words = ["a", "an", "ann", "anna k", "berg", "0042", "id:17", "sato 0"]
            rows = people * 56
            places = [rows * (i + 1) // (times + 1) for i in range(times)]
            scroll = "document.querySelector('.list').scrollTop = {}"
            show("a search", waited(page, [_SEARCH.replace("WORD", w) for _ in range(1 + times // 8) for w in words]))
            waited(page, [_SEARCH.replace("WORD", "")])
            show("a jump in the list", waited(page, [scroll.format(p) for p in places]))
            show("a jump to where one was", waited(page, [scroll.format(p) for p in reversed(places[:-1])]))
            print(f"rows in the page: {page.locator('.row').count()} of {people}")
            opened.close()


def show(what: str, spent: list[float]) -> None:
    """One line."""
    print(f"{what}: median {np.median(spent):.0f}, worst {max(spent):.0f} ms of {len(spent)}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=10_000)
    parser.add_argument("--times", type=int, default=20)
    parser.add_argument("--browser", default=shutil.which("chromium"))
    main(**vars(parser.parse_args()))
