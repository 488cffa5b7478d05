"""Any text cut into tokens, and the merges that make them, one by one.

Python holds what the tokenizer has learnt; the page cuts with `engine/merges.js`. Left out: texts
of more than 200 signs, other patterns for the pieces than GPT-2's.
"""

import traitlets

from course_utils import arguments
from course_utils.lessons.widgets._still import table, visible
from course_utils.lessons.widgets._told import Widget
from course_utils.runtime import CourseError
from course_utils.tokenizers import BPETokenizer
from course_utils.tokenizers.elsewhere import cuts_as_gpt2, missing_bytes

MOST = 200  # signs, as in token_explorer.js


class TokenExplorer(Widget):
    """Show the tokens of a text that the reader types, their ids and bytes, and how they are made.

    Args:
        tokenizer: byte-level BPE that cuts pieces as GPT-2 does, as `story-gpt`'s.
        text: what is there at first, at most 200 signs. Default " whether 山".

    Raises:
        CourseError: if the tokenizer is of another kind, or the text is too long.

    >>> low = BPETokenizer.train(["low lower lowest " * 9], vocab_size=259)
    >>> TokenExplorer(low, "low").tokens
    [(b'low', 258)]
    """

    piece = "token_explorer"
    byte_ids = traitlets.List().tag(sync=True)  # 256
    merges = traitlets.List().tag(sync=True)  # ids: left, right, both together
    text = traitlets.Unicode().tag(sync=True)

    def __init__(self, tokenizer: BPETokenizer, text: str = " whether 山"):
        arguments.instance("tokenizer", tokenizer, BPETokenizer, "pass the one of story-gpt")
        if not cuts_as_gpt2(tokenizer.tokenizer) or missing_bytes(tokenizer.tokenizer):
            raise CourseError("expected a tokenizer like GPT-2's, got another: pass story-gpt's")
        self.tokenizer, vocab = tokenizer, tokenizer.vocab
        merges = [[vocab[a], vocab[b], vocab[a + b]] for a, b in tokenizer.merges]
        letters = [vocab[bytes([byte])] for byte in range(256)]
        super().__init__(byte_ids=letters, merges=merges, text=text)

    @traitlets.validate("text")
    def _check_text(self, proposal) -> str:
        length = len(proposal["value"])
        if length > MOST:
            raise CourseError(f"expected at most {MOST} signs, got {length}: shorten the text")
        return proposal["value"]

    @property
    def tokens(self) -> list[tuple[bytes, int]]:
        """The tokens of the present text, as bytes, with their ids."""
        spelled = {i: token for token, i in self.tokenizer.vocab.items()}
        return [(spelled[i], i) for i in self.tokenizer.encode(self.text)]

    def still(self) -> str:
        """Return the tokens of the present text as a table, until the piece runs."""
        rows = [(_name(token), str(i), " ".join(map(str, token))) for token, i in self.tokens]
        caption = f"the tokens of “{visible(self.text)}”"
        return table(caption, ["token", "id", "bytes"], rows)

    def __repr__(self) -> str:  # the default holds an address, which no stored output may
        return f"TokenExplorer({self.text!r}), alive when run"


def _name(token) -> str:
    """Return a token as a text, or its bytes where they are a part of a sign."""
    try:
        return visible(token.decode())
    except UnicodeDecodeError:
        return " ".join(f"{byte:02X}" for byte in token)
