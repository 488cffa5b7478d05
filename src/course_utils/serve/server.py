"""Start and stop: in a thread beside a notebook, or in the foreground until Ctrl-C."""

import re
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from course_utils.lessons import checkpoints
from course_utils.runtime import CourseError
from course_utils.serve.questions import read_questions
from course_utils.vision import load_vision
from course_utils.vision.layout import MARKS

QUEUE = 32  # requests that wait, unless told otherwise
GRACE = 5  # seconds that running replies get when the server stops
IDLE = 75  # seconds that a connection is kept: clients keep theirs for 5 to 60, and must end first
ORIGIN = re.compile(r"(https?://(?:[^\s/?#@:\[\]]+|\[[\d.:a-f]+\])(?::\d+)?)/?")
START = 30  # seconds that a start may take


class Server:
    """A server that has its port, and answers once it is started.

    Args:
        model: a folder that `vision.save_vision` wrote, a checkpoint's name,
            or a pair of a `VisionGPT` and its tokenizer.
        host: address to listen on. Default 127.0.0.1: nobody outside this machine.
        port: 0 takes a free one. Default 0.
        api_key: which clients must know. Default None: nobody is asked for one.
        queue: most requests that wait while one is answered. Default 32.
        access_log: print a line for each request (address, path, status). Default False.
        aliases: more names that clients may use for the model. Default none.
        origins: pages that may read replies, such as "http://localhost:3000"; "*": any page.
            Default none: no header of CORS is sent.

    Raises:
        CourseError: if fastapi or uvicorn is missing, the model is none that sees, the key cannot
            stand in a header, an alias or an origin is none, or the port is taken.
    """

    def __init__(
        self,
        model,
        host: str = "127.0.0.1",
        port: int = 0,
        api_key: str | None = None,
        queue: int = QUEUE,
        access_log: bool = False,
        aliases: Sequence[str] = (),
        origins: Sequence[str] = (),
    ):
        if api_key is not None and not _fits_header(api_key):
            raise CourseError("expected a key of ASCII signs without blanks: choose another")
        origins = [_origin(text) for text in _listed(origins)]
        self.model, *loaded = _load(model)
        names = _names(self.model, aliases)
        self.host, self._thread = host, None
        uvicorn, make_app, open_to, make_engine = _needed()
        self._engine = make_engine(*loaded)
        self._gate = make_app(self._engine, names, api_key, queue)
        self._uvicorn = _listener(uvicorn, open_to(self._gate, origins), access_log)
        self._socket = _listen(host, port)
        self.port = self._socket.getsockname()[1]

    @property
    def url(self) -> str:
        """What OpenAI's client takes as base_url."""
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}/v1"

    def run(self) -> None:
        """Answer until Ctrl-C; that is a normal end."""
        try:
            self._uvicorn.run(sockets=[self._socket])
        finally:
            self._engine.close()

    def start(self) -> "Server":
        """Answer in a thread of this process, from now on."""
        self._thread = threading.Thread(target=self.run, name="serve", daemon=True)
        self._thread.start()
        end = time.monotonic() + START
        while not self._uvicorn.started:
            if not self._thread.is_alive() or time.monotonic() > end:
                raise CourseError("the server did not start: see what it printed")
            time.sleep(0.01)
        return self

    def stop(self) -> None:
        """End it: running replies get a few seconds; nothing of it is left. Twice does no harm."""
        self._uvicorn.should_exit = True
        if self._thread is not None:
            self._thread.join()
        self._socket.close()


def start(model, **settings) -> Server:
    """Start a server in this process; `stop()` ends it. Arguments and errors as in `Server`."""
    return Server(model, **settings).start()


@contextmanager
def running(model, **settings) -> Iterator[Server]:
    """Have a server for as long as a block lasts. Arguments and errors as in `Server`."""
    server = start(model, **settings)
    try:
        yield server
    finally:
        server.stop()


def _load(model):
    """Return name, and what an engine takes: model, tokenizer, name, questions."""
    questions = None
    if isinstance(model, tuple):
        name, (loaded, tokenizer) = "vision-gpt", model
    else:
        folder = checkpoints.find(model)
        name, (loaded, tokenizer) = Path(folder).resolve().name, load_vision(folder)
        questions = read_questions(folder)
    if lacks := [mark for mark in MARKS if mark not in tokenizer.special_tokens]:
        raise CourseError(
            f"{name} was not made to answer questions, its tokenizer lacks {' '.join(lacks)}: "
            "take one that was trained with them"
        )
    return name, loaded, tokenizer, name, questions


def _needed():
    """Import what only a server needs."""
    try:
        import uvicorn

        from course_utils.serve.app import create_app, open_to
        from course_utils.serve.engine import Engine
    except ModuleNotFoundError as error:
        raise CourseError(
            f"the server needs {error.name}: run pip install fastapi uvicorn pillow"
        ) from None
    return uvicorn, create_app, open_to, Engine


def _listener(uvicorn, app, access_log):
    """Return what reads HTTP from a socket and asks an application."""
    return uvicorn.Server(
        uvicorn.Config(
            app,
            loop="asyncio",
            lifespan="off",
            http="h11",
            ws="none",
            proxy_headers=False,
            server_header=False,
            log_config=uvicorn.config.LOGGING_CONFIG if access_log else None,
            access_log=access_log,
            timeout_graceful_shutdown=GRACE,
            timeout_keep_alive=IDLE,
        )
    )


def _listen(host, port):
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listening = socket.create_server((host, port), family=family)
    except (OSError, OverflowError) as error:
        why = getattr(error, "strerror", None) or error
        raise CourseError(f"cannot listen on {host}, port {port} ({why}): take another") from None
    # asyncio sends small replies at once only on a socket that says it is TCP; else 40 ms are lost
    return socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP, fileno=listening.detach())


def _fits_header(key):
    return key.isascii() and key.isprintable() and key.strip() == key != ""


def _names(model, aliases):
    """Return what clients may call the model; the first is its own name."""
    names = [model, *_listed(aliases)]
    if not all(isinstance(name, str) and name for name in names):
        raise CourseError("expected names as aliases of the model, got none or others: give texts")
    return list(dict.fromkeys(names))


def _origin(text):
    """Return an origin as browsers write it: without a path, and without the usual port."""
    found = ORIGIN.fullmatch(text.strip().lower())
    if found:
        return found[1].removesuffix(":443" if found[1].startswith("https") else ":80")
    if text in ("*", "null"):  # null: pages that are files
        return text
    raise CourseError(
        f"expected an origin such as http://localhost:3000, or *, got {text!r}: change it"
    )


def _listed(texts):
    return [texts] if isinstance(texts, str) else texts
