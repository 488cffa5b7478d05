"""What a model may be asked: the questions of its training, which its folder may bring.

`questions.json` there holds an object: "questions", a list of texts with names in braces, and
"words", which lists what may stand for each name:

    {"questions": ["what colour is the {shape}?"], "words": {"shape": ["ring", "star"]}}

A model that brings no such file is asked anything.
"""

import json
import re
from itertools import cycle
from pathlib import Path
from string import Formatter

from course_utils.runtime import CourseError

FILE = "questions.json"


class Questions:
    """Tells the questions that a model was trained on from others.

    Args:
        questions: in small letters, with names in braces and a mark at the end.
        words: name -> what may stand for it.

    >>> known = Questions(["how many {things} are there?"], {"things": ["rings", "stars"]})
    >>> known.find("How many stars are there"), known.find("how many cars are there?")
    ('how many stars are there?', None)
    >>> known.examples
    ['how many rings are there?']
    """

    def __init__(self, questions: list[str], words: dict[str, list[str]]):
        choices = {name: f"(?:{'|'.join(map(re.escape, words[name]))})" for name in words}
        turns = {name: cycle(words[name]) for name in words}  # so that examples differ
        self._known = [
            re.compile(_filled(_bare(q), choices.__getitem__, re.escape)) for q in questions
        ]
        self.examples = [_filled(q, lambda name: next(turns[name])) for q in questions]

    def find(self, text: str) -> str | None:
        """Return a question as it stood in training, or None where it is another.

        Case, blanks and the mark at the end are put right: without its mark a model that never saw
        a question without one gives answers as if it were another.
        """
        bare = _bare(" ".join(text.lower().split()))
        known = any(pattern.fullmatch(bare) for pattern in self._known)
        return f"{bare}?" if known else None

    def say(self) -> str:
        """Return the line that says what may be asked."""
        return (
            'I was not trained on such a question: my answer would mean nothing. Say "describe", '
            f"or ask me something like this: {' '.join(self.examples)}"
        )


def read_questions(folder) -> Questions | None:
    """Return what the model in a folder may be asked; None: anything.

    Args:
        folder: of the model.

    Raises:
        CourseError: if its list of questions is damaged.
    """
    path = Path(folder) / FILE
    if not path.exists():
        return None
    try:
        found = json.loads(path.read_text(encoding="utf8"))
        questions, words = found["questions"], found["words"]
        _check_texts(questions, *words.values())
        return Questions(questions, words)
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        raise CourseError(
            f"expected questions and their words in {path}: copy it again, or delete it"
        ) from None


def _check_texts(*lists):
    for texts in lists:
        if not isinstance(texts, list) or not texts or not all(isinstance(t, str) for t in texts):
            raise ValueError("no list of texts")


def _bare(question):
    return question.rstrip("?!. ")


def _filled(question, fill, plain=str):
    """Return a question with something for each name in braces, and for the text between."""
    parts = Formatter().parse(question)
    return "".join(plain(text) + ("" if name is None else fill(name)) for text, name, *_ in parts)
