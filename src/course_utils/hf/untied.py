"""A GPT whose output matrix is its own: not GPT-2, but some folders hold one."""

from course_utils.linear import Linear
from course_utils.model import GPT, GPTConfig


class UntiedGPT(GPT):
    """A `GPT` that scores the next token by a matrix of its own, not by that of the input.

    Args:
        config: the sizes.
    """

    def __init__(self, config: GPTConfig):
        super().__init__(config)
        self.lm_head = Linear(config.n_embd, config.vocab_size, bias=False)

    def head(self, x):  # (B, T, C) -> (B, T, V)
        """Score every token by its row of `lm_head`."""
        return self.lm_head(x)
