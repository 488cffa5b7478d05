"""`make view`: the address comes when the site is there, and what is wrong is said in one line."""

import os
import re
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from tools.site import serve

ROOT = Path(__file__).parents[2]


@pytest.fixture
def site(tmp_path):
    """Return a folder with a page."""
    (tmp_path / "index.html").write_text("The page", encoding="utf8")
    return tmp_path


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signal to send")
def test_it_says_where_the_site_is_serves_it_and_ends_quietly(site):
    command = [sys.executable, "-m", "tools.site.serve", "--site", str(site), "--port", "0"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, cwd=ROOT, text=True, **pipes) as process:
        address = re.match(r"http://127\.0\.0\.1:\d+/", process.stdout.readline())[0]
        with urllib.request.urlopen(address) as answer:
            assert answer.read() == b"The page"
        process.send_signal(signal.SIGINT)
        assert process.communicate() == ("", "") and process.returncode == 0


def test_a_taken_port_is_one_line(site):
    line = r"^Port \d+ cannot be had \(.+\): take another with 'make view PORT=8001'\.$"
    with serve.listen(site) as other, pytest.raises(SystemExit, match=line):
        serve.asked(site, str(other.server_port))


@pytest.mark.parametrize("port", ["", "abc", "-1", "65536", "80.5"])
def test_what_is_no_port_is_one_line(site, port):
    with pytest.raises(SystemExit, match=f"^PORT={re.escape(port)} is not a port: give"):
        serve.asked(site, port)


def test_without_a_site_it_says_how_to_make_one(tmp_path):
    with pytest.raises(SystemExit, match="'make book' first"):
        serve.asked(tmp_path, "8000")


def test_a_browser_that_hangs_up_leaves_no_traceback(site, capsys):
    with serve.listen(site) as server:
        for error in (BrokenPipeError, ValueError):
            try:
                raise error
            except error:
                server.handle_error(None, ("127.0.0.1", 1))
            assert ("Traceback" in capsys.readouterr().err) == (error is ValueError)
