"""Claim: reference layout -> store -> reference layout gives the same arrays, for every form that loses nothing.

Run: python benchmarks/round_trip.py [SOURCE] [--dataset NAME] [--workers 2]

SOURCE is a data set of processed arrays in the field's reference layout, CASIA-B for example; without it, synthetic
walkers are written as such a tree first. Every array is compared, values, shape and type, by the restricted reader.
"""

import argparse
import tempfile
from pathlib import Path
from time import perf_counter

import numpy as np

from gaitprint.ingest.frame_settings import FrameSettings
from gaitprint.ingest.layout_choice import LayoutChoice
from gaitprint.silhouettes.pickles import read_array_pickle
from gaitprint.stages.export import export
from gaitprint.stages.prepare import prepare
from gaitprint.store import Store


def main() -> None:
    """Print how many arrays are the same."""
    parser = argparse.ArgumentParser()
    parser.add_argument("source", type=Path, nargs="?")
    parser.add_argument("--dataset", default="opengait")
    parser.add_argument("--workers", type=int, default=2)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        source = arguments.source
        if source is None:
            prepare(Path("synthetic"), root / "walkers", LayoutChoice("synthetic", {"subjects": 6}))
            export(root / "walkers", root / "tree")
            source = root / "tree"
            (source / "partition.json").unlink()
            (source / "export.json").unlink()
        for form in ("compact", "raw"):
            start = perf_counter()
            report = prepare(
                source,
                root / form,
                LayoutChoice(arguments.dataset),
                frames=FrameSettings(form=form),
                workers=arguments.workers,
            )
            seconds = perf_counter() - start
            store = Store.open(root / form)
            export(root / form, root / f"{form}-out")
            same = 0
            for row in store.rows:
                before = read_array_pickle(source / row.source, 2**28)
                after = read_array_pickle(root / f"{form}-out" / row.key / f"{row.view}.pkl", 2**28)
                same += before.dtype == after.dtype and np.array_equal(before, after)
            print(
                f"{form}: {same} of {len(store.rows)} arrays the same, {len(report.quarantined)} left out; prepared "
                f"{sum(store.lengths):,} frames in {seconds:.1f} s with {arguments.workers} processes"
            )


if __name__ == "__main__":
    main()
