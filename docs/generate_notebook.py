"""Make the notebook `examples/method.ipynb` of `examples/method.py`: `python docs/generate_notebook.py`."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

METHOD = Path(__file__).resolve().parent.parent / "examples" / "method.py"
NOTEBOOK = METHOD.with_suffix(".ipynb")


def cells_of(text: str) -> Iterator[tuple[str, str]]:
    """The kind (`code` or `markdown`) and the text of each cell; a cell begins with `# %%`."""
    for part in text.split("# %%")[1:]:
        head, _, body = part.partition("\n")
        body = body.strip("\n")
        if "[markdown]" in head:
            yield "markdown", "\n".join(line.removeprefix("#").removeprefix(" ") for line in body.splitlines())
        else:
            yield "code", body


def notebook_of(text: str) -> str:
    """The file as a notebook of format 4.5, without outputs."""
    cells: list[dict[str, Any]] = []
    for number, (kind, body) in enumerate(cells_of(text)):
        cell = {"cell_type": kind, "id": f"cell-{number}", "metadata": {}, "source": body.splitlines(keepends=True)}
        cells.append(cell | ({"execution_count": None, "outputs": []} if kind == "code" else {}))
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    facts = {"kernelspec": kernel, "language_info": {"name": "python"}}
    return json.dumps({"cells": cells, "metadata": facts, "nbformat": 4, "nbformat_minor": 5}, indent=1) + "\n"


if __name__ == "__main__":
    NOTEBOOK.write_text(notebook_of(METHOD.read_text(encoding="utf-8")), encoding="utf-8")
