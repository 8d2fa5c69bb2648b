"""Claim: exported as .onnx a network answers in under one second from the start of its process, without torch.

Run: python benchmarks/startup.py [--rounds 7] [--frames 30]

A fresh process of one thread opens the exported file (its checksums included), embeds one walk of made-up frames and
prints the sum; the clock runs from before the process starts until it has ended. In every round each way
takes its turn, with a process that does nothing and one that imports torch beside them. Printed are medians, and the
ratio to `import torch` in processor time. As .safetensors numba comes on top: over a second before the first answer.
What it compiles lies in its cache, as after the first run on a machine.
"""

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

import torch

from gaitprint.models.card import ModelDescription
from gaitprint.models.making import make_network
from gaitprint.models.model_file import save_model
from gaitprint.stages.export_model import export_model
from gaitprint.training.recipe import load_recipe

RECIPES = ("quick", "gaitgl-journal-casia-b")
PROBE = """
import sys
import numpy as np
import gaitprint as gp
network = gp.open_exported(sys.argv[1])
size = network.card.model.preprocessing.size
frames = np.random.default_rng(0).choice(np.array([0, 255], np.uint8), (int(sys.argv[2]), size, size))
print(network.vector(frames).sum())
assert "torch" not in sys.modules
"""


def seconds_of(*words: str) -> tuple[float, float]:
    """Of the clock, from before a process starts until it has ended, and of the processor."""
    start, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-c", *words], check=True, capture_output=True)
    passed, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    return passed, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    """Print a row for each way."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--frames", type=int, default=30)
    arguments = parser.parse_args()
    ways: dict[str, tuple[str, ...]] = {
        "nothing": ("",),
        "import numpy": ("import numpy",),
        "import torch": ("import torch",),
    }
    with tempfile.TemporaryDirectory() as folder:
        for name in RECIPES:
            recipe = load_recipe(name)
            settings = dict(recipe.network.settings)
            network = make_network(recipe.network.name, settings, None, torch.Generator().manual_seed(0)).eval()
            model = Path(folder) / f"{name}-model.safetensors"
            save_model(model, network, ModelDescription(recipe.preprocessing, title=name))
            for ending in (".safetensors", ".onnx", ".xml"):
                file = Path(folder) / f"{name}{ending}"
                export_model(model, file)
                ways[f"{name} {ending}"] = PROBE, str(file), str(arguments.frames)
        for words in ways.values():
            seconds_of(*words)
        taken: dict[str, list[tuple[float, float]]] = {way: [] for way in ways}
        for _ in range(arguments.rounds):
            for way, words in ways.items():
                taken[way].append(seconds_of(*words))
    for way, seconds in taken.items():
        passed, processor = zip(*seconds, strict=True)
        ratio = median(own[1] / torchs[1] for own, torchs in zip(seconds, taken["import torch"], strict=True))
        print(
            f"{way:36} {median(passed):5.2f} s of the clock, {median(processor):5.2f} s of the processor "
            f"({min(processor):.2f} to {max(processor):.2f}), {ratio:4.2f} of import torch"
        )


if __name__ == "__main__":
    main()
