"""Cores by what the control groups of a container leave, which no library asks."""

import os
from types import SimpleNamespace

import pytest

from gaitprint import cores
from gaitprint.cli import common
from gaitprint.cores import _quotas, usable_cores
from gaitprint.retrieval.budget import ComputeBudget

VERSIONS = {
    "none at all": ({}, []),
    "version 2 without a limit": ({"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "max 100000\n"}, []),
    "a container": ({"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "150000 100000\n"}, [1.5]),
    "groups in groups": (
        {
            "proc/self/cgroup": "0::/a.slice/b.scope\n",
            "sys/fs/cgroup/a.slice/cpu.max": "400000 100000\n",
            "sys/fs/cgroup/a.slice/b.scope/cpu.max": "800000 100000\n",
        },
        [4.0, 8.0],
    ),
    "the machine's path within a container": (
        {"proc/self/cgroup": "0::/../../docker/x\n", "sys/fs/cgroup/cpu.max": "200000 100000\n"},
        [2.0],
    ),
    "version 1": (
        {
            "proc/self/cgroup": "9:memory:/x\n4:cpu,cpuacct:/docker/x\n0::/\n",
            "sys/fs/cgroup/cpu/docker/x/cpu.cfs_quota_us": "300000\n",
            "sys/fs/cgroup/cpu/docker/x/cpu.cfs_period_us": "100000\n",
        },
        [3.0],
    ),
    "version 1 without a limit": (
        {
            "proc/self/cgroup": "4:cpu:/\n",
            "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1\n",
            "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
        },
        [],
    ),
    "nonsense": ({"proc/self/cgroup": "x\n0::/\n", "sys/fs/cgroup/cpu.max": "many 0 0\n"}, []),
    "no period": ({"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "5 0\n"}, []),
}


@pytest.mark.parametrize("name", VERSIONS)
def test_limits_are_read(tmp_path, name):
    files, expected = VERSIONS[name]
    for path, text in files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    assert list(_quotas(tmp_path)) == expected


@pytest.mark.parametrize(
    ("seen", "quotas", "usable"), [(64, [2.0], 2), (64, [], 64), (2, [8.0], 2), (8, [3.0, 1.5], 2), (8, [0.1], 1)]
)
def test_the_least_counts_and_a_part_of_a_core_is_one(monkeypatch, seen, quotas, usable):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(seen)), raising=False)
    monkeypatch.setattr(cores, "_quotas", lambda: iter(quotas))
    assert usable_cores() == usable
    assert ComputeBudget().cores == usable
    assert ComputeBudget(threads=5).cores == 5


@pytest.mark.parametrize(
    ("given", "variable", "has", "expected"),
    [(None, None, 64, 2), (None, None, 1, None), (None, "64", 64, None), (3, "64", 64, 3), (3, None, 1, 3)],
)
def test_torch_gets_no_more_threads_than_cores_unless_somebody_says_so(monkeypatch, given, variable, has, expected):
    import torch

    told = SimpleNamespace(threads=None)
    monkeypatch.setattr(torch, "get_num_threads", lambda: has)
    monkeypatch.setattr(torch, "set_num_threads", lambda count: setattr(told, "threads", count))
    monkeypatch.setattr(common, "usable_cores", lambda: 2)
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    if variable is not None:
        monkeypatch.setenv("OMP_NUM_THREADS", variable)
    common.set_threads(given)
    assert told.threads == expected
