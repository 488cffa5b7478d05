"""How a check speaks: one line, never a traceback, never the answer."""

import dataclasses
import dis
import functools
import numbers
import reprlib
import sys
import weakref


class Wrong(Exception):
    """What is wrong with an answer, and what to look at next, in one line."""


class WrongType(Wrong):
    """The answer to one input is of another type; the check adds the input."""


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

    Whatever the student's code raises is told in one line too, with the input that it was given.

    Args:
        praise: the line for a right answer.
    """

    def decorate(function):
        @functools.wraps(function)
        def run(*answer) -> bool:
            answer = [as_written(one) for one in answer]
            inputs: list[str] = []
            cell = sys._getframe(1).f_code.co_filename
            try:
                function(*(_written(thing, inputs, cell) for thing in answer))
            except WrongType as wrong:
                later = f" (input: {inputs[-1]})" if inputs[1:] and inputs[-1] else ""
                print(f"Not yet: {wrong}{later}")  # of the first input it is no news
                return False
            except Wrong as wrong:
                print(f"Not yet: {wrong}")
                return False
            except Exception as error:
                print(f"Not yet: {_stopped(error)}")
                return False
            print(f"Right: {praise}")
            PASSED.update(answer)
            return True

        run.praise = praise
        return run

    return decorate


def has_passed(function) -> bool:
    """Say whether a check has called this very function right, in this session."""
    return callable(function) and function in PASSED


def as_written(function):
    """Return the reader's own function where `answers.or_ours` has wrapped it."""
    return getattr(function, "as_written", function)


def _written(thing, inputs, cell):
    """Expect a function that is more than a stub; return it so that a crash names its input.

    Args:
        thing: what the reader passes.
        inputs: where what it is given is noted.
        cell: the file of the code that calls the check; each run of a cell has its own.
    """
    expect(
        callable(thing),
        f"expected a function, got {type(thing).__name__}: run the cell that defines it, and pass "
        "its name without parentheses",
    )
    expect(
        not _is_stub(thing),
        "the function is still empty: write its body and run the cell again",
    )

    expect(
        not _is_left_over(thing, cell),
        "this cell does not define the function; what you pass was defined in an earlier run: "
        "write it here, above the check",
    )

    @functools.wraps(thing)
    def run(*args, **kwargs):
        inputs.append(given := _shown(args, kwargs))
        try:
            return thing(*args, **kwargs)
        except Wrong:
            raise
        except Exception as error:  # goes on as it is: a check may wait for it
            if given:
                error.add_note(INPUT + given)
            raise

    return run


def _is_left_over(function, cell: str) -> bool:
    """Say whether a function was checked in the cell that defines it, and now in one that does not.

    So a cell that has been emptied, but for its check, is not told that it is right.
    """
    code = getattr(function, "__code__", None)
    if code is not None and code.co_filename == cell:
        AT_HOME.add(function)
        return False
    return code is not None and function in AT_HOME


def _is_stub(function) -> bool:
    """Say whether the body of a function is `...`, `pass` or a docstring, and nothing else."""
    code = getattr(function, "__code__", None)
    if code is None:
        return False
    steps = [step for step in dis.get_instructions(code) if step.opname not in ("RESUME", "NOP")]
    loads_none = steps[0].argval is None
    return loads_none and all(
        step.opname in ("LOAD_CONST", "RETURN_VALUE", "RETURN_CONST") for step in steps
    )


def _stopped(error) -> str:
    """Say in one line how the reader's code ends, and on which input."""
    if isinstance(error, NotImplementedError):
        return f"a part of the function is still to be written: {_first_line(error)}"
    notes = [note for note in getattr(error, "__notes__", []) if note.startswith(INPUT)]
    where = f" ({notes[0]})" if notes else ""
    return f"your code stops with {type(error).__name__}: {_first_line(error)}{where}"


def _first_line(error) -> str:
    return (str(error).strip().splitlines() or ["(no message)"])[0][:200]


def _shown(args, kwargs) -> str:
    named = [f"{name}={SHORT.repr(value)}" for name, value in kwargs.items()]
    return ", ".join([*map(SHORT.repr, args), *named])


class _Short(reprlib.Repr):
    """Write what a function is given as a reader would say it: large tensors by their shapes."""

    def repr_Tensor(self, x, level):
        if x.numel() > 6:
            return f"a tensor of shape {tuple(x.shape)}"
        return f"tensor({self.repr(x.tolist())})"

    def repr_ndarray(self, x, level):
        if x.size > 6:
            return f"an array of shape {x.shape}"
        return f"array({self.repr(x.tolist())})"

    def repr_float(self, x, level):
        return f"{x:.6g}"

    def repr_instance(self, x, level):
        if isinstance(x, PLAIN) or dataclasses.is_dataclass(x):
            text = repr(x)
            return text if len(text) <= self.maxother else text[: self.maxother] + "…"
        return getattr(x, "in_words", f"a {type(x).__name__}")  # in_words: of things checks make

    def repr_function(self, x, level):
        return "a function" if "<" in x.__qualname__ else x.__name__  # a name that readers know


INPUT = "input: "
PASSED: weakref.WeakSet = weakref.WeakSet()
AT_HOME: weakref.WeakSet = weakref.WeakSet()  # functions that were checked where they are defined
PLAIN = (bool, bytes, tuple, numbers.Number, type(None))
SHORT = _Short()
SHORT.maxother = 100
SHORT.maxlist = SHORT.maxtuple = SHORT.maxdict = SHORT.maxset = 12
SHORT.maxstring = 60
