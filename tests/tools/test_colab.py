"""The setup cell, and the simulation of Colab that `make colab` runs."""

import os
import re
import subprocess
import sys
import tomllib
from argparse import Namespace
from importlib import metadata, util
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pytest
import yaml
from IPython.core.inputtransformer2 import TransformerManager
from nbclient.exceptions import CellExecutionError
from packaging.requirements import Requirement

from tools.colab import __main__ as colab
from tools.colab import environment, lesson
from tools.site.serve import serve

ROOT = Path(__file__).parents[2]
SETUP = TransformerManager().transform_cell(
    (ROOT / "tools/notebooks/setup_cell.txt").read_text("utf8")
)
WHEEL = Path("/w/course_utils-0.1.0-py3-none-any.whl")
OURS = f"course_utils @ file://{WHEEL}"


class Shell:
    """Stands for IPython: notes the commands that a cell runs."""

    def __init__(self):
        self.commands = []

    def system(self, command: str) -> None:
        """Note a command."""
        self.commands.append(command)


def set_up() -> list[str]:
    """Run the setup cell and return the commands it has run."""
    shell = Shell()
    exec(SETUP, {"get_ipython": lambda: shell})
    return shell.commands


def test_setup_does_nothing_here(monkeypatch, capsys):
    monkeypatch.delenv("COURSE_UTILS_SOURCE", raising=False)
    assert set_up() == [] and capsys.readouterr().out == ""


def test_setup_installs_one_package_in_colab(monkeypatch, capsys):
    monkeypatch.delenv("COURSE_UTILS_SOURCE", raising=False)
    monkeypatch.setitem(sys.modules, "google.colab", os)
    [command] = set_up()
    assert command == '"{sys.executable}" -m pip install --quiet --no-deps "{SOURCE}"'
    assert capsys.readouterr().out == "", "nothing is missing here"


def test_setup_asks_for_no_extra(monkeypatch, capsys):
    asked = ['no-such-package>=1; extra == "serve"', "numpy>=1", 'gone>=2; python_version > "3"']
    monkeypatch.setattr(metadata, "requires", lambda name: asked)
    monkeypatch.setitem(sys.modules, "google.colab", os)
    set_up()
    assert capsys.readouterr().out == 'Missing here: gone>=2; python_version > "3"\n'


def test_setup_says_in_one_line_what_is_missing_or_old(monkeypatch, capsys):
    monkeypatch.setenv("COURSE_UTILS_SOURCE", "x.whl")
    needs = {re.split(r"\W", need)[0]: need for need in metadata.requires("course_utils")}
    have = dict.fromkeys(needs, "99+cu128")
    have |= {"transformers": "4.57.1", "someone-else": "1"}
    del have["anywidget"]
    there = [SimpleNamespace(name=name, version=version) for name, version in have.items()]
    monkeypatch.setattr(metadata, "distributions", lambda: there)
    assert len(set_up()) == 1
    missing = f"{needs['transformers']}, {needs['anywidget']}"
    assert capsys.readouterr().out == f"Missing here: {missing}\n"


def test_a_kernel_without_the_package_is_told_both_ways_out(monkeypatch):
    monkeypatch.setenv("COURSE_UTILS_SOURCE", "x.whl")
    monkeypatch.setattr(util, "find_spec", lambda name: None)
    ways = r"choose the kernel of the course's \.venv, or run: %pip install x\.whl$"
    with pytest.raises(ImportError, match=f"^course_utils is missing here: {ways}"):
        set_up()


def test_setup_says_what_to_do_when_an_import_was_stopped():
    assert "If you stop a cell while it imports torch, restart the kernel." in SETUP


def test_the_package_takes_colabs_versions():
    colab = environment.read_pins(environment.PINS)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf8"))["project"]
    needs = [Requirement(need) for need in project["dependencies"]]
    assert {n.name for n in needs} - set(colab) == {"safetensors"}, "transformers brings it"
    for need in needs:
        version = colab.get(need.name)
        assert not version or version in need.specifier, f"{need} but Colab has {version}"


def test_differences_name_what_is_not_colabs():
    have = {"python": environment.COLAB_PYTHON, "torch": "2.11.0+cpu", "numpy": "2.4.6"}
    colab = {"torch": "2.11.0", "numpy": "2.1.3", "tqdm": "", "pandas": "2.2.3"}
    said = environment.differences(have, colab)
    assert said == ["numpy 2.4.6 instead of 2.1.3", "pandas is missing instead of 2.2.3"]


def pip_that_answers(monkeypatch, *errors: str) -> list[list[str]]:
    """Let pip fail with these messages in turn, then succeed; return its calls."""
    calls, left = [], [*errors]

    def answer(command, **_):
        calls.append(command[command.index("install") + 2 :])
        error = left.pop(0) if left else ""
        return subprocess.CompletedProcess(command, bool(error), "", error)

    monkeypatch.setattr(environment.subprocess, "run", answer)
    return calls


def test_a_version_that_the_index_lacks_gives_way(monkeypatch):
    error = "ERROR: No matching distribution found for numpy==2.1.3"
    calls = pip_that_answers(monkeypatch, error)
    environment.install(Path("python"), {"torch": "2.11.0", "numpy": "2.1.3"}, [])
    assert calls == [["torch==2.11.0", "numpy==2.1.3"], ["torch==2.11.0", "numpy"]]


def test_any_other_failure_of_pip_is_told(monkeypatch):
    pip_that_answers(monkeypatch, "ERROR: ResolutionImpossible")
    with pytest.raises(SystemExit, match="ResolutionImpossible"):
        environment.install(Path("python"), {"numpy": "2.1.3"}, [])


def test_pytorchs_index_is_named_only_if_it_answers(monkeypatch):
    def refuse(*_, **__):
        raise OSError

    monkeypatch.setattr(environment.urllib.request, "urlopen", refuse)
    assert environment.index_options() == []
    monkeypatch.setattr(
        environment.urllib.request, "urlopen", lambda *_, **__: SimpleNamespace(close=int)
    )
    assert environment.index_options()[1] in (ROOT / "Makefile").read_text("utf8")


@pytest.mark.parametrize(
    ("after", "fault"),
    [
        ({"numpy==2", OURS}, None),
        ({"numpy==2", OURS, "peft==1"}, None),
        ({"numpy==2"}, "not installed the wheel"),
        ({"numpy==2", "course_utils @ git+https://x.org/a/b@1"}, "not installed the wheel"),
        ({"numpy==3", OURS}, "packages changed"),
        ({OURS}, "packages changed"),
        ({"numpy==2", OURS, "psygnal==1"}, "packages changed"),
    ],
)
def test_only_the_package_and_what_a_lesson_names_may_come(after, fault):
    row = lesson.Row("x")
    lesson.check_packages(row, {"numpy==2"}, after, WHEEL, {"peft"})
    assert [fault in said for said in row.faults] == ([True] if fault else [])


def test_a_changed_environment_is_put_back_before_the_next_lesson(monkeypatch):
    calls = []
    monkeypatch.setattr(environment.subprocess, "run", lambda command, **_: calls.append(command))
    environment.restore("python", {"numpy==2", "tqdm==4"}, {"numpy==2", OURS, "tqdm==5"})
    assert calls[0][3] == "uninstall" and set(calls[0][6:]) == {"course_utils", "tqdm"}
    assert calls[1][3:] == ["install", "--quiet", "--no-deps", "tqdm==4"]
    calls.clear()
    environment.restore("python", {"numpy==2"}, {"numpy==2"})
    assert calls == []


def test_a_fault_is_one_line_without_colours():
    assert lesson.plain("\x1b[0;31mValueError\x1b[0m:\n  no\n") == "ValueError: no"


def test_extras_are_read_from_the_lesson():
    path = ROOT / "notebooks" / "adapting_a_model.ipynb"
    extras = lesson.named_extras(nbformat.read(path, as_version=4))
    assert extras == {"peft", "accelerate", "psutil"}
    title = nbformat.read(path, as_version=4).cells[0].source
    assert all(f"`{name}`" in title for name in extras), "its title cell names them too"


@pytest.fixture
def place(tmp_path):
    """Return this interpreter as the place where lessons run."""
    return lesson.Place(Path(sys.executable), WHEEL, tmp_path, lesson.network_cutter())


def notebook_of(*sources: str):
    """Return a notebook with these cells."""
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(s) for s in sources])


def test_a_lesson_is_alone_and_has_no_network(place, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", "/somewhere")
    look = "import os; print(os.listdir(), os.environ.get('PYTHONPATH'))"
    source = "print(os.environ['COURSE_UTILS_SOURCE'])"
    with serve(ROOT / "tools/site/slides") as address:
        call = f"import urllib.request as u; u.urlopen('{address}', timeout=9)"
        probe = f"try:\n    {call}\nexcept OSError:\n    print('no network')"
        notebooks = {offline: notebook_of(look, source, probe) for offline in (True, False)}
        for offline, notebook in notebooks.items():
            lesson.execute(notebook, place, offline)
    for offline, notebook in notebooks.items():
        printed = [lesson.printed(cell).strip() for cell in notebook.cells]
        assert printed == ["['lesson.ipynb'] None", str(WHEEL), "no network" * offline]


def test_a_lesson_without_a_network_can_call_itself(place):
    listen = "import socket; server = socket.create_server(('127.0.0.1', 0))"
    call = "socket.create_connection(server.getsockname(), 9); print('heard')"
    notebook = notebook_of(listen, call)
    lesson.execute(notebook, place, offline=True)
    assert lesson.printed(notebook.cells[1]).strip() == "heard"


def test_a_failing_cell_fails_the_lesson(place):
    with pytest.raises(CellExecutionError, match="ZeroDivisionError"):
        lesson.execute(notebook_of("1 / 0"), place, offline=False)


def two_lessons(folder, *imports):
    """Write lessons with a setup cell and these import cells."""
    paths = []
    for i, source in enumerate(imports):
        notebook = notebook_of("print('set up')", source, "never_run")
        notebook.cells[0].id, notebook.cells[1].id = "setup", "imports"
        paths.append(folder / f"lesson_{'ab'[i]}.ipynb")
        nbformat.write(notebook, paths[-1])
    return paths


def test_imports_of_several_lessons_run_behind_one_setup(place, tmp_path, monkeypatch):
    ran = []
    monkeypatch.setattr(lesson, "execute", lambda notebook, *more, **how: ran.append(notebook))
    monkeypatch.setattr(lesson, "cell_seconds", lambda notebook, name: 1.0)
    monkeypatch.setattr(lesson, "freeze", lambda python: set())
    row = lesson.try_imports(two_lessons(tmp_path, "import json", "import re"), place)
    assert [[cell.source for cell in notebook.cells] for notebook in ran] == [
        ["print('set up')", "import json", "import re"]
    ]
    assert (row.lesson, row.setup, row.same) == ("the imports of 2 others", 1.0, "")
    assert row.faults == ["the setup cell has not installed the wheel"]


def test_without_unshare_variables_cut_what_follows_them(tmp_path):
    place = lesson.Place(Path(sys.executable), WHEEL, tmp_path, cut=[])
    assert place.environment(offline=True)["HTTPS_PROXY"] == lesson.NOWHERE
    assert "HTTPS_PROXY" not in place.environment(offline=False) or os.environ.get("HTTPS_PROXY")
    assert lesson.network_is_cut(place)


def test_the_wheel_carries_the_checkpoints(tmp_path):
    from zipfile import ZipFile

    names = ZipFile(environment.build_wheel(tmp_path)).namelist()
    for path in (ROOT / "src/course_utils/lessons/checkpoints").glob("*/*"):
        assert f"course_utils/lessons/checkpoints/{path.parent.name}/{path.name}" in names
    assert not [name for name in names if "__pycache__" in name]


def test_the_schedule_is_weekly_and_runs_make_colab():
    text = (ROOT / ".github/workflows/weekly.yml").read_text(encoding="utf8")
    assert re.search(r'cron: "\d+ \d+ \* \* [0-6]"', text)
    steps = yaml.safe_load(text)["jobs"]["colab"]["steps"]
    assert any(step.get("run", "").startswith("make colab") for step in steps)


LIST = """# made by pip freeze
numpy==2.1.3
Torch @ https://x.example/cu128/torch-2.11.0%2Bcu128-cp313-cp313-manylinux_2_28_x86_64.whl#sha256=a
ipykernel==7.4.0
transformers==5.16.0+local
"""


def test_versions_of_today_come_from_colabs_own_list(tmp_path):
    (tmp_path / "list.txt").write_text(LIST, encoding="utf8")
    pins = {"torch": "2.10.0", "transformers": "5.15.0", "ipykernel": "", "tqdm": "", "pooch": "1"}
    with serve(tmp_path) as address:
        found = environment.current(pins, f"{address}/list.txt")
    new = {"torch": "2.11.0", "transformers": "5.16.0", "ipykernel": "7.4.0"}
    assert found == pins | new


def test_binder_installs_what_the_project_pins():
    pins = environment.read_pins(ROOT / "requirements.txt")
    assert set(environment.read_pins(ROOT / ".binder/requirements.txt")) <= set(pins)
    assert "-c ../constraints.txt" in (ROOT / ".binder/requirements.txt").read_text("utf8")
    post_build = ROOT / ".binder/postBuild"
    assert os.access(post_build, os.X_OK) and "--no-deps" in post_build.read_text("utf8")


def test_a_relative_folder_holds_wherever_a_lesson_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(environment, "build_wheel", lambda folder: folder / "course.whl")
    python = environment.interpreter(Path("here") / "quick")
    python.parent.mkdir(parents=True)
    python.touch()
    place = colab.prepare(Namespace(folder=Path("here"), quick=True, reuse=True), tmp_path)
    assert place.python == tmp_path / python and place.wheel == tmp_path / "here" / "course.whl"
