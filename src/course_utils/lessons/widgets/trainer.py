"""A GPT that learns little stories in the page, step by step, beside the loss no model can beat.

Python gives the grammar and its exact floor; the model is born and trained in the page, by
`engine/runs.js`. Left out: texts of one's own, which have no known floor, and saving the model.
"""

import html
import math
import re

import traitlets

from course_utils.lessons.corpora import short_grammar
from course_utils.lessons.corpora.grammar import Grammar
from course_utils.lessons.widgets._told import Widget

WORD = re.compile(r" ?\w+|[^\w ]")  # as in engine/training.js
SMALLEST = 2  # words of each kind: a girl's and a boy's name
DRAWN = 2000  # stories in which every word is met: the rarest stands in one of 32


class Trainer(Widget):
    """A model to be trained in the page, on the lesson's short stories.

    >>> trainer = Trainer()
    >>> len(trainer.tokens), round(trainer.floor, 3)
    (78, 0.441)
    """

    piece = "trainer"
    example = traitlets.Unicode().tag(sync=True)  # a story
    grammar = traitlets.Dict().tag(sync=True)
    tokens = traitlets.List().tag(sync=True)  # number 0 is <eos>
    floor = traitlets.Float().tag(sync=True)  # nats a token
    block = traitlets.Int().tag(sync=True)  # tokens that the model can read

    def __init__(self):
        grammar, shapes = short_grammar(), short_grammar(SMALLEST)
        longest = max(len(WORD.findall(text)) for text, _ in shapes.stories())
        super().__init__(
            example=grammar.sample(1, seed=1)[0],
            grammar=grammar.told(),
            tokens=tokens_of(grammar),
            floor=grammar.entropy() / mean_length(shapes),
            block=longest + 1,  # <eos> stands before the story
        )

    def still(self) -> str:
        """Return what can be said before the first step."""
        guess = math.log(len(self.tokens))
        return (
            "<p>A small GPT that knows nothing will learn stories like this one here:</p>"
            f"<blockquote>{html.escape(self.example)}</blockquote>"
            f"<p>A model that guesses among its {len(self.tokens)} tokens has a loss of {guess:.2f}"
            f" nats a token. No model can get below {self.floor:.3f}, the entropy of the stories."
            "</p>"
        )

    def __repr__(self) -> str:  # the default holds an address, which no stored output may
        return f"Trainer({len(self.tokens)} tokens, floor {self.floor:.3f}), alive when run"


def tokens_of(grammar: Grammar) -> list[str]:
    """Return <eos> and every word or mark of the stories, a word with the blank before it."""
    words = {word for text in grammar.sample(DRAWN, seed=0) for word in WORD.findall(text)}
    return ["<eos>", *sorted(words)]


def mean_length(grammar: Grammar) -> float:
    """Return how many tokens a story has on average, with the <eos> behind it.

    Each story is visited, so the grammar must be small. How many words it has of each kind does
    not matter, for each is one token.
    """
    return sum(p * (len(WORD.findall(text)) + 1) for text, p in grammar.stories())
