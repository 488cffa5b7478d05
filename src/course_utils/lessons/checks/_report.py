"""How a check speaks: one line, never a traceback, never the answer."""

import functools


class Wrong(Exception):
    """What is wrong with an answer, and what to look at next, in one line."""


def expect(condition, reason: str) -> None:
    """Go on if the condition holds, else end the check with the reason.

    Args:
        condition: anything that is true or false.
        reason: what is wrong and what to look at next; never the answer.
    """
    if not condition:
        raise Wrong(reason)


def check(praise: str):
    """Turn a function that raises `Wrong` into a check that prints one line and returns a bool.

    Whatever else the student's code raises is told in one line too.

    Args:
        praise: the line for a right answer.
    """

    def decorate(function):
        @functools.wraps(function)
        def run(*answer) -> bool:
            try:
                for thing in answer:
                    _expect_function(thing)
                function(*answer)
            except Wrong as wrong:
                print(f"Not yet: {wrong}")
                return False
            except Exception as error:
                print(f"Not yet: your code stops with {type(error).__name__}: {_first_line(error)}")
                return False
            print(f"Right: {praise}")
            return True

        return run

    return decorate


def _expect_function(thing) -> None:
    expect(
        callable(thing),
        f"expected a function, got {type(thing).__name__}: run the cell that defines it, and pass "
        "its name without parentheses",
    )


def _first_line(error) -> str:
    return (str(error).strip().splitlines() or ["(no message)"])[0][:200]
