"""`gaitprint model export`."""

from pathlib import Path

import click
from rich.console import Console

from gaitprint.cli.common import as_json, emit
from gaitprint.cli.kinds import PLACE
from gaitprint.cli.progress import progress_bar


@click.command(short_help="A model file -> a file that runs without torch.")
@click.argument("model", type=PLACE)
@click.argument("out", type=PLACE)
@as_json
def export(model: Path, out: Path, as_json: bool) -> None:
    """Write the network of MODEL as a file that embeds without torch.

    \b
    OUT, by the ending of its name:
      .onnx         for ONNX Runtime, OpenVINO and others; any number of clips
                    and frames
      .xml          for OpenVINO, with a .bin beside it
      .safetensors  for the back end winograd, the fastest in full precision

    Batch norms are folded, classifiers and masks left out. The file is compared with the network before it is written,
    and holds the model's card; changed afterwards, it is refused when it is opened.

    \b
    Examples:
      gaitprint model export run/model.safetensors gaitgl.onnx
      gaitprint model export run/model.safetensors gaitgl.xml
    """
    from gaitprint.stages.export_model import export_model as stage

    with progress_bar("comparing") as bar:
        report = stage(model, out, progress=bar.update)

    def text(console: Console) -> None:
        console.print(f"{', '.join(report.out)}: {report.describe()}")

    emit(report.to_dict(), as_json, text)
