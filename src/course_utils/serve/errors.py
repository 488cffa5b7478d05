"""Errors in OpenAI's shape, with the status from which its client makes the right exception."""

import json


class ApiError(Exception):
    """What a client did wrong, or the server.

    Args:
        message: one line: what was expected, what came, what to do.
        status: of HTTP. Default 400.
        code: a word for programs. Default None.
        param: the part of the request that is meant, such as "messages[0].content". Default None.
        kind: OpenAI's `type`. Default "invalid_request_error".
        headers: to be sent with it. Default none.
    """

    def __init__(
        self,
        message: str,
        status: int = 400,
        code: str | None = None,
        param: str | None = None,
        kind: str = "invalid_request_error",
        headers: dict[str, str] | None = None,
    ):
        super().__init__(message)
        self.status, self.headers = status, headers or {}
        self.body = {"error": {"message": message, "type": kind, "param": param, "code": code}}

    async def __call__(self, scope, receive, send) -> None:
        """Send it as the reply to a request (ASGI)."""
        content = json.dumps(self.body).encode()
        sent = {"content-type": "application/json", "content-length": str(len(content))}
        headers = [(k.encode(), v.encode()) for k, v in {**sent, **self.headers}.items()]
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": content})


def server_error() -> ApiError:
    """Return the error for what should not happen; what it was stands in the server's log."""
    return ApiError(
        "the server failed at this request: see its log", 500, "server_error", kind="server_error"
    )
