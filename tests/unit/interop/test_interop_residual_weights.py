"""DeepGaitV2, GaitBase and GaitSet as the reference toolkit names them: read, and equal to the formulas."""

from pathlib import Path

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from gaitprint.errors import DataError
from gaitprint.interop.weights import import_weights
from gaitprint.models.making import make_network

WIDTHS, BLOCKS, PARTS, CLASSES = (3, 4, 5, 6), (1, 2, 1, 1), 16, 5
STRIDES = (1, 2, 2, 1)
NORM = ("weight", "bias", "running_mean", "running_var")


class Names:
    """A state dict that grows by the toolkit's names, with random values."""

    def __init__(self) -> None:
        self.state: dict[str, Tensor] = {}
        self._generator = torch.Generator().manual_seed(0)

    def weight(self, name: str, *shape: int) -> None:
        self.state[name] = torch.randn(shape, generator=self._generator) / 4

    def norm(self, name: str, width: int) -> None:
        for entry in NORM:
            self.state[f"{name}.{entry}"] = torch.rand(width, generator=self._generator) + 0.5
        self.state[f"{name}.num_batches_tracked"] = torch.tensor(7)


def deepgait(kind: str) -> dict[str, Tensor]:
    names = Names()
    names.weight("layer0.forward_block.0.weight", WIDTHS[0], 1, 3, 3)
    names.norm("layer0.forward_block.1", WIDTHS[0])
    before = WIDTHS[0]
    for stage, (width, count, stride) in enumerate(zip(WIDTHS, BLOCKS, STRIDES, strict=True), 1):
        frames = stage == 1 or kind == "2d"
        for block in range(count):
            at = f"layer{stage}." + ("forward_block." if frames else "") + str(block)
            side = (3, 3, 3) if kind == "3d" and not frames else (3, 3)
            for number, given in ((1, before), (2, width)):
                if kind == "p3d" and not frames:
                    names.weight(f"{at}.conv{number}.forward_block.0.weight", width, given, *side)
                    names.norm(f"{at}.conv{number}.forward_block.1", width)
                else:
                    names.weight(f"{at}.conv{number}.weight", width, given, *side)
                    names.norm(f"{at}.bn{number}", width)
            if kind == "p3d" and not frames:
                names.weight(f"{at}.shortcut3d.weight", width, width, 3, 1, 1)
                names.norm(f"{at}.sbn", width)
            if block == 0 and (stride > 1 or before != width):
                names.weight(f"{at}.downsample.0.weight", width, before, *(1 for _ in range(2 if frames else 3)))
                names.norm(f"{at}.downsample.1", width)
            before = width
    return with_head(names, WIDTHS[2])


def gaitbase(embedding: int = 4) -> dict[str, Tensor]:
    names, root = Names(), "Backbone.forward_block"
    names.weight(f"{root}.conv1.conv.weight", WIDTHS[0], 1, 3, 3)
    names.norm(f"{root}.bn1", WIDTHS[0])
    before = WIDTHS[0]
    for stage, width in enumerate(WIDTHS, 1):
        at = f"{root}.layer{stage}.0"
        for number, given in ((1, before), (2, width)):
            names.weight(f"{at}.conv{number}.weight", width, given, 3, 3)
            names.norm(f"{at}.bn{number}", width)
        if stage > 1:
            names.weight(f"{at}.downsample.0.weight", width, before, 1, 1)
            names.norm(f"{at}.downsample.1", width)
        before = width
    return with_head(names, embedding)


def gaitset() -> dict[str, Tensor]:
    names = Names()
    for block, (before, width) in enumerate(((1, 3), (3, 4), (4, 5)), 1):
        side = 5 if block == 1 else 3
        for place in ("set_block{}.forward_block", "gl_block{}")[: 1 if block == 1 else 2]:
            at = place.format(block)
            names.weight(f"{at}.0.conv.weight", width, before, side, side)
            names.weight(f"{at}.2.conv.weight", width, width, 3, 3)
    names.weight("Head.fc_bin", 62, 5, 6)
    return names.state


def gaitset_answer(state: dict[str, Tensor], clip: Tensor) -> Tensor:
    """The embedding [D, P] of a clip [T, H, W] by the toolkit's names."""

    def block(x: Tensor, name: str, pool: bool) -> Tensor:
        for place in (0, 2):
            weight = state[f"{name}.{place}.conv.weight"].double()
            x = F.leaky_relu(F.conv2d(x, weight, padding=weight.shape[2] // 2))
        return F.max_pool2d(x, 2) if pool else x

    x = block(clip[:, None], "set_block1.forward_block", True)
    whole = block(x.amax(0, keepdim=True), "gl_block2", True)
    x = block(x, "set_block2.forward_block", True)
    whole = block(whole + x.amax(0, keepdim=True), "gl_block3", False)
    last = block(x, "set_block3.forward_block", False).amax(0, keepdim=True)
    pyramid = [m.reshape(1, 5, bands, -1) for m in (last, whole + last) for bands in (16, 8, 4, 2, 1)]
    feature = torch.cat([m.mean(-1) + m.amax(-1) for m in pyramid], dim=-1)
    return torch.einsum("cp,pcd->dp", feature[0], state["Head.fc_bin"].double())


@torch.no_grad()
def test_an_imported_gaitset_answers_as_the_toolkits_formulas_do(tmp_path) -> None:
    state = gaitset()
    weights = import_weights(written(tmp_path, state), keep_classifier=True)
    assert (weights.network, weights.classes) == ("gaitset", None)
    assert weights.settings == {"channels": [3, 4, 5], "embedding": 6}
    made = make_network("gaitset", weights.settings, None, torch.Generator())
    made.load_state_dict(weights.state)
    clip = torch.rand(3, 64, 44, generator=torch.Generator().manual_seed(1)).double()
    embedding = made.eval().double()(clip[None, None]).embedding[0]
    torch.testing.assert_close(embedding.T, gaitset_answer(state, clip))


def with_head(names: Names, embedding: int) -> dict[str, Tensor]:
    names.weight("FCs.fc_bin", PARTS, WIDTHS[3], embedding)
    names.weight("BNNecks.fc_bin", PARTS, embedding, CLASSES)
    names.norm("BNNecks.bn1d", PARTS * embedding)
    return names.state


def normed(state: dict[str, Tensor], x: Tensor, convolution: str, norm: str, stride: int = 1) -> Tensor:
    """A convolution of maps [N, C, T, H, W] and its norm, by the toolkit's names."""
    weight = state[f"{convolution}.weight"].double()
    weight = weight[:, :, None] if weight.ndim == 4 else weight
    y = F.conv3d(x, weight, stride=(1, stride, stride), padding=[k // 2 for k in weight.shape[2:]])
    values = {entry: state[f"{norm}.{entry}"].double() for entry in NORM}
    return F.batch_norm(y, values["running_mean"], values["running_var"], values["weight"], values["bias"])


def toolkit_answers(state: dict[str, Tensor], clips: Tensor) -> tuple[Tensor, Tensor]:
    """Embedding and logits of the network that has these names, in evaluation."""
    base = "Backbone.forward_block.conv1.conv.weight" in state
    root = "Backbone.forward_block." if base else ""
    stem = (f"{root}conv1.conv", f"{root}bn1") if base else ("layer0.forward_block.0", "layer0.forward_block.1")
    x = normed(state, clips, *stem).relu()
    for stage, stride in enumerate(STRIDES, 1):
        for prefix in (f"{root}layer{stage}.", f"{root}layer{stage}.forward_block."):
            for block in range(9):
                at = f"{prefix}{block}"
                if not any(key.startswith(f"{at}.conv2") for key in state):
                    continue
                wrapped = f"{at}.conv1.forward_block.0.weight" in state
                pairs = [
                    (f"{at}.conv{n}.forward_block.0", f"{at}.conv{n}.forward_block.1")
                    if wrapped
                    else (f"{at}.conv{n}", f"{at}.bn{n}")
                    for n in (1, 2)
                ]
                step = 1 if block else stride
                y = normed(state, x, *pairs[0], step).relu()
                if wrapped:
                    y = (y + normed(state, y, f"{at}.shortcut3d", f"{at}.sbn")).relu()
                y = normed(state, y, *pairs[1])
                short = f"{at}.downsample"
                x = y + (normed(state, x, f"{short}.0", f"{short}.1", step) if f"{short}.0.weight" in state else x)
                x = x.relu()
    strips = x.amax(dim=2).unflatten(2, (PARTS, -1)).flatten(3)
    feature = strips.mean(-1) + strips.amax(-1)
    embedding = torch.einsum("ncp,pcd->ndp", feature, state["FCs.fc_bin"].double())
    values = {entry: state[f"BNNecks.bn1d.{entry}"].double() for entry in NORM}
    flat = F.batch_norm(embedding.flatten(1), *(values[k] for k in ("running_mean", "running_var", "weight", "bias")))
    direction = F.normalize(flat.view_as(embedding), dim=1)
    logits = torch.einsum("ndp,pdk->nkp", direction, F.normalize(state["BNNecks.fc_bin"].double(), dim=1))
    return embedding, logits


CASES = {
    "p3d": (lambda: deepgait("p3d"), "deepgait"),
    "2d": (lambda: deepgait("2d"), "deepgait"),
    "3d": (lambda: deepgait("3d"), "deepgait"),
    "gaitbase": (gaitbase, "gaitbase"),
}


def written(tmp_path: Path, state: dict[str, Tensor]) -> Path:
    path = tmp_path / "x-60000.pt"
    torch.save({"model": state, "optimizer": {}, "scheduler": {}, "iteration": 60000}, path)
    return path


@pytest.mark.parametrize("case", CASES)
@torch.no_grad()
def test_imported_weights_answer_as_the_toolkits_formulas_do(tmp_path, case) -> None:
    state, network = CASES[case][0](), CASES[case][1]
    weights = import_weights(written(tmp_path, state), keep_classifier=True)
    assert (weights.network, weights.classes) == (network, CLASSES)
    made = make_network(network, weights.settings, weights.classes, torch.Generator())
    made.load_state_dict(weights.state)
    clips = torch.rand(2, 1, 3, 64, 44, generator=torch.Generator().manual_seed(1)).double()
    outputs = made.eval().double()(clips)
    embedding, logits = toolkit_answers(state, clips)
    torch.testing.assert_close(outputs.embedding.transpose(1, 2), embedding)
    torch.testing.assert_close(outputs.logits.transpose(1, 2), logits)


@pytest.mark.parametrize("case", CASES)
def test_settings_follow_from_keys_and_shapes(tmp_path, case) -> None:
    weights = import_weights(written(tmp_path, CASES[case][0]()))
    blocks = [1, 1, 1, 1] if case == "gaitbase" else list(BLOCKS)
    own = {"embedding": 4} if case == "gaitbase" else {"kind": case}
    assert weights.settings == {"channels": list(WIDTHS), "blocks": blocks, "parts": PARTS, **own}
    assert weights.classes is None
    assert not any(key.startswith(("head.norm", "head.classifier")) for key in weights.state)
    assert any("strides [1, 2, 2, 1] as published" in note for note in weights.notes)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda s: s.pop("layer3.0.sbn.bias"), r"layer3.0.sbn.bias is missing"),
        (lambda s: s.update({"layer5.0.conv1.weight": torch.zeros(2)}), r"layer5.0.conv1.weight \[2\] has no place"),
        (lambda s: s.update({"FCs.fc_bin": torch.zeros(2, 2)}), r"kernels or a head of another number of axes"),
        (lambda s: s.update({"FCs.fc_bin": torch.zeros(16, 6, 7)}), r"wrong shape: head.linear.weight is \[16, 6, 7\]"),
    ],
)
def test_what_does_not_fit_is_named(tmp_path, change, message) -> None:
    state = deepgait("p3d")
    change(state)
    with pytest.raises(DataError, match=message):
        import_weights(written(tmp_path, state))
