"""Runs of notebooks: how many at a time, stored whole, named by what they depend on, ended."""

import subprocess
import sys
import threading
import time
from concurrent.futures import Future, wait
from pathlib import Path

import nbformat
import pytest

from tools.classroom import runs, sandbox, work

LIMITS = sandbox.Limits(seconds=60, memory_gb=2)


def works(count: int) -> list[work.Work]:
    """Return different works."""
    cells = [[nbformat.v4.new_code_cell(f"{i}")] for i in range(count)]
    texts = [nbformat.writes(nbformat.v4.new_notebook(cells=cell)) for cell in cells]
    return [work.Work(text, {}, LIMITS, 3) for text in texts]


def test_so_many_at_a_time_as_there_are_jobs(tmp_path, monkeypatch):
    now, most, lock, together = 0, 0, threading.Lock(), threading.Barrier(3, timeout=20)

    def execute(one, stop):
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
        together.wait()
        with lock:
            now -= 1
        return one.notebook

    monkeypatch.setattr(runs, "execute", execute)
    with runs.pool(3) as pool:
        started = [runs.Runs(runs.Store(tmp_path), pool).start(one) for one in works(6)]
        assert not wait(started, 20).not_done
    assert most == 3


def test_a_run_is_stored_whole_or_not_at_all(tmp_path, monkeypatch):
    store = runs.Store(tmp_path)
    store.put("a", "first")
    monkeypatch.setattr(Path, "replace", lambda *_: (_ for _ in ()).throw(OSError("stopped")))
    with pytest.raises(OSError, match="stopped"):
        store.put("a", "second")
    assert store.get("a") == "first" and store.get("b") is None


def test_leaving_the_pool_ends_what_runs_and_stores_nothing_of_it(tmp_path):
    endless = work.Work(
        nbformat.writes(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("while 1: 1")])),
        {},
        LIMITS,
        60,
    )
    began = time.monotonic()
    with runs.pool(1) as pool:
        store = runs.Runs(runs.Store(tmp_path / "ran"), pool)
        started: list[Future] = [store.start(endless), *map(store.start, works(3))]
    assert all(future.exception() is not None for future in started)
    assert not (tmp_path / "ran").exists()
    assert time.monotonic() - began < 30, "the endless one has a minute"


@pytest.mark.parametrize("way", [None, *(way for way in sandbox.WAYS if sandbox.works(way))])
def test_a_command_dies_with_the_grader_however_that_ends(tmp_path, way):
    own = tmp_path / "own"
    own.mkdir()
    code = "import time\nwhile True: time.sleep(0.05); open('beat', 'a').write('x')"
    run = f"sandbox.run([sys.executable, '-c', {code!r}], Path({str(own)!r}), way={way!r})"
    script = f"import sys; from pathlib import Path; from tools.classroom import sandbox\n{run}"
    grader = subprocess.Popen([sys.executable, "-c", script], cwd=Path(__file__).parents[2])
    while not (own / "beat").exists():
        assert grader.poll() is None
        time.sleep(0.05)
    grader.kill()
    grader.wait()
    time.sleep(0.3)
    beats = (own / "beat").stat().st_size
    time.sleep(0.3)
    assert (own / "beat").stat().st_size == beats


@pytest.mark.parametrize(
    ("cores", "free", "each", "jobs"),
    [(8, 64, 4, 8), (8, 15, 4, 3), (8, 2, 4, 1), (1, 64, 4, 1)],
)
def test_as_many_as_cores_and_memory_allow(monkeypatch, cores, free, each, jobs):
    monkeypatch.setattr(runs.joblib, "cpu_count", lambda: cores)
    monkeypatch.setattr(runs, "_free_in_container", lambda: free * 2**30)
    memory = type("Memory", (), {"available": 64 * 2**30})
    monkeypatch.setattr(runs.psutil, "virtual_memory", lambda: memory)
    assert runs.room(each) == jobs


def test_a_container_has_what_its_limit_leaves(tmp_path):
    assert runs._free_in_container(tmp_path) == float("inf")
    for name, text in [
        ("max", "1000\n"),
        ("current", "700\n"),
        ("stat", "anon 1\ninactive_file 200"),
    ]:
        (tmp_path / f"memory.{name}").write_text(text, encoding="ascii")
    assert runs._free_in_container(tmp_path) == 500
    (tmp_path / "memory.max").write_text("max\n", encoding="ascii")
    assert runs._free_in_container(tmp_path) == float("inf")


def test_a_run_is_named_by_what_is_run_and_not_by_ids_of_cells():
    def digest(**changed) -> str:
        cell = nbformat.v4.new_code_cell(changed.get("source", "1"))  # each with another id
        text = nbformat.writes(nbformat.v4.new_notebook(cells=[cell]))
        limits = sandbox.Limits(changed.get("seconds", 1))
        code = changed.get("code", "a")
        return work.Work(
            text, changed.get("files", {}), limits, changed.get("cell", 1), code
        ).digest()

    changes = [{"source": "2"}, {"seconds": 2}, {"files": {"a": b"1"}}, {"cell": 2}, {"code": "b"}]
    names = [digest(), *(digest(**change) for change in changes)]
    assert digest() == names[0] and len(set(names)) == len(names)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"code": "other"}, "another version of the course"),
        ({"isolated": True}, "isolates nothing"),
    ],
)
def test_a_machine_that_is_not_like_the_one_that_asks_refuses(monkeypatch, asked, said):
    monkeypatch.setattr(sandbox, "isolation", lambda: None)
    with pytest.raises(work.Unfit, match=said):
        work.execute(work.Work("{}", {}, LIMITS, 1, **asked))
