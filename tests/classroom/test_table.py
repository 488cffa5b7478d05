"""grades.csv as a spreadsheet opens it: names in any script, and nothing that it would compute."""

from types import SimpleNamespace

import pytest

from tools.classroom.sandbox import Limits
from tools.classroom.scores import NOT_GRADED, Grade, earlier, write_csv
from tools.classroom.unchanged import fingerprint

NAMES = ["=HYPERLINK(A1)", "@ana", "-1", "+49 Anna", "'t Hooft", "王小明", "प्रिया, शर्मा"]


@pytest.fixture
def table(tmp_path):
    """Write a table of people who have no points, twice; return its path."""
    nbgrader = SimpleNamespace(coursedir=SimpleNamespace(root=str(tmp_path)))
    lines = [Grade(who, "tiny", NOT_GRADED, 0, 0, 0, "no notebook") for who in NAMES]
    write_csv(nbgrader, lines[:3])
    write_csv(nbgrader, lines[3:])
    return tmp_path / "grades.csv"


def test_names_come_back_as_they_were(table):
    assert sorted(row["student"] for row in earlier(table)) == sorted(NAMES)


def test_no_cell_begins_like_a_formula(table):
    cells = [cell for line in table.read_text("utf-8-sig").splitlines() for cell in line.split(",")]
    assert not [cell for cell in cells if cell.strip('"')[:1] in {"=", "+", "-", "@"}]


def test_excel_is_told_the_encoding(table):
    assert table.read_bytes().startswith(b"\xef\xbb\xbf")


def test_what_is_refused_is_not_read(tmp_path):
    source = tmp_path / "source" / "tiny"
    source.mkdir(parents=True)
    (tmp_path / "nbgrader_config.py").write_text("", encoding="utf8")
    one, other = (fingerprint(None, [why], source, Limits()) for why in ("a film", "locked"))
    assert one != other
