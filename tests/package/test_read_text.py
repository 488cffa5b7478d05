"""Reading a text file: what is read, and what is refused in one line."""

import pytest

from course_utils.runtime import CourseError
from course_utils.training import read_text


def test_read_text_reads_any_utf8(tmp_path):
    path = tmp_path / "text.txt"
    path.write_bytes("\ufeffdéjà vu\r\n你好 🙂\n".encode())
    assert read_text(path) == read_text(str(path)) == "déjà vu\n你好 🙂\n"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "empty"),
        (b" \n\n", "empty"),
        (b"\xff\xfeh\x00i\x00", "UTF-8.*0xff at position 0"),
        (b"caf\xe9", "UTF-8.*0xe9 at position 3"),
        (b"abc\x00def", "NUL"),
    ],
)
def test_read_text_refuses_what_is_no_text(tmp_path, data, message):
    path = tmp_path / "data"
    path.write_bytes(data)
    with pytest.raises(CourseError, match=message) as caught:
        read_text(path)
    assert "\n" not in str(caught.value) and str(path) in str(caught.value)


def test_read_text_refuses_missing_files_and_folders(tmp_path):
    with pytest.raises(CourseError, match="does not exist"):
        read_text(tmp_path / "missing.txt")
    with pytest.raises(CourseError, match="folder"):
        read_text(tmp_path)
