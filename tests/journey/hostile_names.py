"""Names of folders and files that no data set should have, or that only look as if."""

from hostile_images import GOOD as PICTURE
from hostile_kinds import BAD, KEPT, REFUSED, Family
from hostile_pickles import WHOLE
from hostile_places import link, spoilt

NAMED = Family("name")


NAMES = {
    "a condition of another data set": ("002/00/000", "rename or move it away"),
    "a view between the views": ("002/nm-01/010", "rename or move it away"),
    "a subject of four digits": ("0002/nm-01/000", "rename or move it away"),
    "digits of another script": ("٠٠٢/nm-01/000", "rename or move it away"),
    "digits twice as wide": ("\uff10\uff10\uff12/nm-01/000", "rename or move it away"),
    "a subject that is blank": (" /nm-01/000", "rename or move it away"),
    "a subject of formulas": ("=cmd|' /C calc'!A0/nm-01/000", "rename or move it away"),
    "a subject of shell": ("$(touch canary)/nm-01/000", "rename or move it away"),
    "a subject of markup": ("[red]<script>/nm-01/000", "rename or move it away"),
    "a subject of format": ("{0.__class__}%s%n/nm-01/000", "rename or move it away"),
    "a subject of two hundred letters": ("x" * 200 + "/nm-01/000", "rename or move it away"),
    "a line break behind the digits": ("002\n/nm-01/000", "unprintable"),
    "a line break in a name": ("002/nm-01\nTraceback/000", "unprintable"),
    "a carriage return": ("002/nm-01\r/000", "unprintable"),
    "colours of a terminal": ("\x1b[31m002/nm-01/000", "unprintable"),
    "a bell": ("002/nm-01/\x07", "unprintable"),
    "a tabulator": ("002\t/nm-01/000", "unprintable"),
    "text from right to left": ("002/nm-01\u202egnp/000", "unprintable"),
    "a blank of no width": ("002\u200b/nm-01/000", "unprintable"),
    "a separator of lines": ("002\u2028/nm-01/000", "unprintable"),
    "bytes that are no text": ("002\udcff\udcfe/nm-01/000", "unprintable"),
}
for _called, (_place, _says) in NAMES.items():

    @NAMED.add(_called, _says, REFUSED)
    def _(scene, place=_place):
        scene.put(f"{place}/000.pkl", WHOLE)
        assert place.split("/")[0] in {path.name for path in scene.set.iterdir()}


INSIDE = {
    "a line break in a picture's name": "0\n1.png",
    "a picture's name that is no text": "\udcff.png",
    "a picture's name from right to left": "\u202egnp.0.png",
    "a picture's name that clears the screen": "\x1b[2J.png",
}
for _called, _name in INSIDE.items():

    @NAMED.add(_called, "unprintable")
    def _(scene, name=_name):
        scene.put(f"{BAD}/{name}", PICTURE)
        assert name in {path.name for path in scene.leaf.iterdir()}


@NAMED.add("a name of digits alone, five thousand of them in all", "", KEPT)
def _(scene):
    for number in range(20):
        scene.put(f"{BAD}/{'9' * 240}{number}.png", PICTURE)


@NAMED.add("hidden files, caches and read-mes", "", KEPT)
def _(scene):
    for name in (".DS_Store", "Thumbs.db", "desktop.ini", "README.txt", ".hidden/x.png", "__MACOSX/._001"):
        scene.put(name, b"\0\1")
    scene.put("001/notes.txt", b"limps")


@NAMED.add("a link to a sequence inside", "", KEPT)
def _(scene):
    link(spoilt(scene) / "000.pkl", scene.set / "001" / "nm-01" / "000" / "000.pkl")


@NAMED.add("a device's name of Windows", "", KEPT)
def _(scene):
    scene.put(f"{BAD}/CON.png", PICTURE)
    scene.put(f"{BAD}/aux .png", PICTURE)
