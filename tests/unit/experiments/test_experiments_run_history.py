"""Histories as columns, and the points they are drawn with, against slow and obvious versions."""

import json
import math

import numpy as np
import pytest
from effort import calls
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from gaitprint.errors import ArtefactError
from gaitprint.experiments.run_history import BINS, binned, elapsed_seconds, read_columns


def test_a_column_a_figure_with_nothing_where_a_line_lacks_it(tmp_path):
    path = tmp_path / "history.jsonl"
    rows = [{"iteration": 1, "loss": 2.0}, {"iteration": 2, "loss": 1, "validation_rank1": 40.0}, {"iteration": 3}]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    columns, complaint = read_columns(path)
    assert complaint == ""
    nan = math.nan
    for name, wanted in {"iteration": [1, 2, 3], "loss": [2, 1, nan], "validation_rank1": [nan, 40, nan]}.items():
        np.testing.assert_array_equal(columns.pop(name), wanted)
    assert columns == {}


@pytest.mark.parametrize(
    ("text", "iterations", "complaint"),
    [
        ("", [], ""),
        ('{"iteration": 1}\n{"iteration": 2}\n{"itera', [1, 2], ""),
        ('{"iteration": 1}\n{"iter\n{"iteration": 3}\n', [1], "history.jsonl is damaged at line 2 of 3: what follows"),
        ('{"iteration": 1}\n[1]\n{"iteration": 3}\n', [1], "damaged at line 2 of 3"),
        ('{"iteration": 1}\n{"iteration": true}\n{"iteration": 3}\n', [1], "damaged at line 2 of 3"),
        ('{"iteration": 1}, {"iteration": 2}\n{"iteration": 3}\n', [], "damaged at line 1 of 2"),
        ("\x00\x00\n\x00\n", [], "damaged at line 1 of 2"),
        ("[" * 100_000 + "\n{}\n", [], "damaged at line 1 of 2"),
    ],
)
def test_what_is_damaged_is_left_out_and_said(tmp_path, text, iterations, complaint):
    path = tmp_path / "history.jsonl"
    path.write_text(text)
    columns, said = read_columns(path)
    assert columns.get("iteration", np.zeros(0)).tolist() == iterations
    assert complaint in said
    assert bool(said) == bool(complaint)


def test_figures_that_are_none_become_nothing(tmp_path):
    path = tmp_path / "history.jsonl"
    values = ["NaN", "Infinity", '"high"', "[1]", "true", "null", "1" + "0" * 400, "7"]
    path.write_text("".join(f'{{"iteration": {i}, "loss": {v}}}\n' for i, v in enumerate(values)))
    columns, complaint = read_columns(path)
    assert complaint == ""
    np.testing.assert_array_equal(columns["loss"], [math.nan, math.inf, *[math.nan] * 5, 7.0])


def test_no_history_is_empty_and_no_file_is_an_error(tmp_path):
    assert read_columns(tmp_path / "history.jsonl") == ({}, "")
    (tmp_path / "history.jsonl").mkdir()
    with pytest.raises(ArtefactError, match=r"history\.jsonl is no regular file"):
        read_columns(tmp_path / "history.jsonl")


def test_reading_does_little_for_each_of_many_iterations(tmp_path):
    figures = ", ".join(f'"figure_{i}": 0.1234567890123' for i in range(12))

    def effort(rows):
        path = tmp_path / f"{rows}.jsonl"
        path.write_text("".join(f'{{"iteration": {i}, {figures}}}\n' for i in range(1, rows + 1)))
        return calls(lambda: read_columns(path))

    few, many = effort(2000), effort(4000)
    assert many < 2.2 * few
    assert many < 300 * 4000
    assert len(read_columns(tmp_path / "4000.jsonl")[0]["iteration"]) == 4000


def test_seconds_from_clips_a_second():
    rate = np.array([2.0, 4.0, math.nan, 0.0, 8.0])
    wanted = np.cumsum([4.0, 2.0, 2.0, 2.0, 1.0])  # 8 clips a batch; unknown ones last as long as the median
    np.testing.assert_allclose(elapsed_seconds({"clips_per_second": rate}, 8), wanted)
    assert elapsed_seconds({}, 8) is None
    assert elapsed_seconds({"clips_per_second": np.array([math.nan, 0.0, -1.0])}, 8) is None


def slow_bins(x, y, bins):
    low, high = min(x), max(x)
    groups = {}
    for a, b in zip(x, y, strict=True):
        groups.setdefault(min(int((a - low) / (high - low) * bins), bins - 1), []).append((a, b))
    return [tuple(np.mean(groups[g], axis=0)) for g in sorted(groups)]


@given(arrays(np.float64, st.integers(300, 600), elements=st.floats(-1e6, 1e6)), st.integers(20, 100))
def test_bins_are_means_over_equal_stretches(y, bins):
    x = np.arange(1, len(y) + 1, dtype=float)
    found = list(zip(*binned(x, y, (len(y) - 1) / bins), strict=True))
    np.testing.assert_allclose(found, slow_bins(x, y, bins), rtol=1e-9, atol=1e-6)
    assert len(found) == bins


def test_few_values_stay_as_they_are_and_gaps_are_left_out():
    x = np.arange(1.0, 201.0)
    y = x.copy()
    np.testing.assert_array_equal(binned(x, y, 200 / BINS), (x, y))
    y[5:] = math.inf
    np.testing.assert_array_equal(binned(x, y, 100.0), (x[:5], y[:5]))
    for nothing in (binned(x, np.full(200, math.nan), 1.0), binned(x[:0], y[:0], 0.0)):
        assert [len(v) for v in nothing] == [0, 0]
    one = np.full(500, 3.0)
    assert [len(v) for v in binned(one, one, 0.0)] == [500, 500]


def test_a_short_curve_beside_a_long_one_has_a_dozen_points():
    x = np.arange(1.0, 501.0)
    assert len(binned(x, x, 1e6)[0]) == 12
