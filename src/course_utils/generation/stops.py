"""Texts that end a generation, also where they span tokens.

Source: the parameter `stop` of OpenAI's chat completions: the text ends before it.
"""

from collections.abc import Generator, Iterable

from course_utils import arguments
from course_utils.runtime import CourseError


def until_stop(pieces: Iterable[str], stops: Iterable[str]) -> Generator[str, None, bool]:
    """Pass text on until one of some texts comes; what may be the beginning of one waits.

    Args:
        pieces: a text as it is generated, such as what a tokenizer's `decode_stream` gives.
        stops: the texts before which it ends. None of them: it goes on to its own end.

    Returns:
        An iterator of text, whose value at its end (of `yield from`) says whether a stop came.

    Raises:
        CourseError: if a stop is empty or no text.

    >>> list(until_stop(["one, t", "wo", " three"], [", two"]))
    ['one']
    """
    stops = [stops] if isinstance(stops, str) else list(stops)
    for stop in stops:
        if not arguments.text("stop", stop):
            raise CourseError("stop must be a text, got an empty one: leave it out")
    return _until(pieces, stops)


def _until(pieces, stops):
    held = ""
    for piece in pieces:
        held += piece
        if ends := [i for stop in stops if (i := held.find(stop)) >= 0]:
            if before := held[: min(ends)]:
                yield before
            return True
        safe = len(held) - max((_overlap(held, stop) for stop in stops), default=0)
        if safe:
            yield held[:safe]
            held = held[safe:]
    if held:
        yield held
    return False


def _overlap(text, stop):
    """Return how many letters at the end of a text may be the beginning of a stop.

    >>> _overlap("one, t", ", two")
    3
    """
    return next((n for n in range(len(stop) - 1, 0, -1) if text.endswith(stop[:n])), 0)
