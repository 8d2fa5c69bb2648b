"""Small stores for the tests of this folder."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from gaitprint.store import Form, Store, StorePlan, StoreWriter, pack
from gaitprint.types import SequenceRecord

LENGTHS = (3, 1, 20, 2)
SIZE = (4, 3)
MADE_FROM = "source and settings"


class Killed(BaseException):
    """Stands for SIGKILL: no handler of errors catches it."""


def record(i: int, **changes: str | None) -> SequenceRecord:
    values: dict[str, Any] = {"key": f"00{i}/nm-01/é{i}", "subject": f"00{i}", "condition": "nm-01", "view": "090"}
    return SequenceRecord(**(values | changes))


def frames(i: int, size: tuple[int, int] = SIZE, salt: int = 0) -> np.ndarray:
    return np.random.default_rng((i, salt)).integers(0, 256, (LENGTHS[i], *size)).astype(np.uint8)


def shown(form: Form, values: np.ndarray) -> np.ndarray:
    """What a store gives back of frames: black and white only of the form `bits`."""
    return np.where(values > 127, 255, 0).astype(np.uint8) if form == "bits" else values


def writer(root: Path, form: Form = "compact", made_from: str = MADE_FROM) -> StoreWriter:
    return StoreWriter(root, StorePlan("folder", SIZE, made_from=made_from, layout={"pattern": "{subject}"}, form=form))


def decide(into: StoreWriter, i: int, salt: int = 0) -> None:
    """What `prepare` does with a sequence that it has read."""
    quality = {"height": 60.1, "period": float("nan")} if i else {"height": 1 / 3}
    warnings = ("few",) if i == 1 else ()
    packed = pack(frames(i, salt=salt), into.plan.form)
    into.append(record(i), packed, f"source {i}", warnings, f"stamp {i} {salt}", quality)


def fresh(into: StoreWriter) -> Iterator[Callable[[], None]]:
    """The decisions that make a new store; one sequence is left out."""
    for i in range(3):
        if record(i).key not in into.done:
            yield lambda i=i: decide(into, i)
    if "bad" not in into.done:
        yield lambda: into.set_aside("bad", "no silhouette in it", "stamp bad")
    if record(3).key not in into.done:
        yield lambda: decide(into, 3)


def update(into: StoreWriter) -> Iterator[Callable[[], None]]:
    """Of the store that `fresh` made: 0 is as it was, 1 gone, 2 changed, 3 damaged now, `bad` still bad, `new` new."""
    steps: dict[str, Callable[[], None]] = {
        record(0).key: lambda: into.keep(record(0).key),
        record(2).key: lambda: decide(into, 2, salt=1),
        record(3).key: lambda: into.set_aside(record(3).key, "truncated", "stamp 3 1"),
        "bad": lambda: into.keep("bad"),
        "new": lambda: into.append(record(1, key="new"), pack(frames(1, salt=2), into.plan.form), "", (), "stamp new"),
    }
    yield from (step for key, step in steps.items() if key not in into.done)


Steps = Callable[[StoreWriter], Iterator[Callable[[], None]]]


def run(into: StoreWriter, steps: Steps) -> None:
    with into:
        for step in steps(into):
            step()


def write(root: Path, form: Form = "compact") -> Store:
    run(writer(root, form), fresh)
    return Store.open(root)


def begin(root: Path, steps: Steps, count: int) -> None:
    """A writer killed after `count` decisions."""
    with suppress(Killed), writer(root) as into:
        for number, step in enumerate([*steps(into), lambda: None]):
            if number == count:
                raise Killed
            step()
    assert (root / "journal.jsonl").exists()


def known(root: Path) -> dict[str, str]:
    """Stamps of what a store knows of, as a writer sees it that goes away again."""
    found: dict[str, str] = {}
    with suppress(Killed), writer(root) as into:
        found = into.known
        raise Killed
    return found


def contents(root: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in sorted(root.iterdir())}


def replace_contents(root: Path, files: dict[str, bytes]) -> None:
    root.mkdir(exist_ok=True)
    for path in root.iterdir():
        path.unlink()
    for name, data in files.items():
        (root / name).write_bytes(data)


def keys(store: Store) -> list[str]:
    return [r.key for r in store.records]


def places(ends: Iterable[int], last: int) -> list[int]:
    """Byte counts on, just before and just behind some places."""
    return sorted({b + d for b in (0, *ends, last) for d in range(-2, 3) if 0 <= b + d <= last})
