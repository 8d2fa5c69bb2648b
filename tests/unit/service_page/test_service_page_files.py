"""The page's files: small, whole, of this package alone, and without anything that its policy would refuse."""

import re
from pathlib import Path

import pytest

import gaitprint

PAGE = Path(gaitprint.__file__).parent / "service" / "page"
FILES = sorted(p for p in PAGE.iterdir() if p.is_file())
MODULES = [p for p in FILES if p.suffix == ".js"]
IMPORT = re.compile(r"""^(?:import|export)\b[^;]*?\bfrom\s+"([^"]+)";""", re.MULTILINE)
NAMES = re.compile(r"""^import\s+\{([^}]*)\}\s+from\s+"\./([^"]+)";""", re.MULTILINE)
EXPORT = re.compile(r"^export (?:async )?(?:function|class|const|let) (\w+)", re.MULTILINE)


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.name)
def test_files_are_small_and_lines_short(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    assert len(lines) <= 250
    longest = max(len(line) for line in lines) if path.suffix != ".svg" else 0
    assert longest <= 120


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.name)
def test_nothing_is_loaded_from_elsewhere_or_run_from_text(path: Path) -> None:
    text = path.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
    assert re.findall(r"https?://|//cdn|@import|url\(", text) == []
    # the policy would refuse them, and names of people must never become markup
    assert re.findall(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function", text) == []
    if path.suffix == ".html":
        assert re.findall(r"\son\w+=|\sstyle=|<style|<script>", text) == []


def test_every_import_is_there_and_every_file_is_used() -> None:
    exported = {path.name: set(EXPORT.findall(path.read_text(encoding="utf-8"))) for path in MODULES}
    for path in MODULES:
        for names, source in NAMES.findall(path.read_text(encoding="utf-8")):
            wanted = {name.split(" as ")[0].strip() for name in names.split(",") if name.strip()}
            assert wanted <= exported[source], f"{path.name} imports {wanted - exported[source]} from {source}"
    index = (PAGE / "index.html").read_text(encoding="utf-8")
    reached = {name.removeprefix("page/") for name in re.findall(r"""(?:href|src)="(page/[^"]+)\"""", index)}
    while (
        more := {
            source.removeprefix("./")
            for name in reached
            if name.endswith(".js")
            for source in IMPORT.findall((PAGE / name).read_text(encoding="utf-8"))
        }
        - reached
    ):
        reached |= more
    assert reached == {path.name for path in FILES} - {"index.html"}


@pytest.mark.parametrize("path", MODULES, ids=lambda p: p.name)
def test_modules_say_what_they_are(path: Path) -> None:
    assert path.read_text(encoding="utf-8").startswith("/*")


def test_nothing_but_the_key_is_kept_in_the_tab_and_only_choices_in_the_browser() -> None:
    kept = [(p.name, line) for p in MODULES for line in re.findall(r"\w+Storage\.setItem\(\w+", p.read_text("utf-8"))]
    assert sorted(kept) == [
        ("api.js", "sessionStorage.setItem(KEY"),
        ("settings.js", "localStorage.setItem(KEYS"),
        ("settings.js", "localStorage.setItem(THEME"),
    ]


def test_colours_of_text_can_be_read_in_light_and_dark() -> None:
    """WCAG 2.2: at least 4.5 : 1 for text, on each ground that it stands on."""
    pairs = re.findall(r"--([\w-]+): light-dark\((#\w{6}), (#\w{6})\)", (PAGE / "style.css").read_text("utf-8"))
    colours = {name: shades for name, *shades in pairs}
    grounds = {
        "ink": ("page", "card", "soft", "best"), "muted": ("page", "card", "soft", "best"),
        "accent": ("page", "card", "best"), "on-accent": ("accent",), "wrong": ("card", "wrong-soft", "best"),
        "warn-ink": ("warn",), "good-ink": ("good",), "caution-ink": ("caution",), "plain-ink": ("plain",),
    }  # fmt: skip
    for shade in (0, 1):
        for text, behind in grounds.items():
            for ground in behind:
                ratio = _contrast(colours[text][shade], colours[ground][shade])
                assert ratio >= 4.5, f"{text} on {ground}: {ratio:.2f}"


def _contrast(first: str, second: str) -> float:
    def light(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    low, high = sorted((light(first), light(second)))
    return (high + 0.05) / (low + 0.05)
