"""Serve the built site on this machine only (`make view`)."""

import argparse
import contextlib
import functools
import http.server
import os
import sys
import threading
from pathlib import Path

ROOT = Path(__file__).parents[2]


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    """Serve files without writing a line for each."""

    def log_message(self, *args) -> None:
        pass


class Server(http.server.ThreadingHTTPServer):
    """A server that says nothing of browsers that hang up, and takes no port from another."""

    allow_reuse_address = os.name != "nt"  # Windows would share the port
    daemon_threads = True

    def handle_error(self, request, client_address) -> None:
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


def listen(folder: Path, port: int = 0) -> Server:
    """Return a server of a folder that listens on a port of the loopback; 0 takes a free one."""
    handler = functools.partial(QuietHandler, directory=str(folder))
    return Server(("127.0.0.1", port), handler)


@contextlib.contextmanager
def serve(folder: Path):
    """Serve a folder on the loopback; give its address."""
    server = listen(folder)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def asked(folder: Path, port: str) -> Server:
    """Return a server of a site at the port that was asked for; leave with one line if none can be.

    Raises:
        SystemExit: there is no site, or the port is none or not free.
    """
    if not (folder / "index.html").is_file():
        raise SystemExit("There is no site yet: run 'make book' first.")
    if not (port.isdecimal() and int(port) < 2**16):
        raise SystemExit(f"PORT={port} is not a port: give a number from 1 to 65535.")
    try:
        return listen(folder, int(port))
    except OSError as error:
        why = f"Port {port} cannot be had ({error.strerror})"
        raise SystemExit(f"{why}: take another with 'make view PORT=8001'.") from None


def main() -> None:
    """Read the command line and serve until Ctrl-C."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--site", type=Path, default=ROOT / "_build" / "html", help="its folder")
    parser.add_argument("--port", default="8000", help="8000; 0: any that is free")
    args = parser.parse_args()
    with asked(args.site, args.port) as server, contextlib.suppress(KeyboardInterrupt):
        print(f"http://127.0.0.1:{server.server_port}/ (Ctrl-C ends it)", flush=True)
        server.serve_forever()


if __name__ == "__main__":
    main()
