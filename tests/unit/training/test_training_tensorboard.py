"""Event files as an independent implementation reads them, whatever kills and resumes came between."""

import math
import struct

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tensorboardX.proto.event_pb2 import Event
from tensorboardX.record_writer import RecordWriter

from gaitprint.errors import DataError
from gaitprint.training.tensorboard import curves_writer, event, record


def read(path):
    """Every event of a file, parsed by the protocol-buffer classes of tensorboardX."""
    data, at, found = path.read_bytes(), 0, []
    while at < len(data):
        (length,) = struct.unpack_from("<Q", data, at)
        found.append(Event.FromString(data[at + 12 : at + 12 + length]))
        at += 16 + length
    assert at == len(data)
    return found


def only(folder):
    (path,) = folder.iterdir()
    return path


def curve(folder, tag="loss"):
    events = read(only(folder))
    assert events[0].file_version == "brain.Event:2", "a reader refuses a file without it"
    return [(e.step, v.simple_value) for e in events[1:] for v in e.summary.value if v.tag == tag]


@given(
    st.floats(0, 1e10),
    st.integers(1, 2**62),
    st.dictionaries(st.text(st.characters(codec="utf-8"), min_size=1, max_size=200), st.floats(width=32), max_size=5),
)
@example(1.5, 127, {"loss": 0.25}).via("the last step of one byte")
@example(1.5, 128, {"loss": math.nan, "x" * 130: math.inf}).via("lengths of two bytes")
def test_an_event_is_the_protocol_buffer_of_its_values(wall_time, step, figures):
    made = Event.FromString(event(wall_time, step, figures))
    assert (made.wall_time, made.step) == (wall_time, step)
    assert [v.tag for v in made.summary.value] == list(figures)
    for value, wanted in zip(made.summary.value, figures.values(), strict=True):
        assert value.simple_value == wanted or (math.isnan(wanted) and math.isnan(value.simple_value))
    assert all(v.WhichOneof("value") == "simple_value" for v in made.summary.value), "a zero is there, not left out"


@given(st.binary(max_size=300))
def test_a_record_is_what_another_writer_writes(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("records") / "theirs"
    theirs = RecordWriter(str(path))
    theirs.write(data)
    theirs.close()
    assert record(data) == path.read_bytes()


def test_what_single_precision_cannot_hold_is_infinite():
    made = Event.FromString(event(0.0, 1, {"a": 1e300, "b": -1e300}))
    assert [v.simple_value for v in made.summary.value] == [math.inf, -math.inf]


def test_figures_of_every_iteration(tmp_path, monkeypatch):
    monkeypatch.setattr("time.time", lambda: 1234.5)
    with curves_writer(tmp_path / "tb", 0) as writer:
        writer.add(1, {"loss": 2.0, "accuracy": 0.5})
        writer.add(2, {"loss": 1.0, "accuracy": 0.75, "validation_rank1": 40.0})
    assert curve(tmp_path / "tb") == [(1, 2.0), (2, 1.0)]
    assert curve(tmp_path / "tb", "validation_rank1") == [(2, 40.0)]
    assert {e.wall_time for e in read(only(tmp_path / "tb"))} == {1234.5}
    assert ".tfevents." in only(tmp_path / "tb").name, "TensorBoard looks for this word"


def test_no_event_is_there_twice_however_often_a_run_is_killed(tmp_path):
    """Sessions go on from earlier checkpoints; the last one before each kill leaves half an event."""
    sessions = [(0, 7), (5, 9), (5, 6), (0, 4), (3, 12)]
    expected = {}
    for number, (start, end) in enumerate(sessions):
        writer = curves_writer(tmp_path, start)
        expected = {step: value for step, value in expected.items() if step <= start}
        for step in range(start + 1, end + 1):
            writer.add(step, {"loss": float(number)})
            expected[step] = float(number)
        writer.close()
        assert curve(tmp_path) == sorted(expected.items())
        path = only(tmp_path)
        path.write_bytes(path.read_bytes() + record(event(0.0, end + 1, {"loss": 9.0}))[:-3])


def test_wall_times_are_those_of_the_first_time(tmp_path, monkeypatch):
    monkeypatch.setattr("time.time", lambda: 1000.0)
    with curves_writer(tmp_path, 0) as writer:
        writer.add(1, {"loss": 1.0})
    monkeypatch.setattr("time.time", lambda: 5000.0)
    with curves_writer(tmp_path, 1) as writer:
        writer.add(2, {"loss": 1.0})
    assert [(e.step, e.wall_time) for e in read(only(tmp_path))[1:]] == [(1, 1000.0), (2, 5000.0)]


@pytest.mark.parametrize("place", [0, 9, 12, 40, 100, -1])
def test_what_a_damaged_file_lacks_comes_from_the_history(tmp_path, place):
    with curves_writer(tmp_path, 0) as writer:
        for step in range(1, 6):
            writer.add(step, {"loss": float(step)})
    path = only(tmp_path)
    data = bytearray(path.read_bytes())
    data[place] ^= 0x40
    path.write_bytes(data)
    history = [{"iteration": i, "loss": float(i)} for i in range(1, 9)]
    curves_writer(tmp_path, 5, history).close()
    assert curve(tmp_path) == [(i, float(i)) for i in range(1, 6)]


def test_switched_on_late_the_curves_are_whole(tmp_path):
    with curves_writer(tmp_path, 3, [{"iteration": i, "loss": float(i)} for i in range(1, 5)]) as writer:
        writer.add(4, {"loss": 8.0})
    assert curve(tmp_path) == [(1, 1.0), (2, 2.0), (3, 3.0), (4, 8.0)]
    assert curve(tmp_path, "iteration") == []


def test_files_of_other_programs_stay(tmp_path):
    other = tmp_path / "events.out.tfevents.1700000000.host"
    other.write_bytes(b"theirs")
    curves_writer(tmp_path, 0).close()
    curves_writer(tmp_path, 0).close()
    assert other.read_bytes() == b"theirs"
    assert len(list(tmp_path.iterdir())) == 2


def test_somebody_can_look_on(tmp_path, monkeypatch):
    monkeypatch.setattr("time.monotonic", lambda: 100.0)
    writer = curves_writer(tmp_path, 0)
    begun = only(tmp_path).stat().st_size
    writer.add(1, {"loss": 1.0})
    assert only(tmp_path).stat().st_size == begun
    monkeypatch.setattr("time.monotonic", lambda: 160.0)
    writer.add(2, {"loss": 1.0})
    assert curve(tmp_path) == [(1, 1.0), (2, 1.0)]
    writer.close()


def test_a_place_that_cannot_be_written_to(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(DataError, match="cannot write"):
        curves_writer(tmp_path / "file" / "tb", 0)
