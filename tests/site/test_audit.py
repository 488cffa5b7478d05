"""The ledger of the guide's statements: complete, with evidence that exists; and its page."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import audit
import nbformat
import pytest
from bs4 import BeautifulSoup
from playwright.sync_api import expect

from tools.site.browser import browser, find_chromium
from tools.site.serve import serve

ROOT = Path(__file__).parents[2]
EXTENSIONS = ROOT / "book" / "extensions"
SECTIONS, STATEMENTS = audit.read_ledger(ROOT / "book" / "guide_audit.yml")
IN_THE_GUIDE = (
    "0 1 2.1 2.2 2.3 3 3.1 3.1.1 3.1.2 3.1.3 3.2.1 3.2.2 4 4.1 4.1.1 4.2.1 4.2.2 "
    "5 5.1 5.2 5.3 6 7.1 7.2 7.3 8 9.1 9.2 10"
)


def test_the_ledger_has_no_fault():
    assert audit.faults(SECTIONS, STATEMENTS) == []


def test_every_part_of_the_guide_is_there_in_its_order():
    parts = [entry["id"].partition("-")[0] for entry in STATEMENTS]
    assert list(dict.fromkeys(parts)) == IN_THE_GUIDE.split()


def test_statements_are_numbered_without_holes():
    for part in IN_THE_GUIDE.split():
        numbers = [audit.place(e["id"])[1] for e in STATEMENTS if e["id"].startswith(f"{part}-")]
        assert numbers == list(range(1, len(numbers) + 1)), part


def code_cells(lesson: str) -> set[str]:
    """Return the ids that are anchors in a lesson's page."""
    path = ROOT / "notebooks" / f"{lesson}.ipynb"
    assert path.exists(), f"there is no lesson {lesson}"
    return {c.id for c in nbformat.read(path, as_version=4).cells if c.cell_type == "code"}


def test_every_cell_exists():
    named = {cell for entry in STATEMENTS for cell in entry.get("shown", [])}
    lessons = {cell.partition("#")[0] for cell in named}
    there = {f"{lesson}#{cell}" for lesson in lessons for cell in code_cells(lesson)}
    assert named <= there, sorted(named - there)


def test_every_source_is_in_the_bibliography():
    text = (ROOT / "book" / "references.bib").read_text(encoding="utf8")
    keys = set(re.findall(r"^@\w+\{([^,\s]+),", text, re.M))
    cited = {key for entry in STATEMENTS for key in entry.get("cite", [])}
    assert cited <= keys, sorted(cited - keys)


PRAISE = r"\b(strong|powerful|outstanding\w*|high quality|fluent|easy|accurate answers)\b"


def test_words_of_praise_get_one_verdict():
    """A word that names neither a test nor a competitor is an opinion, wherever it stands."""
    praise = {e["id"]: e["verdict"] for e in STATEMENTS if re.search(PRAISE, e["says"])}
    assert len(praise) >= 9
    assert {name for name, verdict in praise.items() if verdict != "opinion"} == set()


def test_a_reason_that_speaks_of_the_present_has_a_date():
    passing = re.compile(r"\b(now|today|nowadays|currently|recent\w*|newest|latest|no longer)\b")
    undated = [e["id"] for e in STATEMENTS if not re.search(r"\b20\d\d\b", e["reason"])]
    assert [e["id"] for e in STATEMENTS if e["id"] in undated and passing.search(e["reason"])] == []


def test_what_is_said_twice_points_to_the_first_time():
    """Statements in the same words have one verdict; the later one names the earlier (same)."""
    first = {}
    for entry in STATEMENTS:
        words = re.sub(r"(Reading, s|S)tep \d+: ", "", entry["says"]).lower()
        earlier = first.setdefault(words, entry)
        assert entry is earlier or earlier["id"] in entry.get("same", []), entry["id"]
    assert sum("same" in entry for entry in STATEMENTS) >= 20


ENTRY = {"id": "0-1", "says": "It is.", "verdict": "holds", "reason": "So.", "cite": ["a2000"]}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({}, None),
        ({"verdict": "right"}, "0-1: has the verdict 'right', expected holds, corrected"),
        ({"verdict": None}, "0-1: has the verdict None"),
        ({"says": " "}, "0-1: does not say what the guide states"),
        ({"reason": ""}, "0-1: needs a reason of one sentence, has 0"),
        ({"reason": "No end"}, "0-1: needs a reason of one sentence, has 0"),
        ({"reason": "One. Two."}, "0-1: needs a reason of one sentence, has 2"),
        ({"reason": "See `a. b` and $x. y$, by A et al. 2000: 0.5."}, None),
        ({"cite": []}, "0-1: names neither a cell (shown) nor a source (cite)"),
        ({"cite": [], "verdict": "opinion"}, None),
        ({"shown": ["decoding"]}, "0-1: names a cell in another form than lesson#cell-id"),
        ({"because": "x"}, "0-1: has an unknown key, 'because'"),
        ({"id": "0.1"}, "0.1: expected an id such as 4.1.1-3"),
        ({"id": "1-1"}, "1-1: expected an id such as 4.1.1-3, in a section that has a name"),
    ],
)
def test_a_faulty_statement_is_told(change, message):
    found = audit.faults(["Title"], [ENTRY | change])
    assert found[0].startswith(message) if message else found == []


@pytest.mark.parametrize(
    ("same", "verdict", "message"),
    [
        (["0-1"], "holds", None),
        (["0-1"], "refuted", "1-1: is refuted, but 0-1, which claims the same, is holds"),
        (["1-1"], "holds", "1-1: claims the same as 1-1, which is no earlier statement (same)"),
    ],
)
def test_the_same_claim_has_the_same_verdict(same, verdict, message):
    later = ENTRY | {"id": "1-1", "same": same, "verdict": verdict}
    assert audit.faults(["Title", "First"], [ENTRY, later]) == ([message] if message else [])


@pytest.mark.parametrize(
    ("ids", "message"),
    [
        (["0-1", "1-1", "1-2", "1.1-1", "1.1.1-1", "1.2-1", "1.2-10"], None),
        (["0-1", "1-2", "1-1"], "1-1: the id is out of order"),
        (["0-1", "1.10-1", "1.9-1"], "1.9-1: the id is out of order"),
        (["0-1", "1-1", "1-1"], "1-1: the id occurs twice"),
        (["0-1"], "section 1 has no statement"),
    ],
)
def test_order_and_coverage(ids, message):
    found = audit.faults(["Title", "First"], [ENTRY | {"id": name} for name in ids])
    assert found == ([message] if message else [])


CONF = """extensions = ["myst_nb", "sphinxcontrib.bibtex", "audit"]
myst_enable_extensions = ["attrs_inline", "dollarmath"]
nb_execution_mode = "off"
bibtex_bibfiles = ["references.bib"]
bibtex_reference_style = "author_year"
html_static_path = ["static"]
mathjax_path = "mathjax.js"
exclude_patterns = ["out", "trees"]


def setup(app):
    from course_site import anchor_cells

    app.connect("doctree-read", anchor_cells)
"""
INDEX = """# Audit

[a statement](#statement-1.1-1), [from elsewhere](other.md)

```{ledger} ledger.yml
```

```{bibliography}
```

```{toctree}
other
notebooks/lesson
```
"""
OTHER = "# Other\n\n[the statement](index.md#statement-1.1-1)\n"
BIB = "@book{a2000, title = {T}, author = {Writer, A.}, year = {2000}, publisher = {P}}\n"
LEDGER = {
    "sections": ["Title", "First"],
    "statements": [
        ENTRY,
        ENTRY | {"id": "1-1", "verdict": "opinion", "cite": [], "says": "It is `nice`."},
        {
            "id": "1.1-1",
            "says": "$$a = b$$",
            "verdict": "refuted",
            "reason": "$a$ is *not* it.",
            "shown": ["lesson#the-cell", "lesson#other-cell"],
            "cite": ["a2000"],
        },
    ],
}


def write_project(folder: Path, ledger: dict) -> None:
    """Write a small book with a ledger, a lesson, and the audit's own script and style."""
    new = nbformat.v4
    cells = [new.new_markdown_cell("# The lesson\n\nText.")]
    cells += [new.new_code_cell("1", id="the-cell"), new.new_code_cell("2", id="other-cell")]
    (folder / "notebooks").mkdir(exist_ok=True)
    notebook = new.new_notebook(cells=cells, metadata={"language_info": {"name": "python"}})
    nbformat.write(notebook, folder / "notebooks" / "lesson.ipynb")
    (folder / "static").mkdir(exist_ok=True)
    for name in ("audit.js", "audit.css"):
        (folder / "static" / name).write_bytes((ROOT / "book/site_assets" / name).read_bytes())
    mathjax = "window.MathJax = {startup: {promise: Promise.resolve()}}"  # no network here
    (folder / "static" / "mathjax.js").write_text(mathjax, encoding="utf8")
    texts = {"conf.py": CONF, "index.md": INDEX, "other.md": OTHER, "references.bib": BIB}
    for name, text in (texts | {"ledger.yml": json.dumps(ledger)}).items():
        (folder / name).write_text(text, encoding="utf8")


def build(folder: Path, ledger: dict) -> str:
    """Build the small book into `out`, in a process of its own, and return the warnings."""
    write_project(folder, ledger)
    command = [sys.executable, "-m", "sphinx", "-q", "-d", "trees", "-w", "warnings", ".", "out"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(EXTENSIONS)])}
    subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True)
    return (folder / "warnings").read_text(encoding="utf8")


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Return the folder of a built small book without a fault."""
    folder = tmp_path_factory.mktemp("audit")
    assert build(folder, LEDGER) == ""
    return folder / "out"


def soup(path: Path) -> BeautifulSoup:
    """Return a parsed page."""
    return BeautifulSoup(path.read_text(encoding="utf8"), "html.parser")


def rows(table) -> list[list[str]]:
    """Return the texts of a table's cells."""
    return [[cell.get_text(" ", strip=True) for cell in row("td")] for row in table.tbody("tr")]


def test_counts_by_verdict_and_by_section(site):
    verdicts, sections = soup(site / "index.html").select(".ledger-counts table")
    assert [row[:2] for row in rows(verdicts)] == [
        *[[v, str(n)] for v, n in zip(audit.VERDICTS, (1, 0, 1, 0, 1), strict=True)],
        ["all", "3"],
    ]
    assert rows(sections) == [
        ["0 Title", "1", "0", "0", "0", "0", "1"],
        ["1 First", "0", "0", "1", "0", "1", "2"],
    ]
    texts = [p.text for p in soup(site / "index.html").select(".ledger-tally")]
    assert texts == ["1 statement: 1 holds", "2 statements: 1 refuted, 1 opinion"]


def test_a_statement_shows_all_that_it_has(site):
    page = soup(site / "index.html")
    articles = page.select(".ledger-section article")
    assert [a["id"] for a in articles] == ["statement-0-1", "statement-1-1", "statement-1.1-1"]
    last = articles[-1]
    assert (last["data-verdict"], last["data-section"]) == ("refuted", "1")
    assert last.select_one(".statement-head").get_text() == "1.1-1 refuted"
    assert "a = b" in last.blockquote.text and last.select_one("p em").text == "not"
    links = {a.get_text(): a["href"] for a in last.select(".statement-evidence a")}
    assert links["The lesson"] == "notebooks/lesson.html"
    assert links["the-cell"] == "notebooks/lesson.html#the-cell"
    assert links["other-cell"] == "notebooks/lesson.html#other-cell"
    assert links["Writer, 2000"].startswith("#")
    assert soup(site / "notebooks/lesson.html").find(id="the-cell")
    assert not articles[1].select(".statement-evidence")


def test_statements_can_be_linked_from_this_page_and_others(site):
    assert soup(site / "other.html").find("a", href="index.html#statement-1.1-1")
    assert soup(site / "index.html").find("a", href="#statement-1.1-1", string="a statement")


def test_script_and_style_are_on_this_page_only(site):
    for name, expected in (("index", True), ("other", False), ("notebooks/lesson", False)):
        page = soup(site / f"{name}.html")
        assert bool(page.select("script[src*='audit.js']")) == expected, name
        assert bool(page.select("link[href*='audit.css']")) == expected, name


def test_without_the_script_everything_shows_and_no_filter(site):
    page = soup(site / "index.html")
    assert page.find("form", class_="ledger-filter").has_attr("hidden")
    assert not page.select("article[hidden]")


FAULTS = [
    ({"verdict": "wrong"}, "has the verdict 'wrong'"),
    ({"reason": ""}, "needs a reason of one sentence, has 0"),
    ({"same": ["1-1"]}, "is refuted, but 1-1, which claims the same, is opinion"),
    ({"shown": [], "cite": []}, "names neither a cell"),
    ({"shown": ["lesson#no-cell"]}, "local id not found in doc 'notebooks/lesson': 'no-cell'"),
    ({"shown": ["nowhere#cell"]}, "nowhere.ipynb"),
    ({"cite": ["b2001"]}, 'could not find bibtex key "b2001"'),
]


def test_each_fault_is_a_warning_and_the_rest_is_shown(tmp_path):
    bad = [LEDGER["statements"][2] | change for change, _ in FAULTS]
    bad = [entry | {"id": f"1.2-{n}"} for n, entry in enumerate(bad)]
    warnings = build(tmp_path, LEDGER | {"statements": LEDGER["statements"] + bad})
    for n, (_, message) in enumerate(FAULTS):
        found = [line for line in warnings.splitlines() if message in line]
        assert found and "index.md:" in found[0], message
        assert n > 3 or f"ledger.yml, 1.2-{n}: " in found[0], "our own say which statement"
    shown = [a["id"] for a in soup(tmp_path / "out" / "index.html").select("article")]
    assert len(shown) == len(LEDGER["statements"]) + len(FAULTS) - 1, "all but the wrong verdict"
    same = soup(tmp_path / "out" / "index.html").find(id="statement-1.2-2")
    assert same.select(".statement-evidence a[href='#statement-1-1']")


def test_a_file_of_another_form_is_an_error(tmp_path):
    assert "expected the two keys sections and statements" in build(tmp_path, {"sections": []})


@pytest.mark.skipif(not find_chromium(), reason="no Chromium or Chrome was found")
def test_the_filter(site):
    with serve(site) as address, browser() as tab:
        page = tab.open(f"{address}/index.html")
        shown, status = page.locator("article:visible"), page.get_by_role("status")

        def expect_shown(*names):
            expect(shown).to_have_count(len(names))
            assert [tag.get_attribute("id") for tag in shown.all()] == [
                f"statement-{name}" for name in names
            ]

        expect_shown("0-1", "1-1", "1.1-1")
        page.get_by_label("opinion").click()
        expect_shown("0-1", "1.1-1")
        expect(status).to_have_text("2 of 3 statements are shown.")
        page.get_by_label("Section").select_option("1")
        expect_shown("1.1-1")
        expect(page.locator("#ledger-0")).to_be_hidden()
        page.evaluate("location.hash = '#statement-1-1'")
        expect_shown("0-1", "1-1", "1.1-1")  # a link shows what was filtered away
        page.get_by_label("refuted").click()
        page.get_by_role("button", name="Show all").click()
        expect_shown("0-1", "1-1", "1.1-1")
        expect(status).to_have_text("3 of 3 statements are shown.")
        assert not [line for line in tab.complaints if "favicon" not in line]
