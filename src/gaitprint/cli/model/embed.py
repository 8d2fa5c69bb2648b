"""`gaitprint model embed`."""

from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from gaitprint.cli.common import (
    as_json,
    emit,
    selection_options,
)
from gaitprint.cli.kinds import PLACE, PROCESSES, THREADS
from gaitprint.cli.model_choice import chosen_models
from gaitprint.cli.option_groups import FieldOption, OptionGroup
from gaitprint.cli.options import fusion_option, parse_memory
from gaitprint.cli.progress import progress_bar

_CLIPS = "gaitprint.inference.clip_averaging:ClipAveraging"
_EMBED = "gaitprint.inference.embed_settings:EmbedSettings"
"""Whose fields are the defaults."""


def _settings(fusion: str, flip: bool, windows: int, window_frames: int, **computing: Any) -> Any:
    from gaitprint.inference.clip_averaging import ClipAveraging
    from gaitprint.inference.embed_settings import EmbedSettings

    asked = click.get_current_context().get_parameter_source("window_frames") is not ParameterSource.DEFAULT
    if asked and not windows:
        raise click.UsageError(
            f"--window-frames {window_frames} is the length of windows: give their number, --windows"
        )
    return EmbedSettings(fusion, averaging=ClipAveraging(flip, windows, window_frames), **computing)


settings_options = OptionGroup(
    "settings",
    _settings,
    fusion_option,
    click.option("--flip", is_flag=True, help="Average with the vector of the mirror image."),
    click.option(
        "--windows",
        cls=FieldOption,
        of=_CLIPS,
        show_default=True,
        type=click.IntRange(min=0),
        metavar="COUNT",
        help="Average over so many windows, spread evenly over the sequence; 0 takes all frames at once.",
    ),
    click.option(
        "--window-frames",
        cls=FieldOption,
        of=_CLIPS,
        field="frames",
        show_default=True,
        type=click.IntRange(min=1),
        metavar="FRAMES",
        help="Frames of a window of --windows; a sequence that has no more is taken whole.",
    ),
    click.option(
        "--device",
        cls=FieldOption,
        of=_EMBED,
        show_default=True,
        metavar="NAMES",
        help="Where networks compute: cpu; cuda, on every card there is; cuda:0,cuda:1 on these; mps.",
    ),
    click.option(
        "--precision",
        cls=FieldOption,
        of=_EMBED,
        show_default=True,
        type=click.Choice(["float32", "bfloat16", "float16"]),
        help="What torch computes in; the vectors of different ones are not compared. float16 is for cards.",
    ),
    click.option(
        "--backend",
        cls=FieldOption,
        of=_EMBED,
        show_default=True,
        metavar="NAME",
        help="What computes: torch, winograd, onnxruntime, openvino, or auto, the fastest as measured here once.",
    ),
    click.option(
        "--mode",
        cls=FieldOption,
        of=_EMBED,
        show_default=True,
        type=click.Choice(["throughput", "latency"]),
        help="Most sequences a second, or the next one soonest: one at a time, all cores on it, in one process.",
    ),
    click.option(
        "--memory",
        callback=lambda _c, _p, v: None if v is None else parse_memory(v),
        metavar="SIZE",
        help="What each process computes at once may take about so much, such as 512MiB or 2G.  [default: by machine]",
    ),
    click.option(
        "--workers",
        type=PROCESSES,
        metavar="COUNT",
        help="Processes that compute; 0 computes in this one.  [default: a card or core each, where it is worth it]",
    ),
    click.option(
        "--threads",
        type=THREADS,
        metavar="COUNT",
        help="Processor threads of each process; vectors may differ in the last bit.  [default: 1; all cores in "
        "--mode latency]",
    ),
    click.option(
        "--ray",
        cls=FieldOption,
        of=_EMBED,
        metavar="ADDRESS",
        help="Let a Ray cluster compute: its address, or auto to find it; local starts Ray on this machine.",
    ),
)


@click.command(short_help="A store and networks -> one vector a sequence.")
@click.argument("store", type=PLACE)
@click.option(
    "--model",
    "models",
    type=PLACE,
    multiple=True,
    metavar="FILE",
    help="Model file of `model train` or `model convert`. Given again, the networks' vectors are concatenated.  "
    "[default: the shipped weights]",
)
@click.option(
    "--out",
    type=PLACE,
    required=True,
    metavar="FILE",
    help="Embeddings file to write, such as gl.safetensors.",
)
@click.option(
    "--part",
    type=click.Choice(["test", "train", "all"]),
    cls=FieldOption,
    of="gaitprint.ingest.store_selection:PARTS",
    show_default=True,
    help="Which side of the split is embedded.",
)
@settings_options
@selection_options
@as_json
def embed(
    store: Path,
    models: tuple[Path, ...],
    out: Path,
    part: str,
    settings: Any,
    selection: Any,
    as_json: bool,
) -> None:
    """Turn every sequence of STORE into one vector and write them to --out.

    The file also holds who, how and from where each sequence was seen, and which networks made the vectors. Vectors of
    other networks, or of other --flip and --windows, are not compared with these.

    Killed, run it again: it goes on where it was, from OUT.partial, which lies beside --out until that is written. The
    bytes are the same however often it was interrupted, and however many processes or machines compute.

    \b
    Examples:
      gaitprint model embed store --part all --out walks.safetensors
      gaitprint model embed store --model runs/gl/model.safetensors \\
        --out gl.safetensors
      gaitprint model embed store --model runs/gl/model.safetensors \\
        --model runs/gm/model.safetensors --out both.safetensors
      gaitprint model embed store --model runs/gl/model.safetensors \\
        --part all --flip --windows 4 --out answer.safetensors
      gaitprint model embed store --model runs/gl/model.safetensors \\
        --ray auto --out gl.safetensors
    """
    from gaitprint.stages.embed import embed as stage

    with progress_bar("embedding") as bar:
        made = stage(
            store,
            chosen_models(models),
            out,
            part=part,
            selection=selection,
            settings=settings,
            progress=bar.update,
            say=bar.say,
        )
    facts = {
        "embeddings": str(out),
        "sequences": len(made),
        "subjects": len({r.subject for r in made.records} - {None}),
        "width": made.layout.width,
        "source": made.source,
    }
    emit(facts, as_json, lambda c: c.print(f"{out}: {len(made)} vectors of {made.layout.width} floats"))
