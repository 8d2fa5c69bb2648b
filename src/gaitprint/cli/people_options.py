"""Options of the commands that name people in videos: who is known, when somebody is named, by which network."""

from pathlib import Path
from typing import Any

import click

from gaitprint.cli.common import device_option
from gaitprint.cli.kinds import PLACE, Dependent
from gaitprint.cli.model_choice import chosen_models
from gaitprint.cli.option_groups import FieldOption, OptionGroup
from gaitprint.cli.pipeline_options import named_pipeline

EVIDENCE = "gaitprint.video.identity.evidence:EvidenceSettings"
_EMBED = "gaitprint.inference.embed_settings:EmbedSettings"
"""Where the defaults are."""


def parse_share(text: str) -> float:
    """A share such as 5% or 0.05.

    Raises:
        UsageError: it is none.
    """
    number, percent = text.strip().removesuffix("%"), text.strip().endswith("%")
    try:
        return float(number) / (100 if percent else 1)
    except ValueError:
        raise click.UsageError(f"--fpir is a share such as 5% or 0.05, found {text!r}") from None


def _people(
    gallery: tuple[Path, ...],
    pipeline: str | None,
    fpir: str | None,
    correlation: float,
    known_share: float,
    **given: Any,
) -> Any:
    from gaitprint.stages.gallery_known import known_people
    from gaitprint.video.identity.evidence import EvidenceSettings
    from gaitprint.video.identity.people_request import PeopleRequest

    known, steps, threshold = known_people(gallery)
    # a gallery was calibrated for its own pipeline: of another one its distance says nothing
    if pipeline is None and fpir is None and given["strangers"] is None and given["threshold"] is None:
        given["threshold"] = threshold
    return PeopleRequest(
        known,
        **given,
        pipeline=named_pipeline(pipeline, (), steps),
        fpir=None if fpir is None else parse_share(fpir),
        evidence=EvidenceSettings(correlation, known_share),
    )


calibration_option = click.option(
    "--calibration",
    type=PLACE,
    metavar="FILE.json",
    help="Of `eval verify --calibration`, for probabilities beside distances.",
)
correlation_option = click.option(
    "--correlation",
    cls=FieldOption,
    of=EVIDENCE,
    type=float,
    show_default=True,
    help="Of windows of one track, 0 to 1: at 1 further windows make no answer surer.",
)
walks_pipeline_option = click.option(
    "--pipeline",
    metavar="STEPS|FILE.toml",
    help="How walks are compared: steps in their order, the scorer last.  [default: euclidean]",
)
"""How walks are compared and how sure answers are: of all commands that compare people in videos."""

people_options = OptionGroup(
    "people",
    _people,
    click.option(
        "--gallery",
        type=PLACE,
        multiple=True,
        required=True,
        metavar="FILE",
        help="Who is known, by the same model: a gallery, named as it was calibrated; or walks with names, of `model "
        "embed` or `video embed`. Those are repeatable.",
    ),
    click.option(
        "--threshold",
        type=float,
        metavar="DISTANCE",
        help="Name whoever is at most so far away.  [default: as far as --fpir allows]",
    ),
    click.option(
        "--fpir",
        cls=Dependent,
        excludes="threshold",
        why="decides how near is near enough",
        metavar="SHARE",
        help="At most this share of strangers may be named, such as 5%.  [default: 5%]",
    ),
    click.option(
        "--strangers",
        type=PLACE,
        cls=Dependent,
        excludes="threshold",
        why="is what the false-alarm rate is measured by",
        metavar="EMBEDDINGS",
        help="Walks of people who are not known, to measure that on.  [default: each known person in turn]",
    ),
    calibration_option,
    click.option(
        "--known-share",
        cls=FieldOption,
        of=EVIDENCE,
        field="known",
        type=float,
        show_default=True,
        help="The probability that whoever walks by is known at all, before anything is seen.",
    ),
    correlation_option,
    walks_pipeline_option,
)
"""Gives a command its `people`, a `PeopleRequest`."""

model_option = click.option(
    "--model",
    type=PLACE,
    metavar="FILE",
    help="Model file of `model train` or `model convert` that makes vectors of walks.  [default: the shipped weights]",
)
backend_option = click.option(
    "--backend",
    cls=FieldOption,
    of=_EMBED,
    show_default=True,
    metavar="NAME",
    help="What computes: torch, winograd, onnxruntime, openvino, or auto, the fastest as measured here once.",
)


def _network(model: Path | None, **computing: Any) -> dict[str, Any]:
    (chosen,) = chosen_models(() if model is None else (model,))
    return {"model": chosen, **computing}


network_options = OptionGroup("network", _network, model_option, device_option, backend_option)
"""Gives a command its `network`: model, device and backend by name."""
