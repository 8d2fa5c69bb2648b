"""Every detector here keeps what a detector promises, and the checker sees those that do not."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from gaitprint.components import component_names, find_component
from gaitprint.errors import ContractError
from gaitprint.testing import check_detector


@pytest.mark.parametrize("name", component_names("detector"))
def test_a_detector_keeps_what_it_promises(name: str) -> None:
    check_detector(name)


class Changed:
    """The usual detector, one promise of which is broken."""

    interval = 0.0

    def __init__(self, settings: Any) -> None:
        self.settings = settings
        self.inner = find_component("detector", "background").make()
        self.calls = 0

    def open(self, info: Any) -> Any:
        session = self.inner.open(info)

        def answer(frame: Any) -> Any:
            self.calls += 1
            return self.change(frame, session(frame))

        return answer

    def change(self, frame: Any, found: Any) -> Any:
        return found


class Bare(Changed):
    def change(self, frame: Any, found: Any) -> Any:
        return found.boxes


class Outside(Changed):
    def change(self, frame: Any, found: Any) -> Any:
        return replace(found, boxes=found.boxes + np.float32(1000))


class Small(Changed):
    def change(self, frame: Any, found: Any) -> Any:
        return replace(found, foreground=found.foreground[1:])


class Remembering(Changed):
    def change(self, frame: Any, found: Any) -> Any:
        return replace(found, scores=found.scores / np.float32(self.calls))


class Writing(Changed):
    def change(self, frame: Any, found: Any) -> Any:
        frame.image[0, 0] = 0
        return found


class Never(Changed):
    interval = -1.0


@pytest.mark.parametrize(
    ("built", "said"),
    [
        (Bare, "a ndarray|people.Detections"),
        (Outside, "a box outside"),
        (Small, "of another size"),
        (Remembering, "other answers"),
        (Writing, "read-only"),
        (Never, "interval is -1.0"),
    ],
)
def test_a_broken_one_is_seen(built: type, said: str, broken: Callable[[type], str]) -> None:
    with pytest.raises(ContractError, match=said):
        check_detector(broken(built))
