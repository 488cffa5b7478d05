"""A font with only the letters in use."""

import io

import matplotlib
from fontTools.ttLib import TTFont

from tools.site.fonts import subset

FONT = matplotlib.get_data_path() + "/fonts/ttf/DejaVuSans.ttf"


def test_a_font_holds_the_letters_that_were_asked_for_and_no_others():
    made = TTFont(io.BytesIO(subset(FONT, "aé中")))
    assert made.flavor == "woff2"
    assert set(made.getBestCmap()) == {ord("a"), ord("é")}  # this font knows no Chinese


def test_a_font_with_few_letters_is_small():
    assert len(subset(FONT, "abc")) < 20_000
