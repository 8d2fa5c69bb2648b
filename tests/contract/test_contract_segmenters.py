"""Every segmenter here keeps what a segmenter promises, and the checker sees those that do not."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from gaitprint.components import component_names, find_component
from gaitprint.errors import ContractError
from gaitprint.testing import check_segmenter


@pytest.mark.parametrize("name", component_names("segmenter"))
def test_a_segmenter_keeps_what_it_promises(name: str) -> None:
    check_segmenter(name)


class Changed:
    """The usual segmenter, one promise of which is broken."""

    needs_foreground = True

    def __init__(self, settings: Any) -> None:
        self.settings = settings
        self.inner = find_component("segmenter", "foreground").make()
        self.calls = 0

    def open(self, info: Any) -> Any:
        session = self.inner.open(info)

        def answer(frame: Any, people: Any, detections: Any) -> Any:
            self.calls += 1
            return self.change(session(frame, people, detections), detections)

        return answer

    def change(self, masks: Any, detections: Any) -> Any:
        return masks


class Short(Changed):
    def change(self, masks: Any, detections: Any) -> Any:
        return masks[1:]


class Listed(Changed):
    def change(self, masks: Any, detections: Any) -> Any:
        return list(masks)


class Leaving(Changed):
    def change(self, masks: Any, detections: Any) -> Any:
        return tuple(m and replace(m, left=m.left + 150) for m in masks)


class Remembering(Changed):
    def change(self, masks: Any, detections: Any) -> Any:
        return tuple(m and replace(m, fault=f"{self.calls}") for m in masks)


class Writing(Changed):
    def change(self, masks: Any, detections: Any) -> Any:
        if detections is not None:
            detections.foreground[0] = 7
        return masks


@pytest.mark.parametrize(
    ("built", "said"),
    [
        (Short, "for 1 people"),
        (Listed, "for 1 people|not instance of tuple"),
        (Leaving, "leaves the frame"),
        (Remembering, "others the second time"),
        (Writing, "a changed one"),
    ],
)
def test_a_broken_one_is_seen(built: type, said: str, broken: Callable[[type], str]) -> None:
    with pytest.raises(ContractError, match=said):
        check_segmenter(broken(built))
