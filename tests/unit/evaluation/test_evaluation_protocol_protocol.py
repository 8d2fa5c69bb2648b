from pathlib import Path

import pytest

from gaitprint.config import settings_to_dict
from gaitprint.errors import ConfigError, GaitprintError, ProtocolError
from gaitprint.evaluation.protocol.protocol import (
    Draws,
    ProbeSelection,
    Protocol,
    Selection,
    load_protocol,
    protocol_names,
    with_lists,
)

MINE = """
name = "mine"
title = "My own"
source = "me"
mode = "pooled"
[gallery]
conditions = ["a"]
[probes.P]
conditions = ["b"]
"""


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "mine.toml"
    path.write_text(text)
    return path


def protocol(**values):
    kept = {"name": "p", "title": "t", "source": "s", "mode": "pooled", "gallery": Selection(), **values}
    kept.setdefault("probes", {"P": ProbeSelection()})
    return Protocol(**kept)


def test_all_of_ours_load_and_carry_their_file_name():
    names = protocol_names()
    assert {"casia-b", "casia-b-cross-view", "oumvlp", "casia-e", "hid", "hid-draws", "gait3d", "grew"} <= set(names)
    assert {"sustech1k", "ccpg"} <= set(names)
    for name in names:
        found = load_protocol(name)
        assert found.name == name
        assert found.title
        assert found.source


def test_casia_b_says_what_the_field_agreed_on():
    found = load_protocol("casia-b")
    assert found.mode == "view-by-view"
    assert not found.identical_views
    assert found.gallery == Selection(conditions=("nm-01", "nm-02", "nm-03", "nm-04"))
    assert list(found.probes) == ["NM", "BG", "CL"]
    assert found.probes["CL"].conditions == ("cl-01", "cl-02")


def test_ccpg_has_a_gallery_for_every_probe_selection():
    found = load_protocol("ccpg")
    assert found.gallery is None
    assert found.probes["UP"].gallery == Selection(conditions=("U0_D3",))


def test_a_file_of_ones_own_loads_as_path_and_as_text(tmp_path):
    path = written(tmp_path, MINE)
    assert load_protocol(path) == load_protocol(str(path))
    assert load_protocol(path).length == 20


def test_settings_survive_the_way_to_plain_values():
    values = settings_to_dict(load_protocol("gait3d"))
    assert values["probes"]["Gait3D"]["keys_from"] == "PROBE_SET"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (MINE.replace("[gallery]", "galery = 1\n[gallery]"), "no setting 'galery': did you mean 'gallery'"),
        (MINE.replace('conditions = ["a"]', 'condition = ["a"]'), "no setting 'condition': did you mean 'conditions'"),
        (MINE.replace('conditions = ["b"]', 'condition = ["b"]'), "probes.P has no setting 'condition'"),
        (MINE.replace('"pooled"', '"poled"'), "mode is one of 'view-by-view', 'pooled', 'draws', found 'poled'"),
        (MINE.replace("[gallery]\n", "").replace('conditions = ["a"]\n', ""), "P has no gallery"),
        (MINE.replace('name = "mine"', 'name = ""'), "needs a name"),
        (MINE.split("[probes")[0] + "[probes]", r"\[probes.NAME\]"),
        (MINE.replace('mode = "pooled"', 'mode = "draws"'), "draws its gallery"),
        (MINE.replace('"pooled"', '"view-by-view"\nexclude = ["same-key"]'), "is for pooled galleries"),
        (MINE.replace('"pooled"', '"pooled"\nranks = [0]'), "ranks are 1 or more"),
        (MINE.replace('"pooled"', '"pooled"\nranks = []'), "ranks are 1 or more"),
        (MINE.replace('"pooled"', '"pooled"\ncmc_length = 0'), "cmc_length is 1 or more"),
        (MINE.replace('["b"]', '["b"]\nothers = true'), "`others` is for galleries"),
        (MINE.replace('["b"]', '["b"]\nkeys = ["k"]\nkeys_from = "L"'), "found both"),
        (MINE.replace("[gallery]", "[draws]\nsequences = 1\n[gallery]"), "exceeds draws.gallery"),
    ],
)
def test_a_wrong_file_is_refused_in_words(tmp_path, text, message):
    with pytest.raises(ConfigError, match=message):
        load_protocol(written(tmp_path, text))


def test_unknown_names_and_missing_files():
    with pytest.raises(ProtocolError, match="no protocol is called 'casia_b': did you mean 'casia-b'"):
        load_protocol("casia_b")
    with pytest.raises(ConfigError, match=r"no settings file at nowhere\.toml"):
        load_protocol("nowhere.toml")


@pytest.mark.parametrize("values", [{"gallery": 0}, {"repetitions": 0}, {"seed": -1}, {"sequences": 2, "gallery": 2}])
def test_draws_out_of_range(values):
    with pytest.raises(GaitprintError, match="draws"):
        Draws(**values)


def test_lists_fill_probes_and_galleries():
    asked = Selection(keys_from="G")
    before = protocol(
        gallery=asked, probes={"P": ProbeSelection(keys_from="L"), "R": ProbeSelection(views=("0",), gallery=asked)}
    )
    after = with_lists(before, {"L": ["a", "b"], "G": ["c"]})
    assert after.probes["P"].keys == ("a", "b")
    assert after.probes["P"].keys_from == ""
    assert after.gallery == after.probes["R"].gallery == Selection(keys=("c",))
    assert with_lists(after, {}) == after
    with pytest.raises(ProtocolError, match="asks for no list of sequences, found G, L: leave --lists out"):
        with_lists(after, {"L": ["a"], "G": ["c"]})


@pytest.mark.parametrize(("lists", "found"), [({}, "no lists"), ({"OTHER": ["a"]}, "OTHER"), ({"L": []}, "L")])
def test_a_missing_list_is_named(lists, found):
    asking = protocol(probes={"P": ProbeSelection(keys_from="L")})
    with pytest.raises(ProtocolError, match=f"P of protocol p needs the list L of sequence keys, found {found}"):
        with_lists(asking, lists)
