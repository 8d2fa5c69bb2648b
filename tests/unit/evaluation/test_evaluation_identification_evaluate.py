import dataclasses
import json

import numpy as np
import pytest

from gaitprint.errors import ConfigError, ProtocolError, ShapeError
from gaitprint.evaluation.identification.evaluate import evaluate
from gaitprint.evaluation.protocol.draws import draw_sides
from gaitprint.evaluation.protocol.protocol import Draws, ProbeSelection, Protocol, Selection, load_protocol, with_lists
from gaitprint.evaluation.protocol.selection import absent_notes
from gaitprint.types import Distances, Embeddings, PartLayout, SequenceRecord

VIEWS = ("000", "090", "180")


def made(records, seed=0):
    """Vectors of one direction a subject, with noise."""
    generator = np.random.default_rng(seed)
    subjects = sorted({r.subject or "" for r in records})
    base = generator.normal(size=(len(subjects), 6))
    vectors = np.array([base[subjects.index(r.subject or "")] for r in records])
    vectors = vectors + 0.8 * generator.normal(size=vectors.shape)
    return Embeddings(vectors.astype(np.float32), tuple(records), PartLayout(((2, 3),)), "made")


def walks(subjects=6, conditions=("nm-01", "nm-02", "nm-05", "bg-01", "cl-01"), views=VIEWS, drop=lambda r: False):
    records = [
        SequenceRecord(f"{s:03}/{c}/{v}", f"{s:03}", c, v) for s in range(subjects) for c in conditions for v in views
    ]
    return [r for r in records if not drop(r)]


def euclid(probes, gallery):
    x, y = probes.vectors.astype(np.float64), gallery.vectors.astype(np.float64)
    return np.linalg.norm(x[:, None] - y[None], axis=-1).astype(np.float32)


def run(embeddings, protocol, distances=euclid, said=None, **settings):
    settings = {"generator": np.random.default_rng(0), "resamples": 50, **settings}
    return evaluate(embeddings, protocol, Distances(distances, **(said or {})), **settings)


def pooled(**values):
    return Protocol(
        **{
            "name": "p",
            "title": "t",
            "source": "s",
            "mode": "pooled",
            "gallery": Selection(conditions=("nm-01",)),
            "probes": {"P": ProbeSelection(conditions=("nm-05",))},
            **values,
        }
    )


def slow_cell(records, distances, probes, gallery, k, unmatched="wrong"):
    """Percent of probes with their subject among the first k of the gallery."""
    right = total = 0
    for p in probes:
        same = [g for g in gallery if records[g].subject == records[p].subject]
        if not same and unmatched == "left-out":
            continue
        ranked = sorted(gallery, key=lambda g: (distances[p, g], g))
        right += any(records[g].subject == records[p].subject for g in ranked[:k])
        total += 1
    return 100 * right / total if total else np.nan


@pytest.mark.parametrize("unmatched", ["wrong", "left-out"])
@pytest.mark.parametrize("identical", [False, True])
def test_a_view_table_against_loops(unmatched, identical):
    records = walks(drop=lambda r: r.key in ("001/nm-01/000", "001/nm-02/000", "003/nm-05/090"))
    embeddings = made(records)
    protocol = dataclasses.replace(load_protocol("casia-b"), unmatched=unmatched, identical_views=identical)
    distances = euclid(embeddings, embeddings)
    found = run(embeddings, protocol)
    for result, wanted in zip(found.results, ("nm-05", "bg-01", "cl-01"), strict=True):
        for i, v in enumerate(VIEWS):
            probes = [n for n, r in enumerate(records) if r.condition == wanted and r.view == v]
            for j, w in enumerate(VIEWS):
                gallery = [n for n, r in enumerate(records) if r.condition in ("nm-01", "nm-02") and r.view == w]
                for k in (1, 2, 5):
                    expected = slow_cell(records, distances, probes, gallery, k, unmatched)
                    assert result.table[i, j, k - 1] == pytest.approx(expected)
            others = [result.matrix[i, j] for j in range(3) if identical or j != i]
            assert result.rows[i] == pytest.approx(np.mean(others))
        assert result.mean == pytest.approx(np.mean(result.rows))
        assert result.cmc[0] == pytest.approx(result.mean)
        assert result.interval.low <= result.mean <= result.interval.high
        assert result.notes == ()


def test_a_whole_condition_is_compared_at_once():
    embeddings = made(walks())
    calls = []

    def spy(probes, gallery):
        calls.append((probes, gallery))
        return euclid(probes, gallery)

    run(embeddings, load_protocol("casia-b"), spy)
    assert [len(p) for p, _ in calls] == [18, 18, 18]
    assert [len(g) for _, g in calls] == [36, 36, 36]
    assert {r.view for r in calls[0][0].records} == set(VIEWS)


def test_empty_cells_are_named_and_the_rest_is_averaged():
    records = walks(
        drop=lambda r: (
            (r.condition == "nm-05" and r.view == "090") or (r.condition in ("nm-01", "nm-02") and r.view == "180")
        )
    )
    result = run(made(records), load_protocol("casia-b"))["NM"]
    assert np.isnan(result.matrix[1]).all()
    assert np.isnan(result.matrix[:, 2]).all()
    assert np.isnan(result.rows[1])
    assert result.mean == pytest.approx(np.mean([result.matrix[0, 1], np.mean(result.matrix[2, :2])]))
    assert any("no probe at view 090" in n for n in result.notes)
    assert any("no gallery sequence at view 180" in n for n in result.notes)
    values = json.loads(json.dumps(result.to_dict(), allow_nan=False))
    assert values["matrix"][1] == [None, None, None]


def test_a_cell_without_any_matched_probe_is_named_where_they_are_left_out():
    records = walks(subjects=2, drop=lambda r: r.key == "000/nm-05/000" or r.key in ("001/nm-01/090", "001/nm-02/090"))
    protocol = dataclasses.replace(load_protocol("casia-b"), unmatched="left-out")
    result = run(made(records), protocol)["NM"]
    assert np.isnan(result.matrix[0, 1])
    assert any("row 000, gallery view 090 has its subject" in n for n in result.notes)
    assert result.counts.unmatched == result.counts.left_out == 2


def test_nothing_to_count_is_an_error():
    one_view = made(walks(views=("000",)))
    with pytest.raises(ProtocolError, match="share no two different views; use a pooled protocol"):
        run(one_view, load_protocol("casia-b"))
    strangers = made([r for r in walks() if (r.subject < "003") == (r.condition == "nm-01")])
    with pytest.raises(ProtocolError, match="no probe of P has its subject in its gallery"):
        run(strangers, pooled(unmatched="left-out"))
    result = run(strangers, pooled(unmatched="wrong", metrics=("mAP",)))["P"]
    assert result.mean == 0.0
    assert result.mean_matched is None
    assert result.mean_average_precision is None
    assert result.counts.unmatched == result.counts.trials == 9


def test_a_pooled_gallery_against_loops():
    records = walks()
    embeddings = made(records)
    protocol = pooled(exclude=("same-subject-and-view",), metrics=("mAP", "mINP"))
    result = run(embeddings, protocol)["P"]
    distances = euclid(embeddings, embeddings)
    hits, precisions, penalties = [], [], []
    for p, record in enumerate(records):
        if record.condition != "nm-05":
            continue
        gallery = [
            g
            for g, r in enumerate(records)
            if r.condition == "nm-01" and not (r.subject == record.subject and r.view == record.view)
        ]
        ranked = [records[g].subject == record.subject for g in sorted(gallery, key=lambda g: distances[p, g])]
        places = [i + 1 for i, same in enumerate(ranked) if same]
        hits.append(ranked[0])
        precisions.append(np.mean([(n + 1) / place for n, place in enumerate(places)]))
        penalties.append(len(places) / places[-1])
    assert result.matrix is None
    assert result.mean == pytest.approx(100 * np.mean(hits))
    assert result.mean_average_precision == pytest.approx(100 * np.mean(precisions))
    assert result.mean_inverse_penalty == pytest.approx(100 * np.mean(penalties))
    assert result.chance == pytest.approx(100 * 2 / 17)
    assert result.counts.gallery == result.counts.probes == 18


def test_averaging_over_views_and_over_probes_differ_when_views_are_uneven():
    records = walks(drop=lambda r: r.condition == "nm-05" and r.view == "090" and r.subject > "001")
    protocol = pooled(exclude=("same-subject-and-view",))
    over_probes = run(made(records), protocol)["P"]
    over_views = run(made(records), dataclasses.replace(protocol, average_over="views"))["P"]
    assert over_views.row_names == VIEWS
    assert over_views.mean == pytest.approx(np.mean(over_views.rows))
    assert over_probes.mean == pytest.approx(np.average(over_views.rows, weights=[6, 2, 6]))


def test_every_outcome_is_told_with_keys():
    embeddings = made(walks())
    found = run(embeddings, load_protocol("casia-b"))
    rows = list(found.outcomes("NM"))
    assert len(rows) == 18 * 3
    by_key = {r.key: r for r in embeddings.records}
    place = {r.key: i for i, r in enumerate(embeddings.records)}
    distances = euclid(embeddings, embeddings)
    for o in rows:
        assert o.right == (o.rank == 1) == (o.right_distance < o.wrong_distance)
        assert by_key[o.probe].subject == by_key[o.right_key].subject != by_key[o.wrong_key].subject
        assert by_key[o.right_key].view == by_key[o.wrong_key].view == o.column
        assert by_key[o.probe].view == o.row
        assert o.counted == (o.row != o.column)
        assert o.wrong_distance == distances[place[o.probe], place[o.wrong_key]]
    counted = [o for o in rows if o.counted]
    assert found["NM"].counts.trials == len(counted) == 36
    with pytest.raises(ProtocolError, match="no probe selection 'NN' was evaluated: known: BG, CL, NM"):
        list(found.outcomes("NN"))


def test_an_unmatched_probe_has_no_right_key():
    records = [r for r in walks() if r.subject != "002" or r.condition != "nm-01"]
    found = run(made(records), pooled())
    lost = [o for o in found.outcomes("P") if o.probe.startswith("002")]
    assert len(lost) == 3
    assert all(o.rank == 0 and not o.right and o.right_key is None and o.right_distance is None for o in lost)


def test_the_whole_evaluation_is_plain_json():
    found = run(made(walks()), load_protocol("casia-b"), said={"label": "euclid", "transductive": False})
    values = json.loads(json.dumps(found.to_dict(outcomes=True), allow_nan=False))
    assert values["protocol"] == "casia-b"
    assert values["transductive"] is False
    assert values["label"] == "euclid"
    assert [r["name"] for r in values["results"]] == ["NM", "BG", "CL"]
    assert len(values["results"][0]["outcomes"]) == 54
    assert "outcomes" not in found.to_dict()["results"][0]


def test_the_same_generator_gives_the_same_intervals():
    first, second = (run(made(walks()), load_protocol("casia-b")).to_dict() for _ in range(2))
    assert first == second


def test_all_right_is_said_to_bound_the_error():
    records = walks()
    names = sorted({r.subject for r in records})

    def perfect(probes, gallery):
        x, y = ([names.index(r.subject) for r in e.records] for e in (probes, gallery))
        return (np.array(x)[:, None] != np.array(y)[None]).astype(np.float32)

    result = run(made(records), load_protocol("casia-b"), perfect)["NM"]
    assert result.mean == 100.0
    assert "no error among 6 subjects: the error rate is below 50% (3/n)" in result.notes


def test_a_single_subject_has_no_interval():
    result = run(made(walks(subjects=1)), load_protocol("casia-b"))["NM"]
    assert result.interval is None
    assert "a single subject: no interval can be given" in result.notes


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (lambda p, g: np.zeros((len(g), len(p)), np.float32), r"float distances \[18, 36\].*found \[36, 18\]"),
        (lambda p, g: np.zeros((len(p), len(g)), np.int64), "found int64"),
        (lambda p, g: np.full((len(p), len(g)), np.nan, np.float32), "must be finite; that of 000/nm-05/000 and"),
    ],
)
def test_a_wrong_comparison_is_refused(answer, message):
    with pytest.raises(ShapeError, match=message):
        run(made(walks()), load_protocol("casia-b"), answer)


def test_unlabelled_probes_are_refused_with_the_way_out():
    records = [*walks(), SequenceRecord("probe/x", None, "nm-05", "000")]
    with pytest.raises(ProtocolError, match="1 of the 19 probes of NM have no subject"):
        run(made(records), load_protocol("casia-b"))
    with pytest.raises(ProtocolError, match="write an answer file instead"):
        run(made(records), load_protocol("hid"))
    records[-1] = SequenceRecord("x", None, "nm-01", "000")
    with pytest.raises(ProtocolError, match="of the 37 gallery sequences of NM"):
        run(made(records), load_protocol("casia-b"))


def test_lists_are_handed_over():
    embeddings = made(walks())
    keys = [f"{s:03}-nm-05-000" for s in range(6)]
    result = run(embeddings, with_lists(load_protocol("gait3d"), {"PROBE_SET": keys}))["Gait3D"]
    assert result.counts.probes == 6
    assert result.counts.gallery == len(embeddings) - 6
    with pytest.raises(ProtocolError, match="needs the list PROBE_SET"):
        with_lists(load_protocol("gait3d"), {})
    with pytest.raises(ProtocolError, match="PROBE_SET of sequence keys was not handed over"):
        run(embeddings, load_protocol("gait3d"))


def test_listed_sequences_that_nobody_has_are_said():
    records = made(walks()).records
    keys = [f"{s:03}-nm-05-000" for s in (0, 1, 200, 201, 202, 203, 200)]
    rules = with_lists(load_protocol("gait3d"), {"PROBE_SET": keys})
    (said,) = absent_notes(rules, records)
    assert said.startswith("The list of the probe selection Gait3D names 4 of its 6 sequences that are not among those")
    assert "(200-nm-05-000, 201-nm-05-000, 202-nm-05-000, ...)" in said
    assert absent_notes(with_lists(load_protocol("gait3d"), {"PROBE_SET": keys[:2]}), records) == []


def test_view_marks_make_one_row_a_camera():
    records = walks(
        views=("01_0", "01_1", "02_0"), conditions=("U0_D0", "U3_D3", "U0_D3", "U1_D0", "U1_D1", "U0_D0_BG")
    )
    found = run(made(records), dataclasses.replace(load_protocol("ccpg"), average_over="views"))
    assert found["CL"].row_names == ("01", "02")
    assert found["UP"].counts.gallery == 18


def test_draws_of_the_competition_form():
    records = walks(subjects=5, conditions=("nm-01", "nm-02", "nm-05", "bg-01"))
    protocol = load_protocol("hid-draws")
    calls = []

    def spy(probes, gallery):
        calls.append((probes, gallery))
        return euclid(probes, gallery)

    result = run(made(records), protocol, spy)["HID"]
    assert len(calls) == 12
    for probes, gallery in calls:
        assert sorted(r.subject for r in gallery.records) == [f"{s:03}" for s in range(5)]
        assert len(probes) == 45
        assert not {r.key for r in probes.records} & {r.key for r in gallery.records}
    assert len({tuple(r.key for r in g.records) for _, g in calls}) > 1
    assert result.counts.gallery == 5
    assert result.counts.trials == 12 * 45
    per_draw = [
        100 * np.mean([g.records[row.argmin()].subject == p.records[i].subject for i, row in enumerate(euclid(p, g))])
        for p, g in calls
    ]
    np.testing.assert_allclose(result.rows, per_draw)
    assert result.mean == pytest.approx(np.mean(per_draw))
    assert result.spread == pytest.approx(np.std(per_draw, ddof=1))
    assert result.interval.low <= result.mean <= result.interval.high


def test_draws_hang_on_the_protocol_alone():
    records = walks(subjects=4)
    shuffled = [records[i] for i in np.random.default_rng(4).permutation(len(records))]

    def drawn(records, protocol, generator):
        seen = []

        def spy(probes, gallery):
            seen.append([r.key for r in gallery.records])
            return euclid(probes, gallery)

        run(made(records), protocol, spy, generator=np.random.default_rng(generator))
        return seen

    protocol = load_protocol("hid-draws")
    assert drawn(records, protocol, 0) == drawn(shuffled, protocol, 9)
    other = dataclasses.replace(protocol, draws=Draws(seed=1))
    assert drawn(records, protocol, 0) != drawn(records, other, 0)


def test_draws_take_what_a_subject_has():
    pool, subjects = np.arange(10, 18), np.array([0, 0, 0, 0, 0, 1, 2, 2])
    probes, gallery = draw_sides(pool, subjects, Draws(sequences=4, gallery=1), np.random.default_rng(0))
    assert len(gallery) == 2
    assert len(probes) == 3 + 1
    assert 15 not in (*probes, *gallery)
    two = draw_sides(pool, subjects, Draws(sequences=4, gallery=2), np.random.default_rng(0))
    assert [len(side) for side in two] == [2, 2]


def test_draws_without_probes_are_refused():
    lonely = made(walks(conditions=("nm-01",), views=("000",)))
    with pytest.raises(ProtocolError, match="no subject of HID has more than 1 sequences"):
        run(lonely, load_protocol("hid-draws"))


def test_each_cell_of_a_single_draw_has_no_spread():
    protocol = dataclasses.replace(load_protocol("hid-draws"), draws=Draws(repetitions=1))
    assert run(made(walks()), protocol)["HID"].spread is None


def test_the_confidence_level_is_checked():
    with pytest.raises(ConfigError, match="lies between 0 and 1, found 95"):
        run(made(walks()), load_protocol("casia-b"), level=95.0)


def test_three_subjects_without_an_error_bound_nothing_in_plain_figures():
    records = walks(subjects=3)

    def perfect(probes, gallery):
        x, y = ([int(r.subject) for r in e.records] for e in (probes, gallery))
        return (np.array(x)[:, None] != np.array(y)[None]).astype(np.float32)

    result = run(made(records), load_protocol("casia-b"), perfect)["NM"]
    assert "no error among 3 subjects: the error rate is below 100% (3/n)" in result.notes
