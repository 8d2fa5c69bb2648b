"""Detectors and segmenters of ONNX files, and what is said of files that do not fit."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import video_networks

from gaitprint.components import find_component, make_component
from gaitprint.errors import ArtefactError, ConfigError, DataError
from gaitprint.testing import check_detector, check_segmenter
from gaitprint.video.detection.output_forms import read_detections
from gaitprint.video.detectors import onnx as onnx_detector
from gaitprint.video.frames import VideoFrame, VideoInfo
from gaitprint.video.image_network import ImageNetwork, PixelScale
from gaitprint.video.model_files import local_model
from gaitprint.video.people import Detections, TrackedPerson
from gaitprint.video.segmenters import onnx as onnx_segmenter

INFO = VideoInfo(64, 64, 25.0, None)
BOXES = np.array([[4, 2, 12, 30], [5, 2, 12, 30], [20, 4, 28, 28], [0, 0, 0, 0]], np.float32)
"""In an input of 32 x 32; the second is the first once more, the last is a row of padding."""
SCORES = np.array([0.9, 0.8, 0.3, 0.0], np.float32)


def frame(rows: int = 64, columns: int = 64, grey: int = 90) -> VideoFrame:
    return VideoFrame(np.full((rows, columns, 3), grey, np.uint8), 0, 0.0)


def centred(boxes: np.ndarray) -> np.ndarray:
    return np.concatenate([(boxes[:, :2] + boxes[:, 2:]) / 2, boxes[:, 2:] - boxes[:, :2]], axis=1)


def answers(form: str) -> dict[str, np.ndarray]:
    """The same people in each form; class 1 of two."""
    other, n = np.full(4, 0.05, np.float32), len(BOXES)
    if form == "rows":
        half = np.full(n, 0.5, np.float32)
        table = np.column_stack([centred(BOXES), half, other, SCORES / 0.5])
        return {"out": np.concatenate([table, np.zeros((5, 7))])[None]}
    if form == "columns":
        table = np.column_stack([centred(BOXES), other, SCORES])
        return {"out": np.concatenate([table, np.zeros((5, 6))]).T[None]}
    if form == "final":
        return {"out": np.column_stack([BOXES, SCORES, np.ones(n)])[None]}
    return {"scores": np.column_stack([other, SCORES])[None], "boxes": BOXES[None]}


def detect(path: Path, image: VideoFrame, **settings: Any) -> Detections:
    found: Detections = make_component("detector", "onnx", {"path": str(path), **settings}).open(INFO)(image)
    return found


@pytest.mark.parametrize("auto", [False, True])
@pytest.mark.parametrize("form", ["rows", "columns", "final", "boxes-scores"])
def test_people_are_found_whatever_the_form(form: str, auto: bool, tmp_path: Path) -> None:
    path = video_networks.write_answers(tmp_path / "net.onnx", answers(form))
    found = detect(path, frame(), person=1, form="auto" if auto else form)
    assert found.boxes == pytest.approx(2 * BOXES[[0, 2]])
    assert found.scores == pytest.approx([0.9, 0.3])


def test_orders_logits_and_sides_of_the_input(tmp_path: Path) -> None:
    scores, boxes = np.log(SCORES[:3] / (1 - SCORES[:3]))[None, :, None], BOXES[:3]
    for order, table in (("centre", centred(boxes)), ("corners-rows-first", boxes[:, [1, 0, 3, 2]])):
        path = video_networks.write_answers(tmp_path / f"{order}.onnx", {"b": table[None] / 32, "s": scores})
        found = detect(path, frame(), boxes=order, relative=True, logits=True)
        assert found.boxes == pytest.approx(2 * BOXES[[0, 2]], abs=1e-4)
        assert found.scores == pytest.approx([0.9, 0.3])


def test_a_wide_frame_gets_a_border_or_is_squeezed(tmp_path: Path) -> None:
    path = video_networks.write_answers(
        tmp_path / "net.onnx", {"out": np.array([[[0, 8, 32, 24, 0.9, 0.0]]])}, ("h", "w")
    )
    wide = frame(64, 128)
    assert detect(path, wide, size=[32, 32]).boxes[0] == pytest.approx([0, 0, 128, 64])
    assert detect(path, wide, size=[32, 32], keep_ratio=False).boxes[0] == pytest.approx([0, 16, 128, 48])
    with pytest.raises(ConfigError, match=r"any size: say which \(size = \[rows, columns\]\)"):
        detect(path, wide)


@pytest.mark.parametrize(
    ("given", "settings", "said"),
    [
        ({"out": np.zeros((1, 3, 4, 5))}, {}, r"answers out \[1, 3, 4, 5\], which is no form that is known"),
        ({"out": np.zeros((1, 9, 7))}, {"person": 2}, "no class 2 as rows"),
        ({"out": np.zeros((1, 7, 9))}, {"form": "final"}, "no class 0 as final"),
        ({"out": np.full((1, 9, 7), 3.0)}, {}, "scores from 9 to 9.*logits = true"),
        ({"out": np.full((1, 9, 7), np.nan)}, {}, "not finite"),
        ({"b": BOXES[None], "s": SCORES[None, :, None]}, {"relative": True}, "boxes up to 30, in pixels"),
    ],
)
def test_other_answers_are_refused_in_one_line(given: dict, settings: dict, said: str, tmp_path: Path) -> None:
    path = video_networks.write_answers(tmp_path / "net.onnx", given)
    with pytest.raises(ArtefactError, match=said) as error:
        detect(path, frame(), **settings)
    assert "\n" not in str(error.value)


def test_two_outputs_of_four_columns_are_told_apart_by_name_or_order() -> None:
    four = np.tile(SCORES[:, None], (1, 4))
    for outputs in ({"scores": four, "boxes": BOXES}, {"a": BOXES, "b": four}):
        boxes, scores = read_detections(outputs, "auto", "corners", 0, "net")
        assert boxes.tolist() == BOXES.tolist()
        assert scores.tolist() == SCORES.tolist()


def test_files_that_are_no_networks_are_refused_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "net.onnx"
    for kind in ("detector", "segmenter"):
        with pytest.raises(ConfigError, match=f"{kind}.path=FILE.onnx"):
            make_component(kind, "onnx").open(INFO)
    with pytest.raises(DataError, match="no file of weights can be read"):
        detect(path, frame())
    path.write_bytes(b"no network")
    with pytest.raises(ArtefactError, match=r"net\.onnx is no network that OpenVINO reads"):
        detect(path, frame())
    other = path.rename(tmp_path / "net.mp4")
    with pytest.raises(ArtefactError, match=r"a network is a file \.onnx or \.tflite, found .*net\.mp4"):
        detect(other, frame())
    other.rename(path)
    with pytest.raises(ArtefactError, match="expected SHA-256 0000"):
        detect(path, frame(), sha256="0" * 64)
    video_networks.write_answers(path, {"out": np.zeros((1, 2, 6))}, (32, 48))
    with pytest.raises(ConfigError, match=r"takes \[1, 3, 32, 48\]"):
        detect(path, frame(), size=[64, 64])


def test_a_network_that_takes_no_image_is_refused(tmp_path: Path) -> None:
    from onnx import TensorProto, helper

    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, 4]) for name in ("a", "b")]
    graph = helper.make_graph([helper.make_node("Identity", ["a"], ["b"])], "small", ends[:1], ends[1:])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    (tmp_path / "net.onnx").write_bytes(model.SerializeToString())
    with pytest.raises(ArtefactError, match=r"takes a \[1, 4\]: expected one image"):
        detect(tmp_path / "net.onnx", frame())


@pytest.mark.parametrize("rows_first", [True, False])
@pytest.mark.parametrize("order", ["rgb", "bgr"])
def test_pixels_reach_the_network_scaled_and_in_order(order: str, rows_first: bool, tmp_path: Path) -> None:
    path = video_networks.write_brightness(tmp_path / "net.onnx", rows_first, channel=0)
    scale = PixelScale((10.0, 20.0, 30.0), (2.0, 4.0, 5.0), order)
    images = [np.full((32, 32, 3), (50, 60, 70), np.uint8) + np.uint8(i) for i in range(5)]
    found = ImageNetwork(local_model(path), scale, threads=2)(images)
    first = 50 if order == "rgb" else 70
    assert [float(a["mask"].mean()) for a in found] == pytest.approx([(first + i - 10) / 2 for i in range(5)])


def lit(*boxes: tuple[int, int, int, int]) -> VideoFrame:
    image = np.zeros((120, 160, 3), np.uint8)
    for left, top, right, bottom in boxes:
        image[top:bottom, left:right] = 255
    return VideoFrame(image, 0, 0.0)


def person(track: int, *box: float) -> TrackedPerson:
    return TrackedPerson(track, np.array(box, np.float32), 0.9, True)


@pytest.mark.parametrize("around", ["person", "frame"])
def test_a_network_of_ones_own_cuts_people_out(around: str, tmp_path: Path) -> None:
    path = video_networks.write_brightness(tmp_path / "net.onnx")
    made = make_component("segmenter", "onnx", {"path": str(path), "around": around, "values": "shares", "height": 30})
    people = (
        person(1, 40, 30, 60, 90),
        person(2, 100, 50, 110, 60),
        person(3, 140, 40, 160, 100),
        person(4, 5, 5, 20, 40),
    )
    masks = made.open(INFO)(lit((40, 30, 60, 90), (100, 50, 110, 60), (140, 40, 160, 100)), people, None)
    assert [mask.fault if mask else None for mask in masks] == ["", "too small", "cut by the frame's border", None]
    first = masks[0]
    assert first is not None
    whole = np.zeros((120, 160), int)
    whole[first.top : first.top + first.pixels.shape[0], first.left : first.left + first.pixels.shape[1]] = first.pixels
    # pixels of the network are 2 to 5 of the frame
    assert whole[33:87, 44:56].min() > 200
    assert whole.sum() == pytest.approx(255 * 20 * 60, rel=0.1)


def test_people_in_front_keep_their_pixels(tmp_path: Path) -> None:
    path = video_networks.write_brightness(tmp_path / "net.onnx")
    made = make_component("segmenter", "onnx", {"path": str(path), "values": "shares"})
    scene = lit((40, 10, 60, 70), (55, 20, 75, 90))
    behind, before = made.open(INFO)(scene, (person(1, 40, 10, 60, 70), person(2, 55, 20, 75, 90)), None)
    assert before is not None
    assert before.fault == ""
    assert behind is None or behind.fault == "hidden in part by somebody nearer"


def test_parts_made_of_files_keep_what_parts_promise(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = find_component("detector", "onnx").examples
    assert found == ()  # there is no file that everybody has
    from gaitprint.components import Example

    boxes = video_networks.write_answers(tmp_path / "boxes.onnx", answers("final"))
    examples = (Example({"path": str(boxes), "person": 1}),)
    monkeypatch.setattr(onnx_detector, "component", replace(onnx_detector.component, examples=examples))
    check_detector("onnx")
    mask = video_networks.write_brightness(tmp_path / "mask.onnx")
    both = tuple(Example({"path": str(mask), "values": "shares", "around": a}) for a in ("person", "frame"))
    monkeypatch.setattr(onnx_segmenter, "component", replace(onnx_segmenter.component, examples=both))
    check_segmenter("onnx")
