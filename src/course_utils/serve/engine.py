"""The model with the one thread that it answers in.

Requests wait in the thread's queue. A request whose client has gone is dropped when its turn
comes, or between two tokens. A second thread decodes pictures, so that a bad one is told at once.
"""

import asyncio
import logging
import threading
import time
import traceback
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import dataclass, field, replace
from functools import partial

import torch

from course_utils.generation import stream, until_stop
from course_utils.serve.conversation import prompt_ids, read_conversation, wants_caption
from course_utils.serve.errors import server_error
from course_utils.serve.pictures import read_picture
from course_utils.serve.questions import Questions
from course_utils.serve.schema import ChatRequest

LEAST_TEMPERATURE = 1e-3  # below it nothing but the likeliest is drawn, and a division overflows


@dataclass
class Job:
    """A request made ready for the model, and what came of it.

    Args:
        image: uint8, shape (3, side, side).
        ids: the tokens behind it.
        most: tokens that the reply may have.
        settings: of `generation.stream`.
        stops: texts before which the reply ends.
        prompt_tokens: those of the picture and of the text.
        gone: set when nobody waits for the reply any more.
        line: the reply to a question that the model was not trained on. Default None: it answers.
    """

    image: torch.Tensor
    ids: list[int]
    most: int
    settings: dict
    stops: list[str]
    prompt_tokens: int
    gone: threading.Event
    line: str | None = None
    completion_tokens: int = 0
    finish_reason: str = "length"
    created: int = field(default_factory=lambda: int(time.time()))


class Engine:
    """Answers questions about pictures, one at a time.

    Args:
        model: a `VisionGPT`.
        tokenizer: its tokenizer, with the special tokens of `vision.layout`.
        name: what clients call the model.
        questions: what it may be asked. Default None: anything.
    """

    def __init__(self, model, tokenizer, name: str, questions: Questions | None = None):
        self.model, self.tokenizer, self.name = model.eval(), tokenizer, name
        self.questions = questions
        self.created = int(time.time())
        self._reader = ThreadPoolExecutor(1, "serve-pictures")
        self._thinker = ThreadPoolExecutor(1, "serve-model")

    async def prepare(self, request: ChatRequest, gone: threading.Event) -> Job:
        """Read the picture and the text of a request.

        Raises:
            ApiError: if they cannot be read or do not fit the model.
        """
        work = partial(self._prepare, request, gone)
        return await asyncio.get_running_loop().run_in_executor(self._reader, work)

    async def pieces(self, job: Job) -> AsyncIterator[str]:
        """Yield the reply as it is written.

        Raises:
            ApiError: if the model failed.
        """
        if job.line is not None:
            job.finish_reason = "stop"
            yield job.line
            return
        queue = asyncio.Queue()
        tell = partial(_tell, asyncio.get_running_loop(), queue)
        self._thinker.submit(self._think, job, tell)
        while (piece := await queue.get()) is not None:
            if isinstance(piece, Exception):
                raise piece
            yield piece

    def close(self) -> None:
        """Stop, after the token that is being written for those who have gone."""
        self._reader.shutdown(cancel_futures=True)
        self._thinker.shutdown(cancel_futures=True)

    def answer(self, job: Job) -> Iterator[str]:
        """Yield a reply piece by piece, in the thread of the caller."""
        with torch.inference_mode():
            cache = self.model.cache(job.image[None])
        ids, ends = torch.tensor([job.ids]), self.tokenizer.eos_ids
        steps = stream(self.model.text, ids, job.most, eos_id=ends, cache=cache, **job.settings)
        with closing(steps):
            text = self.tokenizer.decode_stream(self._counted(steps, job))
            if (yield from until_stop(_without_space(text), job.stops)):
                job.finish_reason = "stop"

    def _prepare(self, request, gone):
        sizes = self.model.config
        asked = read_conversation(request.messages, sizes.n_patches + sizes.text_size)
        asked, line = self._as_trained(asked)
        ids = prompt_ids(asked, self.tokenizer, sizes)
        room = sizes.text_size - len(ids)
        return Job(
            image=read_picture(asked.picture, sizes.image_size),
            ids=ids,
            most=min(request.most or room, room),
            settings=_settings(request),
            stops=request.stop or [],
            prompt_tokens=sizes.n_patches + len(ids),
            gone=gone,
            line=line,
        )

    def _as_trained(self, asked):
        """Return the question in its training's words, or the line that is said of another."""
        if self.questions is None or wants_caption(asked):
            return asked, None
        if question := self.questions.find(asked.question):
            return replace(asked, question=question), None
        return asked, self.questions.say()

    def _think(self, job, tell):
        try:
            if not job.gone.is_set():
                for piece in self.answer(job):
                    tell(piece)
            tell(None)
        except Exception as error:
            log_failure(error)
            tell(server_error())

    def _counted(self, steps, job):
        """Give the tokens on until the reply ends or nobody waits for it."""
        for step in steps:
            if step.item() in self.tokenizer.eos_ids:
                job.finish_reason = "stop"
            if job.finish_reason == "stop" or job.gone.is_set():
                return
            job.completion_tokens += 1
            yield step.item()


def _tell(loop, queue, piece):
    """Put a piece of a reply into the queue of the one who waits for it, if there still is one."""
    with suppress(RuntimeError):  # the server has stopped: its loop is closed
        loop.call_soon_threadsafe(queue.put_nowait, piece)


def _settings(request):
    """Return what `stream` calls a request's settings, with OpenAI's defaults."""
    temperature = 1.0 if request.temperature is None else request.temperature
    if temperature < LEAST_TEMPERATURE or request.top_p == 0:
        return {"temperature": 0}
    generator = torch.Generator()
    generator.seed() if request.seed is None else generator.manual_seed(request.seed)
    return {"temperature": temperature, "top_p": request.top_p, "generator": generator}


def _without_space(pieces):
    """Leave out the blanks before the first word."""
    begun = False
    for piece in pieces:
        piece = piece if begun else piece.lstrip()
        if piece:
            begun = True
            yield piece


def log_failure(error: Exception) -> None:
    """Log where something failed, without its message, which may quote what a client sent."""
    where = "".join(traceback.format_tb(error.__traceback__))
    logging.getLogger("uvicorn.error").error("%s in\n%s", type(error).__name__, where)
