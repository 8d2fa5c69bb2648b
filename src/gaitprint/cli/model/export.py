"""`gaitprint model export`."""

from pathlib import Path

import click
from rich.console import Console

from gaitprint.cli.common import as_json, emit
from gaitprint.cli.kinds import PLACE, Dependent
from gaitprint.cli.progress import progress_bar


@click.command(short_help="A model file -> a file that runs without torch.")
@click.argument("model", type=PLACE)
@click.argument("out", type=PLACE)
@click.option("--int8", is_flag=True, help="In 8 bits, for .onnx and .xml; refused where ranks of walkers change.")
@click.option(
    "--calibration",
    cls=Dependent,
    needs="int8",
    why="is for 8 bits",
    type=PLACE,
    metavar="STORE",
    help="Walks of those who train set the ranges of --int8, the tested are ranked.  [default: synthetic walkers]",
)
@as_json
def export(model: Path, out: Path, int8: bool, calibration: Path | None, as_json: bool) -> None:
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
      gaitprint model export run/model.safetensors gaitgl-8.onnx \\
        --int8 --calibration store
    """
    from gaitprint.stages.export_model import export_model as stage

    with progress_bar("comparing") as bar:
        report = stage(model, out, int8=int8, calibration=calibration, progress=bar.update)

    def text(console: Console) -> None:
        console.print(f"{', '.join(report.out)}: {report.describe()}")

    emit(report.to_dict(), as_json, text)
