"""The preview borrows conf.py's place: it gives it back, and takes it from nobody."""

import subprocess
import sys

import pytest

from tools.site import preview


@pytest.fixture
def made(monkeypatch):
    """Stand for Jupyter Book, which writes conf.py."""

    def write(command, **how):
        with open(f"{command[-1]}/conf.py", "w", encoding="utf8") as file:
            file.write(f"# {preview.MADE}\n")
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr(preview.subprocess, "run", write)


@pytest.mark.parametrize("before", [None, f"# {preview.MADE}\nleft by a preview that was killed\n"])
def test_its_own_configuration_is_gone_afterwards(tmp_path, made, before):
    if before:
        (tmp_path / "conf.py").write_text(before, encoding="utf8")
    with pytest.raises(KeyError), preview.configuration(tmp_path):
        assert (tmp_path / "conf.py").read_text(encoding="utf8") == f"# {preview.MADE}\n"
        raise KeyError
    assert list(tmp_path.iterdir()) == []


def test_a_configuration_that_is_somebodys_own_stays(tmp_path, made):
    (tmp_path / "conf.py").write_text("project = 'mine'\n", encoding="utf8")
    line = r"conf\.py .*: move it away\.$"
    with pytest.raises(SystemExit, match=line), preview.configuration(tmp_path):
        pass
    assert (tmp_path / "conf.py").read_text(encoding="utf8") == "project = 'mine'\n"


def test_a_step_that_fails_as_without_a_network_ends_in_one_line():
    with pytest.raises(SystemExit, match=r"^The preview ends here \(python\S*, see above\)\.$"):
        preview.run([sys.executable, "-c", "raise SystemExit(3)"])
