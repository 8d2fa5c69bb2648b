"""Every reader here keeps what a reader promises, and the checker sees those that do not."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from gaitprint.components import component_names, find_component
from gaitprint.errors import ContractError
from gaitprint.testing import check_reader


@pytest.mark.parametrize("name", component_names("reader"))
def test_a_reader_keeps_what_it_promises(name: str) -> None:
    check_reader(name)


class Changed:
    """The reader of images, one promise of which is broken."""

    def __init__(self, settings: Any) -> None:
        self.settings = settings
        self._inner = find_component("reader", "images").make()

    def takes(self, source: str) -> bool:
        return self._inner.takes(source)

    def open(self, source: str) -> Any:
        return ChangedVideo(self._inner.open(source), self.change)

    @staticmethod
    def change(frame: Any) -> Any:
        return frame


class ChangedVideo:
    def __init__(self, inner: Any, change: Callable[[Any], Any]) -> None:
        self._inner, self._change = inner, change
        self.info, self.close = inner.info, inner.close

    @property
    def notes(self) -> tuple[str, ...]:
        return self._inner.notes

    def __iter__(self) -> Any:
        return (self._change(frame) for frame in self._inner)


class Blue(Changed):
    @staticmethod
    def change(frame: Any) -> Any:
        return replace(frame, image=frame.image[:, :, ::-1])


class Backwards(Changed):
    @staticmethod
    def change(frame: Any) -> Any:
        return replace(frame, seconds=-frame.seconds)


class Late(Changed):
    @staticmethod
    def change(frame: Any) -> Any:
        return replace(frame, seconds=frame.seconds + 1)


class Turned(Changed):
    @staticmethod
    def change(frame: Any) -> Any:
        return replace(frame, image=frame.image.swapaxes(0, 1))


class Forgiving(Changed):
    def open(self, source: str) -> Any:
        from gaitprint.errors import DataError

        try:
            return super().open(source)
        except DataError:
            return []


class Choosy(Changed):
    def takes(self, source: str) -> bool:
        return source.endswith(".strange")


class Reused(Changed):
    """One array for all frames."""

    def __init__(self, settings: Any) -> None:
        super().__init__(settings)
        self._room: np.ndarray | None = None

    def change(self, frame: Any) -> Any:  # type: ignore[override]
        self._room = np.zeros_like(frame.image) if self._room is None else self._room
        self._room[:] = frame.image
        return replace(frame, image=self._room)


@pytest.mark.parametrize(
    ("built", "said"),
    [
        (Blue, "from its colour"),
        (Backwards, "times that decrease"),
        (Late, "the first frame at 1.0 s"),
        (Turned, "announced"),
        (Forgiving, "what is not there, or empty"),
        (Choosy, "no write_sample"),
        (Reused, "from its colour|a frame that changed"),
    ],
)
def test_a_broken_one_is_seen(built: type, said: str, broken: Callable[[type], str]) -> None:
    with pytest.raises(ContractError, match=said):
        check_reader(broken(built))
