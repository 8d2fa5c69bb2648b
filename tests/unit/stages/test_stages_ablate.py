import json
from html import unescape

import numpy as np
import pytest
from asked import asked

from gaitprint.errors import ArtefactError, ConfigError
from gaitprint.experiments.ablation import AblationSettings
from gaitprint.inference.embeddings_file import save_embeddings
from gaitprint.inference.fusion import fuse
from gaitprint.retrieval.budget import ComputeBudget
from gaitprint.stages.ablate import ablate, further_rows, method_rows
from gaitprint.stages.evaluate import evaluate
from gaitprint.store import StorePlan, StoreWriter
from gaitprint.types import Embeddings, PartLayout, SequenceRecord

VIEWS = ("000", "090", "180")
CONDITIONS = ("nm-01", "nm-02", "nm-05", "bg-01", "cl-01")


def made_up(seed, noise=0.9, subjects=6, width=8):
    """One network's view of the same subjects: its own centres, its own noise."""
    generator = np.random.default_rng(seed)
    centres = generator.normal(size=(subjects, width))
    records, vectors = [], []
    for s in range(subjects):
        for condition in CONDITIONS:
            for view in VIEWS:
                records.append(SequenceRecord(f"{s:03d}/{condition}/{view}", f"{s:03d}", condition, view))
                vectors.append(centres[s] + noise * generator.normal(size=width))
    return Embeddings(
        np.array(vectors, np.float32), tuple(records), PartLayout(((2, width // 2),)), f"source {seed}", {}
    )


def two(**kwargs):
    return {"gaitgl": made_up(0, **kwargs), "gaitmask": made_up(1, **kwargs)}


SMALL = {"resamples": 20}


def test_rows_are_the_methods_and_each_is_what_evaluate_gives():
    result = ablate(
        two(),
        request=asked(**SMALL),
        settings=AblationSettings(reranking={"k1": 4, "k2": 2, "lambda_": 0.4}, expansion={"k": 5}, fusion="unit"),
    )
    labels = [row.label for row in result.rows]
    assert labels[:4] == ["gaitgl", "+ re-ranking", "+ query expansion", "+ gaitmask (full method)"]
    assert result.full == 3
    reranked = {"name": "k-reciprocal", "k1": 4, "k2": 2, "lambda_": 0.4}
    expanded = [{"name": "cluster-expansion", "k": 5}]
    fused = fuse(list(two().values()), "unit")
    single, other = two().values()
    expected = [
        (single, [], "euclidean"), (single, [], reranked), (single, expanded, reranked), (fused, expanded, reranked),
        (single, expanded, "euclidean"), (other, [], "euclidean"), (fused, [], "euclidean"), (fused, [], reranked),
        (fused, expanded, "euclidean"),
    ]  # fmt: skip
    assert len(result.rows) == len(expected)
    for row, (embeddings, transforms, scorer) in zip(result.rows, expected, strict=True):
        alone = evaluate(embeddings, request=asked(pipeline={"transforms": transforms, "scorer": scorer}, **SMALL))
        assert row.mean == alone.mean, row.label
        assert row.interval == alone.interval
        assert row.transductive == bool(transforms or scorer != "euclidean")
        assert row.distance == alone.distance
        assert row.pipeline == alone.pipeline
    assert result.best == int(np.argmax([row.mean for row in result.rows]))


@pytest.fixture(scope="module")
def plain():
    return ablate(two(), request=asked(**SMALL))


def test_gains_are_against_the_first_row(plain):
    rows = plain.rows
    assert rows[0].gain is None
    for row in rows[1:]:
        assert row.gain.mean == pytest.approx(row.mean - rows[0].mean)
        assert row.gain.low <= row.gain.mean <= row.gain.high


def test_the_result_is_json_and_files_do_as_well_as_memory(tmp_path, plain):
    for name, e in two().items():
        save_embeddings(tmp_path / name, e)
    result = ablate({name: tmp_path / name for name in two()}, request=asked(**SMALL))
    values = json.loads(json.dumps(result.to_dict(), allow_nan=False))
    assert values == json.loads(json.dumps(plain.to_dict()))
    assert values["full_method"] == "+ gaitmask (full method)"
    assert values["best"] == result.rows[result.best].label
    first = values["rows"][0]
    assert first["networks"] == ["gaitgl"]
    assert first["gain"] is None
    assert set(first["probes"]) == {"NM", "BG", "CL"}
    assert first["mean"] == pytest.approx(np.mean([p["rank1"] for p in first["probes"].values()]))


def test_notes_say_plainly_where_a_step_hurts():
    # a subject has 9 sequences on both sides together: 30 neighbours are mostly others
    result = ablate(two(noise=0.3), request=asked(**SMALL), settings=AblationSettings(expansion={"k": 30}))
    assert result.best != result.full
    assert result.notes[0].startswith(
        "The full method (gaitgl + gaitmask, expanded, re-ranked) does not come out best: "
    )
    top, whole = result.rows[result.best], result.rows[result.full]
    assert f"it reaches {whole.mean:.1f} %, {top.description} {top.mean:.1f} % (+" in result.notes[0]
    lowered = [n for n in result.notes if n.startswith("The step '+ query expansion' lowers the figure from")]
    assert len(lowered) == 1
    assert "95 % interval -" in lowered[0]


def test_notes_say_so_where_the_full_method_is_best():
    result = ablate(
        two(noise=1.3), request=asked(**SMALL), settings=AblationSettings(expansion={"k": 8}, further=False)
    )
    means = [row.mean for row in result.rows]
    assert means[3] == max(means), means
    assert result.best == result.full == means.index(max(means))
    assert result.notes[0] == (
        f"The full method (gaitgl + gaitmask, expanded, re-ranked) comes out best with {means[3]:.1f} %."
    )


def test_one_network_under_two_names_is_refused():
    one = next(iter(two().values()))
    with pytest.raises(ConfigError, match="a and b hold the same vectors"):
        ablate({"a": one, "b": one}, request=asked(**SMALL))


def test_one_subject_has_points_but_no_interval():
    notes = ablate(
        two(subjects=2), request=asked(subjects=["000"], **SMALL), settings=AblationSettings(expansion={"k": 2})
    ).notes
    assert notes == ("The full method (gaitgl + gaitmask, expanded, re-ranked) comes out best with 100.0 %.",)


@pytest.mark.parametrize(
    ("networks", "method", "further"),
    [(("a",), 3, 1), (("a", "b"), 4, 5), (("a", "b", "c"), 4, 6)],
)
def test_any_number_of_networks(networks, method, further):
    rows, others = method_rows(networks), further_rows(networks)
    assert (len(rows), len(others)) == (method, further)
    assert rows[-1].label.endswith("(full method)")
    assert rows[-1].networks == networks
    every = [(v.networks, v.expanded, v.reranked) for v in (*rows, *others)]
    assert len(every) == len(set(every))
    labels = [v.label for v in (*rows, *others)]
    assert len(labels) == len(set(labels))
    result = ablate({n: made_up(i, subjects=3) for i, n in enumerate(networks)}, request=asked(resamples=5))
    assert [r.label for r in result.rows] == labels


def test_progress_counts_every_row():
    heard = []
    result = ablate(
        two(),
        request=asked(budget=ComputeBudget(progress=lambda *args: heard.append(args)), **SMALL),
        settings=AblationSettings(further=False),
    )
    assert heard == [*((i, 4, row.label) for i, row in enumerate(result.rows)), (4, 4, "")]


def test_warnings_are_said_once(plain):
    warnings = plain.warnings
    assert sum(w.startswith("Rows marked transductive") for w in warnings) == 1
    assert sum("Only 6 subjects" in w for w in warnings) == 1
    assert len(warnings) == len(set(warnings))
    noise = ablate(
        {"gaitgl": made_up(0, noise=60.0, subjects=20)},
        request=asked(**SMALL),
        settings=AblationSettings(further=False),
    )
    assert any(w.startswith("gaitgl: NM ") for w in noise.warnings)


def test_errors():
    with pytest.raises(ConfigError, match="at least one network"):
        ablate({})
    with pytest.raises(ConfigError, match="k1 counts neighbours"):
        ablate(two(), settings=AblationSettings(reranking={"k1": 0}))
    with pytest.raises(ConfigError, match="no setting 'kk'"):
        ablate(two(), settings=AblationSettings(expansion={"kk": 3}))
    with pytest.raises(ArtefactError, match="is only in 1"):
        ablate({"a": made_up(0), "b": made_up(1, subjects=5)})
    with pytest.raises(ConfigError, match="'raw' or 'unit'"):
        ablate(two(), settings=AblationSettings(fusion="log"))
    with pytest.raises(ConfigError, match="an ablation compares by pipelines of its own"):
        ablate(two(), request=asked(pipeline={"scorer": "part-mean"}))


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    root = tmp_path_factory.mktemp("ablate") / "store"
    with StoreWriter(root, StorePlan("synthetic", (64, 64))) as writer:
        for record in made_up(0).records:
            writer.add(record, np.full((9, 64, 64), 200, np.uint8))
    return root


def test_the_page_has_every_row_maps_curves_and_matches(tmp_path, store):
    page = tmp_path / "ablation.html"
    result = ablate(two(), request=asked(**SMALL), report=page, store=store)
    html = page.read_text(encoding="utf-8")
    for row in result.rows:
        assert row.label in html
        assert f"{row.mean:.1f}" in html
    assert html.count('class="heat"') == 6, "first and full row, three probe sets each"
    first = html.index("gaitgl, Euclid alone: NM")
    assert first < html.index("gaitgl + gaitmask, expanded, re-ranked: NM") < html.index("gaitgl, Euclid alone: BG")
    assert html.count('class="best"') == 1
    assert "data:image/png" in html
    assert "lambda_" in html
    assert "6 of 9" in html
    for note in result.notes:
        assert note in unescape(html)


def test_the_page_of_one_network_and_of_many_probe_sets(tmp_path):
    page = tmp_path / "ablation.html"
    protocol = tmp_path / "five.toml"
    probes = "".join(
        f'[probes.P{i}]\nconditions = ["{c}"]\n' for i, c in enumerate(("nm-02", "nm-05", "bg-01", "cl-01"))
    )
    protocol.write_text(
        'name = "five"\ntitle = "Five"\nsource = "ours"\nmode = "pooled"\n[gallery]\nconditions = ["nm-01"]\n'
        f'{probes}[probes.P4]\nconditions = ["cl-*"]\n'
    )
    ablate({"gaitgl": made_up(0)}, request=asked(protocol=protocol, **SMALL), report=page)
    html = page.read_text(encoding="utf-8")
    assert "By probe set" in html
    assert "none: one network" in html
    assert 'class="heat"' not in html
    assert "data:image" not in html
