"""Folders and zips of a class, as people, file systems and learning platforms make them."""

import stat
import unicodedata
from pathlib import Path
from zipfile import ZipFile, ZipInfo

import nbformat
import pytest
import tiny_assignment
from handing_in import zip_of

from tools.classroom import hand_ins, unpack
from tools.classroom.names import own, safe

DOUBLE, HALF = "def double(x):\n    return x + x", "def half(x):\n    return x / 2"
STUB = "# YOUR CODE HERE\nraise NotImplementedError()"


def notebook(double: str = STUB, half: str = STUB, assignment: str = "tiny"):
    """Return a notebook of an assignment with two answers."""
    cells = [
        tiny_assignment.cell(f"{assignment}-double", double, answer=True),
        tiny_assignment.cell(f"{assignment}-half", half, answer=True),
    ]
    return nbformat.v4.new_notebook(cells=cells)


def written(made=None) -> bytes:
    """Return a notebook's file; without an argument one with all answers."""
    return nbformat.writes(made or notebook(DOUBLE, HALF)).encode("utf8")


SOLVED, UNTOUCHED = written(), written(notebook())
PARTLY = written(notebook(DOUBLE))


@pytest.fixture
def room(tmp_path) -> Path:
    """Make a classroom with two released assignments, tiny and huge work."""
    for name in ("tiny", "huge_work"):
        path = tmp_path / "room" / "release" / name / f"{name}.ipynb"
        path.parent.mkdir(parents=True)
        nbformat.write(notebook(assignment=name), path)
    return tmp_path / "room"


def folder_of(place: Path, files: dict[str, bytes]) -> Path:
    """Write files into a folder."""
    for name, content in files.items():
        path = place / "handed_in" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return place / "handed_in"


def found(source: Path, room: Path) -> dict[tuple[str, str], bytes | str]:
    """Return for each student and assignment the notebook that counts, or why there is none."""
    return {
        (one.student, one.assignment): one.refused or one.path.read_bytes()
        for one in hand_ins.find(source, room)
    }


OURS = {
    "as documented": "anna/tiny/tiny.ipynb",
    "folder doubled": "anna/tiny/tiny/tiny.ipynb",
    "folder tripled": "anna/tiny/tiny/tiny/tiny.ipynb",
    "large letters": "anna/Tiny/tiny.ipynb",
    "file in large letters": "anna/TINY/TINY.IPYNB",
    "blank behind": "anna/tiny /tiny.ipynb ",
    "blank behind the student": "anna /tiny/tiny.ipynb",
    "text": "anna/tiny/tiny.ipynb.txt",
    "JSON": "anna/tiny/tiny.ipynb.json",
    "second download": "anna/tiny/tiny (1).ipynb",
    "number behind": "anna/tiny/tiny.ipynb (1)",
    "copy of Jupyter": "anna/tiny/tiny-Copy1.ipynb",
    "copy of Colab": "anna/tiny/Copy of tiny.ipynb",
    "another name": "anna/tiny/Untitled3.ipynb",
    "no folder": "anna/tiny.ipynb",
    "no folder, another name": "anna/solution.ipynb",
    "folder unpacked twice": "anna/tiny (2)/Untitled.ipynb",
    "folder of an unknown name": "anna/Homework 1/tiny.ipynb",
    "assignment first": "tiny/anna/tiny.ipynb",
    "assignment, then files": "tiny/anna.ipynb",
    "around the class": "course 2026/anna/tiny/tiny.ipynb",
    "beside each other": "anna_tiny.ipynb",
    "beside each other, by Google": "anna - Tiny.ipynb",
    "beside each other, by name alone": "anna.ipynb",
}
JUNK = [
    "__MACOSX/anna/tiny/._tiny.ipynb",
    "anna/tiny/.ipynb_checkpoints/tiny-checkpoint.ipynb",
    ".ipynb_checkpoints/tiny-checkpoint.ipynb",
    ".DS_Store",
    "anna/.DS_Store",
    "anna/tiny/__pycache__/x.pyc",
    "Thumbs.db",
    "index.html",
]


@pytest.mark.parametrize("zipped", [False, True], ids=["folder", "zip"])
@pytest.mark.parametrize("how", OURS)
def test_folders_are_read_as_people_and_systems_make_them(tmp_path, room, how, zipped):
    files = dict.fromkeys(JUNK, b"junk") | {OURS[how]: SOLVED}
    make = zip_of if zipped else folder_of
    source = make(tmp_path / "class.zip" if zipped else tmp_path, files)
    assert found(source, room) == {("anna", "tiny"): SOLVED}


PLATFORMS = {
    "Moodle, folders": "{} {}_{}_assignsubmission_file_/tiny.ipynb",
    "Moodle 4, folders": "{} {}_{}_assignsubmission_file/sub/tiny.ipynb",
    "Moodle, flat": "{} {}_{}_assignsubmission_file_tiny.ipynb",
    "Moodle, within a folder": "course-Tiny-77/{} {}_{}_assignsubmission_file_/solution.ipynb",
    "Brightspace": "{2}-88 - {0} {1} - May 3, 2025 905 AM/tiny.ipynb",
    "Brightspace, flat": "{2}-88 - {0} {1} - May 3, 2025 905 AM - tiny.ipynb",
}
PEOPLE = [("Anna", "Muster", 101), ("Bo", "Nguyễn", 102), ("प्रिया", "शर्मा", 103)]


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_platform_s_zip_is_read_with_the_own_names(tmp_path, room, platform):
    files = {PLATFORMS[platform].format(*person): SOLVED for person in PEOPLE}
    source = zip_of(tmp_path / "class.zip", files | {"index.html": b"all files"})
    names = [f"{first} {last}" for first, last, _ in PEOPLE]
    assert found(source, room) == {(name, "tiny"): SOLVED for name in names}


def test_canvas_s_zip_is_read_and_the_note_of_lateness_is_no_name(tmp_path, room):
    files = {
        "musteranna_101_5001_tiny.ipynb": SOLVED,
        "nguyễnbo_LATE_102_5002_tiny-1.ipynb": PARTLY,
        "शर्माप्रिया_103_5003_tiny.zip": None,
        "anon_Ab1c2_5004_tiny.ipynb": SOLVED,
        "lee_104_text.html": b"<p>my laptop",
    }
    inner = zip_of(tmp_path / "inner.zip", {"work/tiny.ipynb": SOLVED}).read_bytes()
    source = zip_of(tmp_path / "submissions.zip", {k: v or inner for k, v in files.items()})
    got = found(source, room)
    assert got.pop(("lee", "tiny")).startswith("no notebook, only text.html")
    assert {student: work for (student, _), work in got.items()} == {
        "musteranna": SOLVED,
        "nguyễnbo": PARTLY,
        "शर्माप्रिया": SOLVED,
        "anon_Ab1c2": SOLVED,
    }


@pytest.mark.parametrize("form", ["ws_2026_{}_anna/tiny/tiny.ipynb", "ws_2026_{}_anna.ipynb"])
def test_names_with_numbers_of_our_own_are_not_taken_for_canvas_s(tmp_path, room, form):
    files = {form.format(100 + i): SOLVED for i in range(5)}
    wanted = {(f"ws_2026_{100 + i}_anna", "tiny"): SOLVED for i in range(5)}
    assert found(folder_of(tmp_path, files), room) == wanted


@pytest.mark.parametrize("form", ["class/{}/solution.ipynb", "a/b/{}_10{}_900{}_tiny.ipynb"])
def test_folders_around_the_class_are_nobody_s(tmp_path, room, form):
    files = {form.format(who, i, i): SOLVED for i, who in enumerate(("anna", "bo"))}
    if "class" in form:
        files["class/list.html"] = b"<html>"
    wanted = {(who, "tiny"): SOLVED for who in ("anna", "bo")}
    assert found(zip_of(tmp_path / "class.zip", files), room) == wanted


def test_blackboard_s_zip_is_read(tmp_path, room):
    time = "attempt_2025-05-03-09-05-00"
    files = {f"gradebook_CS1_HW1_anna1_{time}_tiny.ipynb": SOLVED}
    files |= {f"gradebook_CS1_HW1_anna1_{time}.txt": b"Name: Anna Muster (anna1)"}
    assert found(zip_of(tmp_path / "g.zip", files), room) == {("anna1", "tiny"): SOLVED}


def test_two_people_with_one_name_are_two(tmp_path, room):
    form = "Anna Muster_{}_assignsubmission_file_/tiny.ipynb"
    files = {form.format(7): SOLVED, form.format(8): PARTLY}
    wanted = {("Anna Muster (7)", "tiny"): SOLVED, ("Anna Muster (8)", "tiny"): PARTLY}
    assert found(zip_of(tmp_path / "class.zip", files), room) == wanted


def test_each_of_several_assignments_is_found(tmp_path, room):
    huge = written(notebook(DOUBLE, assignment="huge_work"))
    files = {
        "anna/tiny/tiny.ipynb": SOLVED,
        "anna/Huge-Work/x.ipynb": huge,
        "bo/huge work.ipynb": huge,
        "bo/a.ipynb": SOLVED,
    }
    wanted = {("anna", "tiny"): SOLVED, ("anna", "huge_work"): huge}
    wanted |= {("bo", "tiny"): SOLVED, ("bo", "huge_work"): huge}
    assert found(folder_of(tmp_path, files), room) == wanted


def test_an_unknown_assignment_and_a_folder_without_a_notebook_are_named(tmp_path, room):
    other = written(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("x = 1")]))
    files = {"anna/essay/essay.ipynb": other, "bo/tiny/essay.pdf": b"%PDF", "cy/a.rar": b"Rar!"}
    source = folder_of(tmp_path, files)
    (source / "dora" / "tiny").mkdir(parents=True)
    got = found(source, room)
    assert "no assignment has this name" in got["anna", "essay"]
    assert (
        got["bo", "tiny"]
        == "no notebook, only essay.pdf: hand in the .ipynb itself, or a zip of it"
    )
    assert "only a.rar" in got["cy", "tiny"]
    assert got["dora", "tiny"] == "no notebook in the folder"


@pytest.mark.parametrize(
    ("files", "counts", "note"),
    [
        ({"tiny.ipynb": UNTOUCHED, "tiny (1).ipynb": SOLVED}, SOLVED, "not tiny.ipynb (0 answers)"),
        ({"tiny.ipynb": PARTLY, "tiny (1).ipynb": SOLVED}, SOLVED, "not tiny.ipynb (1 answer)"),
        ({"tiny.ipynb": SOLVED, "old/tiny.ipynb": PARTLY}, SOLVED, "not tiny.ipynb (1 answer)"),
        ({"tiny.ipynb": SOLVED, "tiny-Copy1.ipynb": SOLVED}, SOLVED, ""),
        ({"a.ipynb": SOLVED, "b.ipynb": b"{"}, SOLVED, "b.ipynb (not readable)"),
        ({"tiny.ipynb": b"", "tiny (1).ipynb": SOLVED}, SOLVED, "tiny.ipynb (not readable)"),
        ({"tiny.ipynb": UNTOUCHED, "b.ipynb": UNTOUCHED}, UNTOUCHED, ""),
    ],
)
def test_of_several_notebooks_the_one_with_most_work_counts(tmp_path, room, files, counts, note):
    source = folder_of(tmp_path, {f"anna/tiny/{name}": text for name, text in files.items()})
    (one,) = hand_ins.find(source, room)
    assert one.path.read_bytes() == counts
    assert note in one.note and bool(note) == bool(one.note)
    hand_ins.take_in(one, tmp_path / "place")
    taken = nbformat.read(tmp_path / "place" / "tiny.ipynb", as_version=4)
    assert taken.metadata.came == ([one.note] if one.note else [])


def test_different_work_in_two_notebooks_is_not_guessed_at(tmp_path, room):
    other = written(notebook("def double(x):\n    return 2 * x", HALF))
    files = {"anna/tiny/a.ipynb": SOLVED, "anna/tiny/b.ipynb": other}
    assert found(folder_of(tmp_path, files), room) == {
        ("anna", "tiny"): "several notebooks with different work in them: a.ipynb, b.ipynb. "
        "Hand in one"
    }
    named = folder_of(tmp_path / "2", {"anna/tiny/tiny.ipynb": SOLVED, "anna/tiny/b.ipynb": other})
    (one,) = hand_ins.find(named, room)
    assert one.path.name == "tiny.ipynb" and "not b.ipynb (2 answers)" in one.note


def test_a_student_s_zip_is_read_within_a_folder_and_a_zip(tmp_path, room):
    inner = zip_of(tmp_path / "i.zip", {"tiny/tiny.ipynb": SOLVED}).read_bytes()
    again = zip_of(tmp_path / "j.zip", {"tiny.zip": inner}).read_bytes()
    files = {"anna/tiny/tiny.zip": inner, "bo/tiny.ZIP": inner, "cy/tiny/work.zip": again}
    wanted = {(who, "tiny"): SOLVED for who in ("anna", "bo", "cy")}
    assert found(folder_of(tmp_path, files), room) == wanted
    assert found(zip_of(tmp_path / "class.zip", files), room) == wanted


def test_no_name_in_a_zip_leads_out_of_the_room(tmp_path, room):
    files = {
        "../../evil/tiny/tiny.ipynb": SOLVED,
        "/abs/tiny/tiny.ipynb": SOLVED,
        "win\\tiny\\tiny.ipynb": SOLVED,
    }
    source = zip_of(tmp_path / "class.zip", files)
    before = set(tmp_path.rglob("*"))
    assert {who for who, _ in found(source, room)} == {"evil", "abs", "win"}
    made = set(tmp_path.rglob("*")) - before
    assert made and all(path.is_relative_to(room / "unpacked") for path in made)


def test_a_link_is_not_followed_in_a_zip_or_a_folder(tmp_path, room):
    info = ZipInfo("anna/tiny/tiny.ipynb")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    source = tmp_path / "class.zip"
    with ZipFile(source, "w") as archive:
        archive.writestr(info, "/etc/passwd")
    assert found(source, room) == {("anna", "tiny"): "the notebook is no ordinary file"}
    folder = folder_of(tmp_path, {"bo/tiny/tiny.ipynb": SOLVED, "anna/x.txt": b""})
    (folder / "anna" / "tiny").symlink_to(folder / "bo" / "tiny")
    assert found(folder, room)["anna", "tiny"] == "the notebook is no ordinary file"


@pytest.mark.parametrize(
    ("limit", "value", "reason"),
    [
        ("LARGEST_FILE", 1, "a file too large to unpack"),
        ("STUDENTS_ZIP", 2**20, "files too large to unpack"),
        ("MOST_FILES", 1, "more than 1 files"),
        ("DEEPEST", 2, "more than"),
    ],
)
def test_a_bomb_is_refused_and_stops_nobody_else(tmp_path, room, monkeypatch, limit, value, reason):
    bomb = zip_of(tmp_path / "b.zip", {f"{i}/a/tiny.ipynb": b" " * 2**20 * 2 for i in range(2)})
    source = folder_of(tmp_path, {"anna/tiny.zip": bomb.read_bytes(), "bo/tiny.ipynb": SOLVED})
    monkeypatch.setattr(unpack, limit, value)
    got = found(source, room)
    assert reason in got["anna", "tiny"] and got["bo", "tiny"] == SOLVED
    assert not list((room / "unpacked").iterdir())


def test_a_zip_in_a_zip_in_a_zip_has_an_end(tmp_path, room):
    inner = b""
    for i in range(unpack.DEEPEST + 5):
        inner = zip_of(tmp_path / "q.zip", {f"tiny{i}.zip": inner}).read_bytes()
    got = found(folder_of(tmp_path, {"anna/tiny/tiny.zip": inner}), room)
    assert "folders in each other" in got["anna", "tiny"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"no zip", "cannot be opened"), (b"", "cannot be opened"), (None, "password")],
)
def test_a_zip_that_cannot_be_opened_has_a_reason(tmp_path, room, content, reason):
    if content is None:
        raw = zip_of(tmp_path / "p.zip", {"tiny.ipynb": SOLVED}).read_bytes()
        content = raw.replace(b"PK\x01\x02", b"PK\x01\x02", 1)
        at = content.index(b"PK\x01\x02") + 8
        content = content[:at] + b"\x01\x00" + content[at + 2 :]
    got = found(folder_of(tmp_path, {"anna/tiny/tiny.zip": content}), room)
    assert reason in got["anna", "tiny"]


def test_what_is_no_folder_and_no_zip_is_said_in_one_line(tmp_path, room):
    (tmp_path / "class.tar.gz").write_bytes(b"\x1f\x8b")
    (tmp_path / "class.zip").write_bytes(b"cut off")
    with pytest.raises(SystemExit, match="expected a folder or a zip"):
        hand_ins.find(tmp_path / "class.tar.gz", room)
    with pytest.raises(SystemExit, match="the zip cannot be opened"):
        hand_ins.find(tmp_path / "class.zip", room)


def test_what_lies_where_zips_are_unpacked_to_is_not_lost(tmp_path, room):
    source = folder_of(room / "unpacked", {"anna/tiny/tiny.ipynb": SOLVED})
    with pytest.raises(SystemExit, match="move it elsewhere"):
        hand_ins.find(source, room)
    assert (source / "anna" / "tiny" / "tiny.ipynb").exists()


@pytest.mark.parametrize(("mark", "encoding"), [(0x800, "utf8"), (0, "utf8"), (0, "cp437")])
def test_names_in_a_zip_with_and_without_the_mark_for_utf_8(tmp_path, room, mark, encoding):
    name = "Müller/tiny/tiny.ipynb"
    source = zip_of(tmp_path / "class.zip", {name: SOLVED})
    raw = source.read_bytes().replace(name.encode("utf8"), name.encode(encoding).ljust(23, b" "))
    flagged = (0x800).to_bytes(2, "little")
    assert raw.count(flagged) >= 2
    raw = raw.replace(b"\x14\0" + flagged, b"\x14\0" + mark.to_bytes(2, "little"))
    source.write_bytes(raw)
    assert found(source, room) == {("Müller", "tiny"): SOLVED}


NAMES = [
    "O'Brien",
    unicodedata.normalize("NFD", "Müller"),
    unicodedata.normalize("NFD", "Nguyễn"),
    "प्रिया",
    "Muster, Anna",
    "anna+ml@uni.example",
    "Ana–María",
    "(2)",
    "two  blanks",
    "王小明",
    "أحمد",
    "Ольга",
    "Ελένη",
    "김민준",
    "star*",
    "ada",
    "Ada",
    "ADA",
    "con",
    "nul.txt",
    "-rf",
    "Straße",
    "strasse",
    "a/b",
    "a\\b",
    "x" * 300,
    "x" * 299,
    "\udce9",
    "muller-anna",
    "Müller, Anna",
    safe("Müller, Anna"),
]
WINDOWS = {"con", "prn", "aux", "nul"}


def test_no_two_names_share_a_folder_where_small_and_large_letters_are_one():
    folders = [safe(name) for name in NAMES]
    assert len({folder.casefold() for folder in folders}) == len(NAMES)
    for name, folder in zip(NAMES, folders, strict=True):
        assert folder.isascii() and 0 < len(folder) <= 40
        assert folder.partition(".")[0] not in WINDOWS
        assert not set(folder) & set('/\\:*?"<>|[]\n') and folder.strip(" .") == folder
        assert safe(own(name)) == folder, "a name from the table finds its folder again"
    assert safe("ada") == "ada" and safe("half-right-1") == "half-right-1"


def test_a_name_is_the_same_however_a_system_writes_its_letters():
    for name in ("Müller", "Nguyễn", "김민준"):
        apart = unicodedata.normalize("NFD", name)
        assert apart != name and own(apart) == name and safe(apart) == safe(name)
    assert own(" Anna \t Muster ") == "Anna Muster"
    assert own("\x1b[31mAnna\u202e") == "[31mAnna", "it would steer a terminal"


def test_each_name_is_kept_in_a_folder_and_in_a_zip(tmp_path, room):
    names = [name for name in NAMES if not set(name) & {"/", "\\", "\udce9"} and len(name) < 100]
    source = zip_of(tmp_path / "c.zip", {f"{name}/tiny/tiny.ipynb": SOLVED for name in names})
    assert found(source, room) == {(own(name), "tiny"): SOLVED for name in names}
