import numpy as np
import pytest
from asked import asked
from test_stages_ablate import made_up

from gaitprint.evaluation.identification.mistakes import of_different_people, worst_mistakes
from gaitprint.stages.evaluate import evaluate


@pytest.fixture(scope="module", params=["casia-b", "hid-draws"])
def evaluation(request):
    return evaluate(made_up(0, noise=1.5, subjects=10), request=asked(protocol=request.param, resamples=5)).evaluation


def test_each_probe_stands_once_where_it_fails_worst(evaluation):
    some = 0
    for result in evaluation.results:
        slow = {}
        for o in evaluation.outcomes(result.name):
            if o.counted and o.rank > 1:
                entry = (o.right_distance - o.wrong_distance, o.rank)
                slow[o.probe] = max(slow.get(o.probe, entry), entry)
        found = worst_mistakes(evaluation, result)
        assert {m.probe: (m.margin, m.place) for m in found} == slow
        assert [m.margin for m in found] == sorted((margin for margin, _ in slow.values()), reverse=True)
        assert worst_mistakes(evaluation, result, 2) == found[:2]
        some += len(found)
    assert some > 5


def test_keys_people_and_distances_belong_together(evaluation):
    data = made_up(0, noise=1.5, subjects=10)
    place = {r.key: i for i, r in enumerate(data.records)}
    for result in evaluation.results:
        for m in worst_mistakes(evaluation, result):
            probe, right, wrong = (data.records[place[key]] for key in (m.probe, m.right, m.wrong))
            assert probe.subject == right.subject == m.subject
            assert wrong.subject == m.wrong_subject != m.subject
            for key, distance in ((m.right, m.right_distance), (m.wrong, m.wrong_distance)):
                expected = np.linalg.norm(data.vectors[place[m.probe]] - data.vectors[place[key]])
                assert distance == pytest.approx(expected, rel=1e-4)
            assert m.margin == m.right_distance - m.wrong_distance >= 0
            assert "trial" not in m.to_dict()


def test_people_come_in_turn(evaluation):
    found = [m for result in evaluation.results for m in worst_mistakes(evaluation, result)]
    people = len({m.subject for m in found})
    shown = of_different_people(found, people)
    assert len({m.subject for m in shown}) == people
    assert [found.index(m) for m in shown] == sorted(found.index(m) for m in shown), "the worst first"
    for m in shown:
        assert m == next(other for other in found if other.subject == m.subject), "everybody's worst"
    assert of_different_people(found, len(found) + 5) == found
    assert len(of_different_people(found, people + 1)) == people + 1
    assert of_different_people([], 3) == []
