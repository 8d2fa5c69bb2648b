"""From a run to weights that are shipped: without a classifier, with everything on the card that a stranger asks.

    python tools/release_model.py runs/default src/gaitprint/presets/models/default.safetensors --limit "Coats: ..."
    gaitprint model embed casia-b --model default --part all --subjects 075-124 --out tested.safetensors
    gaitprint eval identify tested.safetensors --json > tested.json
    python tools/release_model.py runs/default src/gaitprint/presets/models/default.safetensors --limit "Coats: ..." \
      --figures "CASIA-B 075-124, zero-shot=tested.json"

First the weights, then the figures that were measured by these very weights: figures of others are refused, and so are
weights that have seen anybody who is no drawn walker. The same run and figures give the same bytes.
"""

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from gaitprint.errors import GaitprintError
from gaitprint.layouts.drawn import is_drawn
from gaitprint.models.card import ModelCard, ModelDescription
from gaitprint.models.card_figures import CardFigure
from gaitprint.models.making import make_network
from gaitprint.models.model_file import read_model_file, save_model
from gaitprint.provenance.seen_people import people_in
from gaitprint.stages.drawn_store import FIRST
from gaitprint.stages.embed import open_embedder
from gaitprint.store import Store
from gaitprint.training.history import read_history

LICENCE = "Apache-2.0"


def release(
    run: Path,
    out: Path,
    title: str,
    limits: Sequence[str],
    figures: Sequence[tuple[str, Path]] = (),
    half: bool = False,
    weights: str = "model",
    start: Path | None = None,
) -> ModelCard:
    """Write the weights of a finished run as a file to be shipped.

    Args:
        run: the folder of `gaitprint model train`; its store is where the run found it.
        out: the model file.
        title: what they are, in a few words.
        limits: where they are known to fail, a sentence each.
        figures: what was measured, and the file of `gaitprint eval identify --json`.
        half: weights in 16 bits, half the bytes; figures say what that costs.
        weights: `model`, or `best` of a run with subjects held out.
        start: the shipped file that the run went on from by `--init`, whose card says how it was made.

    Raises:
        SystemExit: people are in the weights, a figure is of other weights, or the run did not start from `start`.
    """
    card, tensors = read_model_file(run / f"{weights}.safetensors")
    if card.seen.unknown or not card.seen.people or not all(is_drawn(seen.dataset) for seen in card.seen.people):
        raise SystemExit(f"{run}: not shipped, for who is in it is: {'; '.join(people_in(card.seen)) or 'not known'}")
    network = make_network(card.network, card.settings, None, torch.Generator().manual_seed(0))
    # strict: all that a network without a classifier holds has to be there
    network.load_state_dict({key: tensors[key] for key in network.state_dict()})
    if half:
        network.half()
    training = {key: value for key, value in card.training.items() if key != "subjects"}  # of the classifier's rows
    description = ModelDescription(
        card.preprocessing,
        title,
        {**training, "made": _made(run, card, start)},
        LICENCE,
        dict(card.metrics),
        list(limits),
    )
    save_model(out, network, description)
    if figures:
        source = open_embedder(out, backend="torch").source
        rows = [asdict(row) for on, path in figures for row in _figures(on, path, source)]
        description.metrics["figures"] = rows
    return save_model(out, network, description)


def _made(run: Path, card: ModelCard, start: Path | None) -> dict[str, Any]:
    """What the weights were made of and by, from the run's own records."""
    manifest = json.loads((run / "manifest.json").read_text(encoding="utf-8"))
    settings, first, last = manifest["settings"]["training"], manifest["sessions"][0], manifest["sessions"][-1]
    store = Store.open(Path(manifest["store"]))
    commit = first["code"].get("commit")
    before = {"goes on from": text} if (text := _before(run, manifest["start"], start)) else {}
    return {
        "data": f"{manifest['sequences']:,} sequences of {len(manifest['subjects']):,} walkers drawn in code",
        "drawn as": {"seed": 0, **store.layout},
        **before,
        "recipe": _stage(run),
        "batch": f"{settings['subjects']} walkers x {settings['sequences']} sequences x {settings['frames']} frames",
        "seed": manifest["seed"],
        "gaitprint": first["code"]["version"] + (f", commit {commit[:12]}" if commit else ""),
        "torch": card.training["torch"],
        "processor": f"{last['device_name']}, {last['threads']} threads",
    }


def _before(run: Path, begun: str, start: Path | None) -> str:
    """What a run goes on from, in words: runs in its folder, or the shipped weights whose card tells theirs."""
    if start is None:
        first = run / FIRST
        return "; ".join(filter(None, (_before(first, "", None), _stage(first)))) if first.is_dir() else ""
    card, _ = read_model_file(start)
    if card.sha256 != begun:
        raise SystemExit(f"{run}: started from weights {begun[:12]}, and {start} holds {card.sha256[:12]}")
    made = card.training["made"]
    return "; ".join(filter(None, (made.get("goes on from"), f"{made['recipe']} (commit {made['gaitprint'][-12:]})")))


def _stage(run: Path) -> str:
    """One run in words."""
    manifest = json.loads((run / "manifest.json").read_text(encoding="utf-8"))
    settings = manifest["settings"]["training"]
    clips = settings["subjects"] * settings["sequences"]
    minutes = sum(clips / row["clips_per_second"] for row in read_history(run / "history.jsonl")) / 60
    return f"{Path(manifest['recipe']).stem}, {settings['iterations']:,} iterations in {minutes:.0f} minutes"


def _figures(on: str, path: Path, source: str) -> list[CardFigure]:
    """The rank-1 of each probe set of `eval identify --json`."""
    report = json.loads(path.read_text(encoding="utf-8"))
    if report["source"] != source:
        raise SystemExit(f"{path}: measured with other weights, or other settings than `model embed` has by itself")
    if report["transductive"]:
        raise SystemExit(f"{path}: measured with a pipeline that sees all probes at once")
    rows = []
    for result in report["results"]:
        interval = result["interval"] or {"low": None, "high": None}
        rows.append(CardFigure(on, result["name"], result["mean"], interval["low"], interval["high"]))
    return rows


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--title", default="GaitGL trained on synthetic people")
    parser.add_argument("--limit", action="append", required=True, help="where it fails, a sentence; repeatable")
    parser.add_argument("--figures", action="append", default=[], metavar="WHAT=FILE.json", help="repeatable")
    parser.add_argument("--half", action="store_true", help="16 bits a weight")
    parser.add_argument("--weights", choices=["model", "best"], default="model")
    parser.add_argument("--start", type=Path, help="shipped weights that the run went on from by --init")
    given = parser.parse_args()
    figures = [(what, Path(path)) for what, _, path in (text.rpartition("=") for text in given.figures)]
    try:
        card = release(given.run, given.out, given.title, given.limit, figures, given.half, given.weights, given.start)
    except GaitprintError as error:
        raise SystemExit(str(error)) from None
    print(f"{given.out}: {given.out.stat().st_size / 1e6:.2f} MB, sha256 of the weights {card.sha256}")


if __name__ == "__main__":
    main()
