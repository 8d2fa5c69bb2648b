"""The pages' complete examples keep their promises in somebody else's package, outside the tree, without pytest."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from gaitprint import testing
from gaitprint.components import KINDS

PAGES = Path(__file__).resolve().parents[2] / "docs" / "extend"
FILE = re.compile(r"^```python file=(\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def test_every_kind_has_a_page_and_a_checker() -> None:
    assert testing.__all__ == sorted(f"check_{kind}" for kind in KINDS)
    assert all(callable(getattr(testing, name)) for name in testing.__all__)
    assert all((PAGES / f"{kind}.md").is_file() for kind in KINDS)
    with pytest.raises(AttributeError, match="no attribute 'check_nothing'"):
        testing.check_nothing  # noqa: B018


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_an_example_passes_its_checker_as_somebody_elses(kind: str, tmp_path: Path) -> None:
    ((path, text),) = FILE.findall((PAGES / f"{kind}.md").read_text(encoding="utf-8"))
    name = Path(path).stem
    package = tmp_path / "my_company" / "gait_parts"
    package.mkdir(parents=True)
    for folder in (package.parent, package):
        (folder / "__init__.py").touch()
    (package / f"{name}.py").write_text(text, encoding="utf-8")
    code = f"""
import sys
from gaitprint.testing import check_{kind}
check_{kind}("my_company.gait_parts.{name}")
sys.exit("pytest was imported" if "pytest" in sys.modules else 0)
"""
    there = os.pathsep.join(filter(None, [str(tmp_path), os.environ.get("PYTHONPATH", "")]))
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": there},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_checkers_of_retrieval_and_data_need_no_torch() -> None:
    code = """
import sys
from gaitprint.testing import check_augmentation, check_dataset, check_scorer, check_transform
check_scorer("euclidean")
sys.exit("torch was imported" if "torch" in sys.modules else 0)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
