"""The check of links: what is dead, what could not be reached, and a run against a server."""

import http.server
import json
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tools.site import check_links

ROOT = Path(__file__).parents[2]

HOST = "https://host.example/page"
TIMEOUT = "HTTPSConnectionPool(host='x', port=443): Read timed out. (read timeout=30)"
NO_NAME = (
    "HTTPSConnectionPool(host='x', port=443): Max retries exceeded with url: / (Caused by "
    "NameResolutionError(\"Failed to resolve 'x' ([Errno -3] Temporary failure)\"))"
)


@pytest.mark.parametrize(
    ("status", "info", "uri", "expected"),
    [
        ("working", "", HOST, "works"),
        ("redirected", "https://host.example/new", HOST, "moved"),
        ("unchecked", "", "mailto:a@host.example", "not asked"),
        ("broken", f"404 Client Error: Not Found for url: {HOST}", HOST, "dead"),
        ("broken", f"410 Client Error: Gone for url: {HOST}", HOST, "dead"),
        ("broken", "Anchor 'usage' not found", f"{HOST}#usage", "dead"),
        ("broken", "", "missing.txt", "dead"),
        ("broken", f"403 Client Error: Forbidden for url: {HOST}", HOST, "unreachable"),
        ("broken", f"429 Client Error: Too Many Requests for url: {HOST}", HOST, "unreachable"),
        ("broken", f"500 Server Error: Error 404 for url: {HOST}", HOST, "unreachable"),
        ("ignored", "service unavailable", HOST, "unreachable"),
        ("working", "unauthorized", HOST, "unreachable"),
        ("broken", TIMEOUT, HOST, "unreachable"),
        ("timeout", TIMEOUT, HOST, "unreachable"),
        ("broken", NO_NAME, HOST, "unreachable"),
        ("broken", "[SSL: CERTIFICATE_VERIFY_FAILED]", HOST, "unreachable"),
    ],
)
def test_kinds(status, info, uri, expected):
    assert check_links.kind({"status": status, "info": info, "uri": uri}) == expected


def answers(folder: Path, *links) -> Path:
    """Write an output.json as linkcheck does, one object a line."""
    names = ("filename", "lineno", "status", "code", "uri", "info")
    lines = [json.dumps(dict(zip(names, link, strict=True))) for link in links]
    (folder / "output.json").write_text("\n".join(lines) + "\n", encoding="utf8")
    return folder / "output.json"


def run(*arguments) -> subprocess.CompletedProcess:
    """Run the script."""
    command = [sys.executable, "-m", "tools.site.check_links", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT)


WORKS = ("book/a.md", 3, "working", 0, "https://a.example/", "")
LOST = ("book/b.md", 7, "broken", 0, "https://b.example/", NO_NAME)
DEAD = ("book/c.md", 9, "broken", 0, "https://c.example/", "404 Client Error: Not Found")
MOVED = ("book/d.md", 1, "redirected", 301, "http://d.example/", "https://d.example/")


def test_the_table_and_the_exit_code(tmp_path):
    done = run("--read", answers(tmp_path, WORKS, LOST, DEAD, MOVED, DEAD))
    lines = done.stdout.splitlines()
    assert done.returncode == 1
    assert [line.split()[0] for line in lines[:-1:2]] == ["dead", "unreachable", "moved"]
    assert lines[0].endswith("https://c.example/") and "book/c.md:9  404" in lines[1]
    assert lines[3].endswith("not found: is there a network?")
    assert lines[-1] == "1 dead, 1 unreachable, 1 moved, 1 works, 0 not asked"


def test_without_dead_links_all_is_well(tmp_path):
    done = run("--read", answers(tmp_path, WORKS, LOST, MOVED))
    assert (done.returncode, done.stderr) == (0, "")


class Pages(http.server.BaseHTTPRequestHandler):
    """Answers with the status that the path names, and with a page that has one anchor."""

    def do_GET(self):
        self.send_response(int(self.path.strip("/")))
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(b'<html><body><h1 id="there">Page</h1></body></html>')

    def log_message(self, *args):
        pass


def test_a_real_run(tmp_path):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Pages)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    host = f"http://127.0.0.1:{server.server_port}"
    paths = ("200", "200#there", "200#away", "404", "403", "500", "503")
    links = "\n".join(f"- [link]({host}/{path})" for path in paths)
    (tmp_path / "index.md").write_text(f"# Page\n\n{links}\n", encoding="utf8")
    (tmp_path / "_toc.yml").write_text("format: jb-book\nroot: index\n", encoding="utf8")
    (tmp_path / "_config.yml").write_text("title: Book\n", encoding="utf8")
    try:
        done = run("--book", tmp_path)
    finally:
        server.shutdown()
        server.server_close()
    rows = [line.split() for line in done.stdout.splitlines()[:-1] if line[0] != " "]
    told = {address: word for word, address in rows}
    expected = {"200#away": "dead", "404": "dead", "403": "unreachable"}
    expected |= {"500": "unreachable", "503": "unreachable"}
    assert told == {f"{host}/{path}": word for path, word in expected.items()}, done.stdout
    assert done.stdout.splitlines()[-1] == "2 dead, 3 unreachable, 0 moved, 2 works, 0 not asked"
    assert done.returncode == 1
