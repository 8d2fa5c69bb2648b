"""Words on a picture, in a font that knows the letters of people's names: DejaVu Sans, which comes with matplotlib."""

import unicodedata
from pathlib import Path

import matplotlib as mpl
import numpy as np
from jaxtyping import UInt8
from matplotlib.ft2font import FT2Font

_CAPITAL = 0.729
"""Height of a capital letter, as a share of the font's size."""
ABOVE, BELOW = 1.3, 0.35
"""Heights of a capital letter that words take above and below their line, accents and tails included."""


def known_letters(text: str) -> str:
    """The text in letters that the font has: others lose their accents, or become question marks.

    >>> known_letters("Željko Ångström Ελένη"), known_letters("小明")
    ('Željko Ångström Ελένη', '??')
    """
    font = _font()

    def known(letter: str) -> str:
        if letter.isprintable() and font.get_char_index(ord(letter)):
            return letter
        plain = "".join(c for c in unicodedata.normalize("NFKD", letter) if not unicodedata.combining(c))
        return plain if plain != letter and plain.isascii() and plain.isprintable() else "?"

    # one sign a letter with its accents, where there is one: a font draws accents of their own beside the letter
    return "".join(map(known, unicodedata.normalize("NFC", text)))


def lettered(text: str, height: float) -> tuple[UInt8[np.ndarray, "h w"], int]:
    """A line of words as a mask, 255 where they are, and how many of its rows are below the line they stand on.

    Args:
        text: of `known_letters`; one letter at least.
        height: of a capital letter in pixels.
    """
    font = _font()
    font.set_size(height / _CAPITAL, 72)
    font.set_text(text, 0.0)
    font.draw_glyphs_to_bitmap(antialiased=True)
    return np.array(font.get_image(), np.uint8), round(font.get_descent() / 64)


def _font() -> FT2Font:
    # a font holds the text that it last set, so each drawing has its own; opening one takes 0.1 ms
    return FT2Font(str(Path(mpl.get_data_path(), "fonts", "ttf", "DejaVuSans-Bold.ttf")))
