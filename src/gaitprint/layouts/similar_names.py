"""Names that people take for one and a computer for two: capitals, spaces, zeros in front, letters that look alike."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence

_TWINS = str.maketrans("авеёзкмнорстухіјѕԁԛԝαβεηικμνορτυχ", "abee3kmhopctyxijsdqwabehikmnoptyx")
"""Small letters of the Cyrillic and Greek alphabets, each over the Latin one that looks the same, large or small."""
_UNSEEN = "\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"
"""Characters of no width, which spreadsheets and web pages leave behind."""
_MARKS = str.maketrans(
    dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212_", "-") | dict.fromkeys("'\"=`\u2018\u2019\u201c\u201d")
)
"""One hyphen for all and for the underscore; marks with which spreadsheets keep an id as text."""
_EDGES = re.compile(rf"^[\s{_UNSEEN}]+|[\s{_UNSEEN}]+$")


def trimmed(text: str) -> str:
    r"""A name without white space and characters of no width around it.

    >>> trimmed("\ufeff Jane Doe\u00a0")
    'Jane Doe'
    """
    return text if text.isalnum() else _EDGES.sub("", text)


def loosely(name: str) -> str:
    """A name without what people and programs change.

    That is capitals, spaces, zeros in front, `.0` behind, other alphabets, quotation marks, kinds of hyphens, and a
    hyphen between a letter and a number.

    >>> loosely(" S01"), loosely("98.0"), loosely("098"), loosely("000"), loosely("Ольга") == loosely("Oльгa")
    ('s1', '98', '98', '0', True)
    >>> loosely("S_01"), loosely('="001"'), loosely("1_2")
    ('s1', '1', '1-2')
    """
    if name.isascii() and name.isalpha():
        return name.casefold()
    # NFKC first: it makes plain letters and digits of full-width ones and ligatures, which the tables do not hold
    plain = unicodedata.normalize("NFKC", name).casefold().translate(_TWINS).translate(_MARKS)
    text = "".join(c for c in "".join(plain.split()) if c not in _UNSEEN)
    # 1-2 stays 1-2, for it is not 12
    text = re.sub(r"(?<=[^\W\d])-(?=\d)", "", text)
    # `.0` goes before the zeros in front do, and one digit always stays: 000 is 0
    return re.sub(r"(?<!\d)0+(?=\d)", "", re.sub(r"(?<=\d)\.0$", "", text)) if "0" in text else text


def misspelt(absent: Sequence[str], present: Collection[str]) -> list[tuple[str, str]]:
    """Names that are not there, each with the one that is and looks the same; see `loosely`."""
    # of several that look the same the first in order is named, whatever order they came in
    alike = {loosely(name): name for name in sorted(present, reverse=True)} if absent else {}
    return [(name, alike[loosely(name)]) for name in absent if loosely(name) in alike]


def look_alikes(names: Iterable[str]) -> list[tuple[str, ...]]:
    """Groups of different names that look the same, in order; see `loosely`. Beside digits, O is 0 and l is 1.

    >>> look_alikes(["001", "1", "2", "Ann", "ann", "SO1", "S01"])
    [('001', '1'), ('Ann', 'ann'), ('S01', 'SO1')]
    """
    groups: dict[str, list[str]] = defaultdict(list)
    for name in sorted(set(names)):
        digits = any(c.isdigit() for c in name)
        groups[loosely(re.sub("[lI|]", "1", re.sub("[oO]", "0", name)) if digits else name)].append(name)
    return sorted(tuple(group) for group in groups.values() if len(group) > 1)
