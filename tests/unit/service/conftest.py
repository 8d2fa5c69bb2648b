"""People drawn by numbers are those of the gallery's own tests; their calibrated gallery is made once and copied."""

import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

sys.path.append(str(Path(__file__).parent.parent / "gallery"))


@pytest.fixture(scope="session")
def calibrated_copy(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """What `drawn_people.calibrated` makes and closes, made once for each choice of settings."""
    from drawn_people import calibrated

    kept: dict[tuple[tuple[str, Any], ...], Path] = {}

    def copied(path: Path, **settings: Any) -> Path:
        chosen = tuple(sorted(settings.items()))
        if chosen not in kept:
            place = tmp_path_factory.mktemp("calibrated") / "g"
            calibrated(place, **settings).close()
            kept[chosen] = place
        # it was closed: nothing of it is in a journal or in memory, so its one file is all there is
        shutil.copy(kept[chosen], path)
        return path

    return copied
