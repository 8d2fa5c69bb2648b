"""What a network asks of its clips."""

import pytest
import torch

from gaitprint.errors import ShapeError
from gaitprint.layers.clips import check_clips, repeat_short_clips


def frames(clips: torch.Tensor) -> list[float]:
    return clips[0, 0, :, 0, 0].tolist()


@pytest.mark.parametrize(
    ("length", "rule", "expected"),
    [
        (1, "opengait", [0, 0, 0]),
        (1, "authors", [0, 0, 0]),
        (2, "opengait", [0, 1, 0, 1]),
        (2, "authors", [0, 1, 0, 1]),
        (3, "opengait", [0, 1, 2]),
        (3, "authors", [0, 1, 2, 0]),
        (4, "authors", [0, 1, 2, 3]),
    ],
)
def test_short_clips_are_lengthened_by_the_rule(length, rule, expected) -> None:
    clips = torch.arange(float(length)).view(1, 1, length, 1, 1).expand(2, 1, length, 4, 2)
    assert frames(repeat_short_clips(clips, rule)) == expected


@pytest.mark.parametrize("shape", [(2, 1, 3, 63, 44), (2, 1, 3, 64, 43), (2, 1, 3, 32, 22)])
def test_another_size_is_refused_with_the_way_out(shape) -> None:
    with pytest.raises(ShapeError, match=rf"64 rows .*found {shape[3]} x {shape[4]}: prepare the clips"):
        check_clips(torch.zeros(shape), 64)


@pytest.mark.parametrize("shape", [(2, 1, 0, 64, 44), (0, 1, 3, 64, 44)])
def test_empty_clips_are_refused(shape) -> None:
    with pytest.raises(ShapeError, match=r"float \[N, 1, T, H, W\], none empty"):
        check_clips(torch.zeros(shape), 64)


def test_a_multiple_of_the_height_is_welcome() -> None:
    check_clips(torch.zeros(1, 1, 3, 128, 88), 64)
