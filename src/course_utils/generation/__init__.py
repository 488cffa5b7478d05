"""From logits to probabilities to tokens.

Reading order: `sampling` (filters, and drawing one token), `loop` (token after token, with a
cache), `beam` (several texts at once), `stops` (texts that end one).

Left out: speculative decoding, constrained decoding, contrastive search.
"""

from course_utils.generation.beam import beam_search
from course_utils.generation.loop import generate, stream
from course_utils.generation.sampling import (
    apply_repetition_penalty,
    apply_temperature,
    keep_top_k,
    keep_top_p,
    next_probabilities,
)
from course_utils.generation.stops import until_stop

__all__ = [
    "apply_repetition_penalty",
    "apply_temperature",
    "beam_search",
    "generate",
    "keep_top_k",
    "keep_top_p",
    "next_probabilities",
    "stream",
    "until_stop",
]
