import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch

from gaitprint.components import KINDS, Component, component_names, find_component, make_component
from gaitprint.errors import ComponentError, ConfigError


@dataclass(frozen=True)
class Settings:
    width: int = 3


def _build(settings: Settings, classes: int = 0) -> tuple[int, int]:
    return settings.width, classes


def test_a_component_builds_from_settings_and_context():
    component = Component(Settings, _build)
    assert component.make() == (3, 0)
    assert component.make({"width": 5}, classes=7) == (5, 7)
    with pytest.raises(ConfigError, match="network tiny has no setting 'widht': did you mean 'width'"):
        component.make({"widht": 5}, where="network tiny")


@pytest.mark.parametrize("kind", KINDS)
def test_every_component_of_ours_is_found_by_its_name(kind: str):
    names = component_names(kind)
    assert names == sorted(names)
    assert not [n for n in names if n.startswith("_")]


def test_a_data_set_is_found_with_either_dash():
    assert find_component("dataset", "casia-b") is find_component("dataset", "casia_b")


def test_a_component_elsewhere_is_found_by_its_dotted_name(tmp_path: Path, monkeypatch):
    (tmp_path / "their_package").mkdir()
    (tmp_path / "their_package" / "__init__.py").write_text("")
    (tmp_path / "their_package" / "net.py").write_text(
        "from dataclasses import dataclass\n"
        "from gaitprint.components import Component\n"
        "@dataclass(frozen=True)\n"
        "class Nothing: pass\n"
        "component = Component(Nothing, lambda settings: 'theirs')\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    assert find_component("network", "their_package.net").make() == "theirs"


@pytest.mark.parametrize(
    ("kind", "name", "match"),
    [
        (
            "dataset",
            "casia_c",
            r"no dataset is called 'casia_c': did you mean 'casia.*'\? \(one of your own has a dotted",
        ),
        ("dataset", "", "no dataset is called ''"),
        ("dataset", "_layout", "no dataset is called '_layout'"),
        ("dataset", "no.such.module", "'no.such.module' is not importable: no package 'no' is found: it has to be"),
        ("dataset", "os.pith", "'os.pith' is not importable: os has no module 'pith'"),
        ("dataset", "json.decodes", "json has no module 'decodes': did you mean 'decoder'"),
        ("dataset", "..casia_b", "is not importable"),
        ("dataset", ".", "is not importable"),
        ("dataset", "os.path.join", "is not importable"),
        ("dataset", "os.path", r"os\.path is no dataset: it must end with a line"),
        ("networks", "gaitgl", "no components of kind 'networks': did you mean 'network'"),
    ],
)
def test_what_is_not_there_is_said(kind: str, name: str, match: str):
    with pytest.raises(ComponentError, match=match):
        find_component(kind, name)


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("import no_such_library", "network 'theirs.net' is not importable: ModuleNotFoundError: No module named 'no"),
        ("def f(:", "network 'theirs.net' is not importable: SyntaxError: .*net.py"),
        ("from theirs import nothing", "network 'theirs.net' is not importable: ImportError: cannot import name 'noth"),
        ("component = Component(int, print)", "settings of a component are a frozen data class, found <class 'int'>"),
        ("component = Component(Example, print, Example())", "examples of a component are a tuple|examples=.*violates"),
    ],
)
@pytest.mark.parametrize("place", ["net.py", "__init__.py"])
def test_a_module_that_fails_is_said_in_one_line(place: str, text: str, match: str, tmp_path: Path, monkeypatch):
    (tmp_path / "theirs").mkdir()
    for file in ("__init__.py", "net.py"):
        own = f"from gaitprint.components import Component, Example\n{text}\n" if file == place else ""
        (tmp_path / "theirs" / file).write_text(own)
    monkeypatch.syspath_prepend(str(tmp_path))
    for name in ("theirs", "theirs.net"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    with pytest.raises(ComponentError, match=match.replace("net.py", place)) as caught:
        find_component("network", "theirs.net")
    assert "\n" not in str(caught.value)


def test_a_missing_extra_is_left_to_who_says_what_brings_it(tmp_path: Path, monkeypatch):
    (tmp_path / "leanly").mkdir()
    (tmp_path / "leanly" / "net.py").write_text("import pandas\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ModuleNotFoundError):
        find_component("network", "leanly.net")


def test_a_component_of_another_kind_is_said_by_how_it_is_built():
    with pytest.raises(ComponentError, match=r"makes a _build is not built by \(settings, generator=...\): .*kind"):
        Component(Settings, _build).make(generator=1)
    with pytest.raises(ComponentError, match=r"makes a \w+ is not built by \(settings\): missing a required"):
        find_component("network", "gaitgl").make()


OF_EACH_KIND = {
    "network": "gaitprint.networks.gaitgl",
    "loss": "gaitprint.losses.part_triplet",
    "dataset": "gaitprint.datasets.casia_b",
    "augmentation": "gaitprint.silhouettes.augmentations.flip",
    "transform": "gaitprint.retrieval.transforms.unit_length",
    "scorer": "gaitprint.retrieval.scorers.euclidean",
    "backend": "gaitprint.backends.winograd",
    "tracker": "gaitprint.video.trackers.bytetrack",
    "reader": "gaitprint.video.readers.images",
    "detector": "gaitprint.video.detectors.background",
    "segmenter": "gaitprint.video.segmenters.foreground",
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("given", KINDS)
def test_a_component_of_another_kind_is_said_in_one_line(kind: str, given: str):
    if given == "network":
        context = {"classes": None, "generator": torch.Generator()}
        values = {"form": "casia-b", "channels": [2, 3, 4]}
    else:
        context, values = {}, {}
    if given == kind:
        assert make_component(kind, OF_EACH_KIND[given], values, **context) is not None
        return
    with pytest.raises(ComponentError, match=rf"{given}.* is no {kind}: it makes a \w+, .* another kind\?") as caught:
        make_component(kind, OF_EACH_KIND[given], values, **context)
    assert "\n" not in str(caught.value)
