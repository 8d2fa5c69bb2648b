"""`gaitprint eval verify`."""

from pathlib import Path
from typing import Any

import click
from rich.console import Console

from gaitprint.cli.common import as_json, emit, print_table
from gaitprint.cli.kinds import PLACE, Dependent
from gaitprint.cli.option_groups import FieldOption, OptionGroup
from gaitprint.cli.options import VERIFY, report_option, splits_option
from gaitprint.cli.request_options import request_options, told


def _rates(text: str) -> tuple[float, ...]:
    """Rates between 0 and 1, or in percent."""
    found = []
    for word in (w.strip() for w in text.split(",")):
        number, percent = word.removesuffix("%").strip(), word.endswith("%")
        try:
            found.append(float(number) / (100.0 if percent else 1.0))
        except ValueError:
            raise click.UsageError(f"rates are given such as 0.01,0.001 or 1%,0.1%, found {text!r}") from None
    return tuple(found)


def _percent(rates: tuple[float, ...]) -> str:
    return ",".join(f"{100 * rate:g}%" for rate in rates)


class DependentField(Dependent, FieldOption):
    """An option that another one leaves nothing to decide, with the default of a value's field."""


def _settings(**asked: Any) -> Any:
    from gaitprint.config import build_settings
    from gaitprint.evaluation.verification.settings import VerifySettings

    return build_settings(VerifySettings, {k: list(v) if isinstance(v, tuple) else v for k, v in asked.items()})


_RATES: dict[str, Any] = {
    "cls": FieldOption,
    "of": VERIFY,
    "text": _percent,
    "show_default": True,
    "callback": lambda _c, _p, v: _rates(v),
    "metavar": "RATES",
}
verify_options = OptionGroup(
    "settings",
    _settings,
    click.option(
        "--fmr",
        "false_match",
        **_RATES,
        help="False match rates at which the false non-match rate is wanted.",
    ),
    click.option(
        "--fpir",
        "false_positive",
        **_RATES,
        help="False positive rates of strangers at which the share of known people missed is wanted.",
    ),
    click.option(
        "--threshold",
        "thresholds",
        multiple=True,
        type=float,
        metavar="DISTANCE",
        help="A distance whose error rates are shown as a row of the table. Repeatable.",
    ),
    click.option(
        "--strangers",
        cls=FieldOption,
        of=VERIFY,
        type=float,
        show_default=True,
        metavar="SHARE",
        help="Share of subjects left out of the gallery.",
    ),
    splits_option,
    click.option(
        "--method",
        cls=DependentField,
        of=VERIFY,
        excludes="use",
        why="makes a calibration, --use brings one",
        type=click.Choice(["logistic", "isotonic"]),
        show_default=True,
        help="How a distance becomes a probability.",
    ),
    click.option(
        "--prior",
        cls=FieldOption,
        of=VERIFY,
        type=float,
        show_default=True,
        metavar="SHARE",
        help="Probability before comparing.",
    ),
    click.option(
        "--folds",
        cls=DependentField,
        of=VERIFY,
        excludes="use",
        why="tries a calibration that is made, --use brings one",
        show_default=True,
        type=click.IntRange(min=3),
        help="Groups of subjects to try it on.",
    ),
)
"""Gives a command its `settings`, a `VerifySettings`."""


@click.command(short_help="Error rates of pairs and of strangers.")
@click.argument("embeddings", type=PLACE)
@request_options
@verify_options
@click.option("--calibration", type=PLACE, metavar="FILE.json", help="Where to write the calibration.")
@click.option("--use", type=PLACE, metavar="FILE.json", help="Try this calibration of other people instead.")
@report_option
@as_json
def verify(
    embeddings: Path,
    request: Any,
    settings: Any,
    calibration: Path | None,
    use: Path | None,
    report: Path | None,
    as_json: bool,
) -> None:
    """Measure EMBEDDINGS one to one, and one to many with strangers: are these two walks of one person, is he known?

    A rate that is measured on too few subjects to promise it for other people is marked with a *, and a note says how
    many it takes. Intervals of 95 % are over subjects. Probabilities are tried on people that their calibration has not
    seen.

    \b
    Examples:
      gaitprint eval verify gl.safetensors
      gaitprint eval verify gl.safetensors --fmr 10%,5% --fpir 10% \\
        --threshold 6.5 --report verify.html
      gaitprint eval verify tune.safetensors --method isotonic \\
        --calibration gl.json
      gaitprint eval verify gl.safetensors --use gl.json --prior 0.01
    """
    from gaitprint.stages.verify import verify as stage

    with told(request, "strangers") as asked:
        result = stage(embeddings, asked, settings, calibration=calibration, use=use, report=report)

    def text(out: Console) -> None:
        print_rates(out, result)
        for name, path in (("calibration", calibration), ("report", report)):
            if path is not None:
                out.print(f"{name}: {path}")

    emit(result.to_dict(), as_json, text)


def print_rates(out: Console, result: Any) -> None:
    """All error rates: of pairs, of searches, at thresholds; and what a probability is worth."""
    from gaitprint.evaluation.statistics.sample_size import legend

    found = result.verification
    columns = ["probes", "subjects", "equal error"]
    columns += [f"FNMR at FMR {100 * p.stated:.3g} %" for p in found.whole.misses]
    rows = [[s.name, str(s.subjects), *(p.figure.text() for p in (s.equal_error, *s.misses))] for s in found.sets]
    print_table(out, columns, rows)
    columns = ["probes", *(f"FNIR at FPIR {100 * p.stated:.3g} %" for p in found.whole.not_found)]
    columns += [f"rank-{k}" for k, _ in found.whole.ranks]
    rows = [[s.name, *(p.figure.text() for p in s.not_found), *(f.text() for _, f in s.ranks)] for s in found.sets]
    print_table(out, columns, rows)
    out.print(f"gallery without strangers: {found.gallery.people:.4g} people, {found.gallery.sequences:.0f} walks")
    rows = [
        [f"{t.threshold:.5g}", t.why]
        + [f.text() for f in (t.false_match, t.false_non_match, t.false_positive, t.false_negative)]
        for t in found.thresholds
    ]
    print_table(out, ["accept up to", "where", "FMR", "FNMR", "FPIR", "FNIR"], rows)
    if (made := found.calibration) is not None:
        out.print(
            f"probability at a prior of {100 * made.after.prior:.3g} %, {made.calibration.method}: log loss "
            f"{made.after.log_loss:.4f} nats (prior alone {made.prior_loss:.4f}, 1 - distance / largest "
            f"{made.before.log_loss:.4f}), calibration error {100 * made.after.calibration_error:.1f} %"
        )
    out.print(f"{found.protocol.title}; distance: {result.distance}; units are {found.subjects} subjects, not pairs")
    if found.marked:
        out.print(legend(found.subjects))
    for warning in result.warnings:
        out.print(f"note: {warning}")
