"""A calibration as a JSON file, bound to the embeddings and to the pipeline whose distances it reads."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from gaitprint.atomic_files import read_json, write_json
from gaitprint.errors import ArtefactError, ConfigError
from gaitprint.evaluation.verification.calibration import Calibration

FORMAT = "gaitprint-calibration"
VERSION = 1


@dataclass(frozen=True, eq=False)
class CalibrationFile:
    """A calibration and what it is bound to."""

    path: Path
    calibration: Calibration
    source: str
    """Fingerprint of the embeddings whose distances it reads."""
    pipeline: dict[str, Any]
    """Settings of the steps that made the distances."""
    facts: dict[str, Any]
    """For people: protocol, numbers of subjects and pairs."""

    def check_source(self, source: str) -> None:
        """Refuse embeddings of other networks.

        Raises:
            ArtefactError: they are.
        """
        if self.source != source:
            raise ArtefactError(
                f"{self.path} was made for embeddings of {self.source[:12]!r}, these are of {source[:12]!r}: "
                "distances of other networks mean something else; calibrate anew"
            )


def save_calibration(
    path: Path, calibration: Calibration, *, source: str, pipeline: dict[str, Any], facts: dict[str, Any]
) -> None:
    """Write a calibration, whole or not at all.

    Args:
        path: of the JSON file.
        calibration: to write.
        source: fingerprint of the embeddings.
        pipeline: settings of the steps that made the distances.
        facts: for people: protocol, numbers of subjects and pairs.

    Raises:
        DataError: the folder cannot be written to.
    """
    write_json(
        path,
        {
            "format": FORMAT,
            "version": VERSION,
            "source": source,
            "pipeline": pipeline,
            "method": calibration.method,
            "distances": calibration.distances.tolist(),
            "log_ratios": calibration.log_ratios.tolist(),
            "limit": calibration.limit,
            "facts": facts,
        },
    )


def load_calibration(path: Path, *, source: str, pipeline: dict[str, Any]) -> Calibration:
    """Read a calibration for distances of these embeddings by this pipeline.

    Raises:
        ArtefactError: missing or damaged, or made for other embeddings or another pipeline.
    """
    file = read_calibration(path)
    file.check_source(source)
    if file.pipeline != pipeline:
        raise ArtefactError(
            f"{path} was made for distances of the pipeline {file.pipeline}, found {pipeline}: "
            "use the same steps, or calibrate anew"
        )
    return file.calibration


def read_calibration(path: Path) -> CalibrationFile:
    """Read a calibration with what it is bound to.

    Raises:
        ArtefactError: missing or damaged.
    """
    path = Path(path)
    values = read_json(path, "the calibration")
    if not isinstance(values, dict) or values.get("format") != FORMAT or values.get("version") != VERSION:
        raise ArtefactError(
            f"{path} is no {FORMAT} of version {VERSION}: make one by `gaitprint eval verify --calibration`"
        )
    try:
        knots, ratios = (np.array(values[name], np.float64) for name in ("distances", "log_ratios"))
        if values["method"] not in ("logistic", "isotonic"):
            raise ValueError(f"no method is called {values['method']!r}")
        if knots.ndim != 1 or knots.shape != ratios.shape:
            raise ValueError(f"{knots.shape} distances and {ratios.shape} ratios")
        for name, kind in (("source", str), ("pipeline", dict), ("facts", dict)):
            if not isinstance(values.get(name), kind):
                raise ValueError(f"it has no {name}")
        calibration = Calibration(values["method"], knots, ratios, float(values["limit"]))
    except (ConfigError, KeyError, TypeError, ValueError) as error:
        raise ArtefactError(f"{path} is damaged ({error}): calibrate anew") from None
    return CalibrationFile(path, calibration, values["source"], values["pipeline"], values["facts"])
