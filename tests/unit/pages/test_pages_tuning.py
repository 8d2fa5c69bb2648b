"""Which row a tuning's page marks, and why it was chosen."""

import pytest

from gaitprint.evaluation.statistics.interval import Interval
from gaitprint.pages.tuning import tuning_page
from gaitprint.tuning.result import FamilyResult, TuneReport

PLAIN = {"scorer": {"name": "euclidean"}}
FACTS = {"subjects": ["001", "002"], "protocol": "two", "folds": 2, "repeats": 1, "people_measuring": 1,
         "people_choosing": 1}  # fmt: skip


def tuned(*rows):
    """Families of (name, figure, gain's ends): the last one whose gain lies above 0 is chosen."""
    families, taken = [], ""
    for name, figure, ends in rows:
        gain = None if ends is None else Interval((ends[0] + ends[1]) / 2, *ends, 0.95, 40)
        better = gain is None or gain.low > 0
        families.append(FamilyResult(name, PLAIN, (), figure, gain, taken, gain, better and gain is not None, figure))
        taken = name if better else taken
    return TuneReport(PLAIN, taken, tuple(families), (), FACTS, ())


@pytest.mark.parametrize(
    ("rows", "marks", "said"),
    [
        ([("plain", 90.0, None), ("expanded", 93.8, (1.0, 6.0)), ("re-ranked", 96.9, (-1.0, 7.0))],
         {1: "chosen", 2: "highest"}, "Chosen: expanded, the last step whose gain is more than chance may give. The "
         "highest figure is that of re-ranked, 96.9 %, but its gain over expanded, +3.0 points (95 % interval -1.0 to "
         "+7.0), may be chance."),
        ([("plain", 90.0, None), ("re-ranked", 96.0, (2.0, 9.0))], {1: "chosen, highest"}, "It also has the highest"),
        ([("plain", 90.0, None), ("re-ranked", 90.0, (-2.0, 2.0))], {0: "chosen, highest"}, "no further step gains"),
    ],
)  # fmt: skip
def test_what_was_chosen_is_marked_and_so_is_the_highest(rows, marks, said):
    report = tuned(*rows)
    page = tuning_page(report)
    table = page.tables[0]
    assert (table.highlight, dict(table.marks)) == (min(i for i in marks if "chosen" in marks[i]), marks)
    assert said in page.findings[0]
    assert report.to_dict()["reason"] == report.reason
