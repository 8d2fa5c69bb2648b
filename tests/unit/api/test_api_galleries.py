"""A gallery that is opened once: answers, enrolling and removing, and figures under a protocol."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import gaitprint as gp
from gaitprint.errors import ArtefactError, ConfigError, DataError, ProtocolError
from gaitprint.types import PartLayout

PIPELINES: list[Any] = [
    None,
    "part-mean",
    {"scorer": {"name": "k-reciprocal", "k1": 3, "k2": 2, "inductive": True}},
    {"transforms": [{"name": "cluster-expansion", "k": 2, "inductive": True}, "unit-length"]},
]


def vectors(rows: range, source: str = "drawn") -> gp.Embeddings:
    """Walks of people of three, near each other."""
    draw = np.random.Generator(np.random.PCG64(7)).standard_normal((40, 12)).astype(np.float32)
    people = np.repeat(np.eye(14, 12, dtype=np.float32) * 3, 3, axis=0)[:40]
    records = [gp.SequenceRecord(f"walk {i}", f"{i // 3:03d}", "nm-01", "090") for i in rows]
    return gp.Embeddings((draw + people)[list(rows)], tuple(records), PartLayout(((3, 4),)), source)


@pytest.mark.parametrize("pipeline", PIPELINES, ids=["euclidean", "parts", "reranked", "expanded"])
def test_a_gallery_that_came_together_answers_as_one_that_was_opened_whole(pipeline: Any) -> None:
    probes, whole = vectors(range(30, 40)), gp.FittedGallery.open(vectors(range(24)), pipeline)
    grown = gp.FittedGallery.open(vectors(range(4, 20)), pipeline).enroll(vectors(range(20, 30)))
    grown = grown.remove([f"walk {i}" for i in range(24, 30)])
    later = gp.FittedGallery.open(vectors(range(4, 24)), pipeline)
    assert [r.key for r in grown.walks.records] == [r.key for r in later.walks.records]
    assert grown.identify(probes, top=7) == later.identify(probes, top=7)
    assert whole.identify(probes, top=7) != later.identify(probes, top=7)
    assert len(whole) == 24
    assert whole.subjects == tuple(f"{i:03d}" for i in range(8))


def test_no_probe_has_a_say_in_the_answer_to_another() -> None:
    gallery, probes = gp.FittedGallery.open(vectors(range(24)), PIPELINES[2]), vectors(range(24, 40))
    together = gallery.identify(probes)
    assert [gallery.identify(probes.select([i]))[0] for i in range(16)] == list(together)


def test_a_gallery_answers_as_rank_does() -> None:
    known, probes = vectors(range(24)), vectors(range(24, 30))
    assert gp.FittedGallery.open(known, "part-mean").identify(probes, 4) == gp.rank(probes, known, 4, "part-mean")
    steps = gp.Pipeline.from_spec(gp.PipelineSpec.parse("part-mean"))
    assert gp.FittedGallery.open(known, steps).identify(probes, 4) == gp.rank(probes, known, 4, steps)


def test_it_is_kept_in_a_file(tmp_path: Path) -> None:
    gallery = gp.FittedGallery.open(vectors(range(12)))
    gallery.save(tmp_path / "known.safetensors")
    again = gp.FittedGallery.open(str(tmp_path / "known.safetensors"))
    assert again.identify(vectors(range(12, 15))) == gallery.identify(vectors(range(12, 15)))


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda g: g.enroll(vectors(range(5))), DataError, "'walk 0' would be in the gallery twice"),
        (lambda g: g.enroll(vectors(range(30, 31), "another")), ArtefactError, "walks to enrol were made by 'another'"),
        (lambda g: g.enroll(vectors(range(0))), DataError, "no "),
        (lambda g: g.remove("walk 39"), DataError, "has no 'walk 39'"),
        (lambda g: g.remove(f"walk {i}" for i in range(12)), DataError, "keeps one at least"),
        (lambda g: g.remove([]), ConfigError, "remove takes keys of walks"),
        (lambda g: g.identify(vectors(range(12, 13)), top=0), ConfigError, "1 or more, found int 0"),
        (lambda _: gp.FittedGallery.open(vectors(range(6)), "k-reciprocal"), ConfigError, "set inductive for it"),
        (
            lambda _: gp.FittedGallery.open(vectors(range(6)), "k-reciprokal"),
            gp.GaitprintError,
            "did you mean 'k-reciprocal'",
        ),
        (lambda _: gp.FittedGallery.open("none.safetensors"), ArtefactError, "no embeddings at"),
    ],
)
def test_what_cannot_be_done_is_said_and_changes_nothing(
    call: Callable[[gp.FittedGallery], object], error: type[Exception], message: str
) -> None:
    gallery = gp.FittedGallery.open(vectors(range(12)))
    before = gallery.identify(vectors(range(12, 15)))
    with pytest.raises(error, match=message):
        call(gallery)
    assert gallery.identify(vectors(range(12, 15))) == before


class TestEvaluate:
    def walks(self) -> gp.Embeddings:
        """Two people, as CASIA-B has them: NM gallery and probes of one view and of another."""
        found = [
            gp.SequenceRecord(f"{s}/{c}/{v}", s, c, v)
            for s in ("075", "076", "077")
            for c in ("nm-01", "nm-05", "bg-01", "cl-01")
            for v in ("000", "090")
        ]
        near = np.array([[int(r.subject or 0) - 75, 0.1 * (r.condition > "nm")] for r in found], np.float32)
        return gp.Embeddings(near, tuple(found), PartLayout(((1, 2),)), "drawn")

    def test_the_figures_are_those_of_the_command(self, tmp_path: Path) -> None:
        result = gp.evaluate(self.walks(), report=str(tmp_path / "page.html"))
        assert result.mean == 100.0
        assert isinstance(result, gp.EvaluationReport)
        assert "100.0 % rank-1" in (tmp_path / "page.html").read_text(encoding="utf-8")
        request = gp.EvaluationRequest(filter=gp.SequenceFilter(subjects=("075", "076")), seed=3, resamples=20)
        few = gp.evaluate(self.walks(), request)
        assert {r.subject for r in few.evaluation.records} == {"075", "076"}

    def test_a_filter_that_finds_nobody_is_said(self) -> None:
        with pytest.raises(ProtocolError, match="no sequence has the subject '999'"):
            gp.evaluate(self.walks(), gp.EvaluationRequest(filter=gp.SequenceFilter(subjects=("999",))))
