"""Yes or no with a calibration: bound to its embeddings, honest about what it can carry."""

from pathlib import Path

import numpy as np
import pytest
from asked import asked

import gaitprint as gp
from gaitprint.errors import ArtefactError, ConfigError, GaitprintError, ProtocolError
from gaitprint.evaluation.verification.calibration import Calibration
from gaitprint.evaluation.verification.calibration_file import save_calibration
from gaitprint.retrieval.pipeline import Pipeline
from gaitprint.types import Embeddings, PartLayout, SequenceRecord


def line(places: list[float], subjects: list[str | None], source: str = "line") -> Embeddings:
    """Embeddings on a line: the float says where a sequence stands."""
    records = tuple(SequenceRecord(f"{i}", s, "nm", "090") for i, s in enumerate(subjects))
    return Embeddings(np.array([[p, 0.0] for p in places], np.float32), records, PartLayout(((1, 2),)), source)


@pytest.fixture
def calibration(tmp_path: Path) -> Path:
    """At distance 2 even; a log ratio of 1 less a unit."""
    made = Calibration("logistic", np.array([0.0, 4.0]), np.array([2.0, -2.0]), limit=3.0)
    steps = Pipeline.from_settings({}).settings
    save_calibration(tmp_path / "c.json", made, source="line", pipeline=steps, facts={"subjects": 60})
    return tmp_path / "c.json"


@pytest.mark.parametrize(("place", "same", "log_ratio"), [(0.5, True, 1.5), (1.9, True, 0.1), (2.1, False, -0.1)])
def test_near_is_yes_and_far_is_no(calibration, place, same, log_ratio):
    found = gp.verify(line([place], [None]), line([0.0], ["anna"]), calibration)
    assert bool(found) is found.same is same
    assert found.log_ratio == pytest.approx(log_ratio, abs=1e-5)
    assert found.probability == pytest.approx(1 / (1 + np.exp(-log_ratio)), abs=1e-5)
    assert found.distances == pytest.approx((place,), abs=1e-5)


def test_a_prior_shifts_the_odds(calibration):
    found = gp.verify(line([0.5], [None]), line([0.0], ["anna"]), str(calibration), prior=0.1)
    assert found.probability == pytest.approx(1 / (1 + 9 * np.exp(-1.5)), abs=1e-5)
    assert not found


def test_more_walks_of_a_person_make_no_yes_of_a_no(calibration):
    """The nearest of many walks is near by chance: averaged are the log ratios."""
    probe, held = line([0.0], [None]), gp.load_calibration(calibration)
    one, many = gp.verify(probe, line([2.5], ["a"]), held), gp.verify(probe, line([2.5] * 9, ["a"] * 9), held)
    assert one.probability == pytest.approx(many.probability)
    spread = gp.verify(probe, line([1.0, 4.0], ["a", "a"]), held)
    assert spread.log_ratio == pytest.approx(np.mean([1.0, -2.0]), abs=1e-5)
    assert len(spread.distances) == 2


def test_what_a_calibration_cannot_carry_is_refused(calibration):
    probe, person = line([0.0], [None]), line([0.0], ["anna"])
    assert gp.verify(probe, person, calibration, least=0.8)
    with pytest.raises(ConfigError, match=r"too few people to state one above 0\.9526"):
        gp.verify(probe, person, calibration, least=0.99)
    for given in ({"prior": 0.0}, {"prior": 1.0}, {"least": 0.0}, {"least": 1.0}):
        with pytest.raises(ConfigError, match="between 0 and 1"):
            gp.verify(probe, person, calibration, **given)


def test_only_what_belongs_together_is_decided(calibration, tmp_path):
    probe, person = line([0.0], [None]), line([0.0], ["anna"])
    with pytest.raises(ArtefactError, match="made for embeddings of 'line'"):
        gp.verify(line([0.0], [None], "x"), line([0.0], ["anna"], "x"), calibration)
    with pytest.raises(ArtefactError, match="same networks"):
        gp.verify(probe, line([0.0], ["anna"], "x"), calibration)
    with pytest.raises(ProtocolError, match=r"2 people \(anna, ben\)"):
        gp.verify(probe, line([0.0, 1.0], ["anna", "ben"]), calibration)
    with pytest.raises(ProtocolError, match="2 probes"):
        gp.verify(line([0.0, 1.0], [None, None]), person, calibration)
    for text in ("{", "[]", '{"format": "gaitprint-calibration", "version": 1}'):
        (tmp_path / "bad.json").write_text(text)
        with pytest.raises(GaitprintError, match=r"bad\.json"):
            gp.verify(probe, person, tmp_path / "bad.json")


def test_the_file_that_the_command_writes_decides(tmp_path: Path) -> None:
    """Sixty people as points: their own walks are near, those of others far."""
    from gaitprint.evaluation.verification.settings import VerifySettings
    from gaitprint.stages.verify import verify

    generator = np.random.default_rng(0)
    records, vectors = [], []
    for s in range(60):
        centre = generator.normal(size=2) * 10
        for condition in ("nm-01", "nm-05"):
            records.append(SequenceRecord(f"{s}/{condition}/090", f"{s:03d}", condition, "090"))
            vectors.append(centre + 0.05 * generator.normal(size=2))
    data = Embeddings(np.array(vectors, np.float32), tuple(records), PartLayout(((1, 2),)), "points")
    rules = tmp_path / "two.toml"
    rules.write_text(
        'name = "two"\ntitle = "Two"\nsource = "x"\nmode = "pooled"\nranks = [1]\ncmc_length = 1\n'
        '[gallery]\nconditions = ["nm-01"]\n[probes.NM]\nconditions = ["nm-05"]\n'
    )
    report = verify(
        data,
        request=asked(protocol=rules, resamples=20),
        settings=VerifySettings(splits=1),
        calibration=tmp_path / "c.json",
    )
    held = gp.load_calibration(tmp_path / "c.json")
    assert held.facts["subjects"] == 60
    own = gp.verify(data.select([1]), data.select([0]), held)
    assert own.same
    assert own.distances[0] == pytest.approx(gp.compare(data.select([1]), data.select([0])))
    far = int(np.argmax(np.linalg.norm(data.vectors - data.vectors[0], axis=1)))
    assert not gp.verify(data.select([far]), data.select([0]), held)
    columns = report.to_columns()
    assert columns["figure"][0] == "EER"
