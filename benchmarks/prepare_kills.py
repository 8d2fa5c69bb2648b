"""Claim: after 100 kills at random instants of `gaitprint data prepare` the finished store is byte-equal to that of the
straight run, whether it was begun anew or brought up to date.

Run: python benchmarks/prepare_kills.py [--kills 100] [--seed 0]

A data set of made-up raw frames is prepared straight. Then again, by a process that is sent SIGKILL after a random
time, over and over until enough kills are done; each life is short enough that some die twice before they finish a
sequence. Whenever a preparation ends by itself it is compared byte by byte, and the next begins: in turn anew, and on
a finished store whose source has grown and changed. While a store is brought up to date, it must open after every kill.
"""

import argparse
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import cv2
from _made_up import write_raw

from gaitprint.ingest.layout_choice import LayoutChoice
from gaitprint.stages.prepare import prepare
from gaitprint.store import Store

COMMAND = [sys.executable, "-c", "from gaitprint.cli.main import run; run()", "data", "prepare"]


def contents(root: Path) -> dict[str, bytes]:
    """Every file of a store."""
    return {path.name: path.read_bytes() for path in sorted(root.iterdir())}


def main() -> None:
    """Print the counts."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    chance = random.Random(arguments.seed)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        source, before = root / "source", root / "before"
        write_raw(source, 66, 40)
        for leaf in sorted(source.glob("*/*/*"))[40:]:
            shutil.move(leaf, root / "later" / leaf.relative_to(source))
        prepare(source, before, LayoutChoice("casia-b"))
        shutil.copytree(root / "later", source, dirs_exist_ok=True)
        for changed in sorted(source.glob("*/*/*"))[:6]:
            frame = cv2.imread(str(changed / "001.png"), cv2.IMREAD_GRAYSCALE)
            cv2.imwrite(str(changed / "001.png"), frame[:, ::-1])
        (sorted(source.glob("*/*/*"))[50] / "003.png").write_bytes(b"no image")
        prepare(source, root / "anew", LayoutChoice("casia-b"))
        shutil.copytree(before, root / "updated")
        prepare(source, root / "updated", LayoutChoice("casia-b"))
        wanted = {"anew": contents(root / "anew"), "updated": contents(root / "updated")}
        start = time.perf_counter()
        prepare(source, root / "timed", LayoutChoice("casia-b"))
        whole = time.perf_counter() - start
        kills = finished = midway = 0
        while kills < arguments.kills:
            way = ("anew", "updated")[finished % 2]
            out = root / f"out{finished}"
            if way == "updated":
                shutil.copytree(before, out)
            while True:
                workers = chance.choice(("0", "0", "2"))
                words = [*COMMAND, str(source), str(out), "--dataset", "casia-b", "--workers", workers]
                process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
                try:
                    # the program needs a moment to start; from then on any instant is as likely as any other
                    process.wait(0.3 + chance.random() * (0.9 + whole / 2) if kills < arguments.kills else None)
                except subprocess.TimeoutExpired:
                    process.send_signal(signal.SIGKILL)
                    process.wait()
                    kills += 1
                    midway += (out / "journal.jsonl").exists()
                    if way == "updated":
                        Store.open(out)
                    continue
                assert process.returncode == 0, process.stderr.read()
                break
            assert contents(out) == wanted[way], f"{out} differs from the straight run"
            shutil.rmtree(out)
            finished += 1
    print(f"{kills} kills, {midway} of them with the preparation under way; {finished} preparations finished")
    print("every finished store is byte-equal to that of the straight run")


if __name__ == "__main__":
    main()
