"""The checks of types and shapes that run while the tests run do find what is wrong."""

from collections.abc import Iterator

import numpy as np
import pytest
from jaxtyping import Float32, UInt8
from shape_checks import checked


@checked
def stacked(left: Float32[np.ndarray, "N D"], right: Float32[np.ndarray, "M D"]) -> Float32[np.ndarray, "N+M D"]:
    return np.concatenate([left, right])[: len(left) + len(right)]


@checked
def shorter(left: Float32[np.ndarray, "N D"]) -> Float32[np.ndarray, "N D"]:
    return left[1:]


@checked
def halved(rows: Float32[np.ndarray, "N D"], by: int) -> tuple[Float32[np.ndarray, "N _"], int]:
    return rows[by:], by


@checked
def repeated(word: str, times: int) -> list[str]:
    return [word] * times


@checked
def paired(left: Float32[np.ndarray, "N D"], right: Float32[np.ndarray, "M D"]) -> Iterator[int]:
    yield from (len(left), len(right))


@checked
def pairs_of(left: Float32[np.ndarray, "N D"]) -> list[int]:
    return [*paired(left[1:], left), *paired(left[:0], left)]


def rows(n: int, d: int) -> np.ndarray:
    return np.zeros((n, d), np.float32)


def test_sound_calls_pass() -> None:
    assert repeated("a", 2) == ["a", "a"]
    assert stacked(rows(2, 3), rows(1, 3)).shape == (3, 3)


@pytest.mark.parametrize(
    "call",
    [
        lambda: stacked(rows(2, 3), rows(2, 4)),  # an axis of one name with two sizes
        lambda: stacked(rows(2, 3).astype(np.float64), rows(2, 3)),
        lambda: stacked(rows(2, 3)[0], rows(2, 3)),
        lambda: shorter(rows(2, 3)),  # only what is returned is wrong
        lambda: repeated("a", 2.0),
        lambda: repeated(b"a", 2),
    ],
)
def test_wrong_calls_do_not(call) -> None:
    with pytest.raises(TypeError):
        call()


def test_a_generator_is_checked_by_itself_when_it_begins() -> None:
    assert pairs_of(rows(3, 2)) == [2, 3, 0, 3]
    with pytest.raises(TypeError):
        list(paired(rows(2, 3), rows(2, 4)))


def test_what_was_sound_once_is_no_pass_for_others() -> None:
    """Arrays of known kinds are not looked at again; everything else is, and so is what is returned."""
    assert halved(rows(3, 2), 0)[1] == halved(rows(3, 2), by=0)[1] == halved(by=0, rows=rows(3, 2))[1] == 0
    for given in ((rows(3, 2), 1), (rows(3, 2), 0.0), (rows(3, 2)[0], 0), (rows(3, 2).tolist(), 0)):
        with pytest.raises(TypeError):
            halved(*given)
    assert stacked(rows(2, 3), rows(2, 3)).shape == (4, 3)
    with pytest.raises(TypeError):
        stacked(rows(2, 3), rows(2, 2))


def test_functions_within_others_are_each_checked_and_each_themselves() -> None:
    def adder(more: int):
        @checked
        def add(number: int, *, twice: bool = bool(more)) -> int | None:
            return None if number == 9 else "x" if number == 8 else (number + more) * (1 + twice)

        @checked
        def first(array: Float32[np.ndarray, "N D"]) -> Float32[np.ndarray, " D"]:
            return array[0] if more else array[0, 1:]

        return add, first

    (add_none, cut), (add_two, whole) = adder(0), adder(2)
    assert (add_none(1), add_two(1), add_two(number=1, twice=False), add_two(9)) == (1, 6, 3, None)
    assert whole(rows(2, 3)).shape == (3,)
    for wrong in (lambda: add_two(1.0), lambda: add_none("1"), lambda: add_two(1, twice=2), lambda: cut(rows(2, 3))):
        with pytest.raises(TypeError):
            wrong()
    for add in (add_none, add_two):
        with pytest.raises(TypeError, match="return"):
            add(8)


def test_the_package_is_decorated() -> None:
    from gaitprint.types import PartLayout, SequenceRecord, Silhouettes

    with pytest.raises(TypeError):
        PartLayout("64x256")
    record = SequenceRecord("a", "a", "nm-01", "090")
    sound: UInt8[np.ndarray, "T H W"] = np.full((3, 64, 64), 255, np.uint8)
    assert Silhouettes(sound, record).frames.shape == (3, 64, 64)
    with pytest.raises(TypeError):
        Silhouettes(sound, "001")
