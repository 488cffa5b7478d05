"""The icons of the built site: each has its rule and its letter, and no others are there."""

import re

from built import SITE
from fontTools.ttLib import TTFont
from icons import FONTS, LETTER, SHEET, names_in_use

STATIC = SITE / "_static"
SIZES = {"fa-lg", "fa-sm", "fa-fw"}
STYLES = {"fa-solid", "fa-regular", "fa-brands"}


def known() -> set[int]:
    """Return the letters of all icon fonts of the site."""
    fonts = [TTFont(path) for path in (STATIC / FONTS).glob("*.woff2")]
    return {letter for font in fonts for letter in font.getBestCmap()}


def test_every_icon_of_a_page_is_a_letter_of_a_font():
    sheet = (STATIC / SHEET).read_text(encoding="utf8")
    for name in names_in_use(SITE) - SIZES - STYLES:
        rule = re.search(rf"\.{name}:before[^{{]*{{{LETTER.pattern}", sheet)
        assert rule and int(rule[1], 16) in known(), name


def test_every_icon_of_a_style_sheet_is_a_letter_of_a_font():
    for path in STATIC.rglob("*.css"):
        for code in LETTER.findall(path.read_text(encoding="utf8")):
            assert int(code, 16) in known(), (path.name, code)


def test_no_other_icons_are_served():
    fonts = list((STATIC / FONTS).iterdir())
    assert {path.suffix for path in fonts} == {".woff2"}
    assert sum(path.stat().st_size for path in fonts) < 20_000
    assert not list(STATIC.rglob("fontawesome*.js"))
