import csv
import dataclasses
import json
import re
from html.parser import HTMLParser

import numpy as np
import pytest
from asked import asked
from test_stages_ablate import made_up, store, two  # noqa: F401 - `store` is a fixture

from gaitprint.errors import ArtefactError, ConfigError
from gaitprint.evaluation.verification.settings import VerifySettings
from gaitprint.experiments.ablation import AblationSettings
from gaitprint.inference.fusion import fuse
from gaitprint.pages.report_tables import HEADERS
from gaitprint.stages.ablate import ablate
from gaitprint.stages.evaluate import evaluate
from gaitprint.stages.report import report
from gaitprint.stages.verify import verify

ASKED = {"seed": 3, "resamples": 20}
STEPS = AblationSettings(expansion={"k": 4}, reranking={"k1": 4, "k2": 2})
SAME = {"request": asked(**ASKED), "settings": STEPS}
"""Of `report` and of `ablate`."""
MANY = {"noise": 1.1, "subjects": 36}
"""Enough people for figures of pairs, in this much noise."""
VOID = {"meta", "link", "br", "img", "rect", "line", "path", "use", "input", "hr"}


class Page(HTMLParser):
    """Texts, titles, figures and what an attribute would load; every element is closed."""

    def __init__(self, text):
        super().__init__()
        self.open, self.loaded, self.silent, self.texts = [], [], [], []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        hidden = given.get("aria-hidden") == "true"
        spoken = given.get("role") == "img" and given.get("aria-label")
        if tag == "img" and not given.get("alt"):
            self.silent.append(given.get("src", "")[:40])
        if tag == "svg" and not hidden and not (self.open and self.open[-1][1]):
            self.silent.append("svg")
        self.loaded += [given[name] for name in ("src", "href", "data", "xlink:href") if given.get(name)]
        assert tag not in ("script", "iframe", "object", "embed", "base")
        if tag not in VOID:
            self.open.append((tag, bool(spoken)))

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag):
        if tag not in VOID:
            assert self.open.pop()[0] == tag

    def handle_data(self, data):
        self.texts.append(" ".join(data.split()))


def lines(folder, name):
    with (folder / name).open(newline="") as stream:
        return list(csv.DictReader(stream))


def number(text):
    return None if text == "" else float(text)


def plain(value):
    return json.loads(json.dumps(value, allow_nan=False))


@pytest.fixture(scope="module")
def made(tmp_path_factory, store):  # noqa: F811
    out = tmp_path_factory.mktemp("report") / "out"
    settings = {"subjects": 6, "noise": 1.2}
    result = report(two(**settings), out, store=store, splits=2, **SAME)
    return out, result, settings


def test_the_files_are_those_that_were_said(made):
    out, result, _ = made
    assert {p.name for p in out.iterdir()} == {p.name for p in result.files} | {"asked.json"}
    assert {p.name for p in result.files} == {"report.html", "report.json", *HEADERS}
    for name, header in HEADERS.items():
        assert (out / name).read_text().splitlines()[0] == ",".join(header)
    assert plain(result.to_dict())["ablate"] == plain(result.ablation.to_dict())


def test_json_has_what_the_commands_say_of_the_same_vectors(made):
    out, _, settings = made
    said = json.loads((out / "report.json").read_text())
    data = two(**settings)
    assert said["ablate"] == plain(ablate(data, **SAME).to_dict())
    sets = {"gaitgl": data["gaitgl"], "gaitmask": data["gaitmask"], "gaitgl+gaitmask": fuse(list(data.values()))}
    steps = {r["step"]: r for r in lines(out, "ablation.csv")}
    assert list(steps) == list(said["evaluate"]) == list(said["cmc"])
    pipelines = dict(zip(steps, (row["pipeline"] for row in said["ablate"]["rows"]), strict=True))
    for step, row in steps.items():
        alone = evaluate(sets[row["networks"]], request=asked(pipeline=pipelines[step], seed=3, resamples=20))
        assert said["evaluate"][step] == plain(alone.to_dict())
    assert {"gaitgl, Euclid alone", "gaitgl + gaitmask, expanded, re-ranked"} <= set(said["verify"])
    for step, found in said["verify"].items():
        request = asked(pipeline=pipelines[step], **ASKED)
        alone = verify(sets[steps[step]["networks"]], request, VerifySettings(splits=2))
        assert found == plain(alone.to_dict())


def test_csv_has_the_digits_of_the_json(made):
    out, _, _ = made
    said = json.loads((out / "report.json").read_text())
    rows = lines(out, "ablation.csv")
    for row, of_all in zip(said["ablate"]["rows"], [r for r in rows if r["probe_set"] == "all"], strict=True):
        assert float(of_all["rank1_percent"]) == row["mean"]
        assert [float(of_all[k]) for k in ("low_percent", "high_percent")] == row["interval"]
        assert number(of_all["gain_points"]) == (None if row["gain"] is None else row["gain"]["points"])
        assert (of_all["transductive"] == "true") == row["transductive"]
        for own in (r for r in rows if r["step"] == of_all["step"] and r["probe_set"] != "all"):
            assert float(own["rank1_percent"]) == row["probes"][own["probe_set"]]["rank1"]
    for line in lines(out, "cmc.csv"):
        k = int(line["rank"]) - 1
        ends = [float(line["low_percent"]), float(line["high_percent"])]
        if line["probe_set"] == "all":
            found = said["cmc"][line["step"]]
            assert (float(line["percent"]), ends) == (found["percent"][k], found["intervals"][k])
            continue
        own = next(r for r in said["evaluate"][line["step"]]["results"] if r["name"] == line["probe_set"])
        assert (float(line["percent"]), ends) == (own["cmc"][k], own["intervals"]["cmc"][k])
    for line in lines(out, "heat_maps.csv"):
        own = next(r for r in said["evaluate"][line["step"]]["results"] if r["name"] == line["probe_set"])
        r, c = own["rows"].index(line["probe_view"]), own["columns"].index(line["gallery_view"])
        assert number(line["percent"]) == own["matrix"][r][c]
        assert (line["counted"] == "true") == (r != c)
        if line["low_percent"]:
            assert [float(line["low_percent"]), float(line["high_percent"])] == own["intervals"]["matrix"][r][c]
    for kind in ("view", "condition"):
        for line in lines(out, f"by_{kind}.csv"):
            own = next(r for r in said["evaluate"][line["step"]]["results"] if r["name"] == line["probe_set"])
            at = own[f"by_{kind}"]["names"].index(line[kind])
            assert number(line["percent"]) == own[f"by_{kind}"][line["figure"]]["values"][at]
            assert int(line["probes"]) == own[f"by_{kind}"]["probes"][at]
    for step, found in said["mistakes"].items():
        own = [r for r in lines(out, "mistakes.csv") if r["step"] == step]
        assert [(r["probe"], r["wrong"], float(r["margin"])) for r in own] == [
            (m["probe"], m["wrong"], m["margin"]) for m in found
        ]


def test_curves_over_all_probe_sets_begin_with_the_figure_of_the_step(made):
    _, result, _ = made
    for row, band in zip(result.ablation.rows, result.found.curves.values(), strict=True):
        assert band.value[0] == pytest.approx(row.mean, abs=1e-9)
        assert band.interval(0).low == pytest.approx(row.interval.low, abs=1e-9)
        np.testing.assert_allclose(band.value, np.mean([r.cmc for r in row.evaluation.results], axis=0))


def test_the_page_parses_loads_nothing_and_every_figure_is_spoken(made):
    out, result, _ = made
    text = (out / "report.html").read_text(encoding="utf-8")
    page = Page(text)
    assert page.silent == []
    assert [where for where in page.loaded if not where.startswith(("data:image/png;base64,", "#"))] == []
    assert re.findall(r"url\((?!#)", text) == []
    assert not re.search(r"@import|javascript:", text)
    assert "default-src 'none'" in text
    step = "gaitgl + gaitmask, expanded, re-ranked"
    for title in (
        "Ablation, rank-1 in %", "Rank-1 by condition, %", "Rank-1 by view, %", "View by view",
        "gaitgl, Euclid alone: NM", f"{step}: CL", "Cumulative match, the method's steps",
        "Cumulative match, other combinations", "Detection error trade-off, all probes",
        "Distances of pairs: gaitgl, Euclid alone", f"Distances of pairs: {step}", "One to one: error rates of pairs",
        "One to many, with strangers", f"Thresholds: {step}", f"Worst mistakes: {step}", "What was measured",
        f"The worst mistakes of {step}", "Settings",
    ):  # fmt: skip
        assert title in page.texts, title
    assert "rule of thirty" in text
    assert "95 % interval" in text
    assert "source 0" in text, "the fingerprint"
    for row in result.ablation.rows:
        assert row.label in page.texts
        assert f"{row.mean:.1f}" in page.texts
        assert f"{row.interval.low:.1f}–{row.interval.high:.1f}" in page.texts  # noqa: RUF001
    for m in result.found.mistakes[step][:1]:
        assert m.probe in text
        assert f"{m.margin:.3g}" in page.texts
    assert text.count("data:image/png") == 3 * text.count('class="sheet wrong"') > 0


def test_pairs_of_enough_people_have_curves_and_points(tmp_path):
    data = {"net": made_up(0, **MANY)}
    report(data, tmp_path / "out", asked(**ASKED), dataclasses.replace(STEPS, further=False), splits=1)
    said = json.loads((tmp_path / "out" / "report.json").read_text())
    rows = lines(tmp_path / "out", "det.csv")
    assert rows
    for step, found in said["verify"].items():
        for of_set in found["sets"]:
            own = [r for r in rows if (r["step"], r["probe_set"]) == (step, of_set["name"])]
            assert [float(r["fmr_percent"]) / 100 for r in own] == pytest.approx(of_set["det"]["fmr"])
            rates = [r for r in lines(tmp_path / "out", "error_rates.csv") if r["step"] == step]
            equal = next(r for r in rates if (r["probe_set"], r["figure"]) == (of_set["name"], "EER"))
            assert [r["carried"] == "true" for r in own] == of_set["det"]["carried"]
            point = of_set["equal_error_rate"]
            assert float(equal["percent"]) == 100 * point["value"]
            assert float(equal["threshold"]) == point["threshold"]
            assert (equal["carried"] == "true", equal["reason"] or None) == (point["carried"], point["reason"])
    shares = [r for r in lines(tmp_path / "out", "scores.csv") if r["step"] == "net, Euclid alone"]
    assert sum(float(r["one_person_percent"]) for r in shares) == pytest.approx(100, abs=0.6)
    page = Page((tmp_path / "out" / "report.html").read_text(encoding="utf-8"))
    assert any("missed at" in said for said in spoken(tmp_path / "out" / "report.html"))
    assert any("--store STORE" in text for text in page.texts), "how to see the mistakes"
    assert "Cumulative match, other combinations" not in page.texts, "only the rows of the method"


def spoken(path):
    return re.findall(r'aria-label="([^"]*)"', path.read_text(encoding="utf-8"))


def test_pooled_galleries_have_no_map_and_a_single_person_no_error_rates(tmp_path):
    one = report({"net": made_up(0, subjects=1)}, tmp_path / "one", **SAME)
    assert any(w.startswith("No error rates of pairs and strangers (net, Euclid alone): ") for w in one.found.warnings)
    assert lines(tmp_path / "one", "det.csv") == lines(tmp_path / "one", "scores.csv") == []
    assert "Detection error" not in (tmp_path / "one" / "report.html").read_text(encoding="utf-8")
    draws = asked(protocol="hid-draws", **ASKED)
    drawn = report({"net": made_up(0, noise=0.0)}, tmp_path / "drawn", draws, STEPS, splits=1)
    assert any(w.startswith("There is no map view by view") for w in drawn.found.warnings)
    assert lines(tmp_path / "drawn", "heat_maps.csv") == lines(tmp_path / "drawn", "mistakes.csv") == []
    Page((tmp_path / "drawn" / "report.html").read_text(encoding="utf-8"))


def test_walkers_are_never_taken_for_people(tmp_path):
    data = made_up(0)
    data = type(data)(data.vectors, data.records, data.layout, data.source, {"dataset": "synthetic", "data": "ab" * 32})
    report({"net": data}, tmp_path / "out", splits=1, **SAME)
    text = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert text.count("synthetic walkers, not people") >= 2
    assert "Synthetic walkers are not people" in text
    assert "abababababab" in text
    said = json.loads((tmp_path / "out" / "report.json").read_text())
    assert said["origins"][0]["dataset"] == "synthetic"
    assert any("Synthetic walkers" in w for w in said["warnings"])


def test_a_folder_belongs_to_one_report(tmp_path):
    data, out = {"net": made_up(0)}, tmp_path / "out"
    report(data, out, splits=1, **SAME)
    before = {p.name: p.read_bytes() for p in out.iterdir()}
    (out / "report.html").unlink()
    (out / "cmc.csv").write_text("cut")
    report(data, out, splits=1, **SAME)
    assert {p.name: p.read_bytes() for p in out.iterdir()} == before, "the same again, to the byte"
    for other in ({**ASKED, "seed": 4}, {**ASKED, "protocol": "hid-draws"}, {**ASKED, "views": ["000", "090"]}):
        with pytest.raises(ArtefactError, match="a report of other vectors or settings: choose a new folder"):
            report(data, out, asked(**other), STEPS, splits=1)
    with pytest.raises(ConfigError, match="at least one network"):
        report({}, tmp_path / "none")
    with pytest.raises(ConfigError, match="k1"):
        report(data, tmp_path / "none", settings=AblationSettings(reranking={"k1": 0}))
    with pytest.raises(ConfigError, match="a report compares by pipelines of its own"):
        report(data, tmp_path / "none", asked(pipeline={"scorer": "part-mean"}))
    assert not (tmp_path / "none").exists()
