import dataclasses
import json

import numpy as np
import pytest
from made_up_walks import CONDITIONS, VIEWS, measured, walks

from gaitprint.errors import ProtocolError
from gaitprint.evaluation.identification.breakdown import break_down
from gaitprint.evaluation.identification.groups import figure_names, figure_values, groups_of
from gaitprint.evaluation.protocol.protocol import Selection, load_protocol


def broken(evaluation):
    return {(b.probe_set, b.kind): b for b in break_down(evaluation, np.random.default_rng(0), 50)}


def test_view_by_view_the_views_are_the_rows():
    evaluation = measured(walks())
    found = broken(evaluation)
    assert list(found) == [(n, k) for n in ("NM", "BG", "CL") for k in ("view", "condition")]
    for result in evaluation.results:
        views = found[result.name, "view"]
        assert views.names == result.row_names == VIEWS
        np.testing.assert_allclose(views.figures["rank-1"].value, result.rows)
        np.testing.assert_array_equal(views.figures["rank-1"].subjects, [6, 6, 6])
    conditions = found["NM", "condition"]
    assert conditions.names == ("nm-05", "nm-06")
    assert conditions.probes == (18, 18)
    assert found["NM", "view"].probes == (12, 12, 12)
    assert conditions.figures["rank-1"].value.mean() == pytest.approx(evaluation["NM"].mean)
    np.testing.assert_allclose(found["BG", "condition"].figures["rank-1"].value, [evaluation["BG"].mean])


def slow_mean(result, records, wanted, value):
    """Draw by draw, over the probes that are wanted."""
    draws = []
    for draw in range(len(result.row_names)):
        own = [i for i in range(len(result.trials)) if result.trials.row[i] == draw]
        own = [value(i) for i in own if wanted(records[result.trials.probe[i]])]
        if own:
            draws.append(sum(own) / len(own))
    return sum(draws) / len(draws)


def test_draws_have_views_and_conditions_too():
    evaluation = measured(walks(), dataclasses.replace(load_protocol("hid-draws"), metrics=("mAP",)))
    result = evaluation.results[0]
    trials = result.trials
    found = broken(evaluation)
    for kind, names in (("view", VIEWS), ("condition", tuple(sorted(CONDITIONS)))):
        table = found[result.name, kind]
        assert table.names == names
        assert list(table.figures) == list(figure_names(evaluation.protocol))
        for place, name in enumerate(names):

            def wanted(record, kind=kind, name=name):
                return getattr(record, kind) == name

            for figure, value in (
                ("rank-1", lambda i: 100.0 * (trials.rank[i] == 1)),
                ("rank-5", lambda i: 100.0 * (trials.rank[i] <= 5)),
                ("mAP", lambda i: 100.0 * trials.average_precision[i]),
            ):
                slow = slow_mean(result, evaluation.records, wanted, value)
                assert table.figures[figure].value[place] == pytest.approx(slow)
            probes = {int(p) for p in trials.probe if wanted(evaluation.records[p])}
            assert table.probes[place] == len(probes)


def test_unmatched_probes_and_views_without_a_figure():
    embeddings = walks()
    keep = [i for i, r in enumerate(embeddings.records) if r.subject != "002" or r.condition not in ("nm-01", "nm-02")]
    left_out = dataclasses.replace(load_protocol("casia-b"), unmatched="left-out", metrics=("mAP",))
    evaluation = measured(embeddings.select(keep), left_out)
    views = broken(evaluation)["NM", "view"]
    np.testing.assert_allclose(views.figures["rank-1"].value, evaluation["NM"].rows)
    np.testing.assert_allclose(views.figures["mAP"].value, evaluation["NM"].precision_rows)
    assert views.figures["rank-1"].subjects.tolist() == [5, 5, 5]
    assert views.probes == (10, 10, 10)
    only = measured(walks().select([i for i, r in enumerate(walks().records) if r.view != "090"]))
    group = groups_of(only, only["NM"], "view")
    assert [g.name for g in group] == ["000", "180"], "views without a trial that counts are left out"


def test_a_table_is_json_and_a_single_subject_has_figures_without_intervals():
    values = json.loads(json.dumps(broken(measured(walks()))["NM", "view"].to_dict(), allow_nan=False))
    assert values["names"] == list(VIEWS)
    assert values["subjects"] == [6, 6, 6]
    assert np.array(values["rank-20"]["intervals"]).shape == (3, 2)
    alone = broken(measured(walks(subjects=1)))["NM", "view"].to_dict()
    assert alone["rank-1"] == {"values": [100.0] * 3, "intervals": [None] * 3}


@pytest.mark.parametrize("name", ["rank-0", "rank", "rank-x", "mAP", "rank-²", "EER"])
def test_figures_that_do_not_exist(name):
    result = measured(walks())["NM"]
    with pytest.raises(ProtocolError, match=f"has no figure '{name}'.*rank-K takes any K"):
        figure_values(name, load_protocol("casia-b"), result.trials)


def test_views_stand_in_the_order_of_their_numbers_wherever_they_are_listed():
    views = ("0", "108", "18", "54", "cam10", "cam9")
    evaluation = measured(walks(views=views), resamples=2)
    ordered = ("0", "18", "54", "108", "cam9", "cam10")
    assert evaluation["NM"].row_names == evaluation["NM"].column_names == ordered
    assert broken(evaluation)["NM", "view"].names == ordered
    with pytest.raises(ProtocolError, match="found views 0, 18, 54, 108, cam9, cam10"):
        measured(walks(views=views), dataclasses.replace(load_protocol("casia-b"), gallery=Selection(views=("090",))))
