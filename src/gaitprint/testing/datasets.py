"""What every data set's layout promises, whoever wrote it: its miniature comes back whole, split in two, and packed."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from gaitprint.archives import open_files
from gaitprint.components import component_names
from gaitprint.datasets import DrawingLayout, FoundSequence, Layout
from gaitprint.errors import DataError
from gaitprint.evaluation.protocol.protocol import protocol_names
from gaitprint.ingest.layout_choice import LayoutChoice
from gaitprint.ingest.scanning import scan
from gaitprint.layouts.drawn import is_drawn
from gaitprint.stages.prepare import prepare
from gaitprint.store import Store
from gaitprint.testing.promises import Promises, expect, expect_declares, promises_of

LEAST_SEQUENCES, LEAST_FRAMES = 8, 5
"""Of a miniature, so that it can be split and evaluated."""
DRAWN = 2
"""Sequences of a layout that draws its walkers itself, as many as are tried."""
NO_SPLIT = "none of these"


def check_dataset(name: str) -> None:
    """Try all that a layout owes, on the miniature that it writes; see `gaitprint.datasets.Layout`.

    Args:
        name: of a data set of ours, or the dotted path of a module elsewhere that ends with `component = ...`.

    Raises:
        ContractError: a promise is broken; it says which.
        ComponentError: no data set has that name.
    """
    for about in promises_of("dataset", name):
        with about.promise("it is built as Layout(settings), with all that a Layout has"):
            layout = about.make()
            needed = ("title", "splits", "protocols", "strictness", "drawn", "scan", "split", "write_miniature")
            expect_declares(layout, Layout, needed)
        with about.promise("`title` is one line, and `protocols` names protocols there are"):
            expect(bool(layout.title) and "\n" not in layout.title, repr(layout.title))
            unknown = sorted(set(layout.protocols) - set(protocol_names()))
            expect(unknown == [], f"no protocol called {', '.join(unknown)}")
        _check_drawn(about, layout)
        with TemporaryDirectory(prefix="gaitprint-") as folder:
            found = _check_miniature(about, layout, Path(folder) / "data")
            _check_splits(about, layout, found)
            _check_prepared(about, Path(folder), found)
            _check_refusals(about, layout, Path(folder) / "another")


def _check_drawn(about: Promises, layout: Layout) -> None:
    with about.promise("it says by True or False whether its walkers are `drawn` and no people"):
        expect(isinstance(layout.drawn, bool), repr(layout.drawn))
        expect(is_drawn(about.name) == layout.drawn, f"{layout.drawn}, and another answer with its first settings")
        # what has no source of people has no people
        expect(layout.drawn or not isinstance(layout, DrawingLayout), "False of a layout that draws its walkers itself")
    if isinstance(layout, DrawingLayout):
        with about.promise("`draw` gives the sequences of `records` in key order, frames uint8 [T, 64, 64] of each"):
            records = layout.records()
            keys = [r.key for r in records]
            expect(keys == sorted(set(keys)), "keys twice or in another order")
            for record, (found, frames) in zip(records[:DRAWN], layout.draw(), strict=False):
                expect(found == record, f"{found} where {record} is due")
                shape = [str(frames.dtype), *frames.shape[1:]]
                expect(shape == ["uint8", 64, 64] and len(frames), f"{frames.dtype} {list(frames.shape)}")


def _check_miniature(about: Promises, layout: Layout, root: Path) -> list[FoundSequence]:
    with about.promise("scan finds its miniature again: each sequence once, in key order, at a place that is there"):
        layout.write_miniature(root)
        found = layout.scan(open_files(root))
        keys = [f.record.key for f in found]
        expect(len(keys) >= LEAST_SEQUENCES, f"{len(keys)} sequences, where {LEAST_SEQUENCES} are the least")
        expect(len(set(keys)) == len(keys), f"a key twice: {_twice(keys)!r}")
        nowhere = [f.place for f in found if not (root / f.place).exists()]
        expect(nowhere == [], f"places that do not exist: {nowhere[:3]}")
        expect(keys == sorted(keys), "another order than that of the keys")
    with about.promise("every sequence has a condition and a view"):
        without = [f.record.key for f in found if not (f.record.condition and f.record.view)]
        expect(without == [], f"none for {without[:3]}")
    if layout.strictness and about.name in component_names("dataset"):
        with about.promise("it says by its `strictness` that `auto` tries it, so `auto` takes its miniature for it"):
            taken = scan(root, LayoutChoice()).dataset
            expect(taken == about.name, f"{taken}, which is tried before it: its strictness is {layout.strictness}")
    with about.promise("scan finds the same each time, also when it is built anew"):
        again: Layout = about.make()
        expect([f.record for f in again.scan(open_files(root))] == [f.record for f in found], "other records")
    return found


def _check_splits(about: Promises, layout: Layout, found: list[FoundSequence]) -> None:
    known = sorted({f.record.subject for f in found if f.record.subject is not None})
    with about.promise("it names a split at least, the usual one first"):
        expect(layout.splits, "none")
    for split in (None, *layout.splits):
        called = "the usual split" if split is None else f"the split {split!r}"
        with about.promise("split cuts the subjects that are there in two, whatever their order, and tests somebody"):
            parts = layout.split(split, known)
            expect(not set(parts.train) & set(parts.test), f"subjects in both parts of {called}")
            others = sorted({*parts.train, *parts.test} - set(known))
            expect(others == [], f"subjects who are not there in {called}: {others[:3]}")
            expect(parts.test, f"nobody to test in {called}")
            turned = layout.split(split, list(reversed(known)))
            expect(turned == parts, f"that {called} differs for subjects in another order")
        # apart from the order: a layout that goes through its subjects twice sees nobody the second time
        with about.promise("split takes any iterable of subjects, such as one that can be gone through once"):
            once = layout.split(split, iter(known))
            expect(once == parts, f"that {called} differs for an iterator: make a set or list of `subjects` first")
    with about.promise("split refuses a name that it does not know with a DataError that says so"):
        said = _refusal(lambda: layout.split(NO_SPLIT, known))
        expect(f"has no split {NO_SPLIT!r}" in said, f"{said!r}, which does not hold \"has no split '...'\"")


def _check_prepared(about: Promises, folder: Path, found: list[FoundSequence]) -> None:
    with about.promise("`gaitprint data prepare` packs all of its miniature into a store"):
        settings = dict(about.example.settings)
        report = prepare(folder / "data", folder / "store", LayoutChoice(about.name, settings))
        expect(report.quarantined == (), f"left out: {report.quarantined[:1]}")
        store = Store.open(folder / "store")
        expect(store.dataset == about.name, f"a store of the data set {store.dataset!r}")
        expect(list(store.records) == [f.record for f in found], "other records in the store than were found")
        expect(min(store.lengths) >= LEAST_FRAMES, f"a sequence of {min(store.lengths)} frames")
        expect(store.size == (64, 64), f"frames of {store.size}")


def _check_refusals(about: Promises, layout: Layout, root: Path) -> None:
    deep = root / "a" / "b" / "c" / "d" / "e"
    deep.mkdir(parents=True)
    (deep / "1.png").write_bytes(b"x")
    for place in (root, deep, root / "nothing"):
        with about.promise("scan refuses another tree in one line that says what was found: with a DataError"):
            said = _refusal(partial(_scan, layout, place))
            expect("found" in said and "\n" not in said, repr(said))


def _scan(layout: Layout, root: Path) -> list[FoundSequence]:
    return layout.scan(open_files(root))


def _refusal(call: Callable[[], object]) -> str:
    try:
        call()
    except DataError as error:
        return str(error)
    expect(False, "no error")
    return ""


def _twice(keys: list[str]) -> str:
    return next(key for key in keys if keys.count(key) > 1) if len(set(keys)) < len(keys) else ""
