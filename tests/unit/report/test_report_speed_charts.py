"""Figures of speed: whole files, and labels that can be read."""

import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from gaitprint.errors import ShapeError
from gaitprint.report.speed_charts import RankPoint, SpeedLine, _label_points, write_rank_chart, write_speed_chart

PNG = b"\x89PNG"


def test_labels_of_near_points_cover_neither_each_other_nor_points():
    points = [RankPoint("n", f"backend{i}", 10.0 + i / 2, 50.0, None) for i in range(6)]
    figure = Figure(figsize=(6, 4))
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    axes.plot([p.milliseconds for p in points], [p.rank1 for p in points], "o")
    _label_points(figure, axes, [(p, "#000000") for p in points])
    boxes = [text.get_window_extent() for text in axes.texts]
    assert [text.get_text() for text in axes.texts] == [p.backend for p in points]
    assert not any(one.overlaps(other) for i, one in enumerate(boxes) for other in boxes[:i])
    places = axes.transData.transform([(p.milliseconds, p.rank1) for p in points])
    assert not any(box.contains(*place) for box in boxes for place in places)


def test_figures_are_files(tmp_path):
    line = SpeedLine((30,), (5.0,), (6.0,), (None,))
    write_speed_chart(tmp_path / "speed.png", {"one": {"torch": line}}, "title")
    write_rank_chart(tmp_path / "ranks.png", [RankPoint("_one", "torch", 3.0, 50.0, (40.0, 60.0))], "title")
    assert all(path.read_bytes().startswith(PNG) for path in tmp_path.iterdir())
    assert len(list(tmp_path.iterdir())) == 2


def test_what_is_no_figure_is_refused():
    with pytest.raises(ShapeError):
        SpeedLine((30, 60), (5.0,), (6.0,), (None,))
    with pytest.raises(ShapeError):
        RankPoint("one", "torch", 0.0, 50.0, None)
