"""Units computed by a Ray cluster: pixels and model travel there, so that its machines share no disk with this one."""

import os
import signal
import threading
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from gaitprint.cores import usable_cores
from gaitprint.errors import ConfigError, DataError
from gaitprint.extras import require_extra
from gaitprint.inference.bulk.processes import AHEAD
from gaitprint.inference.bulk.tasks import ModelOpening, Result, UnitTask, torch_threads
from gaitprint.inference.engine import Embedder

LOCAL = "local"
"""The address for which Ray is started on this machine, and ended afterwards."""


def on_ray(
    tasks: Iterator[UnitTask], address: str, device: str, threads: int, workers: int | None = None
) -> Generator[Result]:
    """Compute units as Ray's tasks, in the order in which they are ready; Ray repeats those of a machine that is lost.

    Args:
        tasks: read from as there is room.
        address: `local`, `auto` or that of a cluster.
        device: `cpu`, or `cuda` for a card a task.
        threads: cores a task.
        workers: tasks at once of `local`; None: as many as there are cores for.

    Raises:
        ConfigError: Ray is not installed, or there is no such cluster. DataError: a worker was killed several times.
        GaitprintError: what a unit raises.
    """
    require_extra("ray")
    import ray
    from ray.exceptions import RayError, RayTaskError

    with _session(ray, address, threads, workers):
        cards = device != "cpu"
        room = ray.cluster_resources().get("GPU" if cards else "CPU", 0) // (1 if cards else threads)
        if not room:
            raise ConfigError(f"Ray at {address} has no {'GPU' if cards else f'{threads} cores'}: use another --device")
        remote = ray.remote(num_cpus=0 if cards else threads, num_gpus=1 if cards else 0)(_compute)
        files: dict[ModelOpening, Any] = {}
        waiting: set[Any] = set()
        try:
            while True:
                while len(waiting) < AHEAD * room and (task := next(tasks, None)) is not None:
                    if task.opening not in files:
                        files[task.opening] = [ray.put(task.opening.path.read_bytes())]
                    # in a list Ray leaves the file where it is until a worker asks for it
                    waiting.add(remote.remote(task, files[task.opening], "cuda" if cards else "cpu", threads))
                if not waiting:
                    return
                for ready in ray.wait(list(waiting))[0]:
                    waiting.remove(ready)
                    yield ray.get(ready)
        except RayTaskError as error:
            raise error.cause from None
        except RayError as error:
            reason = str(error).strip().partition("\n")[0]
            raise DataError(f"Ray gave up on a unit ({reason}): run again, it goes on") from None


@contextmanager
def _session(ray: Any, address: str, threads: int, workers: int | None) -> Iterator[None]:
    """Be connected for the length of a block; a connection that is there already is used, and stays."""
    if ray.is_initialized():
        yield
        return
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nobody is told who computes what
    local = {"num_cpus": workers * threads if workers else usable_cores(), "include_dashboard": False}
    try:
        with _answers_kept():
            ray.init(address, log_to_driver=False, logging_level="ERROR", **(local if address == LOCAL else {}))
    except (ConnectionError, RuntimeError, ValueError) as error:
        reason = str(error).strip().partition("\n")[0]
        raise ConfigError(
            f"no Ray cluster answers at {address!r} ({reason}): use `local`, `auto` or its address"
        ) from None
    try:
        yield
    finally:
        ray.shutdown()


@contextmanager
def _answers_kept() -> Iterator[None]:
    """Ray answers SIGTERM in its own way, and would leave without a word."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, answer in before.items():
            signal.signal(number, answer or signal.SIG_DFL)


def _compute(task: UnitTask, file: list[Any], device: str, threads: int) -> Result:
    with torch_threads(threads):
        return task.compute(_opened(task.opening, file[0], device))


@lru_cache(maxsize=1)
def _opened(opening: ModelOpening, file: Any, device: str) -> Embedder:
    import ray

    with TemporaryDirectory() as folder:
        path = Path(folder) / opening.path.name
        path.write_bytes(ray.get(file))
        return replace(opening, path=path).open(device)
