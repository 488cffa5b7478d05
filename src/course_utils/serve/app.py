"""The routes: chat completions, the list of models, and whether the server is well."""

from collections.abc import Sequence

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, StreamingResponse
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware

from course_utils.serve.engine import Engine, log_failure
from course_utils.serve.errors import ApiError, server_error
from course_utils.serve.gate import CHAT, OPEN, Gate
from course_utils.serve.replies import events, whole
from course_utils.serve.schema import read_request

READ = ["GET", "HEAD"]
THERE = f"there are POST {CHAT}, GET /v1/models and GET {OPEN} (a client's base_url ends in /v1)"


def create_app(engine: Engine, names: Sequence[str], api_key: str | None, queue: int) -> Gate:
    """Return the application around an engine, behind its gate.

    Args:
        engine: answers.
        names: what clients may call its model.
        api_key: which clients must know; None: nobody is asked for one.
        queue: most requests that wait while one is answered.
    """
    # no pages with the documentation: they would load scripts from another host
    app = FastAPI(openapi_url=None, redirect_slashes=False)
    app.add_exception_handler(ApiError, _tell)
    app.add_exception_handler(HTTPException, _tell_http)
    _add_routes(app, engine, names)
    return Gate(app, api_key, queue)


def open_to(app: Gate, origins: Sequence[str]) -> Gate | CORSMiddleware:
    """Let pages of some origins read what an application says; none: nothing is added."""
    if not origins:
        return app
    return CORSMiddleware(
        app,
        allow_origins=origins,
        allow_methods=["GET", "POST"],
        allow_headers=["*"],
        expose_headers=["retry-after"],
    )


def _add_routes(app, engine, names):
    @app.api_route(OPEN, methods=READ)
    async def health():
        return {"status": "ok"}

    @app.api_route("/v1/models", methods=READ)
    async def models():
        return {"object": "list", "data": [_describe(engine, name) for name in names]}

    @app.api_route("/v1/models/{name:path}", methods=READ)
    async def model(name: str):
        _check_name(name, names)
        return _describe(engine, name)

    @app.post(CHAT)
    async def chat(request: Request):
        try:
            return await _chat(engine, names, request)
        except ApiError:
            raise
        except Exception as error:
            log_failure(error)
            raise server_error() from None


async def _chat(engine, names, request):
    encoding = request.headers.get("content-encoding", "")
    asked = read_request(b"".join([part async for part in request.stream()]), encoding)
    _check_name(asked.model, names)
    job = await engine.prepare(asked, request.state.gone)
    stream, options = asked.stream, asked.stream_options
    del asked  # and the picture with it, which may be large
    if not stream:
        return JSONResponse(await whole(engine, job))
    return StreamingResponse(
        events(engine, job, with_usage=bool(options and options.include_usage)),
        media_type="text/event-stream",
        headers={"cache-control": "no-cache"},
    )


def _check_name(name, names):
    if name not in names:
        have = f"{' and '.join(map(repr, names))} {'does' if len(names) == 1 else 'do'}"
        text = f"the model {name[:60]!r} does not exist here, {have}: name that one"
        raise ApiError(text[:300], 404, code="model_not_found", param="model")


def _describe(engine, name):
    about = {"object": "model", "created": engine.created, "owned_by": "course_utils"}
    return {"id": name, **about}


def _tell(request, error):
    return JSONResponse(error.body, error.status, error.headers)


def _tell_http(request, error):
    """Turn what FastAPI raises, 404 and 405, into OpenAI's shape."""
    path, code = request.url.path[:60], None
    text = f"{path} takes no {request.method}"
    if error.status_code == 404:
        text, code = f"nothing is at {path}", "unknown_url"
    text = f"{text}: {THERE}"
    return _tell(request, ApiError(text, error.status_code, code, headers=error.headers))
