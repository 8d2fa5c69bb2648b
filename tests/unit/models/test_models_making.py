"""Networks by name: what a component of another package can get wrong is said in one line."""

import pytest
import torch
from torch import nn

from gaitprint.errors import ComponentError
from gaitprint.inference.engine import Embedder
from gaitprint.models.making import make_network, part_layout
from gaitprint.silhouettes.clips import Preprocessing
from gaitprint.types import PartLayout

COMPONENT = """
from dataclasses import dataclass
from gaitprint.components import Component
from torch import nn

@dataclass(frozen=True)
class Settings:
    pass

def build(settings, classes, generator):
    return {made}

component = Component(Settings, build)
"""


@pytest.mark.parametrize(
    ("made", "message"),
    [
        ("None", "builds nothing, expected a torch.nn.Module"),
        ("[nn.ReLU()]", "builds an object of the type list, expected a torch.nn.Module"),
        ("nn.Tanh", "builds an object of the type type, expected a torch.nn.Module"),
        ("nn.Identity()", "the network Identity has nothing for a layout, expected a PartLayout"),
    ],
    ids=["nothing", "list", "class", "no layout"],
)
def test_what_is_no_network_is_refused_in_one_line(tmp_path, monkeypatch, made, message):
    name = "no_network_" + "".join(c for c in made if c.isalnum())
    package = tmp_path / f"package_of_{name}"
    package.mkdir()
    (package / "network.py").write_text(COMPONENT.format(made=made))
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(ComponentError) as error:
        make_network(f"package_of_{name}.network", {}, None, torch.Generator())
    assert message in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("layout", [None, (1, 2), ((1, 2),)], ids=["nothing", "pair", "blocks"])
def test_an_embedder_refuses_a_network_that_does_not_say_its_parts(layout):
    network = nn.Identity()
    network.layout = layout
    with pytest.raises(ComponentError, match="expected a PartLayout: set self"):
        Embedder(network, Preprocessing(16, 4), "0", {})


def test_a_layout_is_handed_on_as_the_network_has_it():
    network = nn.Identity()
    network.layout = PartLayout(((2, 3),))
    assert part_layout(network) is network.layout
