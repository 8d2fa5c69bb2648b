import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gaitprint.errors import ConfigError
from gaitprint.silhouettes.quality import FIELDS, Quality
from gaitprint.silhouettes.quality_filter import Bound, QualityFilter

GOOD = Quality(90.0, 0.0, 0.01, 0.0, 0.0, 0.0, 25.0, 0.0)
UNKNOWN = Quality(*[float("nan")] * len(FIELDS))


def test_text_becomes_bounds_and_text_again():
    found = QualityFilter.parse(" height >= 60,holes<5e-2,period> .5,frames<=20 ")
    assert found.bounds == (
        Bound("height", ">=", 60.0),
        Bound("holes", "<", 0.05),
        Bound("period", ">", 0.5),
        Bound("frames", "<=", 20.0),
    )
    assert str(found) == "height>=60,holes<0.05,period>0.5,frames<=20"
    assert QualityFilter.parse(str(found)) == found


def test_all_measurements_and_the_length_can_be_compared():
    assert QualityFilter.fields == (*FIELDS, "frames")


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("height>=90", True),
        ("height>90", False),
        ("height<=90", True),
        ("height<90", False),
        ("frames>=30", True),
        ("frames>30", False),
        ("holes<0.05,height>=100", False),
        ("period>0,turn<=0", True),
        ("turn<-1", False),
    ],
)
def test_every_comparison_must_hold(text: str, kept: bool):
    assert QualityFilter.parse(text).keeps(GOOD, 30) is kept


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("comparison", [">=", "<=", ">", "<"])
def test_what_is_not_known_is_kept(field: str, comparison: str):
    assert QualityFilter.parse(f"{field}{comparison}0").keeps(UNKNOWN, 5)
    assert not QualityFilter.parse(f"{field}{comparison}0,frames>5").keeps(UNKNOWN, 5)


numbers = st.one_of(st.floats(0, 1), st.just(float("nan")), st.sampled_from([0.0, 0.5, 1.0]))
bounds = st.builds(
    Bound, st.sampled_from(QualityFilter.fields), st.sampled_from([">=", "<=", ">", "<"]), st.floats(0, 1)
)


@given(
    st.lists(st.tuples(st.tuples(*[numbers] * len(FIELDS)), st.integers(0, 2)), max_size=8),
    st.lists(bounds, min_size=1, max_size=3),
)
def test_the_mask_is_what_each_sequence_is_told(sequences: list, drawn: list[Bound]):
    chosen = QualityFilter(tuple(drawn))
    columns = {name: np.array([v[i] for v, _ in sequences], float) for i, name in enumerate(FIELDS)}
    columns["frames"] = np.array([length for _, length in sequences], np.int64)
    expected = [chosen.keeps(Quality(*map(float, v)), length) for v, length in sequences]
    found = chosen.mask(columns)
    assert found.dtype == np.bool_
    assert found.tolist() == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("heigth>=60", "no measurement 'heigth'; did you mean 'height'?"),
        ("frames>=20,xyz<1", "no measurement 'xyz'; known: frames, height, holes"),
        ("", "such as 'height>=60' with commas between, found ''; measurements: height, "),
        ("height>=60,", "found ''"),
        ("height=60", "found 'height=60'"),
        ("height>=60;holes<1", "found 'height>=60;holes<1'"),
        ("height>=nan", "found 'height>=nan'"),
        ("holes<1e999", "holes is compared with a number, found inf"),
    ],
)
def test_wrong_text_is_refused_by_name(text: str, message: str):
    with pytest.raises(ConfigError) as caught:
        QualityFilter.parse(text)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_unknown_comparisons_and_no_bounds_are_refused():
    with pytest.raises(ConfigError, match="compares by >=, <=, >, <, found '=='"):
        Bound("height", "==", 1.0)
    with pytest.raises(ConfigError, match="at least one comparison"):
        QualityFilter(())


def test_a_missing_column_is_named():
    with pytest.raises(ConfigError, match=r"height>=60 needs the measurement 'height', found holes"):
        QualityFilter.parse("height>=60").mask({"holes": np.zeros(2)})
