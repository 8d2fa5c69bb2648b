"""What the project says of itself agrees: versions, licence, addresses, the list of changes, the way to cite it."""

import re
import tomllib

import yaml
from house_files import ROOT

import gaitprint

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def test_one_version_everywhere() -> None:
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert {gaitprint.__version__, PROJECT["version"], str(citation["version"])} == {PROJECT["version"]}


def test_the_citation_has_what_the_format_asks_for() -> None:
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["cff-version"] == "1.2.0"
    assert citation["license"] == PROJECT["license"]
    assert citation["title"] == PROJECT["name"]
    for work in (citation, *citation["references"]):
        assert work["title"]
        assert all(a.get("name") or (a.get("family-names") and a.get("given-names")) for a in work["authors"])
        assert work["type"]


def test_the_list_of_changes_has_the_usual_form() -> None:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    versions = re.findall(r"^## (.+)$", text, re.MULTILINE)
    assert versions[0] == "Unreleased"
    released = [tuple(int(n) for n in v.split(" ")[0].split(".")) for v in versions[1:]]
    assert released == sorted(set(released), reverse=True)
    assert PROJECT["version"] in versions[1].split(" ")
    kinds = set(re.findall(r"^### (.+)$", text, re.MULTILINE))
    assert kinds <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


def test_no_address_is_made_up() -> None:
    """Addresses that people fill in later, and hosts that cannot exist, are in no file that is read first."""
    assert PROJECT["urls"]
    assert all(url.startswith("https://") for url in PROJECT["urls"].values())
    for name in ("pyproject.toml", "README.md", "CITATION.cff", "CHANGELOG.md"):
        text = (ROOT / name).read_text(encoding="utf-8")
        assert not re.search(r"example\.(com|org|net)|\.example\b|your-?name|TODO|localhost", text, re.IGNORECASE), name
