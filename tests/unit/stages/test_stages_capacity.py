"""Bytes of a plan against files and arrays that are made; its clock against one that is made up."""

import itertools
import json
import tracemalloc

import numpy as np
import pytest

from gaitprint.errors import ConfigError
from gaitprint.experiments import capacity as planning
from gaitprint.experiments.capacity import (
    Demand,
    disk_bytes,
    made_up_codec,
    memory_bytes,
    seconds_for,
    sizes,
)
from gaitprint.quantization.codec_file import save_codec
from gaitprint.quantization.scan import TemplateIndex
from gaitprint.quantization.settings import named
from gaitprint.quantization.templates import Templates, save_templates
from gaitprint.stages.capacity import DEFAULT, capacity
from gaitprint.types import SequenceRecord

NAMES = ("float32", "fp16", "int8", "int8-part", "pq-2", "pca-16", "pca-16-int8")


def gallery(name, people=20_000, width=32):
    generator = np.random.default_rng(0)
    demand = Demand(people, width=width, parts=4)
    codec = made_up_codec(named(name), demand.layout, generator)
    return demand, codec, codec.encode(generator.standard_normal((people, width), dtype=np.float32))


@pytest.mark.parametrize("name", NAMES)
def test_bytes_are_those_of_files_and_of_a_search(name, tmp_path):
    demand, codec, codes = gallery(name)
    records = tuple(SequenceRecord(f"{i:06d}/nm-01/090", f"{i:06d}", "nm-01", "090") for i in range(demand.people))
    written = save_templates(tmp_path / "t", Templates(codes, records, codec)) + save_codec(tmp_path / "c", codec)
    assert disk_bytes(codec, demand) == pytest.approx(written, rel=0.01)
    index = TemplateIndex.of(codec, codes)
    probe = np.ones((1, demand.width), np.float32)
    index.best(probe, demand.shortlist)  # what is made once is made
    tracemalloc.start()
    index.best(probe, demand.shortlist)
    held = index.nbytes + tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert memory_bytes(codec, demand) == pytest.approx(held, rel=0.1)


def test_time_is_interpolated_and_continued_in_a_straight_line():
    ladder = {1000: 1.0, 4000: 2.0, 16000: 6.0}
    assert seconds_for(1, ladder) == 1.0
    assert seconds_for(2500, ladder) == 1.5
    assert seconds_for(16000, ladder) == 6.0
    assert seconds_for(31000, ladder) == pytest.approx(6.0 + 15000 * 5.0 / 15000)
    assert seconds_for(9000, {1000: 2.0, 4000: 1.0}) == 1.0  # noise never makes time run backwards


def test_runs_are_few_and_bounded():
    codec = made_up_codec(named("float32"), Demand(1, width=2048).layout, np.random.default_rng(0))
    assert sizes(codec, 1) == [1000, 4000]
    assert sizes(codec, 5000) == [1000, 4000, 16000]
    assert sizes(codec, 10**9)[-1] * codec.template_bytes <= planning.LARGEST
    narrow = made_up_codec(named("int8"), Demand(1, width=16).layout, np.random.default_rng(0))
    assert sizes(narrow, 10**9)[-1] == planning.MOST


def test_a_plan_by_a_clock_that_ticks_once_a_look(monkeypatch):
    monkeypatch.setattr(planning, "MOST", 4000)
    ticks = itertools.count(0.0)
    (plan,) = planning.plan_capacity(
        Demand(100_000, width=32, parts=4, probes=2), [named("fp16")], np.random.default_rng(0), 3, lambda: next(ticks)
    )
    assert plan.milliseconds == 500  # one second for two probes, however many templates
    assert plan.gigabytes_a_second == pytest.approx(100_000 * 64 / 1e9)
    assert plan.template_bytes == 64


def test_a_report_is_plain_and_grows_with_the_people(monkeypatch):
    monkeypatch.setattr(planning, "MOST", 4000)
    small, large = (capacity(people, width=128, templates=2) for people in (10_000, 1_000_000))
    assert [c.name for c in small.codecs] == list(DEFAULT)
    assert json.loads(json.dumps(small.to_dict(), allow_nan=False))["demand"]["people"] == 10_000
    for a, b in zip(small.codecs, large.codecs, strict=True):
        assert 90 < b.disk / a.disk < 101
        assert b.memory > a.memory
        assert a.milliseconds > 0
    assert [c.name for c in capacity(10, width=64).codecs] == ["float32", "fp16", "int8"]


def test_what_cannot_be_planned():
    with pytest.raises(ConfigError, match="16 parts do not divide 100 floats"):
        capacity(10, width=100)
    with pytest.raises(ConfigError, match="keeps more than the 64 floats"):
        capacity(10, width=64, codecs=["pca-65"])
    with pytest.raises(ConfigError, match="a part of 4 floats cannot be cut in 5"):
        capacity(10, width=64, codecs=["pq-5"])
    with pytest.raises(ConfigError, match="people is 1 or more, found 0"):
        capacity(0)
