"""A build shows what is stored where the stamp fits, and runs what does not; nothing else."""

import io

import nbformat
import pytest
import stored_outputs
from bs4 import BeautifulSoup
from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace, patch_docutils

CONF = """
extensions = ["myst_nb", "sphinx.ext.autodoc", "course_site", "stored_outputs"]
root_doc = "start"
nb_execution_mode = "off"
exclude_patterns = ["out"]
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
    (tmp_path / "conf.py").write_text(CONF, encoding="utf8")
    (tmp_path / "start.md").write_text(START, encoding="utf8")
    (tmp_path / "quote.md").write_text(QUOTE, encoding="utf8")
    (tmp_path / "notebooks").mkdir()
    for name in ("lesson", "other"):
        write(tmp_path / "notebooks" / f"{name}.ipynb", "today")

    def build(rule=""):
        monkeypatch.setenv("BOOK_OUTPUTS", rule)
        out, read = tmp_path / "out", []
        said = io.StringIO()
        with patch_docutils(tmp_path), docutils_namespace():  # as Sphinx's own command does
            app = Sphinx(tmp_path, tmp_path, out / "html", out / "trees", "html", {}, None, said)
            app.connect("source-read", lambda app, name, content: read.append(name))
            app.build()
        assert said.getvalue() == ""
        return texts(out / "html"), set(read)

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
