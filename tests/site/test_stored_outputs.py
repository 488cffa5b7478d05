"""A build shows what is stored where the stamp fits, and runs what does not; nothing else."""

import shutil

import nbformat
import pytest
import stored_outputs
from bs4 import BeautifulSoup
from small_book import SmallBook

CONF = """
extensions = ["myst_nb", "sphinx.ext.autodoc", "course_site", "stored_outputs"]
root_doc = "start"
nb_execution_mode = "off"
source_suffix = {".md": "myst-nb", ".ipynb": "myst-nb"}
"""
START = """# Start

```{toctree}
notebooks/lesson
notebooks/other
quote
```
"""
QUOTE = "# Quote\n\nThe number is {number}`lesson::n`.\n"
CODE = """from IPython.display import display
display({"application/papermill.record/text/plain": "ran"}, raw=True, metadata={"scrapbook":
    {"name": "n", "mime_prefix": "application/papermill.record/"}})
print("ran")"""


def write(path, stamp: str) -> None:
    """Write a lesson whose stored outputs say "stored", while a run prints "ran"."""
    told = nbformat.v4.new_output("stream", text="stored")
    kept = nbformat.v4.new_output(
        "display_data",
        {"application/papermill.record/text/plain": "stored"},
        metadata={"scrapbook": {"name": "n", "mime_prefix": "application/papermill.record/"}},
    )
    cell = nbformat.v4.new_code_cell(CODE, id="code", outputs=[kept, told], execution_count=1)
    title = nbformat.v4.new_markdown_cell(f"# {path.stem}", id="title")
    metadata = {"course": {"stamp": stamp}, "kernelspec": {"name": "python3", "display_name": "P"}}
    metadata["language_info"] = {"name": "python", "pygments_lexer": "ipython3"}
    nbformat.write(nbformat.v4.new_notebook(cells=[title, cell], metadata=metadata), path)


@pytest.fixture
def site(tmp_path, monkeypatch):
    """Return a function that builds a small book; it gives the pages' texts and what was read."""
    monkeypatch.setattr(stored_outputs, "stamp", lambda notebook: "today")
    book = SmallBook(tmp_path, CONF)
    book.write("start.md", START)
    book.write("quote.md", QUOTE)
    (tmp_path / "notebooks").mkdir()
    for name in ("lesson", "other"):
        write(tmp_path / "notebooks" / f"{name}.ipynb", "today")

    def build(rule=""):
        monkeypatch.setenv("BOOK_OUTPUTS", rule)
        read = book.build()
        return texts(book.html), read

    build.folder = tmp_path
    return build


def texts(html) -> dict[str, str]:
    """Return what a page's cell prints, and the number that a page quotes."""
    found = {}
    for name in ("notebooks/lesson", "notebooks/other", "quote"):
        soup = BeautifulSoup((html / f"{name}.html").read_text(encoding="utf8"), "html.parser")
        place = ".pasted-text" if name == "quote" else ".cell_output pre"
        found[name.rpartition("/")[2]] = soup.select_one(place).get_text().strip()
    return found


STORED = {"lesson": "stored", "other": "stored", "quote": "stored"}


def test_outputs_whose_stamp_fits_are_shown_and_then_left_alone(site):
    assert site() == (STORED, {"start", "quote", "notebooks/lesson", "notebooks/other"})
    assert site() == (STORED, set())


@pytest.mark.parametrize("stamp", ["yesterday", ""])
def test_a_lesson_whose_stamp_does_not_fit_is_run(site, stamp):
    write(site.folder / "notebooks/lesson.ipynb", stamp)
    assert site()[0] == {"lesson": "ran", "other": "stored", "quote": "ran"}
    assert site()[1] == set(), "nothing has changed since it ran"


def test_a_change_in_the_package_runs_lessons_whose_files_are_the_same(site, monkeypatch):
    site()
    monkeypatch.setattr(stored_outputs, "stamp", lambda notebook: "tomorrow")
    assert site()[0] == {"lesson": "ran", "other": "ran", "quote": "ran"}
    monkeypatch.setattr(stored_outputs, "stamp", lambda notebook: "today")
    assert site()[0] == STORED


def test_stored_can_be_asked_for_and_running_too(site):
    write(site.folder / "notebooks/lesson.ipynb", "yesterday")
    assert site("stored")[0] == STORED
    assert site("run")[0] == {"lesson": "ran", "other": "ran", "quote": "ran"}
    assert site("run")[1] >= {"notebooks/lesson", "notebooks/other"}, "each time"
    assert site()[0] == {"lesson": "ran", "other": "stored", "quote": "ran"}


def forget(site) -> None:
    """Begin from nothing, as after `make clean`."""
    for name in ("trees", "html", "jupyter_execute"):
        shutil.rmtree(site.folder / "out" / name)


def kept(site) -> list[str]:
    return sorted(path.name for path in (site.folder / "out" / "executed").glob("*"))


def test_a_build_from_nothing_does_not_run_again_what_a_build_has_run(site):
    path = site.folder / "notebooks/lesson.ipynb"
    write(path, "yesterday")
    site()
    assert kept(site) == ["lesson-today.ipynb"]
    forget(site)
    changed = path.read_text("utf8").replace("# lesson", "# Lesson of today")
    path.write_text(changed, "utf8")
    past = site.folder / "out/executed/lesson-today.ipynb"
    past.write_text(past.read_text("utf8").replace('"ran', '"kept'), "utf8")
    assert site()[0] == {"lesson": "kept", "other": "stored", "quote": "kept"}
    assert "Lesson of today" in (site.folder / "out/html/notebooks/lesson.html").read_text("utf8")
    assert site("run")[0]["lesson"] == "ran", "to run all is to run all"


def test_a_run_on_other_code_is_forgotten_and_one_that_failed_is_not_kept(site, monkeypatch):
    path = site.folder / "notebooks/lesson.ipynb"
    write(path, "yesterday")
    site()
    assert kept(site) == ["lesson-today.ipynb"]
    path.write_text(path.read_text("utf8").replace('print(\\"ran\\")', "1 / 0"), "utf8")
    days = {"# lesson": "tomorrow", "# other": "today"}
    monkeypatch.setattr(stored_outputs, "stamp", lambda notebook: days[notebook.cells[0].source])
    with pytest.raises(AssertionError, match="CellExecutionError"):
        site()
    assert kept(site) == []
