"""Readers on what people really have: odd times, turned phones, damage, and things that are no video."""

import math
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from clips import write_video

from gaitprint.errors import ConfigError, DataError
from gaitprint.testing.video_scenes import write_clip, write_images
from gaitprint.video.contracts import OpenVideo
from gaitprint.video.pace import Pace
from gaitprint.video.upright import OneSize, quarter_turns, square_size, turned
from gaitprint.video.video_source import camera_number, is_live, reader_for, shown_source


def grey(*levels: int, size: tuple[int, int] = (48, 64)) -> list[np.ndarray]:
    return [np.full((*size, 3), level, np.uint8) for level in levels]


def opened(source: str | Path, **settings: float) -> OpenVideo:
    return reader_for(str(source), "auto", settings).open(str(source))


def read(source: str | Path, **settings: float) -> tuple[list[tuple[int, float]], tuple[str, ...]]:
    """Number and time of each frame, and the notes."""
    video = opened(source, **settings)
    frames = [(frame.index, round(frame.seconds, 3)) for frame in video]
    video.close()
    return frames, video.notes


def test_times_are_those_of_the_file(tmp_path: Path) -> None:
    times = [0.0, 0.04, 0.08, 0.3, 0.31, 1.0]
    clip = write_video(tmp_path / "variable.mkv", grey(*range(20, 140, 20)), times=times)
    frames, notes = read(clip)
    assert [t for _, t in frames] == pytest.approx(times, abs=1e-3)
    assert [i for i, _ in frames] == [0, 1, 2, 3, 4, 5]
    assert notes == ()


def test_a_file_that_begins_late_begins_with_0(tmp_path: Path) -> None:
    clip = write_video(tmp_path / "late.mkv", grey(20, 40, 60), times=[5.0, 5.04, 5.08])
    assert [t for _, t in read(clip)[0]] == pytest.approx([0, 0.04, 0.08], abs=1e-3)


@pytest.mark.parametrize("codec", ["mjpeg", "mpeg4", "ffv1", "libx264"])
def test_many_codecs_are_read(codec: str, tmp_path: Path) -> None:
    clip = write_video(tmp_path / "odd.mkv", grey(30, 90, 200), codec=codec)
    video = opened(clip)
    levels = [float(frame.image.mean()) for frame in video]
    assert levels == pytest.approx([30, 90, 200], abs=4)


@pytest.mark.parametrize(
    ("matrix", "corner"),
    [
        ((0, 1, -1, 0), "top right"),  # a phone held upright: a quarter clockwise
        ((0, -1, 1, 0), "bottom left"),
        ((-1, 0, 0, -1), "bottom right"),
    ],
)
def test_a_phone_s_mark_turns_the_frames(matrix: tuple[int, ...], corner: str, tmp_path: Path) -> None:
    image = np.full((48, 64, 3), 40, np.uint8)
    image[:16, :16] = 220  # top left as the sensor sees it
    clip = write_video(tmp_path / "phone.mp4", [image] * 3)
    data = clip.read_bytes()
    a, b, c, d = (value % 2**32 << 16 if value >= 0 else 2**32 - (-value << 16) for value in matrix)
    place = data.index(b"tkhd") + 4 + 40  # the matrix in the track's header, version 0
    words = [a, b, 0, c, d, 0, 0, 0, 1 << 30]
    turned_data = data[:place] + b"".join((w % 2**32).to_bytes(4, "big") for w in words) + data[place + 36 :]
    clip.write_bytes(turned_data)
    video = opened(clip)
    frame = next(iter(video)).image
    quarter = matrix[0] == 0
    assert (video.info.width, video.info.height) == ((48, 64) if quarter else (64, 48))
    assert frame.shape[:2] == (video.info.height, video.info.width)
    bright = {
        "top left": frame[:12, :12],
        "top right": frame[:12, -12:],
        "bottom left": frame[-12:, :12],
        "bottom right": frame[-12:, -12:],
    }
    assert max(bright, key=lambda name: float(bright[name].mean())) == corner


def test_fewer_frames_a_second_can_be_asked_for(tmp_path: Path) -> None:
    clip = write_video(tmp_path / "clip.mkv", grey(*range(0, 250, 5)))
    frames, _ = read(clip, fps=5.0)
    assert [t for _, t in frames] == pytest.approx(np.arange(0, 2, 0.2), abs=1e-3)
    assert opened(clip, fps=5.0).info.fps == pytest.approx(5)


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("empty.mp4", b"", "is empty"),
        ("text.mp4", b"no video at all, but a letter " * 50, "cannot be opened as a video"),
        ("zeros.avi", bytes(5000), "cannot be opened as a video"),
        ("list.m3u8", b"#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:9/secret.ts\n", "cannot be opened as a video"),
        ("list.txt", b"ffconcat version 1.0\nfile /etc/passwd\n", "cannot be opened as a video"),
        ("sound.wav", b"RIFF" + bytes(2048), "cannot be opened as a video"),
    ],
)
def test_what_is_no_video_is_one_line(name: str, data: bytes, said: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(DataError, match=said) as caught:
        opened(path)
    assert name in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_cut_short_gives_what_is_there_and_says_so(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    clip = write_video(
        tmp_path / "whole.avi", [rng.integers(0, 255, (48, 64, 3), np.uint8) for _ in range(40)], "mjpeg"
    )
    data = clip.read_bytes()
    (tmp_path / "cut.avi").write_bytes(data[: len(data) // 2])
    frames, notes = read(tmp_path / "cut.avi")
    assert 5 < len(frames) < 35
    assert any("cut short" in note or "cannot be" in note for note in notes)


def test_a_file_without_its_index_cannot_be_opened(tmp_path: Path) -> None:
    clip = write_video(tmp_path / "whole.mp4", grey(*range(20, 220, 5)))
    (tmp_path / "cut.mp4").write_bytes(clip.read_bytes()[:800])
    with pytest.raises(DataError, match=r"cut\.mp4"):
        opened(tmp_path / "cut.mp4")


@pytest.mark.parametrize("codec", ["mjpeg", "mpeg4", "libx264"])
def test_damage_in_the_middle_is_counted_and_passed_over(codec: str, tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    images = [rng.integers(0, 255, (48, 64, 3), np.uint8) for _ in range(40)]
    clip = write_video(tmp_path / "damaged.mkv", images, codec)
    data = bytearray(clip.read_bytes())
    for place in range(len(data) // 3, 2 * len(data) // 3, 97):
        data[place] ^= 0xFF
    clip.write_bytes(data)
    frames, _ = read(clip)
    numbers, times = [i for i, _ in frames], [t for _, t in frames]
    assert 5 <= len(frames) <= 40
    assert numbers == sorted(set(numbers))
    assert times == sorted(times)


def test_random_bytes_never_do_worse_than_one_line(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    clip = write_video(tmp_path / "whole.mp4", grey(*range(20, 220, 20)))
    data = clip.read_bytes()
    said: list[str] = []
    for number in range(40):
        damaged = bytearray(data)
        for place in rng.integers(0, len(data), 30):
            damaged[place] = int(rng.integers(0, 256))
        path = tmp_path / f"{number}.mp4"
        path.write_bytes(damaged)
        try:
            read(path)
        except DataError as error:
            said.append(str(error))
    assert not any("\n" in line for line in said)


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("nowhere.mp4", "no video at nowhere.mp4"),
        ("ftp://host/video.mp4", "no reader knows ftp://"),
        ("/dev/null", "neither a video file nor a folder"),
        ("camera:97", "no camera 97"),
        ("", "no video at"),
    ],
)
def test_what_is_not_there_is_one_line(source: str, said: str) -> None:
    with pytest.raises(DataError, match=said):
        opened(source)


def test_a_huge_frame_is_refused_before_it_is_decoded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_clip(tmp_path / "clip.avi")
    monkeypatch.setattr("gaitprint.video.containers.MAX_PIXELS", 1000)
    with pytest.raises(DataError, match="frames of 64 x 48 pixels, expected at most 1000"):
        opened(tmp_path / "clip.avi")


def test_images_come_in_natural_order_and_bad_ones_are_counted(tmp_path: Path) -> None:
    folder = Path(write_images(tmp_path / "images"))
    (folder / "notes.txt").write_text("of the day")
    (folder / "frame20.png").write_bytes(b"no image")
    cv2.imwrite(str(folder / "frame30.png"), np.full((96, 128, 3), 9, np.uint8))
    video = opened(folder, fps=10.0)
    frames = list(video)
    assert [f.index for f in frames] == [0, 1, 2, 3, 4, 6]
    assert [f.seconds for f in frames] == pytest.approx([0, 0.1, 0.2, 0.3, 0.4, 0.6])
    assert {f.image.shape for f in frames} == {(48, 64, 3)}
    assert len(video.notes) == 3


@pytest.mark.parametrize("names", [[], ["a.txt"], ["a.png"]])
def test_a_folder_without_images_is_one_line(names: list[str], tmp_path: Path) -> None:
    for name in names:
        (tmp_path / name).write_bytes(b"nothing")
    with pytest.raises(DataError, match=r"holds no images|none of 1 images"):
        opened(tmp_path)


@pytest.mark.parametrize(
    ("reader", "settings"),
    [
        ("pyav", {"fps": -1.0}),
        ("pyav", {"fps": math.inf}),
        ("pyav", {"keep": 0}),
        ("pyav", {"away": -1.0}),
        ("pyav", {"retry": 0.0}),
        ("pyav", {"timeout": 0.0}),
        ("pyav", {"threads": 65}),
        ("images", {"fps": 0.0}),
        ("images", {"threads": 1}),
    ],
)
def test_settings_are_checked(reader: str, settings: dict[str, float]) -> None:
    with pytest.raises(ConfigError):
        reader_for("x", reader, settings)


def test_passwords_are_not_shown() -> None:
    assert shown_source("rtsp://me:secret@host:554/a?token=7") == "rtsp://host:554/a"
    assert shown_source("a\nb.mp4") == "a?b.mp4"
    with pytest.raises(DataError) as caught:
        reader_for("rtsp://me:secret@127.0.0.1:9/a", "auto", {"timeout": 1.0}).open("rtsp://me:secret@127.0.0.1:9/a")
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("source", "number"), [("camera:0", 0), ("/dev/video12", 12), ("camera:x", None), ("camera", None), ("a.mp4", None)]
)
def test_cameras_have_numbers(source: str, number: int | None) -> None:
    assert camera_number(source) == number
    assert is_live(source) == (number is not None)


def test_pace_takes_the_first_frame_of_each_slot() -> None:
    pace = Pace(2.0)
    assert [pace.takes(t) for t in (0.0, 0.2, 0.49, 0.5, 0.9, 1.6, 1.7)] == [
        True,
        False,
        False,
        True,
        False,
        True,
        False,
    ]
    assert all(Pace(0.0).takes(t) for t in (0.0, 0.0, 0.1))


def test_frames_are_turned_and_scaled() -> None:
    assert [quarter_turns(float(a)) for a in (0, 90, -90, 180, 270, 44, 46)] == [0, 1, 3, 2, 3, 0, 1]
    image = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)
    assert np.array_equal(turned(image, 1), np.rot90(image))
    assert square_size(720, 576, 16 / 15) == (768, 576)
    assert square_size(640, 480, 0.5) == (640, 960)
    assert square_size(640, 480, 0.0) == (640, 480)
    scaler = OneSize()
    assert scaler(image) is image
    assert scaler(np.zeros((7, 9, 3), np.uint8)).shape == (2, 4, 3)
    assert scaler.changed == 1


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Callable[[int], str]]:
    """Serves a short clip to so many connections one after another; then nobody answers."""
    clip = write_video(tmp_path / "live.ts", grey(*range(20, 220, 4)), "mpeg4").read_bytes()
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", 0))
    listener.listen()

    def serve(times: int) -> None:
        for _ in range(times):
            connection, _ = listener.accept()
            with connection:
                connection.sendall(clip)
        listener.close()

    def start(times: int) -> str:
        threading.Thread(target=serve, args=(times,), daemon=True).start()
        return f"tcp://127.0.0.1:{listener.getsockname()[1]}"

    yield start
    listener.close()


def test_a_stream_that_comes_back_goes_on_and_one_that_does_not_ends(server: Callable[[int], str]) -> None:
    address = server(2)
    video = reader_for(address, "auto", {"retry": 0.05, "away": 0.5, "keep": 100}).open(address)
    assert video.info.live
    seen: list[tuple[int, float]] = []
    with pytest.raises(DataError, match=r"is gone for 0\.5 s"):
        seen.extend((frame.index, frame.seconds) for frame in video)
    video.close()
    numbers, times = [i for i, _ in seen], [t for _, t in seen]
    assert len(numbers) > 60, "frames of both connections"
    assert numbers == sorted(set(numbers))
    assert times == sorted(times)
    assert times[0] == 0
    assert sum("it was away for" in note for note in video.notes) == 1


def test_a_slow_consumer_of_a_stream_sees_the_newest_frames(server: Callable[[int], str]) -> None:
    address = server(1)
    video = reader_for(address, "auto", {"retry": 0.05, "away": 0.0, "keep": 2}).open(address)
    frames = iter(video)
    next(frames)
    time.sleep(0.5)
    with pytest.raises(DataError):
        list(frames)
    assert any("were dropped" in note for note in video.notes)


def test_a_stream_can_be_closed_in_the_middle(server: Callable[[int], str]) -> None:
    address = server(1)
    video = reader_for(address, "auto", {"retry": 0.05}).open(address)
    next(iter(video))
    video.close()
    video.close()
    assert list(video) == []


def test_sound_alone_is_no_video(tmp_path: Path) -> None:
    import av

    with av.open(str(tmp_path / "sound.mkv"), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=8000, layout="mono")
        sound = av.AudioFrame.from_ndarray(np.zeros((1, 800), np.int16), format="s16", layout="mono")
        sound.sample_rate = 8000
        container.mux(stream.encode(sound))
        container.mux(stream.encode())
    with pytest.raises(DataError, match="holds no video: 1 streams of other kinds"):
        opened(tmp_path / "sound.mkv")
