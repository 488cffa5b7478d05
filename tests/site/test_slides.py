"""Lessons as slides: what is on them, what is not, and that they ask no other host."""

import html.parser
import json
import re
import time
from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import expect

from course_utils.lessons.widgets.pieces import AttentionExplorer
from tools.site import browser, make_slides
from tools.site.serve import serve

ROOT = Path(__file__).parents[2]
LESSONS = sorted((ROOT / "notebooks").glob("*.ipynb"))
EXERCISES = ("exercise", "next", "references")
ADDRESS = re.compile(r"(https?:)?//", re.I)


class Loads(html.parser.HTMLParser):
    """Collect what a page loads, and the headings that are seen, with the slide of each."""

    def __init__(self):
        super().__init__()
        self.loaded, self.headings, self.slides = [], [], []
        self.sections, self.level, self.notes = 0, None, False

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        loads = {"link": "href"}.get(tag, "src")
        self.loaded += [given[loads]] if given.get(loads) else []
        self.sections += tag == "section"
        self.notes |= tag == "aside"
        if re.fullmatch("h[1-4]", tag) and not self.notes:
            self.headings.append("")
            self.slides.append(self.sections)
            self.level = tag

    def handle_endtag(self, tag):
        self.notes &= tag != "aside"
        if tag == self.level:
            self.level = None

    def handle_data(self, data):
        if self.level:
            self.headings[-1] += data


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    """Return a folder with the slides of one lesson that has mathematics, figures and a widget."""
    folder = tmp_path_factory.mktemp("slides")
    make_slides.make_slides(ROOT / "notebooks" / "attention_by_hand.ipynb", folder)
    return folder


def read_page(out) -> tuple[str, Loads]:
    """Return the page's text and what was found in it."""
    text = (out / "attention_by_hand.html").read_text(encoding="utf8")
    found = Loads()
    found.feed(text)
    return text, found


def arranged(path: Path) -> list:
    """Return the cells that become slides or notes."""
    return make_slides.arrange(nbformat.read(path, as_version=4)).cells


def test_nothing_is_loaded_from_another_host(out):
    text, found = read_page(out)
    assert len(found.loaded) >= 8
    for address in found.loaded:
        assert not ADDRESS.match(address), address
        if not address.startswith("data:"):
            assert (out / address).exists(), f"{address} is not there"
    assert not re.search(r"@import|url\(\s*['\"]?(https?:)?//|import .* from ['\"]http", text)
    for sheet in out.rglob("*.css"):
        assert "@import" not in sheet.read_text(encoding="utf8"), sheet


def test_each_heading_has_a_slide(out):
    _, found = read_page(out)
    cells = nbformat.read(ROOT / "notebooks" / "attention_by_hand.ipynb", as_version=4).cells
    prose = "\n".join(c.source for c in cells if c.cell_type == "markdown")
    wanted = re.findall(r"^#{1,3} (.+)$", prose, flags=re.M)
    wanted = [h for h in wanted if not h.lower().startswith(EXERCISES)]
    assert len(wanted) >= 8
    assert [h.rstrip("¶") for h in found.headings[: len(wanted)]] == wanted
    assert found.sections >= 2 * len(wanted)
    assert len(set(found.slides[: len(wanted)])) == len(wanted), "two headings on one slide"


@pytest.mark.parametrize("path", LESSONS, ids=lambda p: p.stem)
def test_every_lesson_gives_slides_without_exercises(path):
    cells = arranged(path)
    kinds = [c.metadata.slideshow.slide_type for c in cells]
    assert cells[0].source.startswith("# ") and kinds[0] == "slide"
    assert 15 <= sum(kind in ("slide", "subslide") for kind in kinds) <= 60
    assert set(kinds) <= {"slide", "subslide", "fragment", "notes", "-"}
    assert not {"setup", "imports"} & {c.id for c in cells}
    text = "\n".join(c.source for c in cells)
    assert "Solution" not in text and "### Exercise" not in text and "checks.check_" not in text
    assert "●" not in text and "COURSE_UTILS_SOURCE" not in text
    headed = [c for c in cells if c.source.startswith("## ")]
    assert len(headed) >= 3 and headed[-1].source.startswith("## Summary")
    assert {c.metadata.slideshow.slide_type for c in headed} <= {"slide", "subslide"}


@pytest.mark.parametrize("path", LESSONS, ids=lambda p: p.stem)
def test_tags_are_words_that_the_exporter_knows(path):
    tags = [
        cell["metadata"]["slideshow"]["slide_type"]
        for cell in json.loads(path.read_text(encoding="utf8"))["cells"]
        if "slideshow" in cell["metadata"]
    ]
    assert set(tags) <= {"slide", "subslide", "fragment", "notes", "skip", "-"}
    assert len(tags) >= 2, "the title, and what this lesson decides for itself"


def cell(kind: str, source: str, **metadata):
    """Make a cell."""
    return getattr(nbformat.v4, f"new_{kind}_cell")(source, metadata=metadata)


@pytest.mark.parametrize(
    ("data", "why"),
    [(None, "is not there"), (b"", "is no notebook"), (b"\xff{}", "is no notebook")],
)
def test_what_is_no_lesson_is_one_line(tmp_path, data, why):
    path = tmp_path / "Meine Lektion 课.ipynb"
    if data is not None:
        path.write_bytes(data)
    with pytest.raises(SystemExit, match=f"^{re.escape(str(path))} {why}: name one such as .*$"):
        make_slides.make_slides(path, tmp_path)


def test_the_cells_own_type_wins_but_not_over_a_solution():
    skip = {"slide_type": "skip"}
    assert make_slides.chosen_type(cell("code", "1 + 1")) == "subslide"
    assert make_slides.chosen_type(cell("code", "1 + 1", slideshow=skip)) == "skip"
    exercise = cell("code", "def f(): ...", tags=["exercise"], slideshow={"slide_type": "slide"})
    assert make_slides.chosen_type(exercise) == "skip"


def test_markdown_is_cut_at_headings_and_exercises_are_left_out():
    source = "A reading.\n\n## A question\n\nWhy?\n\n### Exercise: do it\n\n●○○\n\n## Next\n\nMore."
    kinds = [
        (c.source, c.metadata.slideshow.slide_type)
        for c in make_slides.cut(cell("markdown", source))
    ]
    assert kinds == [("A reading.", "notes"), ("## A question\n\nWhy?", "slide")]
    fenced = "```\n# a comment\n```"
    assert make_slides.parts(fenced) == [fenced]


SHOW_THE_PIECE = """() => {
  const { h, v } = Reveal.getIndices(document.querySelector(".live-piece").closest("section"));
  Reveal.slide(h, v);
}"""


@pytest.mark.skipif(not browser.find_chromium(), reason="no Chromium on this machine")
def test_the_slides_open_in_a_browser(out):
    tall = "(s => s.scrollHeight * (s.style.zoom || 1))(Reveal.getCurrentSlide())"
    with serve(out) as address, browser.browser() as tab:
        page = tab.open(f"{address}/attention_by_hand.html", 1280, 720)
        page.wait_for_selector("section.present mjx-container mjx-c", state="attached")
        for _ in range(5):
            page.evaluate("Reveal.next()")
            time.sleep(0.1)
            height = page.evaluate(tall)
            assert height <= 721, "a slide is taller than the screen"
        page.evaluate(SHOW_THE_PIECE)
        page.get_by_label("causal mask").check()
        expect(page.locator("section.present p[role=status]")).to_contain_text("w₁ (1.00)")
        assert tab.outside() == []
        assert [r for r in tab.failed if not r.endswith("favicon.ico")] == []


def test_a_piece_has_a_place_and_another_widget_its_text():
    made = AttentionExplorer(causal=True)
    data = {make_slides.VIEW: {"model_id": "a"}, "text/plain": "one <line>"}
    other = {make_slides.VIEW: {"model_id": "b"}, "text/plain": "needs Python"}
    shown = [nbformat.v4.new_output("display_data", one) for one in (data, other)]
    state = {"a": {"state": made.get_state()}, "b": {"state": {}}}
    lesson = nbformat.v4.new_notebook(
        metadata={"widgets": {make_slides.STATE: {"state": state}}},
        cells=[nbformat.v4.new_code_cell("show()", outputs=shown)],
    )
    first, second = make_slides.with_pieces(lesson).cells[0].outputs
    assert '"piece": "attention_explorer"' in first.data["text/html"]
    assert "one &lt;line&gt;" in first.data["text/html"] and '"causal": true' in str(first.data)
    assert second.data == {"text/plain": "needs Python"}
    assert make_slides.VIEW in lesson.cells[0].outputs[0].data, "the lesson stays as it is"
