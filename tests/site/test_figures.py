"""The chapters' figures: each is drawn, and numbers in an alt text are those of the figure."""

import importlib.util
import os
import shutil
from pathlib import Path
from types import SimpleNamespace

import audit
import drawn_figures
import matplotlib.pyplot as plt
import pytest

BOOK = Path(__file__).parents[2] / "book"
FILES = sorted((BOOK / "figures").glob("*.py"))


def load(name: str):
    """Import a figure's file."""
    spec = importlib.util.spec_from_file_location(name, BOOK / "figures" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_it_draws_without_a_title_inside(path):
    figure = load(path.stem).draw()
    assert figure.axes and not any(ax.get_title() for ax in figure.axes)
    plt.close(figure)


def test_scores_in_the_alt_text_are_those_of_the_figure():
    module = load("overlap_scores")
    alt = next(
        line
        for line in (BOOK / "applications.md").read_text(encoding="utf8").splitlines()
        if line.startswith(":alt:") and "BLEU" in line
    )
    scores = {text: module.scores(text) for text in module.CANDIDATES}
    bleu = [round(score["BLEU"]) for score in scores.values()]
    assert (
        "BLEU {} and {}. Two right ones, reordered and reworded, have {} and {}.".format(*bleu)
        in alt
    )
    by_chrf = sorted(scores, key=lambda text: scores[text]["chrF"])
    assert by_chrf == sorted(scores, key=lambda text: scores[text]["BLEU"])


def contents(folder: Path) -> dict[Path, bytes]:
    """Return all files of a folder but what Python keeps beside its sources."""
    files = [path for path in folder.rglob("*") if path.is_file() and path.suffix != ".pyc"]
    return {path: path.read_bytes() for path in files}


def test_figures_are_drawn_where_the_book_is_built_and_the_sources_stay_as_they_are(tmp_path):
    source, out = tmp_path / "Mein Kurs (ü) 课", tmp_path / "out" / "_build"
    (source / "book/figures").mkdir(parents=True)
    shutil.copy(BOOK / "figures/timeline.py", source / "book/figures")
    before = contents(source)
    app = SimpleNamespace(srcdir=str(source), outdir=str(out / "html"))
    drawn_figures.draw_all(app, None)
    assert contents(source) == before and [*contents(out)] == [out / "figures/timeline.svg"]
    page = ["```{figure} /_build/figures/timeline.svg\n:alt: a line\n```\n"]
    drawn_figures.find(app, "book/background", page)
    place = page[0].split()[1]
    assert (source / place.removeprefix("/")).resolve() == out / "figures/timeline.svg"


def test_a_figure_is_older_than_a_file_that_it_reads(tmp_path):
    source = tmp_path / "book/figures/f.py"
    source.parent.mkdir(parents=True)
    source.write_text('READS = ("notebooks/*.ipynb",)\n', encoding="utf8")
    os.utime(source, (100, 100))
    assert drawn_figures.changed(source) == 100
    notebook = tmp_path / "notebooks/a.ipynb"
    notebook.parent.mkdir()
    notebook.touch()
    os.utime(notebook, (200, 200))
    assert drawn_figures.changed(source) == 200


def test_the_audits_figure_and_its_alt_text_count_the_ledger():
    found = load("audit_verdicts").counts()
    sums = [sum(section[verdict] for section in found.values()) for verdict in audit.VERDICTS]
    alt = next(
        line
        for line in (BOOK / "intro.md").read_text(encoding="utf8").splitlines()
        if line.startswith(":alt:")
    )
    holds, corrected, refuted, undisclosed, opinion = sums
    assert (
        f"Of all {sum(sums)} statements, {holds} hold, {corrected} are corrected, {refuted} "
        f"refuted, {undisclosed} undisclosed and {opinion} opinions." in alt
    )
    for section in ("Mathematics", "Hands on"):
        counts = found[section]
        assert f"{section}, {counts['refuted']} of {counts.total()}" in alt


def test_in_the_usual_place_a_page_is_read_as_it_stands():
    app = SimpleNamespace(srcdir="/course", outdir="/course/_build/html")
    page = ["```{figure} /_build/figures/timeline.svg\n"]
    drawn_figures.find(app, "book/background", page)
    assert page == ["```{figure} /_build/figures/timeline.svg\n"]
