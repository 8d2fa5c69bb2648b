"""The shipped weights: found in the installed package only, checked, and tried on a picture drawn here."""

import importlib.util
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from types import ModuleType

import cv2
import numpy as np
import pytest

from gaitprint.components import make_component
from gaitprint.errors import ArtefactError, ConfigError
from gaitprint.video import model_files
from gaitprint.video.frames import VideoFrame, VideoInfo
from gaitprint.video.model_files import local_model, shipped_model
from gaitprint.video.people import TrackedPerson

ROOT = Path(__file__).resolve().parents[3]
PACKAGE = ROOT / "packages" / "gaitprint-video-models"
CARDS = ("person-detector", "pose-lite")
INFO = VideoInfo(160, 120, 25.0, None)


def npm_folder() -> Path:
    """Where the npm packages are unpacked, as the package's README says."""
    folder = Path(os.environ.get("GAITPRINT_NPM", ROOT.parent / "shared" / "npm"))
    if not (folder / "coco-ssd" / "model.json").is_file():
        pytest.skip(f"no coco-ssd/model.json in {folder}: set GAITPRINT_NPM to where the npm packages are unpacked")
    return folder


def converter() -> ModuleType:
    spec = importlib.util.spec_from_file_location("person_detector", PACKAGE / "convert" / "person_detector.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", CARDS)
def test_cards_say_what_a_file_is_and_the_file_is_that(name: str) -> None:
    found = shipped_model(name)
    card = tomllib.loads(found.path.with_name(f"{name}.toml").read_text(encoding="utf-8"))
    assert card["sha256"] == found.sha256
    assert card["licence"] == "Apache-2.0"
    assert {"origin", "training", "input", "output", "faults"} <= card.keys()
    assert card["file"] in (PACKAGE / "NOTICE").read_text(encoding="utf-8")


def test_both_weights_together_stay_small() -> None:
    folder = PACKAGE / "src" / "gaitprint_video_models"
    assert sum(path.stat().st_size for path in folder.iterdir() if path.is_file()) < 12e6


def test_without_the_package_one_line_says_what_brings_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model_files, "PACKAGE", "gaitprint_no_models")
    for kind, name in (("detector", "ssd"), ("segmenter", "pose")):
        with pytest.raises(ConfigError, match="pip install gaitprint-no-models") as error:
            make_component(kind, name).open(INFO)
        assert "\n" not in str(error.value)


def test_a_damaged_file_is_not_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "gaitprint_bad_models"
    shutil.copytree(PACKAGE / "src" / "gaitprint_video_models", folder)
    (folder / "pose-lite.tflite").write_bytes(b"others")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(model_files, "PACKAGE", "gaitprint_bad_models")
    with pytest.raises(ArtefactError, match="damaged or another file"):
        make_component("segmenter", "pose").open(INFO)


def test_parts_of_other_networks_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    from gaitprint.video.detectors import ssd
    from gaitprint.video.segmenters import pose

    monkeypatch.setattr(ssd, "shipped_model", lambda name: shipped_model("pose-lite"))
    monkeypatch.setattr(pose, "shipped_model", lambda name: shipped_model("person-detector"))
    with pytest.raises(ArtefactError, match=r"expected boxes .* found Identity"):
        make_component("detector", "ssd").open(INFO)
    with pytest.raises(ArtefactError, match=r"expected Identity.* found boxes \[1, 1917, 4\]"):
        make_component("segmenter", "pose").open(INFO)


def walker(rows: int = 300, columns: int = 400, x: int = 200) -> np.ndarray:
    """A drawn person 200 pixels tall from row 50 on: head, trunk, arms and legs in mid-stride, on a street."""
    image = np.full((rows, columns, 3), (150, 150, 145), np.uint8)
    image[:100] = (190, 200, 215)

    def limb(start: tuple[int, int], end: tuple[int, int], colour: tuple[int, int, int], width: int) -> None:
        cv2.line(image, (x + start[0], start[1]), (x + end[0], end[1]), colour, width, cv2.LINE_AA)

    for side in (-1, 1):
        knee, ankle = (side * 17, 200), (side * 30 - 7, 242)
        limb((0, 150), knee, (40, 45, 90), 21)
        limb(knee, ankle, (40, 45, 90), 15)
        limb((ankle[0] - 3, 245), (ankle[0] + 17, 245), (20, 20, 20), 9)
        limb((0, 92), (-side * 27, 150), (140, 30, 30), 12)
    cv2.ellipse(image, (x, 120), (21, 40), 0, 0, 360, (150, 40, 40), -1, cv2.LINE_AA)
    cv2.ellipse(image, (x, 65), (10, 14), 0, 0, 360, (205, 160, 130), -1, cv2.LINE_AA)
    return image


def body_of(image: np.ndarray) -> np.ndarray:
    return np.any(image != walker(*image.shape[:2], x=10_000), axis=2)


def person(x: int = 200, track: int = 1, seen: bool = True) -> TrackedPerson:
    return TrackedPerson(track, np.array([x - 50, 50, x + 50, 250], np.float32), 0.9, seen)


def test_a_drawn_walker_is_cut_out_where_they_are() -> None:
    session = make_component("segmenter", "pose").open(INFO)
    for index in range(4):
        x = 200 + 4 * index
        image = walker(x=x)
        (mask,) = session(VideoFrame(image, index, index / 25), (person(x),), None)
        assert mask is not None
        assert mask.fault == ""
        found = np.zeros(image.shape[:2], bool)
        rows, columns = mask.pixels.shape
        found[mask.top : mask.top + rows, mask.left : mask.left + columns] = mask.pixels >= 128
        body = body_of(image)
        assert (found & body).sum() / (found | body).sum() > 0.8


def test_a_walker_at_the_border_is_cut() -> None:
    image = walker(x=8)
    (mask,) = make_component("segmenter", "pose").open(INFO)(VideoFrame(image, 0, 0.0), (person(8),), None)
    assert mask is None or mask.fault in ("cut by the frame's border", "no person for sure")


def test_whom_the_detector_has_lost_is_followed_by_landmarks_alone() -> None:
    frame = VideoFrame(walker(), 0, 0.0)
    session = make_component("segmenter", "pose").open(INFO)
    assert session(frame, (person(seen=False),), None) == (None,)
    assert session(frame, (person(),), None)[0] is not None
    assert session(frame, (person(seen=False),), None)[0] is not None
    assert session(frame, (), None) == ()
    assert session(frame, (person(seen=False),), None) == (None,)


def test_two_tracks_on_one_body_give_one_mask() -> None:
    frame = VideoFrame(walker(), 0, 0.0)
    masks = make_component("segmenter", "pose").open(INFO)(frame, (person(), person(212, 2)), None)
    assert masks[0] is not None
    assert masks[1] is None or masks[1].fault != ""


def test_the_detector_sees_a_drawn_walker_a_little_and_nobody_in_an_empty_street() -> None:
    session = make_component("detector", "ssd", {"lowest_score": 0.04}).open(INFO)
    found = session(VideoFrame(walker(), 0, 0.0))
    sides = np.minimum(found.boxes[0, 2:], [250, 250]) - np.maximum(found.boxes[0, :2], [150, 50])
    assert sides.min() > 60
    assert len(make_component("detector", "ssd").open(INFO)(VideoFrame(walker(x=10_000), 0, 0.0))) == 0


def slowly(module: ModuleType, source: object, image: np.ndarray, name: str, done: dict[str, np.ndarray]) -> np.ndarray:
    """What a node of the TensorFlow.js graph computes, as written there, in double precision: [rows, columns, C]."""
    if name in done:
        return done[name]
    node, inputs = source.nodes[name], source.inputs(name)  # type: ignore[attr-defined]
    if name in source.constants:  # type: ignore[attr-defined]
        return np.asarray(source.constants[name], np.float64)  # type: ignore[attr-defined]
    given = [slowly(module, source, image, i, done) for i in inputs]
    if node["op"] in ("Conv2D", "DepthwiseConv2dNative"):
        made = convolved(given[0], given[1], source.attribute(name, "strides")[1], node["op"] != "Conv2D")  # type: ignore[attr-defined]
    elif node["op"] == "FusedBatchNorm":
        x, gamma, beta, mean, variance = given
        made = (x - mean) / np.sqrt(variance + node["attr"]["epsilon"]["f"]) * gamma + beta
    elif node["op"] == "Relu6":
        made = np.clip(given[0], 0, 6)
    else:
        made = {"Mul": np.multiply, "Add": np.add, "AddN": np.add, "BiasAdd": np.add}[node["op"]](*given)
    done[name] = made
    return made


def convolved(x: np.ndarray, kernel: np.ndarray, stride: int, deep: bool) -> np.ndarray:
    """SAME padding, one tap of the kernel after the other."""
    rows, columns = (-(-side // stride) for side in x.shape[:2])
    more = [max((n - 1) * stride + k - s, 0) for n, k, s in zip((rows, columns), kernel.shape, x.shape, strict=False)]
    padded = np.pad(x, [(m // 2, m - m // 2) for m in more] + [(0, 0)])
    total = 0.0
    for i in range(kernel.shape[0]):
        for j in range(kernel.shape[1]):
            taken = padded[i : i + (rows - 1) * stride + 1 : stride, j : j + (columns - 1) * stride + 1 : stride]
            total = total + (taken * kernel[i, j, :, 0] if deep else taken @ kernel[i, j])
    return np.asarray(total)


def in_double(module: ModuleType, folder: Path, image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Boxes and the person's scores of all anchors, by the TensorFlow.js graph itself."""
    source, boxes, logits = module.Source(folder), [], []
    done = {module.IMAGE: image.astype(np.float64) * 2 / 255 - 1}
    for level in range(6):
        root = f"BoxPredictor_{level}"
        boxes.append(slowly(module, source, image, f"{root}/BoxEncodingPredictor/BiasAdd", done).reshape(-1, 4))
        logits.append(slowly(module, source, image, f"{root}/ClassPredictor/BiasAdd", done).reshape(-1, 91)[:, 1])
    return np.concatenate(boxes), 1 / (1 + np.exp(-np.concatenate(logits)))


@pytest.mark.slow
def test_the_conversion_gives_the_same_bytes_and_the_same_answers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, module = npm_folder() / "coco-ssd", converter()
    out = tmp_path / "person-detector.onnx"
    script = PACKAGE / "convert" / "person_detector.py"
    subprocess.run([sys.executable, str(script), str(folder), str(out)], check=True)
    assert out.read_bytes() == shipped_model("person-detector").path.read_bytes()
    from gaitprint.video.detectors.ssd import _SCALE  # the scale the detector has
    from gaitprint.video.image_network import ImageNetwork

    image = cv2.resize(walker(), (300, 300))
    boxes, scores = in_double(module, folder, image)
    assert scores.max() > 0.01, "the drawn walker is seen a little"

    def furthest(path: Path) -> tuple[float, float]:
        """The largest differences of boxes and of scores, over all 1917 anchors."""
        (found,) = ImageNetwork(local_model(path), _SCALE)([image])
        apart = np.abs(found["boxes"][0] - boxes).max(), np.abs(found["scores"].reshape(-1) - scores).max()
        return float(apart[0]), float(apart[1])

    # a box is in tenths of the anchor's size (logarithms: fifths); weights rounded to float16, 11 binary places,
    # through some sixty layers make 0.16 tenths here, a sixtieth of the anchor
    by_boxes, by_scores = furthest(out)
    assert by_boxes < 0.25
    assert by_scores < 1e-3
    # with weights as they were, what is left is float32: the conversion itself changes nothing
    halved = module.Writer.weight
    monkeypatch.setattr(
        module.Writer,
        "weight",
        lambda self, values, half=True: halved(self, values.astype(np.float32) if half else values, False),
    )
    out.write_bytes(module.convert(folder))
    by_boxes, by_scores = furthest(out)
    assert by_boxes < 1e-3
    assert by_scores < 1e-5
