"""What the command line loads before it knows what it is asked for."""

import subprocess
import sys

import pytest

HEAVY = ("numpy", "scipy", "torch", "jaxtyping", "pyarrow", "cv2", "matplotlib", "sklearn")
"""Each of them takes longer to load than all that `--help` needs."""
PROGRAM = """
import sys
{loads}
print(*sorted({{name.partition(".")[0] for name in sys.modules}} & {heavy}))
"""


@pytest.mark.parametrize("loads", ["import gaitprint", "import gaitprint.cli.app"])
def test_help_waits_for_no_array_library(loads):
    program = PROGRAM.format(loads=loads, heavy=set(HEAVY))
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ran.stdout.split() == []
