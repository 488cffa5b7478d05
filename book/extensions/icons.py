"""The theme's icons, reduced to those in use: Font Awesome as a font of some dozen letters.

When the pages are written, the classes `fa-…` in them and in the theme's script say which icons are
needed. The theme's style sheet keeps these rules, its fonts these letters, and the rest is not
served. `book/templates` leaves out fontawesome.js.
"""

import re
from pathlib import Path

import pydata_sphinx_theme

from tools.site.fonts import subset

THEME = Path(pydata_sphinx_theme.__file__).parent / "theme" / "pydata_sphinx_theme" / "static"
SHEET = Path("styles") / "pydata-sphinx-theme.css"
SCRIPT = Path("scripts") / "pydata-sphinx-theme.js"  # it makes the cross that closes a side bar
FONTS = Path("vendor") / "fontawesome" / "webfonts"
ICON = re.compile(r"\bfa-[a-z0-9-]+")
RULE = re.compile(r'((?:\.fa-[\w-]+:{1,2}before,?)+)\{content:"\\[^"]+"\}')
TRUETYPE = re.compile(r',url\([^)]*\.ttf\) format\("truetype"\)')
LETTER = re.compile(r'content:\s*"\\([ef][0-9a-f]{3})"')


def names_in_use(site: Path) -> set[str]:
    """Return the classes of icons that a site's pages and the theme's own script name."""
    texts = [p.read_text("utf8") for p in [*site.rglob("*.html"), THEME / SCRIPT]]
    return {name for text in texts for name in ICON.findall(text)}


def keep_rules(sheet: str, names: set[str]) -> str:
    r"""Return a style sheet without the rules of icons that have other names.

    >>> keep_rules('.fa-a:before{content:"\\1"}.fa-b:before,.fa-c:before{content:"\\f2"}', {"fa-c"})
    '.fa-b:before,.fa-c:before{content:"\\f2"}'
    """
    kept = RULE.sub(lambda rule: rule[0] if names & set(ICON.findall(rule[1])) else "", sheet)
    return TRUETYPE.sub("", kept)


def letters(sheets: list[str]) -> str:
    r"""Return the icons that style sheets show, as letters.

    >>> letters(['.fa-x:before{content:"\\f00d"}']) == "\uf00d"
    True
    """
    return "".join(sorted({chr(int(code, 16)) for s in sheets for code in LETTER.findall(s)}))


def reduce_icons(app, error) -> None:
    """Write the theme's style sheet and icon fonts again with what the pages use."""
    if error is not None or app.builder.name != "html":
        return
    site, static = Path(app.outdir), Path(app.outdir) / "_static"
    sheet = keep_rules((THEME / SHEET).read_text("utf8"), names_in_use(site))
    (static / SHEET).write_text(sheet, encoding="utf8")
    shown = letters([p.read_text("utf8") for p in static.rglob("*.css")])
    for font in (THEME / FONTS).glob("*.woff2"):
        (static / FONTS / font.name).write_bytes(subset(font, shown))
    for unused in [*(static / FONTS).glob("*.ttf"), *static.glob("scripts/fontawesome*")]:
        unused.unlink()


def setup(app):
    """Reduce the icons when the pages have been written."""
    app.connect("build-finished", reduce_icons)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
