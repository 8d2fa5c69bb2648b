"""Links, devices, names and folders that no data set should hold."""

import os
import shutil
import socket
from pathlib import Path

import pytest
from hostile_images import GOOD as PICTURE
from hostile_kinds import BAD, REFUSED, Family, Scene
from hostile_pickles import WHOLE

PLACES = Family("place")
FOLDER = ("--dataset", "folder")
SECRET = "a secret of others"


def spoilt(scene: Scene) -> Path:
    """The sequence's folder, there and empty."""
    scene.leaf.mkdir(parents=True)
    return scene.leaf


def secret(scene: Scene) -> Path:
    """A sound sequence outside the data set, which must not be taken in."""
    place = scene.outside / "000"
    place.mkdir(exist_ok=True)
    (place / "000.pkl").write_bytes(WHOLE)
    (place / "0.png").write_bytes(PICTURE)
    return place


def link(at: Path, to: Path | str) -> None:
    at.parent.mkdir(parents=True, exist_ok=True)
    at.symlink_to(to)
    assert at.is_symlink()


@PLACES.add("a link to an array outside", "link out of")
def _(scene):
    link(spoilt(scene) / "000.pkl", secret(scene) / "000.pkl")


@PLACES.add("a link to an array outside by a relative path", "link out of")
def _(scene):
    secret(scene)
    link(spoilt(scene) / "000.pkl", "../../../../outside/000/000.pkl")


@PLACES.add("a link to a picture outside", "link out of")
def _(scene):
    (spoilt(scene) / "0.png").write_bytes(PICTURE)
    link(scene.leaf / "1.png", secret(scene) / "0.png")


@PLACES.add("a link to passwords", "link out of")
def _(scene):
    link(spoilt(scene) / "0.png", "/etc/passwd")


@PLACES.add("a link to a device", "link out of")
def _(scene):
    link(spoilt(scene) / "000.npy", "/dev/zero")


@PLACES.add("a link to a link outside", "link out of")
def _(scene):
    link(scene.outside / "second", secret(scene) / "000.pkl")
    link(spoilt(scene) / "000.pkl", scene.outside / "second")


@PLACES.add("a link to nothing", "does not exist")
def _(scene):
    link(spoilt(scene) / "000.pkl", "nothing.pkl")


@PLACES.add("a link to itself", "symbolic links")
def _(scene):
    link(spoilt(scene) / "000.pkl", "000.pkl")


@PLACES.add("two links to each other", "symbolic links")
def _(scene):
    link(spoilt(scene) / "0.png", "1.png")
    link(scene.leaf / "1.png", "0.png")


@PLACES.add("a link to its own folder", "too deep", REFUSED)
def _(scene):
    link(spoilt(scene) / "again", ".")


@PLACES.add("a link to the root of the data set", "too deep", REFUSED)
def _(scene):
    link(spoilt(scene) / "up", "../../..")


@PLACES.add("a sequence that is a link outside", "link out of", REFUSED)
def _(scene):
    link(scene.leaf, secret(scene))


@PLACES.add("a subject that is a link outside", "link out of", REFUSED)
def _(scene):
    link(scene.set / "002", scene.outside)


@PLACES.add("a folder of another data set by a link", "link out of", REFUSED)
def _(scene):
    shutil.copytree(scene.set, scene.outside / "set")
    link(scene.set / "002", scene.outside / "set" / "001")


@PLACES.add("a link to the file system's root", "link out of", REFUSED)
def _(scene):
    link(scene.set / "002", "/")


@PLACES.add("a pipe that nobody writes to", "no regular file")
def _(scene):
    os.mkfifo(spoilt(scene) / "000.pkl")


@PLACES.add("a pipe among pictures", "no regular file")
def _(scene):
    (spoilt(scene) / "0.png").write_bytes(PICTURE)
    os.mkfifo(scene.leaf / "1.png")


@PLACES.add("a socket", "000.pkl")
def _(scene):
    before = Path.cwd()
    os.chdir(spoilt(scene))  # the path of a socket has at most a hundred characters
    try:
        with socket.socket(socket.AF_UNIX) as made:
            made.bind("000.pkl")
    finally:
        os.chdir(before)
    assert (scene.leaf / "000.pkl").is_socket()


@PLACES.add("a device", "no regular file")
def _(scene):
    try:
        os.mknod(spoilt(scene) / "000.pkl", 0o20666, os.makedev(1, 5))
    except PermissionError:
        pytest.skip("only root makes devices, and not everywhere")
    assert (scene.leaf / "000.pkl").is_char_device()


@PLACES.add("a file nobody may read", "Permission denied")
def _(scene):
    if os.geteuid() == 0:
        pytest.skip("nothing is forbidden to root")
    scene.put(f"{BAD}/000.pkl", WHOLE).chmod(0)


@PLACES.add("a folder nobody may enter", "Permission denied")
def _(scene):
    if os.geteuid() == 0:
        pytest.skip("nothing is forbidden to root")
    spoilt(scene).chmod(0)


@PLACES.add("a file of a terabyte of nothing", "the limit is")
def _(scene):
    with scene.put(f"{BAD}/000.pkl", b"").open("r+b") as stream:
        stream.truncate(2**40)
    assert (scene.leaf / "000.pkl").stat().st_size == 2**40


@PLACES.add("a picture of a terabyte of nothing", "the limit is")
def _(scene):
    with scene.put(f"{BAD}/0.png", PICTURE).open("r+b") as stream:
        stream.truncate(2**40)
    assert (scene.leaf / "0.png").stat().st_size == 2**40


@PLACES.add("nothing in it", "found nothing")
def _(scene):
    assert not list(spoilt(scene).iterdir())


@PLACES.add("only what is hidden in it", "found nothing")
def _(scene):
    scene.put(f"{BAD}/.000.pkl", WHOLE)
    scene.put(f"{BAD}/Thumbs.db", b"\xd0\xcf\x11\xe0")


@PLACES.add("several arrays and none that is meant", "holds several files", REFUSED)
def _(scene):
    scene.put(f"{BAD}/left.pkl", WHOLE)
    scene.put(f"{BAD}/right.pkl", WHOLE)


@PLACES.add("frames a level too high", "too shallow", REFUSED)
def _(scene):
    scene.put("002/nm-01/000.png", PICTURE)


@PLACES.add("frames in the root", "too shallow", REFUSED)
def _(scene):
    scene.put("000.png", PICTURE)


@PLACES.add("frames a level too low", "too deep", REFUSED)
def _(scene):
    scene.put(f"{BAD}/more/000.png", PICTURE)


@PLACES.add("folders two hundred deep", "too deep", REFUSED)
def _(scene):
    scene.put(BAD + "/d" * 200 + "/000.png", PICTURE)


@PLACES.add("a folder that is called like an array", "too deep", REFUSED)
def _(scene):
    scene.put(f"{BAD}/000.pkl/000.pkl", WHOLE)


@PLACES.add("a file where a folder should be", "too shallow", REFUSED)
def _(scene):
    scene.put("002/nm-01.pkl", WHOLE)
