"""Silhouettes and clips sent in, and what is refused before it is unpacked; a network is stood in for."""

import io
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path

import cv2
import httpx
import numpy as np
import pytest
from served import Served, served
from service_answers import bad, good

import gaitprint as gp
from gaitprint.datasets.synthetic import SyntheticSettings, walkers
from gaitprint.errors import DataError
from gaitprint.service.network import Network
from gaitprint.silhouettes.clips import Preprocessing
from gaitprint.store import MemorySequences, SequenceSet
from gaitprint.types import PartLayout


class MeanFrames:
    """In place of a network: the rows and columns of the mean frame."""

    preprocessing = Preprocessing()
    source = "means"

    def __init__(self) -> None:
        self.batches: list[int] = []
        self.go_on = threading.Event()
        self.go_on.set()
        self.entered = threading.Event()

    def embed(self, walks: SequenceSet) -> gp.Embeddings:
        self.entered.set()
        self.go_on.wait(60)
        self.batches.append(len(walks.records))
        if any(walks.frames(i).max() == 254 for i in range(len(walks.records))):
            raise DataError("a walk that no network takes")
        means = [walks.frames(i).mean(axis=0, dtype=np.float64) for i in range(len(walks.records))]
        vectors = np.array([np.concatenate([m.mean(axis=0), m.mean(axis=1)]) for m in means], np.float32)
        return gp.Embeddings(vectors, walks.records, PartLayout(((1, vectors.shape[1]),)), self.source)


@pytest.fixture(scope="module")
def means() -> MeanFrames:
    return MeanFrames()


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, means: MeanFrames) -> Iterator[Served]:
    place = tmp_path_factory.mktemp("walks") / "g"
    gp.Gallery.create(place, retention_days=3.0, keep_walks=True).close()
    with served(place, unpack_mib=4.0, frames=60) as made:
        made.service.network.path = Path("means")
        made.service.network._embedder = means
        yield made


@pytest.fixture
def http(running: Served) -> Iterator[httpx.Client]:
    with running.client() as client:
        yield client


@pytest.fixture(scope="module")
def frames() -> list[np.ndarray]:
    settings = SyntheticSettings(subjects=3, frames=20, views=("090",), conditions=("nm-01", "nm-02"))
    return [walk for _, walk in walkers(settings)]


def npz(array: np.ndarray, **more: np.ndarray) -> bytes:
    out = io.BytesIO()
    np.savez_compressed(out, frames=array, **more)
    return out.getvalue()


def zipped(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


def png(frame: np.ndarray) -> bytes:
    return bytes(cv2.imencode(".png", frame)[1])


def test_a_walk_is_enrolled_shown_and_found_again(http: httpx.Client, frames: list[np.ndarray]) -> None:
    for i in (0, 2):
        sent = {"walks": ("walk.npz", npz(frames[i]))}
        report = good(http.post("/v1/enroll", files=sent, data={"name": f"P{i}", "condition": "nm", "view": "090"}))
        assert len(report["enrolled"]) == 1
        assert good(http.post("/v1/enroll", files=sent, data={"name": f"P{i}"}))["already"] == 1
    [sample] = good(http.get("/v1/people/1"))["samples"]
    assert (sample["kept"], sample["condition"], sample["origin"]) == (True, "nm", "walk.npz")
    assert "frames=20" in sample["quality"]
    shown = http.get(f"/v1/samples/{sample['id']}/walk")
    sides = [int(shown.headers[f"gaitprint-{side}"]) for side in ("frames", "height", "width")]
    assert np.array_equal(np.frombuffer(shown.content, np.uint8).reshape(sides), frames[0])
    plain = http.get(f"/v1/samples/{sample['id']}/walk", headers={"Accept-Encoding": "identity"})
    assert plain.content == shown.content
    files = {f"{i:03d}.png": png(frame) for i, frame in enumerate(frames[1])}
    for packed in (zipped(files), zipped({f"deep/er/{n}": d for n, d in files.items()})):
        [answer] = good(http.post("/v1/identify", files={"walks": packed}, data={"key": "again"}))["answers"]
        assert (answer["key"], answer["candidates"][0]["name"]) == ("again", "P0")
    [probe] = good(http.get("/v1/probes", params={"limit": 1}))["probes"]
    assert probe["kept"]
    assert good(http.get(f"/v1/probes/{probe['id']}")) == probe
    assert len(http.get(f"/v1/probes/{probe['id']}/walk").content) == 20 * 64 * 64
    like = good(http.post("/v1/probes/search", files={"walks": npz(frames[1])}, data={"last": 1}))["probes"]
    assert like[0]["like"] == 0.0


def test_several_walks_come_in_folders(http: httpx.Client, frames: list[np.ndarray]) -> None:
    good_one = {f"anna/{i:03d}.png": png(frame) for i, frame in enumerate(frames[4])}
    short = {f"bert/{i:03d}.png": png(frame) for i, frame in enumerate(frames[5][:4])}
    said = good(http.post("/v1/identify", files={"walks": zipped(good_one | short)}, data={"key": "two"}))
    assert [a["key"] for a in said["answers"]] == ["two/anna"]
    assert [r["key"] for r in said["rejects"]] == ["bert"]
    assert "frames is 4" in said["rejects"][0]["reason"]


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (413, "unpacks to more"),
        (413, "at most 60 frames"),
        (413, "hold more pixels"),
        (422, "only numbers are read"),
        (422, "is empty"),
        (422, "no sound zip"),
        (422, "ordinary size"),
        (413, "lists too many"),
        (422, "frames is 3"),
        (422, "black"),
        (415, "none of vectors"),
        (415, "a pickle"),
    ],
)
def test_hostile_files_are_refused_in_a_line(
    http: httpx.Client, frames: list[np.ndarray], status: int, words: str
) -> None:
    small = frames[0][:3]
    many = zipped({"a.png": b"x"})
    end = many.rfind(b"PK\x05\x06")
    files = {
        "unpacks to more": zipped({"a.npy": bytes(5 << 20)}),
        "at most 60 frames": npz(np.zeros((61, 64, 64), np.uint8)),
        "hold more pixels": zipped({f"{i}.png": png(np.zeros((1024, 1024), np.uint8)) for i in range(5)}),
        "only numbers are read": npz(np.array([{}], object)),
        "is empty": zipped({"a/": b""}),
        "no sound zip": zipped({"a.npy": b"x"})[:-30] + many[end:],
        "ordinary size": b"PK\x03\x04" + bytes(100),
        "lists too many": many[: end + 12] + (3 << 20).to_bytes(4, "little") + many[end + 16 :],
        "frames is 3": npz(small),
        "black": npz(np.zeros((20, 64, 64), np.uint8)),
    }
    pickled = b"\x80\x04\x95" + bytes(50)
    strange = {"none of vectors": b"RIFFxxxxWAVE" + bytes(50), "a pickle": pickled}
    data = (files | strange)[words]
    said = bad(http.post("/v1/identify", files={"walks": data}), status)
    assert words in said or words == "a pickle", said
    assert "/tmp" not in said


def test_what_waits_is_embedded_together(running: Served, means: MeanFrames, frames: list[np.ndarray]) -> None:
    means.batches.clear()
    means.go_on.clear()
    means.entered.clear()
    answers: list[httpx.Response] = []

    def ask(walk: np.ndarray) -> None:
        with running.client() as client:
            answers.append(client.post("/v1/identify", files={"walks": npz(walk)}))

    broken = frames[1].copy()
    broken[broken == 255] = 254
    threads = [threading.Thread(target=ask, args=(walk,)) for walk in (*frames[:5], broken)]
    threads[0].start()
    means.entered.wait(60)
    # the first one is being computed, so that all others wait
    for thread in threads[1:]:
        thread.start()
    while running.service.network.count < 5:
        threads[0].join(0.01)
    means.go_on.set()
    for thread in threads:
        thread.join()
    assert sorted(a.status_code for a in answers) == [200] * 5 + [409]
    assert max(means.batches) == 5
    assert sum(means.batches) == 1 + 5 + 5


def test_a_full_queue_sends_people_away(means: MeanFrames, frames: list[np.ndarray]) -> None:
    network = Network(Path("means"), waiting=1, batch=1)
    network._embedder = means
    means.go_on.clear()
    means.entered.clear()
    walk = MemorySequences((gp.SequenceRecord("a", None, "", ""),), (frames[0],))
    taken = [network._take(walk, block=True)]
    means.entered.wait(60)
    taken.append(network._take(walk, block=True))
    with pytest.raises(Exception, match="try again in 2 s"):
        network._take(walk, block=False)
    means.go_on.set()
    assert [len(t.result()) for t in taken] == [1, 1]
    network.close()


def test_without_a_network_vectors_are_asked_for(tmp_path: Path, frames: list[np.ndarray]) -> None:
    gp.Gallery.create(tmp_path / "g").close()
    with served(tmp_path / "g") as made, made.client() as client:
        assert "send vectors" in bad(client.post("/v1/identify", files={"walks": npz(frames[0])}), 415)
        assert good(client.get("/v1/session"))["model"] is None
