"""What goes wrong silently is said once, and not where nothing is wrong."""

import pytest

from gaitprint.training.alarms import DRAWS, PATIENCE, Alarms


def figures(triplet=None, share=1.0, accuracy=None):
    made = {}
    if triplet is not None:
        made |= {"triplet": triplet, "active_share": share}
    if accuracy is not None:
        made["accuracy"] = accuracy
    return made


def heard(alarms, rows):
    return [(i, text) for i, row in enumerate(rows) for text in alarms.see(row)]


def test_collapse_is_said_once_and_after_its_patience():
    said = heard(Alarms(0.2, 10, 8), [figures(0.2001)] * (3 * PATIENCE))
    assert [i for i, _ in said] == [PATIENCE - 1]
    assert said[0][1].startswith(f"COLLAPSE: for {PATIENCE} iterations the triplet loss has stood at the margin 0.2 ")
    assert "\n" not in said[0][1]


@pytest.mark.parametrize(
    "row", [figures(0.21), figures(0.19), figures(0.2, share=0.98), figures(0.0, share=0.0), figures()]
)
def test_no_collapse_where_the_loss_moves_or_triplets_are_solved(row):
    assert not heard(Alarms(0.2, 10, 8), [row] * (2 * PATIENCE))


def test_one_better_iteration_starts_the_patience_again():
    rows = [figures(0.2)] * (PATIENCE - 1) + [figures(0.15, 0.8)] + [figures(0.2)] * PATIENCE
    assert [i for i, _ in heard(Alarms(0.2, 10, 8), rows)] == [2 * PATIENCE - 1]


def test_the_margin_is_the_runs_own():
    assert heard(Alarms(0.5, 10, 8), [figures(0.5)] * PATIENCE)
    assert not heard(Alarms(0.5, 10, 8), [figures(0.2)] * PATIENCE)


def test_chance_level_is_said_once():
    said = heard(Alarms(0.2, 10, 8), [figures(accuracy=0.12)] * (3 * PATIENCE))
    assert [i for i, _ in said] == [PATIENCE - 1]
    assert said[0][1].startswith("CHANCE LEVEL: over the last 200 batches the classifier is right in 12.0%, guessing ")
    assert "gives 10.0%" in said[0][1]


def test_chance_level_is_a_mean_over_the_last_iterations():
    assert not heard(Alarms(0.2, 10, 8), [figures(accuracy=0.16)] * 500)
    mixed = [figures(accuracy=0.05 if i % 2 else 0.3) for i in range(500)]
    assert not heard(Alarms(0.2, 10, 8), mixed)
    forgot = [figures(accuracy=0.9)] * 300 + [figures(accuracy=0.1)] * PATIENCE
    (at, _), = heard(Alarms(0.2, 10, 8), forgot)  # fmt: skip
    assert 300 + PATIENCE // 2 < at < 300 + PATIENCE


def test_thousands_of_classes_are_given_their_time():
    """OUMVLP: 5,153 subjects, 32 a batch: after 200 batches each was seen about once, which is no alarm."""
    said = heard(Alarms(0.2, 5153, 32), [figures(accuracy=1 / 5153)] * 4000)
    (at, text), = said  # fmt: skip
    assert at + 1 == -(-DRAWS * 5153 // 32) == 3221
    assert "guessing gives 0.0%" in text


def test_both_troubles_in_one_iteration():
    said = heard(Alarms(0.2, 10, 8), [figures(0.2, accuracy=0.1)] * PATIENCE)
    assert [text.split(":")[0] for _, text in said] == ["COLLAPSE", "CHANCE LEVEL"]
