"""A class zip, graded end to end: four programs' notebooks, and names from six scripts."""

import csv
import unicodedata

import nbformat
import pytest
import saved_by
import tiny_assignment
from handing_in import zip_of

from tools.classroom import grade, samples, sandbox
from tools.classroom.names import safe
from tools.classroom.release import release

LIMITS = sandbox.Limits(seconds=90, memory_gb=2, output_mb=20)
FORM = "{}_{}_assignsubmission_file_/tiny.ipynb"


def without_marks(notebook) -> bytes:
    """Take nbgrader's names from a notebook, as a program that drops metadata does."""
    made = nbformat.reads(saved_by.jupyterlab(notebook).decode("utf8"), as_version=4)
    for cell in made.cells:
        cell.metadata.pop("nbgrader", None)
    return nbformat.writes(made).encode("utf8")


CLASS = {
    unicodedata.normalize("NFD", "O'Brien, Nguyễn Müller"): saved_by.colab,
    "प्रिया शर्मा": saved_by.colab,
    "王小明": saved_by.vs_code,
    "أحمد علي": saved_by.jupyterlab,
    "Ольга Петрова": saved_by.validator,
    "Ελένη": without_marks,
}


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """Grade a zip as Moodle makes it."""
    course = tiny_assignment.make(tmp_path_factory.mktemp("course"))
    out = tmp_path_factory.mktemp("out")
    release(course, out)
    one = samples.Assignment("tiny", course, out)
    solved = one.solved(one.answers)
    files = {FORM.format(who, i): save(solved) for i, (who, save) in enumerate(CLASS.items())}
    files[FORM.format("Page", 91)] = b"<!DOCTYPE html>"
    source = zip_of(out / "course-Tiny-5.zip", files)
    return out, {line.student: line for line in grade.grade_all(source, out, course, LIMITS)}


def test_each_program_s_notebook_is_graded_in_full_under_each_name(graded):
    out, lines = graded
    for who, save in CLASS.items():
        who = unicodedata.normalize("NFC", who)
        line = lines[who]
        assert (line.status, line.score, line.points_by_hand) == ("graded", 5, 4), save.__name__
        assert save is without_marks or line.note == ""
        page = out / "feedback" / safe(who) / "tiny" / "tiny.html"
        assert who.replace("'", "&#x27;") in page.read_text(encoding="utf8")
    with (out / "grades.csv").open(encoding="utf-8-sig", newline="") as file:
        told = {row["student"]: row["folder"] for row in csv.DictReader(file)}
    assert told == {who: safe(who) for who in lines} and len(told) == len(CLASS) + 1


def test_a_notebook_without_nbgrader_s_marks_is_graded_and_said_to_be_one(graded):
    out, lines = graded
    said = "cells without nbgrader's mark, recognised: "
    assert lines["Ελένη"].note == said + "title, double, test-double, half, test-half, why"
    page = (out / "feedback" / safe("Ελένη") / "tiny" / "tiny.html").read_text(encoding="utf8")
    assert "mark, recognised: title, double" in page, "its student must be told, too"


def test_what_is_no_notebook_tells_its_student_what_to_do(graded):
    out, lines = graded
    assert lines["Page"].score == 0 and "Download raw file" in lines["Page"].note
    page = out / "feedback" / safe("Page") / "tiny" / "tiny.html"
    assert "Download raw file" in page.read_text(encoding="utf8")
