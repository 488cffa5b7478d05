"""The same on a Dask cluster: two workers on this machine, of which one is killed."""

import os
import signal
import time
from collections import Counter
from concurrent.futures import wait
from pathlib import Path

import nbformat
import psutil
import pytest
import slow_work
from distributed import LocalCluster
from handing_in import hand_in

from tools.classroom import grade, runs, samples, sandbox, work

LIMITS = sandbox.Limits(seconds=60, memory_gb=2)


@pytest.fixture(scope="module")
def scheduler():
    """Start two workers as processes, which only this machine can reach; give the address."""
    options = {"host": "127.0.0.1", "dashboard_address": "127.0.0.1:0", "memory_limit": 0}
    with LocalCluster(n_workers=2, threads_per_worker=1, **options) as cluster:
        yield cluster.scheduler_address


def test_nothing_listens_beyond_this_machine(scheduler):
    me = psutil.Process()
    found = [c for p in [me, *me.children(recursive=True)] for c in p.net_connections("inet")]
    assert {c.laddr.ip for c in found if c.status == psutil.CONN_LISTEN} == {"127.0.0.1"}


def works(count: int, folder: Path) -> list[work.Work]:
    """Return different works that leave their traces in a folder."""
    cells = [[nbformat.v4.new_code_cell(f"{i}")] for i in range(count)]
    texts = [nbformat.writes(nbformat.v4.new_notebook(cells=cell)) for cell in cells]
    return [work.Work(text, {"folder": str(folder).encode()}, LIMITS, 3) for text in texts]


def test_a_worker_that_is_killed_loses_nothing_and_nothing_is_stored_twice(
    scheduler, tmp_path, monkeypatch
):
    traces = tmp_path / "traces"
    traces.mkdir()
    monkeypatch.setattr(runs, "execute", slow_work.execute)
    stored, put = Counter(), runs.Store.put

    def count(self, digest, text):
        stored[digest] += 1
        put(self, digest, text)

    monkeypatch.setattr(runs.Store, "put", count)
    todo = works(6, traces)
    with runs.pool(1, scheduler) as pool:
        all_of_them = runs.Runs(runs.Store(tmp_path / "ran"), pool)
        started = [all_of_them.start(one) for one in todo]
        while not (seen := list(traces.iterdir())):
            time.sleep(0.05)
        os.kill(int(seen[0].name.rpartition("-")[2]), signal.SIGKILL)
        assert not wait(started, 60).not_done
    assert [future.exception() for future in started] == [None] * 6
    names = [one.digest() for one in todo]
    assert stored == Counter(names), "each once"
    assert [runs.Store(tmp_path / "ran").get(name) for name in names] == [w.notebook for w in todo]
    began = Counter(path.name.partition("-")[0] for path in traces.iterdir())
    assert began[seen[0].name.partition("-")[0]] == 2, "what was lost was begun anew"


def test_a_class_is_graded_on_a_cluster_as_here(scheduler, released):
    course, out, handed_in = (released / name for name in ("course", "out", "handed_in"))
    tiny = samples.Assignment("tiny", course, out)
    hand_in(handed_in, "ada", tiny.solved(tiny.answers))
    args = handed_in, out, course, LIMITS
    there = grade.grade_all(*args, scheduler=scheduler)
    assert [(line.score, line.note) for line in there] == [(5, "")]
    assert grade.grade_all(*args) == there, "and what was graded there is graded"


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:1", "nonsense://a", "127.0.0.1"])
def test_a_scheduler_that_is_not_there_is_said_in_a_line(monkeypatch, address):
    monkeypatch.setattr(runs, "PATIENCE", 1)
    said = "expected the address of a Dask scheduler"
    with pytest.raises(SystemExit, match=said), runs.pool(1, address):
        pass
