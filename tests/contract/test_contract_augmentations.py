"""Every augmentation here keeps what an augmentation promises, and one thing that is ours alone."""

import pytest

from gaitprint.components import component_names, find_component
from gaitprint.testing import check_augmentation

NAMES = component_names("augmentation")


def test_the_components_are_found() -> None:
    published = {"flip", "erase", "rotate", "perspective", "affine", "part-dilate", "part-blur"}
    assert published | {"segmenter", "border"} <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_an_augmentation_keeps_what_it_promises(name: str) -> None:
    check_augmentation(name)


@pytest.mark.parametrize("name", sorted({*NAMES} - {"segmenter", "border"}))
def test_by_default_all_frames_of_a_clip_are_changed_alike(name: str) -> None:
    assert find_component("augmentation", name).make().frames_alike


def test_only_a_mirror_image_leaves_nothing_to_draw() -> None:
    made = {name: find_component("augmentation", name).make() for name in NAMES}
    assert [name for name, augment in made.items() if not augment.drawn] == ["flip"]
