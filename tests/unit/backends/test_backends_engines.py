"""The back ends of others' engines, which run an ONNX graph of the deploy form, against the networks."""

import numpy as np
import onnx
import pytest
import torch
from trained_networks import NETWORKS, clips, trained

from gaitprint.components import find_component
from gaitprint.deploy.form import DeployForm
from gaitprint.deploy.onnx_graph import onnx_model
from gaitprint.errors import ShapeError

ENGINES = ("onnxruntime", "openvino")


def form_of(name: str) -> DeployForm:
    form = trained(name).deploy_form()
    assert form is not None
    return form


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("engine", ENGINES)
def test_features_are_those_of_the_network(name: str, engine: str) -> None:
    network = trained(name)
    session = find_component("backend", engine).make().open(form_of(name), 1)
    network.double()
    for frames in (1, 2, 3, 4, 17):
        x = clips(2, frames, form_of(name).height, 22)
        with torch.inference_mode():
            slow = network(torch.from_numpy(x[:, None]).double()).embedding.numpy()
        fast = session(x)
        assert fast.dtype == np.float32
        np.testing.assert_allclose(fast, slow, atol=1e-5 * np.abs(slow).max())


@pytest.mark.parametrize("engine", ENGINES)
def test_frames_of_twice_the_height_have_as_many_parts(engine: str) -> None:
    network = trained("competition")
    session = find_component("backend", engine).make().open(form_of("competition"), 2)
    x = clips(1, 6, 32, 22)
    with torch.inference_mode():
        slow = network(torch.from_numpy(x[:, None])).embedding.numpy()
    np.testing.assert_allclose(session(x), slow, atol=1e-5 * np.abs(slow).max())


@pytest.mark.parametrize("engine", ENGINES)
def test_an_answer_stays_when_the_next_is_given(engine: str) -> None:
    session = find_component("backend", engine).make().open(form_of("mask"), 1)
    first = session(clips(1, 5, 16, 22))
    kept = first.copy()
    session(clips(1, 6, 16, 22))
    np.testing.assert_array_equal(first, kept)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("shape", [(1, 4, 17, 22), (1, 4, 16, 21), (0, 4, 16, 22)])
def test_clips_that_do_not_fit_are_refused(shape: tuple[int, ...], engine: str) -> None:
    session = find_component("backend", engine).make().open(form_of("mask"), 1)
    with pytest.raises(ShapeError, match="16 rows"):
        session(np.zeros(shape, np.float32))


@pytest.mark.parametrize(("name", "convolutions"), [("journal", 8), ("mask", 7), ("mask-separate", 7)])
def test_what_has_one_input_is_one_convolution(name: str, convolutions: int) -> None:
    """The strips of a layer are one batch, and its branches over whole maps one convolution of more outputs."""
    model = onnx_model(form_of(name))
    assert sum(node.op_type == "Conv" for node in model.graph.node) == convolutions


def test_the_graph_takes_any_number_of_clips_and_frames() -> None:
    graph = onnx_model(form_of("journal")).graph
    (clips_in,), (parts,) = graph.input, graph.output
    assert [d.dim_param or d.dim_value for d in clips_in.type.tensor_type.shape.dim] == ["N", "T", "H", "W"]
    assert [d.dim_param or d.dim_value for d in parts.type.tensor_type.shape.dim] == ["N", 64, 8]
    assert clips_in.type.tensor_type.elem_type == onnx.TensorProto.FLOAT
