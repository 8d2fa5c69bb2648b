"""Every loss here keeps what a loss promises."""

import pytest

from gaitprint.components import component_names
from gaitprint.testing import check_loss

NAMES = component_names("loss")


def test_the_components_are_found() -> None:
    assert {"part-triplet", "part-softmax"} <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_loss_keeps_what_it_promises(name: str) -> None:
    check_loss(name)
