"""Every data set's layout here keeps what a layout promises."""

import pytest

from gaitprint.components import component_names
from gaitprint.testing import check_dataset

NAMES = component_names("dataset")


def test_the_components_are_found() -> None:
    assert {"casia-b", "folder", "manifest", "synthetic"} <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_layout_keeps_what_it_promises(name: str) -> None:
    check_dataset(name)
