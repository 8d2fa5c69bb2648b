"""Links lead somewhere, and files, modules and commands named in the prose exist."""

import re
from pathlib import Path

import pytest
from docs_pages import CODE, PAGES, ROOT, name_of, resolves, without_blocks

from gaitprint.cli.app import COMMANDS, NOUNS

LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
ROOTS = ("src/", "tests/", "docs/", "benchmarks/", ".ci/")


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_lead_somewhere(page: Path) -> None:
    for target in LINK.findall(without_blocks(page)):
        if target.startswith(("https://", "mailto:")):
            continue
        path, _, anchor = target.partition("#")
        found = (page.parent / path).resolve() if path else page
        assert found.is_relative_to(ROOT), f"{target} leads out of the project"
        assert found.exists(), f"{target} does not exist"
        if anchor:
            assert anchor in anchors(found), f"{target}: {found.name} has no such heading"


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_files_and_modules_named_exist(page: Path) -> None:
    for code in CODE.findall(without_blocks(page)):
        if code.startswith(ROOTS) and "<" not in code and "*" not in code:
            assert (ROOT / code.partition("::")[0]).exists(), f"{code} does not exist"
        if re.fullmatch(r"gaitprint(\.\w+)+", code):
            assert resolves(code), f"{code} does not exist"
        command = re.match(r"gaitprint ([a-z]+)(?: ([a-z]+)\b)?", code)
        if command:
            names = {command[1], f"{command[1]} {command[2]}"}
            assert names & {*COMMANDS, *(noun.name for noun in NOUNS)}, f"{code}: there is no such command"


def test_every_page_is_reached_from_the_readme() -> None:
    reached, waiting = set(), [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        if page in reached or page.suffix != ".md":
            continue
        reached.add(page)
        local = [t for t in LINK.findall(without_blocks(page)) if not t.startswith(("https://", "mailto:", "#"))]
        waiting += [(page.parent / target.partition("#")[0]).resolve() for target in local]
    assert sorted(map(name_of, set(PAGES) - reached)) == []


def test_the_readme_lists_every_command() -> None:
    rows = re.findall(
        r"^\| `gaitprint ([a-z]+(?: [a-z-]+)?)", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert sorted(rows) == sorted(COMMANDS)


def anchors(page: Path) -> set[str]:
    """The anchors that a page's headings get: lower case, words joined by dashes, no punctuation."""
    headings = re.findall(r"^#+ (.+)$", without_blocks(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", h.lower()).strip().replace(" ", "-") for h in headings}
