"""Write docs/api.md from the docstrings of the public names: `python docs/generate_api.py`."""

import ast
import dataclasses
import inspect
import re
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gaitprint
from gaitprint.stages.networks import setting_docs

PAGE = Path(__file__).with_name("api.md")
GROUPS = {
    "Walks, in and out": ["load_silhouettes", "Silhouettes", "SequenceRecord"],
    "Vectors": ["Model", "embed", "WalkStream", "StreamAnswer", "Embeddings", "save_embeddings", "load_embeddings"],
    "Vectors without torch": ["open_exported", "Exported"],
    "Distances and lists": ["distances", "compare", "rank", "Ranking", "Match", "Pipeline", "PipelineSpec"],
    "People who are known": ["Gallery", "WalkDetails", "Client", "FittedGallery"],
    "Measurements": ["evaluate", "EvaluationReport", "EvaluationRequest", "SequenceFilter"],
    "Yes or no": ["verify", "Decision", "load_calibration", "CalibrationFile"],
    "Why": ["explain"],
    "Videos": ["Video", "VideoParts", "TrackletSettings", "PeopleRequest"],
    "Errors": ["GaitprintError"],
}
HEAD = """# The API

`import gaitprint as gp` is quick and loads nothing; each name is imported when it is first used. All are typed, so
editors complete them. This page is made of the docstrings (`python docs/generate_api.py`). What the commands do is in
`gaitprint.stages`, one function a command. The contracts that components of your own are held
to are in `gaitprint.testing`, one function a kind, and on the pages of [a network](extend/network.md),
[a loss](extend/loss.md), [a transform](extend/transform.md), [a scorer](extend/scorer.md),
[a data set](extend/dataset.md) and [an augmentation](extend/augmentation.md).

```python
import gaitprint as gp

model = gp.Model.load("demo/gaitgl/model.safetensors")
anna = gp.load_silhouettes("walks/anna/monday", subject="anna")
gallery = gp.load_embeddings("demo/gaitgl.safetensors")
ranking = gp.rank(model.embed(anna), gallery, top=3)
known = gp.FittedGallery.open(gallery, "unit-length,part-mean").enroll(model.embed(anna))
print(known.identify(model.embed(anna))[0][0].subject, gp.evaluate(gallery).mean)
print(ranking[0][0].subject, gp.distances(model.embed(anna), gallery).shape, ranking.to_columns()["distance"])
```

`to_columns()` of embeddings, rankings and reports is a dict of lists; `to_frame()` makes a pandas data frame of it,
where pandas is installed (`pip install '.[pandas]'`).
"""


def page() -> str:
    """The text of the page; every public name stands in it once."""
    listed = [name for names in GROUPS.values() for name in names]
    missing = {*gaitprint.__all__} - {*listed, "__version__"}
    if missing or len(set(listed)) != len(listed):
        raise SystemExit(f"GROUPS must hold every public name once; missing: {sorted(missing)}")
    parts = [HEAD.rstrip()]
    for title, names in GROUPS.items():
        parts.append(f"## {title}")
        parts += [_entry(name, getattr(gaitprint, name)) for name in names]
    return "\n\n".join(parts) + "\n"


def _entry(name: str, thing: Any) -> str:
    if inspect.isclass(thing):
        lines = [f"### {name}", _prose(inspect.getdoc(thing) or "")]
        if dataclasses.is_dataclass(thing):
            lines += _fields(thing)
        inherited = [c for c in thing.__mro__ if c is thing or (_here(c) and not dataclasses.is_dataclass(thing))]
        for key, member in ((k, m) for c in inherited for k, m in vars(c).items()):
            if not key.startswith("_") and _ours(thing, key):
                lines.append(_member(f"{name}.{key}", member))
        return "\n\n".join(line for line in lines if line)
    return f"### {name}\n\n{_call(name, thing)}\n\n{_prose(inspect.getdoc(thing) or '')}"


def _fields(thing: type) -> list[str]:
    """The fields as the source has them: what a field's type becomes at run time differs between versions."""
    docs = setting_docs(thing)
    (tree,) = ast.parse(inspect.getsource(thing)).body
    shown = [n for n in tree.body if isinstance(n, ast.AnnAssign) and not ast.unparse(n.target).startswith("_")]
    names = [(ast.unparse(n.target), ast.unparse(n.annotation)) for n in shown]
    return ["\n".join(f"- `{name}`: `{kind}`{_about(docs.get(name, ''))}" for name, kind in names)]


def _about(text: str) -> str:
    flat = " ".join(text.split()).replace("``", "`")
    return f"; {flat[0].lower() + flat[1:] if flat[1:2].islower() else flat}" if flat else ""


def _member(name: str, member: Any) -> str:
    if isinstance(member, property):
        return f"**{name}** {_prose(inspect.getdoc(member) or '')}"
    function = member.__func__ if isinstance(member, classmethod | staticmethod) else member
    return f"{_call(name, function)}\n\n{_prose(inspect.getdoc(function) or '')}"


def _here(thing: type) -> bool:
    """Whether a class is of this package, and no error."""
    return thing.__module__.startswith("gaitprint.") and not issubclass(thing, Exception)


def _ours(thing: type, key: str) -> bool:
    member = inspect.getattr_static(thing, key)
    return isinstance(member, property | classmethod | staticmethod) or inspect.isfunction(member)


def _call(name: str, function: Callable[..., object]) -> str:
    """The signature as the source has it."""
    (tree,) = ast.parse(textwrap.dedent(inspect.getsource(function))).body
    given = tree.args
    for some in (given.posonlyargs, given.args):
        some[:] = [a for a in some if a.arg not in ("self", "cls")]
    returned = ast.unparse(tree.returns).strip("'") if tree.returns else "None"
    return f"`{name}({ast.unparse(given)}) -> {returned}`"


def _prose(text: str) -> str:
    """A docstring as Markdown: its sections become lists."""
    lines, items = [], False
    for line in text.splitlines():
        head = re.fullmatch(r"(Args|Returns|Raises):", line)
        if head:
            lines += [f"{head[1]}:", ""] if lines and not lines[-1] else ["", f"{head[1]}:", ""]
            items = True
        elif items and re.match(r"    \S", line):
            name, colon, rest = line.strip().partition(": ")
            named = bool(colon) and re.fullmatch(r"\w+", name)
            lines.append(f"- `{name}`: {rest}" if named else f"- {line.strip()}")
        elif items and line.startswith("        "):
            lines.append(f"  {line.strip()}")
        else:
            items = items and not line
            lines.append(line)
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines).replace("``", "`")).strip()


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    sys.stdout.write(f"{PAGE}\n")
