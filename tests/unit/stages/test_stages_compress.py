"""The stage against figures made by hand, and what it refuses."""

import dataclasses
import json

import numpy as np
import pytest
from asked import asked

from gaitprint.errors import ArtefactError, ConfigError, DataError, ProtocolError
from gaitprint.evaluation.identification.evaluate import evaluate
from gaitprint.evaluation.protocol.protocol import load_protocol
from gaitprint.inference.embeddings_file import save_embeddings
from gaitprint.quantization.codec import fit_codec
from gaitprint.quantization.codec_file import load_codec
from gaitprint.quantization.settings import named
from gaitprint.quantization.templates import load_templates
from gaitprint.retrieval.distances.exact import flat_euclidean
from gaitprint.retrieval.scorers.euclidean import Euclidean
from gaitprint.stages.compress import UNTRAINED, compress
from gaitprint.types import Distances, Embeddings, PartLayout, SequenceRecord

VIEWS = ("000", "090")
CONDITIONS = ("nm-01", "nm-05", "bg-01", "cl-01")
LAYOUT = PartLayout(((2, 8),))


def made_up(first, subjects, seed, noise=0.8, source="weights", **settings):
    generator = np.random.default_rng(seed)
    records, vectors = [], []
    for s in range(first, first + subjects):
        centre = generator.normal(size=16)
        for condition in CONDITIONS:
            for view in VIEWS:
                records.append(SequenceRecord(f"{s:03d}/{condition}/{view}", f"{s:03d}", condition, view))
                vectors.append(centre + noise * generator.normal(size=16))
    return Embeddings(np.array(vectors, np.float32), tuple(records), LAYOUT, source, settings)


@pytest.fixture
def files(tmp_path):
    save_embeddings(tmp_path / "test", made_up(10, 8, 0))
    save_embeddings(tmp_path / "train", made_up(1, 6, 1))
    return tmp_path


def rank1(data, distances):
    found = evaluate(
        data, load_protocol("casia-b"), Distances(distances), generator=np.random.default_rng(0), resamples=1
    )
    return float(np.mean([r.mean for r in found.results]))


@pytest.mark.parametrize("name", ["fp16", "int8-part", "pca-3-int8", "pq-2"])
def test_figures_are_those_of_the_restored_gallery(name, files):
    data, training = made_up(10, 8, 0), made_up(1, 6, 1)
    report = compress(files / "test", request=asked(resamples=50), fit=files / "train", codecs=[name], shortlist=5)
    codec = fit_codec(named(name), training, np.random.Generator(np.random.PCG64(0)))

    def restored(probe, gallery):
        return flat_euclidean(probe.vectors, codec.decode(codec.encode(gallery.vectors)))

    def anew(probe, gallery):
        rough, exact = restored(probe, gallery), flat_euclidean(probe.vectors, gallery.vectors)
        result = np.empty_like(exact)
        for q in range(len(probe)):
            listed = list(np.argsort(rough[q], kind="stable")[:5])
            rest = [n for n in range(len(gallery)) if n not in listed]
            listed.sort(key=lambda n: (exact[q, n], n))
            rest.sort(key=lambda n: (rough[q, n], n))
            result[q, [*listed, *rest]] = np.arange(len(gallery))
        return result

    (found,) = report.figures
    plain = rank1(data, lambda p, g: flat_euclidean(p.vectors, g.vectors))
    assert report.plain == pytest.approx(plain)
    assert found.rank1 == pytest.approx(rank1(data, restored))
    assert found.rescored == pytest.approx(rank1(data, anew))
    assert found.difference.mean == pytest.approx(found.rank1 - plain)
    assert found.difference.low <= found.difference.mean <= found.difference.high
    assert found.difference.subjects == 8
    assert found.rescored_difference.mean == pytest.approx(found.rescored - plain)
    assert (found.name, found.template_bytes) == (name, codec.template_bytes)
    assert found.share == codec.template_bytes / 64
    assert report.trained_on == 6


def test_a_shortlist_of_all_loses_nothing(files):
    report = compress(
        files / "test", request=asked(resamples=10), fit=files / "train", codecs=["pq-1", "pca-1"], shortlist=999
    )
    assert report.figures[0].rank1 != report.plain
    for figures in report.figures:
        assert figures.rescored == report.plain
        assert figures.rescored_difference.low == figures.rescored_difference.high == 0


def test_without_training_only_what_learns_nothing_is_shown(files):
    report = compress(files / "test", request=asked(resamples=10))
    assert tuple(f.name for f in report.figures) == UNTRAINED
    assert report.trained_on == 0
    plain = json.loads(json.dumps(report.to_dict(), allow_nan=False))
    assert [c["name"] for c in plain["codecs"]] == list(UNTRAINED)
    assert plain["interval"]["subjects"] == 8
    with pytest.raises(ConfigError, match="the codec pq-2 learns: give --fit"):
        compress(files / "test", codecs=["int8", "pq-2"])


def test_what_is_written_reads_back(files):
    report = compress(
        files / "test", request=asked(resamples=10), fit=files / "train", codecs=["pca-3-int8"], out=files / "small"
    )
    codec = load_codec(files / "small" / "codec.safetensors")
    templates = load_templates(files / "small" / "templates.safetensors", codec)
    assert templates.records == made_up(10, 8, 0).records
    assert codec.subjects == tuple(f"{i:03d}" for i in range(1, 7))
    assert report.files == {str(p): p.stat().st_size for p in sorted((files / "small").iterdir(), reverse=True)}
    assert len(report.files) == 2
    again = compress(files / "test", request=asked(resamples=10), codecs=["fp16"], out=files / "small")
    assert load_codec(files / "small" / "codec.safetensors").settings.name == "fp16"
    assert again.files.keys() == report.files.keys()


def test_the_same_seed_gives_the_same_report(files):
    made = [
        compress(files / "test", request=asked(seed=seed, resamples=20), fit=files / "train", codecs=["pq-2"]).to_dict()
        for seed in (3, 3)
    ]
    assert made[0] == made[1]


def test_nobody_is_fitted_on_and_tested(files):
    save_embeddings(files / "mixed", made_up(5, 6, 1, dataset="a"))
    with pytest.raises(ProtocolError, match=r"1 subjects are in --fit .* \(010, \.\.\.\).*--part train"):
        compress(files / "test", fit=files / "mixed")
    report = compress(
        files / "test", request=asked(subjects=["011", "012"], resamples=5), fit=files / "mixed", codecs=["int8"]
    )
    assert report.trained_on == 6
    save_embeddings(files / "other", made_up(10, 8, 0, dataset="b"))
    # namesakes of another data set
    compress(files / "other", request=asked(resamples=5), fit=files / "mixed", codecs=["int8"])


def test_training_that_cannot_be_used(files):
    training = made_up(1, 6, 1)
    nameless = dataclasses.replace(
        training, records=(dataclasses.replace(training.records[0], subject=None), *training.records[1:])
    )
    save_embeddings(files / "nameless", nameless)
    with pytest.raises(ProtocolError, match="whose subject is unknown"):
        compress(files / "test", fit=files / "nameless")
    save_embeddings(files / "foreign", dataclasses.replace(training, source="others"))
    with pytest.raises(ArtefactError, match="--fit was made by 'others', the embeddings by 'weights'"):
        compress(files / "test", fit=files / "foreign")
    save_embeddings(files / "none", training.select([]))
    with pytest.raises(ProtocolError, match="--fit holds no sequence"):
        compress(files / "test", fit=files / "none")


def test_a_scorer_that_goes_by_the_gallery_compares_no_templates(files, monkeypatch):
    """On a short list its distances would be others than on the whole gallery."""
    monkeypatch.setattr(Euclidean, "pairwise", False)
    with pytest.raises(ConfigError, match="one by one, euclidean sees other sequences"):
        compress(files / "test")


def test_what_is_asked_wrongly(files):
    with pytest.raises(ConfigError, match="k-reciprocal sees all probes"):
        compress(files / "test", asked({"scorer": "k-reciprocal"}))
    with pytest.raises(ConfigError, match="one template or more, found 0"):
        compress(files / "test", shortlist=0)
    with pytest.raises(ConfigError, match="name one with --codec, found 2"):
        compress(files / "test", codecs=["int8", "fp16"], out=files / "small")
    with pytest.raises(DataError, match="cannot write"):
        compress(files / "test", codecs=["int8"], out=files / "test" / "small")
    assert not (files / "small").exists()
    (files / "codec.safetensors").write_bytes((files / "test").read_bytes())
    with pytest.raises(ArtefactError, match="is no file of a codec: choose another folder"):
        compress(files / "test", codecs=["int8"], out=files)
