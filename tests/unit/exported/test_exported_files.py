"""Exported files: they answer as the network does, without torch, and a changed one is refused."""

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import openvino
import pytest
from safetensors.numpy import load_file, save_file

from gaitprint.errors import ArtefactError, ConfigError
from gaitprint.exported.onnx_file import unpack_onnx
from gaitprint.exported.opening import open_exported
from gaitprint.models.model_file import read_card
from gaitprint.silhouettes.clips import to_clip
from gaitprint.stages.embed import open_embedder

FILES = ("small.onnx", "small.xml", "small.safetensors")
ENGINES = [
    ("small.onnx", "onnxruntime"),
    ("small.onnx", "openvino"),
    ("small.xml", "openvino"),
    ("small.safetensors", "winograd"),
    ("small.safetensors", "onnxruntime"),
    ("small.safetensors", "openvino"),
]
WITHOUT_TORCH = """
import sys
sys.modules["torch"] = None  # whoever imports it fails
import numpy as np
from gaitprint.exported.opening import open_exported
folder, walk = sys.argv[1], np.load(sys.argv[2])
pairs = zip(sys.argv[3::2], sys.argv[4::2])
vectors = [open_exported(f"{folder}/{name}", engine, 2).vector(walk) for name, engine in pairs]
np.save(sys.argv[2].replace("walk", "vectors"), vectors)
"""


def vectors_of(model_file: Path, walk: np.ndarray) -> np.ndarray:
    embedder = open_embedder(model_file)
    return embedder.clips(to_clip(walk, embedder.preprocessing)[None])


@pytest.mark.parametrize(("name", "engine"), ENGINES)
def test_vectors_are_those_of_the_network(
    name: str, engine: str, exported: Path, model_file: Path, walk: np.ndarray
) -> None:
    opened = open_exported(exported / name, engine)
    (wanted,) = vectors_of(model_file, walk)
    np.testing.assert_allclose(opened.vector(walk), wanted, atol=1e-5 * np.abs(wanted).max())
    assert opened.card.model == read_card(model_file)
    assert (opened.card.precision, opened.card.height) == ("float32", 16)
    assert max(opened.card.checked["differences"].values()) < 1e-5


def test_it_all_runs_where_there_is_no_torch(
    exported: Path, model_file: Path, walk: np.ndarray, tmp_path: Path
) -> None:
    np.save(tmp_path / "walk.npy", walk)
    words = [word for pair in ENGINES for word in pair]
    program = [sys.executable, "-c", WITHOUT_TORCH, str(exported), str(tmp_path / "walk.npy"), *words]
    ran = subprocess.run(program, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    wanted = vectors_of(model_file, walk)
    made = np.load(tmp_path / "vectors.npy")
    assert made.shape == (len(ENGINES), wanted.shape[1])
    np.testing.assert_allclose(made, wanted.repeat(len(ENGINES), 0), atol=1e-5 * np.abs(wanted).max())


@pytest.mark.parametrize("name", [*FILES, "small.bin"])
def test_no_bit_can_change_unnoticed(name: str, exported: Path, tmp_path: Path) -> None:
    for path in exported.iterdir():
        shutil.copy(path, tmp_path)
    data = (exported / name).read_bytes()
    opened = tmp_path / name.replace(".bin", ".xml")
    for place in {*range(0, len(data), len(data) // 40), len(data) - 1}:
        changed = bytearray(data)
        changed[place] ^= 1
        (tmp_path / name).write_bytes(changed)
        with pytest.raises(ArtefactError) as raised:
            open_exported(opened)
        assert "\n" not in str(raised.value)
    for cut in (b"", data[: len(data) // 2], data + b"x"):
        (tmp_path / name).write_bytes(cut)
        with pytest.raises(ArtefactError):
            open_exported(opened)
    (tmp_path / name).unlink()
    with pytest.raises(ArtefactError, match=r"no (file|deploy form)"):
        open_exported(opened)


def test_a_weight_changed_by_the_tools_of_the_format_is_seen(exported: Path, tmp_path: Path) -> None:
    model = onnx.load(exported / "small.onnx")
    weight = next(w for w in model.graph.initializer if w.name.startswith("weight"))
    values = onnx.numpy_helper.to_array(weight).copy()
    values.flat[0] += 0.01
    weight.CopyFrom(onnx.numpy_helper.from_array(values, weight.name))
    onnx.save(model, tmp_path / "changed.onnx")
    with pytest.raises(ArtefactError, match=r"changed\.onnx is damaged or was changed .*: export it again"):
        open_exported(tmp_path / "changed.onnx")
    arrays = load_file(exported / "small.safetensors")
    save_file(arrays, tmp_path / "bare.safetensors")
    with pytest.raises(ArtefactError, match="holds no deploy form: `gaitprint model export"):
        open_exported(tmp_path / "bare.safetensors")


def test_the_formats_own_tools_read_them(exported: Path, model_file: Path) -> None:
    model = onnx.load(exported / "small.onnx")
    onnx.checker.check_model(model, full_check=True)
    (entry,) = model.metadata_props
    assert entry.key == "gaitprint"
    assert read_card(model_file).sha256 in entry.value
    pair = openvino.Core().read_model(exported / "small.xml")
    assert read_card(model_file).sha256 in pair.get_rt_info("gaitprint").astype(str)


def test_one_without_a_card_is_no_file_of_ours(exported: Path, tmp_path: Path) -> None:
    graph, _ = unpack_onnx((exported / "small.onnx").read_bytes(), Path("small.onnx"))
    (tmp_path / "bare.onnx").write_bytes(graph)
    openvino.serialize(openvino.Core().read_model(graph, b""), tmp_path / "bare.xml")
    for name in ("bare.onnx", "bare.xml"):
        with pytest.raises(ArtefactError, match="has no card of ours"):
            open_exported(tmp_path / name)


@pytest.mark.parametrize(
    ("name", "engine", "said"),
    [
        ("small.onnx", "winograd", "runs no ONNX graph: take onnxruntime or openvino"),
        ("small.xml", "onnxruntime", "runs in openvino alone"),
        ("small.bin", "", r"is a file \.onnx"),
    ],
)
def test_what_runs_what(name: str, engine: str, said: str, exported: Path) -> None:
    with pytest.raises(ConfigError, match=said):
        open_exported(exported / name, engine)
