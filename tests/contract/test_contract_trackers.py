"""Every tracker here keeps what a tracker promises, and the checker sees those that do not."""

import sys
from dataclasses import dataclass, replace
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from gaitprint.components import Component, component_names
from gaitprint.errors import ContractError
from gaitprint.testing import check_tracker
from gaitprint.video.people import Detections, TrackUpdate
from gaitprint.video.trackers.bytetrack import ByteTrack, ByteTrackSettings


@pytest.mark.parametrize("name", component_names("tracker"))
def test_a_tracker_keeps_what_it_promises(name: str) -> None:
    check_tracker(name)


class Changed:
    """ByteTrack, whose answers are changed."""

    change = staticmethod(lambda inner, frame, found: inner.update(frame, found))

    def __init__(self, settings: ByteTrackSettings) -> None:
        self.settings, self.memory = settings, settings.reentry

    def open(self, info: Any) -> Any:
        inner, change = ByteTrack(self.settings).open(info), self.change

        class Session:
            def update(self, frame: Any, found: Any) -> TrackUpdate:
                return change(inner, frame, found)

            def correct(self, track: int, box: Any) -> None:
                inner.correct(track, box)

        return Session()


def from_zero(inner: Any, frame: Any, found: Any) -> TrackUpdate:
    update = inner.update(frame, found)
    people = tuple(replace(p, track=p.track - 1) for p in update.people)
    return TrackUpdate(people, tuple(n - 1 for n in update.ended))


def twice(inner: Any, frame: Any, found: Any) -> TrackUpdate:
    update = inner.update(frame, found)
    return TrackUpdate(update.people * 2 if len(update.people) == 3 else update.people, update.ended)


def double(inner: Any, frame: Any, found: Any) -> TrackUpdate:
    update = inner.update(frame, found)
    return TrackUpdate(tuple(replace(p, box=p.box.astype(float)) for p in update.people), update.ended)


def impatient(inner: Any, frame: Any, found: Any) -> TrackUpdate:
    return inner.update(
        frame, Detections(np.zeros((0, 4), np.float32), np.zeros(0, np.float32)) if found is None else found
    )


def endless(inner: Any, frame: Any, found: Any) -> TrackUpdate:
    return TrackUpdate(inner.update(frame, found).people)


def pushy(inner: Any, frame: Any, found: Any) -> TrackUpdate:
    if found is not None:
        np.add(found.boxes, np.float32(0.25), out=found.boxes)
    return inner.update(frame, found)


def by_order(inner: Any, frame: Any, found: Any) -> TrackUpdate:
    update = inner.update(frame, found)
    shift = np.float32(0 if found is None or len(found) == 0 else found.boxes[0, 1] / 100)
    return TrackUpdate(tuple(replace(p, box=p.box + shift) for p in update.people), update.ended)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (from_zero, "number 1"),
        (twice, "each once"),
        (double, "float32"),
        (impatient, "without a detector"),
        (endless, "has ended"),
        (pushy, "stay as they are"),
        (by_order, "the order of detections"),
    ],
)
def test_a_broken_one_is_seen(change: Any, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    module = ModuleType("broken_tracker")
    module.component = Component(ByteTrackSettings, type("Built", (Changed,), {"change": staticmethod(change)}))  # type: ignore[attr-defined]
    package = ModuleType("broken_lab")
    package.__path__ = []  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "broken_lab", package)
    monkeypatch.setitem(sys.modules, "broken_lab.tracker", module)
    with pytest.raises(ContractError, match=said):
        check_tracker("broken_lab.tracker")


def test_a_tracker_without_a_memory_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    @dataclass
    class Settings:
        """None."""

    class Forgetful:
        def __init__(self, settings: Any) -> None:
            self.settings = settings

        def open(self, info: Any) -> Any: ...

    module = ModuleType("broken_tracker")
    module.component = Component(Settings, Forgetful)  # type: ignore[attr-defined]
    package = ModuleType("broken_lab")
    package.__path__ = []  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "broken_lab", package)
    monkeypatch.setitem(sys.modules, "broken_lab.tracker", module)
    with pytest.raises(ContractError, match="no memory"):
        check_tracker("broken_lab.tracker")
