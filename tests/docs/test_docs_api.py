"""The page of the API is that of the docstrings as they are."""

import importlib.util

from docs_pages import ROOT


def test_the_page_is_current() -> None:
    spec = importlib.util.spec_from_file_location("generate_api", ROOT / "docs" / "generate_api.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    assert found == module.page(), "run `python docs/generate_api.py`"
