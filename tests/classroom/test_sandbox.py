"""The sandbox by itself: limits, secrets, files, processes, the network, in each way there is."""

import os
import shutil
import socket
import sys
import time
from pathlib import Path

import pytest

from tools.classroom import sandbox

LIMITS = sandbox.Limits(seconds=90, memory_gb=2, output_mb=20)


def isolated(way: str):
    """Return a case that is skipped, with its reason, where the system does not have this way."""
    skip = pytest.mark.skipif(not sandbox.works(way), reason=f"{way} does not work here")
    return pytest.param(way, marks=skip)


each_way = pytest.mark.parametrize("way", [isolated(way) for way in sandbox.WAYS])
each_way_and_none = pytest.mark.parametrize("way", [None, *map(isolated, sandbox.WAYS)])


def in_sandbox(folder: Path, code: str, limits=LIMITS, **more) -> sandbox.Finished:
    """Run a line of Python in the sandbox."""
    return sandbox.run([sys.executable, "-c", code], folder, limits, **more)


@each_way_and_none
@pytest.mark.parametrize(
    ("code", "seconds", "broke", "error", "printed"),
    [
        ("while True: pass", 2, "stopped after 2 seconds", "", 0),
        ("print('x' * 3_000_000)", 30, "printed more than 1 MB", "File too large", 2**20),
        ("open('big', 'wb').write(bytes(3_000_000))", 30, None, "File too large", 0),
        ("bytearray(2 * 10**9)", 30, None, "MemoryError", 0),
    ],
)
def test_limits_hold(tmp_path, way, code, seconds, broke, error, printed):
    limits = sandbox.Limits(seconds, memory_gb=1, output_mb=1)
    done = in_sandbox(tmp_path, code, limits, way=way)
    assert done.broke == broke and (done.code != 0 if broke else done.code == 1)
    assert error in done.errors and len(done.output) == printed


@each_way
@pytest.mark.skipif(os.getuid() == 0, reason="root's processes are not counted")
def test_processes_are_counted(tmp_path, way):
    code = "import os, time\nfor _ in range(600):\n    if os.fork() == 0:\n        time.sleep(60)"
    assert "BlockingIOError" in in_sandbox(tmp_path, code, way=way).errors


@each_way_and_none
def test_secrets_stay_outside(tmp_path, monkeypatch, way):
    monkeypatch.setenv("API_KEY", "k-1234")
    done = in_sandbox(tmp_path, "import os; print(sorted(os.environ.items()))", way=way)
    assert done.code == 0 and b"HOME" in done.output
    assert b"k-1234" not in done.output


@each_way
def test_a_child_that_hides_is_killed_too(tmp_path, way):
    code = "import os, time\nif os.fork() == 0:\n    os.setsid()\n    time.sleep(2)\n"
    code += "    open('late', 'w')"
    assert in_sandbox(tmp_path, code, way=way).code == 0
    time.sleep(2.5)
    assert not (tmp_path / "late").exists()


@each_way
def test_only_the_own_folder_can_be_written(tmp_path, way):
    code = "open('mine', 'w'); print(open({!r}).read())\nopen({!r}, 'w')"
    readable = tmp_path / "given.txt"
    readable.write_text("given", encoding="utf8")
    own = tmp_path / "own"
    own.mkdir()
    for path in (str(readable), "/proc/self/comm", "/new", "/dev/new", "/etc/new"):
        done = in_sandbox(own, code.format(str(readable), path), readable=[readable], way=way)
        assert done.output == b"given\n" and "Read-only file system" in done.errors
        assert (own / "mine").exists()
        shutil.rmtree(own / "root", ignore_errors=True)


@each_way
def test_there_is_no_network(tmp_path, way):
    with socket.create_server(("127.0.0.1", 0)) as server:
        code = f"import socket\nsocket.create_connection({server.getsockname()}, 3)"
        assert in_sandbox(tmp_path, code, way=None).code == 0
        server.accept()[0].close()
        refused = in_sandbox(tmp_path, code, way=way).errors  # bubblewrap has a loopback of its own
        assert "Connection refused" in refused or "Network is unreachable" in refused
        server.setblocking(False)
        with pytest.raises(BlockingIOError):  # nobody has called
            server.accept()
    (tmp_path / "again").mkdir()
    outside = "import socket\nsocket.create_connection(('192.0.2.1', 80), 3)"
    assert "Network is unreachable" in in_sandbox(tmp_path / "again", outside, way=way).errors


def test_a_folder_is_removed_however_deep_and_locked():
    code = (
        "import os\nfor _ in range(2000):\n    os.mkdir('d')\n    os.chdir('d')\nos.chmod('.', 0)"
    )
    with sandbox.throw_away_folder() as folder:
        assert in_sandbox(folder, code).code == 0
    assert not folder.exists()


@each_way
def test_other_files_and_processes_are_out_of_sight(tmp_path, way):
    (tmp_path / "own").mkdir()
    (tmp_path / "secret.txt").write_text("grades", encoding="utf8")
    hidden = [str(tmp_path / "secret.txt"), __file__]
    code = (
        "import os\n"
        f"print(*map(os.path.exists, {hidden!r}))\n"
        "print(len([name for name in os.listdir('/proc') if name.isdigit()]) < 5)"
    )
    assert in_sandbox(tmp_path / "own", code, way=way).output == b"False False\nTrue\n"


@each_way
def test_shared_memory_is_there_and_has_an_end(tmp_path, way):
    code = (
        "open('/dev/shm/a', 'wb').write(bytes(10**6)); print('some')\n"
        "for i in range(60): open(f'/dev/shm/{i}', 'wb').write(bytes(10**7))"
    )
    done = in_sandbox(tmp_path, code, way=way)
    assert done.output == b"some\n" and "No space left" in done.errors


@each_way
def test_rights_are_given_up(tmp_path, way):
    code = "print([l for l in open('/proc/self/status') if l.startswith(('CapEff', 'NoNewPrivs'))])"
    said = in_sandbox(tmp_path, code, way=way).output.decode()
    assert r"CapEff:\t0000000000000000" in said and r"NoNewPrivs:\t1" in said


def test_the_best_way_that_works_is_taken(tmp_path, monkeypatch):
    assert in_sandbox(tmp_path, "pass").way == sandbox.isolation()
    monkeypatch.setattr(sandbox, "works", lambda way: way == "namespaces")
    assert sandbox.isolation() == "namespaces"
    monkeypatch.setattr(sandbox, "works", lambda way: False)
    assert sandbox.isolation() is None
