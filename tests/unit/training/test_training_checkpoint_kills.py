"""Writers of checkpoints killed at any byte and at any moment: nothing finished is lost, nothing half is taken."""

import json
import os
import subprocess
import sys

# One process imports torch and forks the writers: a fork costs milliseconds. The first 200 are killed by the system at
# a byte of their own choosing, as the file passes the size they may write; the others by SIGKILL at any moment.
KILLS = """
import json, os, random, resource, signal, sys, time
from pathlib import Path
import torch
from gaitprint.training.checkpoint import CheckpointHeader, newest_checkpoint, save_checkpoint
torch.set_num_threads(1)
os.fsync = lambda handle: None  # a kill takes no power away
folder, draw = Path(sys.argv[1]), random.Random(0)
tensors = {name: torch.full((3000,), float(i)) for i, name in enumerate("abcd")}
def save(number):
    header = CheckpointHeader(number, "me", {"n": number})
    return save_checkpoint(folder, header, {**tensors, "n": torch.tensor(number)})
def check():
    found, complaints = newest_checkpoint(folder)
    assert found.state.notes == {"n": found.state.iteration}, found.state
    assert found.tensors["n"] == found.state.iteration
    assert not complaints, complaints
    return found.state.iteration
size, done, leftovers, ends = save(1).stat().st_size, 1, 0, {}
def forked(work):
    child = os.fork()
    if child == 0:
        try:
            work()
        finally:
            os._exit(0)
    return child
def limited():
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (place, place))
    save(done + 1)
def endless():
    number = done
    while True:
        number += 1
        save(number)
def newest():
    return max(int(name[:8]) for name in os.listdir(folder) if name.endswith(".safetensors") and name[:8].isdigit())
for kill in range(260):
    if kill < 200:
        place = draw.randrange(size)
        child = forked(limited)
    else:
        child = forked(endless)
        while newest() <= done:  # it writes when the system lets it
            time.sleep(0.0005)
        time.sleep(draw.random() * 0.02)
        os.kill(child, signal.SIGKILL)
    end = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    ends[end] = ends.get(end, 0) + 1
    leftovers += any(name.endswith(".tmp") for name in os.listdir(folder))
    found = check()
    assert found == done if kill < 200 else found >= done, (found, done)
    done = found
    if kill % 20 == 19:
        done += 1
        save(done)
        assert len(os.listdir(folder)) == 2, os.listdir(folder)
        assert check() == done
print(json.dumps({"ends": ends, "leftovers": leftovers, "done": done}))
"""


def test_two_hundred_and_sixty_writers_killed_at_any_byte_and_moment(tmp_path):
    answer = subprocess.run(
        [sys.executable, "-c", KILLS, str(tmp_path)], capture_output=True, text=True, timeout=600, check=False,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    assert answer.returncode == 0, answer.stderr
    counted = json.loads(answer.stdout)
    assert counted["ends"] == {"-25": 200, "-9": 60}
    assert counted["leftovers"] >= 200
    assert counted["done"] > 60
