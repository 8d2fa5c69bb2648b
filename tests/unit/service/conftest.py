"""People drawn by numbers are those of the gallery's own tests."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent.parent / "gallery"))
