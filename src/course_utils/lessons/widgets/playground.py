"""story-gpt in the page: what comes next, where it looks, what each layer would say, what it cost.

Python computes what is seen of the first text; everything else happens in the page, in
`playground.js`, once the reader has loaded the model. Left out: beam search, several texts at once.
"""

import html

import torch
import traitlets

from course_utils.hf import load_pretrained
from course_utils.lessons import checkpoints
from course_utils.lessons.corpora import StoryGrammar
from course_utils.lessons.widgets._models import ModelWidget
from course_utils.lessons.widgets._seen import seen
from course_utils.lessons.widgets._still import percent, table, visible
from course_utils.runtime import CourseError

MODEL = "story-gpt"
LISTED = 8  # tokens in the still picture, as in the page
BEGINNING = "Once upon a time, Mia played at the"


class Playground(ModelWidget):
    """A text that story-gpt goes on with, and all that can be seen of how it does.

    Args:
        text: the beginning that is shown first. Default: one of a story.

    Raises:
        CourseError: it is no text, or longer than the model can read.

    >>> Playground("One sunny day, Tom").likeliest(1)
    [(' took', 1.0)]
    """

    piece = "playground"
    loads = (MODEL,)
    names = traitlets.List().tag(sync=True)  # one text a token
    grammar = traitlets.Dict().tag(sync=True)  # of the stories, for what each token must cost
    first = traitlets.Dict().tag(sync=True)  # what is seen before the model is there

    def __init__(self, text: str = BEGINNING):
        if not isinstance(text, str):
            raise CourseError(f"text must be a text, got {type(text).__name__}: pass a string")
        model, tokenizer = load_pretrained(checkpoints.path(MODEL))
        ids = [tokenizer.eos_id, *tokenizer.encode(text)]
        if len(ids) > model.config.block_size:
            most = model.config.block_size - 1
            raise CourseError(
                f"expected at most {most} tokens, got {len(ids) - 1}: shorten the text"
            )
        names = [tokenizer.decode([i]) for i in range(tokenizer.vocab_size)]
        names[tokenizer.eos_id] = "<eos>"
        first = {"text": text, "ids": ids, **seen(model, ids)}
        super().__init__(names=names, grammar=StoryGrammar().told(), first=first)

    def likeliest(self, count: int = LISTED) -> list[tuple[str, float]]:
        """The likeliest tokens behind the first text, with their probabilities."""
        shares, ids = torch.tensor(self.first["scores"]).softmax(0).topk(count)
        return [(self.names[i], round(p, 3)) for p, i in zip(shares.tolist(), ids, strict=True)]

    def still(self) -> str:
        """The first text and the likeliest tokens behind it, as a table."""
        rows = [(visible(name), percent(share)) for name, share in self.likeliest()]
        shown = table(f"What comes next, says {MODEL}", ["token", "share"], rows)
        return f"<p>{html.escape(self.first['text'])} …</p>{shown}"

    def __repr__(self) -> str:  # the default holds an address, which no stored output may
        return f"Playground({self.first['text']!r}), alive when run"
