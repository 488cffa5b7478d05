"""Who comes in, and with how much: the key, a place in the queue, the size of the body.

Checked in this order, before a byte of the body is read; so a crowd of large requests costs no
more memory than there are places. A place is held until the reply has ended or its client has gone.
"""

import asyncio
import hmac
import re
import threading
from contextlib import contextmanager, suppress

from course_utils.serve.errors import ApiError

CHAT = "/v1/chat/completions"
OPEN = "/health"
MAX_BODY = 30_000_000  # bytes: a picture of the largest size in base64, and its text
BODY_SECONDS = 30  # to send it in
OF_A_PAGE = (b"origin", b"sec-fetch-site")  # headers that browsers send for a page


class Gate:
    """ASGI middleware around the whole application; `places` says how many more may come in.

    Args:
        app: what it guards.
        api_key: which clients must know; None: nobody is asked for one.
        queue: most requests that wait while one is answered.
    """

    def __init__(self, app, api_key: str | None, queue: int):
        self.app, self.places = app, queue + 1
        self.key = None if api_key is None else api_key.encode()

    async def __call__(self, scope, receive, send) -> None:
        """Let a request through, or send an error."""
        scope = {**scope, "path": plain_path(scope["path"])}
        if scope["type"] != "http" or scope["path"] == OPEN:
            return await self.app(scope, receive, send)
        try:
            headers = dict(scope["headers"])
            self._check_key(headers)
            if (scope["method"], scope["path"]) != ("POST", CHAT):
                return await self.app(scope, receive, send)
            with self._place():
                _check_headers(headers)
                await self._answer(scope, receive, send)
        except ApiError as error:
            await error(scope, receive, send)

    def _check_key(self, headers):
        scheme, _, given = headers.get(b"authorization", b"").partition(b" ")
        right = self.key is None or hmac.compare_digest(given.strip(), self.key)
        if right and (self.key is None or scheme.lower() == b"bearer"):
            return
        came = "another one came" if given else "none came"
        raise ApiError(
            f"expected this server's key as Authorization: Bearer KEY, {came}: give it",
            401,
            code="invalid_api_key",
            headers={"www-authenticate": "Bearer"},
        )

    @contextmanager
    def _place(self):
        if self.places == 0:
            raise ApiError(
                "too many requests wait already: try again in a second",
                429,
                code="rate_limit_exceeded",
                kind="requests",
                headers={"retry-after": "1"},
            )
        self.places -= 1
        try:
            yield
        finally:
            self.places += 1

    async def _answer(self, scope, receive, send):
        """Run the application on a whole body, for as long as the client is there."""
        body = await _read_body(receive)
        if body is None:
            return
        gone = scope.setdefault("state", {})["gone"] = threading.Event()
        leaves = asyncio.ensure_future(_wait_until_gone(receive))
        inside = _Inside(body, leaves, send)
        del body
        reply = asyncio.ensure_future(self.app(scope, inside.receive, inside.send))
        stopping = False
        try:
            await asyncio.wait((reply, leaves), return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:  # the server stops, and has waited long enough
            stopping = True
        gone.set()
        for task in (reply, leaves):
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        if stopping and not inside.started:
            raise _stopping()


def plain_path(path: str) -> str:
    """Return a path without the slashes that a client's settings put too many.

    >>> plain_path("/v1//chat/completions/")
    '/v1/chat/completions'
    """
    return re.sub("//+", "/", path).rstrip("/") or "/"


class _Inside:
    """The client as the application sees it: its body at once, later its leaving."""

    def __init__(self, body, leaves, send):
        self.bodies, self.leaves, self._send = [body], leaves, send
        self.started = False

    async def receive(self):
        if self.bodies:
            return {"type": "http.request", "body": self.bodies.pop(), "more_body": False}
        await asyncio.wait([self.leaves])
        return {"type": "http.disconnect"}

    async def send(self, message):
        self.started = True
        await self._send(message)


def _check_headers(headers):
    """Refuse what is too large, and what a page of another site could send without being asked.

    A browser lets such a page post a form or a text to anybody, and says that it is a page; for
    JSON it asks first (CORS). Other clients may call their JSON what they like.
    """
    kind = headers.get(b"content-type", b"none").decode("latin-1")
    is_json = kind.partition(";")[0].strip().lower() == "application/json"
    if any(name in headers for name in OF_A_PAGE) and not is_json:
        raise ApiError(
            f"expected the content type application/json of a page, got {kind[:60]}: change it",
            415,
            code="unsupported_content_type",
        )
    if int(headers.get(b"content-length", b"0")) > MAX_BODY:
        raise body_too_large()


async def _read_body(receive):
    """Return the body, or None if the client went away in the middle."""
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    return None
                body += message.get("body", b"")
                if len(body) > MAX_BODY:
                    raise body_too_large()
                if not message.get("more_body"):
                    return bytes(body)
    except TimeoutError:
        text = f"the body did not come within {BODY_SECONDS} seconds: send it again"
        raise ApiError(text, 408, code="timeout", headers={"connection": "close"}) from None


async def _wait_until_gone(receive):
    while (await receive())["type"] != "http.disconnect":
        pass


def body_too_large() -> ApiError:
    """Return the error for a body that is larger than MAX_BODY, packed or unpacked."""
    size = MAX_BODY // 1_000_000
    text = f"the request is larger than {size} MB: send a smaller picture"
    return ApiError(text, 413, code="request_too_large")


def _stopping():
    text = "the server is stopping: ask again when it is back"
    return ApiError(text, 503, code="server_stopping", kind="server_error")
