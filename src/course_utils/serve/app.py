"""The routes: chat completions, the list of models, and whether the server is well."""

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, StreamingResponse
from starlette.exceptions import HTTPException

from course_utils.serve.engine import Engine, log_failure
from course_utils.serve.errors import ApiError, server_error
from course_utils.serve.gate import CHAT, OPEN, Gate
from course_utils.serve.replies import events, whole
from course_utils.serve.schema import read_request


def create_app(engine: Engine, api_key: str | None, queue: int) -> Gate:
    """Return the application around an engine, behind its gate.

    Args:
        engine: answers.
        api_key: which clients must know; None: nobody is asked for one.
        queue: most requests that wait while one is answered.
    """
    # no pages with the documentation: they would load scripts from another host
    app = FastAPI(openapi_url=None, redirect_slashes=False)
    app.add_exception_handler(ApiError, _tell)
    app.add_exception_handler(HTTPException, _tell_http)
    _add_routes(app, engine)
    return Gate(app, api_key, queue)


def _add_routes(app, engine):
    @app.get(OPEN)
    async def health():
        return {"status": "ok"}

    @app.get("/v1/models")
    async def models():
        return {"object": "list", "data": [_describe(engine)]}

    @app.get("/v1/models/{name:path}")
    async def model(name: str):
        _check_name(name, engine)
        return _describe(engine)

    @app.post(CHAT)
    async def chat(request: Request):
        try:
            return await _chat(engine, request)
        except ApiError:
            raise
        except Exception as error:
            log_failure(error)
            raise server_error() from None


async def _chat(engine, request):
    asked = read_request(b"".join([part async for part in request.stream()]))
    _check_name(asked.model, engine)
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


def _check_name(name, engine):
    if name != engine.name:
        text = f"the model {name[:60]!r} does not exist here, {engine.name!r} does: name that one"
        raise ApiError(text, 404, code="model_not_found", param="model")


def _describe(engine):
    about = {"object": "model", "created": engine.created, "owned_by": "course_utils"}
    return {"id": engine.name, **about}


def _tell(request, error):
    return JSONResponse(error.body, error.status, error.headers)


def _tell_http(request, error):
    """Turn what FastAPI raises, such as 404 and 405, into OpenAI's shape."""
    text = f"{error.detail}: {request.method} {request.url.path[:60]}; see {CHAT} and /v1/models"
    return _tell(request, ApiError(text, error.status_code, headers=error.headers))
