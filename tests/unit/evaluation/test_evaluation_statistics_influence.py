import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_up_trials import slow_table_mean, trials_of

from gaitprint.evaluation.statistics.influence import join_figures, mean_of_figures, table_figures


def case(seed, trials=120, subjects=9, shape=(3, 3)):
    generator = np.random.default_rng(seed)
    made = trials_of(
        generator.integers(0, shape[0], trials),
        generator.integers(0, shape[1], trials),
        3 * generator.integers(0, subjects, trials),  # codes with gaps
    )
    counted = generator.random(shape) < 0.8
    counted[0, 0] = True
    made.row[0] = made.column[0] = 0
    use = generator.random(trials) < 0.8
    use[0] = True
    return generator.random(trials), made, use, counted, np.unique(made.subject[use])


@given(st.integers(0, 10_000), st.integers(1, 60), st.integers(1, 6))
def test_contributions_add_up_to_the_figure_and_influences_to_nothing(seed, trials, subjects):
    values, made, use, counted, known = case(seed, trials, subjects, (2, 3))
    found = table_figures(values, made, use, counted, known)
    for figures in (found.cells, found.rows, found.mean):
        there = ~np.isnan(figures.value)
        np.testing.assert_allclose(figures.contribution.sum(axis=0)[there], figures.value[there], atol=1e-12)
        np.testing.assert_allclose(figures.influence.sum(axis=0), 0.0, atol=1e-12)
        assert not figures.contribution[~figures.present].any()
        assert not figures.influence[~figures.present].any()
        assert (figures.subjects[there] > 0).all()
    slow = slow_table_mean(values, made, use, counted, dict.fromkeys(known.tolist(), 1.0))
    assert found.mean.value[0] == pytest.approx(slow)


def test_an_influence_is_the_slope_of_the_figure_in_the_subjects_weight():
    values, made, use, counted, known = case(3)
    found = table_figures(values, made, use, counted, known).mean
    for place, subject in enumerate(known.tolist()):
        weights = [{s: 1.0 + (sign * 1e-5 if s == subject else 0.0) for s in known.tolist()} for sign in (1, -1)]
        up, down = (slow_table_mean(values, made, use, counted, weight) for weight in weights)
        assert found.influence[place, 0] == pytest.approx((up - down) / 2e-5, abs=1e-7)


def test_rows_and_cells_are_tables_of_their_own():
    values, made, use, counted, known = case(4)
    found = table_figures(values, made, use, counted, known)
    for r in range(3):
        alone = table_figures(values, made, use & (made.row == r), counted, known).mean
        np.testing.assert_allclose(found.rows.influence[:, r], alone.influence[:, 0])
        np.testing.assert_array_equal(found.rows.present[:, r], alone.present[:, 0])
        for c in range(3):
            some = use & (made.row == r) & (made.column == c)
            alone = table_figures(values, made, some, np.ones((3, 3), bool), known).mean
            np.testing.assert_allclose(found.cells.contribution[:, 3 * r + c], alone.contribution[:, 0])
            np.testing.assert_allclose(found.cells.value[3 * r + c], alone.value[0])


def test_a_mean_of_figures_is_their_mean_in_every_way():
    values, made, use, counted, known = case(5)
    rows = table_figures(values, made, use, counted, known).rows
    twice = join_figures([rows, rows])
    assert twice.value.shape == (6,)
    mean = mean_of_figures(twice)
    assert mean.value[0] == pytest.approx(rows.value.mean())
    np.testing.assert_allclose(mean.contribution[:, 0], rows.contribution.mean(axis=1))
    np.testing.assert_allclose(mean.influence[:, 0], rows.influence.mean(axis=1))
    np.testing.assert_array_equal(mean.present[:, 0], rows.present.any(axis=1))
