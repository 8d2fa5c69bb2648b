"""The file of chosen settings: a pipeline that other commands take, evidence as comments and beside it as JSON."""

import textwrap
from pathlib import Path

import tomli_w

from gaitprint.atomic_files import check_writable, write_json, write_text
from gaitprint.errors import ArtefactError, ConfigError
from gaitprint.tuning.result import TuneReport

MARK = "# Chosen by gaitprint eval tune"


def check_tuned_place(path: Path) -> None:
    """Find out before long work whether settings can be written at `path`; only such a file is written over.

    Raises:
        ConfigError: the name does not end in .toml.
        ArtefactError: another file is there.
        DataError: the folder cannot be written to.
    """
    path = Path(path)
    if path.suffix != ".toml":
        raise ConfigError(f"chosen settings are a TOML file: its name ends in .toml, found {str(path)!r}")
    check_writable(path)
    check_writable(evidence_place(path))
    if path.exists() and not path.read_text(encoding="utf-8", errors="replace").startswith(MARK):
        raise ArtefactError(f"{path} is there and was not made by `eval tune`: choose another name, or remove it first")


def evidence_place(path: Path) -> Path:
    """Name the file of the evidence."""
    return Path(path).with_suffix(".json")


def journal_place(path: Path) -> Path:
    """Name the file of the journal."""
    return Path(path).with_suffix(".jsonl")


def write_tuned(path: Path, report: TuneReport) -> None:
    """Write the evidence, then the settings.

    Raises:
        DataError: the folder cannot be written to.
    """
    write_json(evidence_place(path), report.to_dict())
    write_text(path, tuned_text(report, evidence_place(path).name))


def tuned_text(report: TuneReport, evidence: str) -> str:
    """The settings as TOML under their evidence as comments."""
    facts = report.facts
    lines = [
        f"{MARK} {facts['version']}: {report.label}",
        f"On {len(facts['subjects'])} subjects ({facts['subjects'][0]} to {facts['subjects'][-1]}), protocol "
        f"{facts['protocol']}, {facts['repeats']} times {facts['folds']} folds of subjects, seed {facts['seed']}; "
        f"embeddings {', '.join(source[:12] for source in facts['sources'])}. Figures are of subjects that did not "
        f"choose; all of it: {evidence}",
        *(found.verdict for found in report.families),
        *report.warnings,
    ]
    said = [lines[0], *(f"# {part}" for line in lines[1:] for part in textwrap.wrap(line, 116, break_on_hyphens=False))]
    return "\n".join(said) + "\n\n" + tomli_w.dumps(report.pipeline)
