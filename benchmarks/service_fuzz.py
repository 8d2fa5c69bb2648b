"""Requests drawn from a service's own OpenAPI document, right ones and wrong ones, by schemathesis: it has to hold.

    python benchmarks/service_fuzz.py                   100 examples an operation; exits 1 where anything fails
    python benchmarks/service_fuzz.py --examples 1000   more

What is checked: no error of the server (500), no status, content or header that is not declared, wrong input refused,
no answer without a key. Whether right input is taken (`positive_data_acceptance`) hangs on what the gallery holds, so
that is left to the tests of the verbs. Keys are not revoked by it, for it would lock itself out.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from gallery import MadeUp

import gaitprint as gp
from gaitprint.service.server import serving

LEFT_OUT = "positive_data_acceptance,ensure_resource_availability,use_after_free"
"""Checks that ask what is in the gallery: people are merged, removed and purged in the middle of it."""


def main() -> int:
    """Run it; what schemathesis exits with."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--examples", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--phases", default="examples,coverage,fuzzing,stateful")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "fuzz.gallery"
        made_up = MadeUp(256)
        walks = made_up.walks(range(50), 0)
        frames = [np.full((3, 8, 8), 1 + i, np.uint8) for i in range(len(walks))]
        with gp.Gallery.create(place, retention_days=1.0, keep_walks=True) as gallery:
            gallery.enroll(walks, silhouettes=frames)
            gallery.calibrate(per_1000=50.0)
            gallery.identify(made_up.walks(range(10), 1))
        with serving(place) as (url, key):
            words = ["--checks", "all", "--exclude-checks", LEFT_OUT, "--phases", given.phases]
            words += ["--max-examples", str(given.examples), "--seed", str(given.seed), "--continue-on-failure"]
            words += ["--exclude-method", "DELETE", "--header", f"Authorization: Bearer {key}", "--no-color"]
            words += ["--warnings", "off"]
            command = [sys.executable, "-m", "schemathesis.cli", "run", f"{url}/v1/openapi.json", *words]
            return subprocess.run(command, check=False, cwd=folder, env={**os.environ}).returncode


if __name__ == "__main__":
    sys.exit(main())
