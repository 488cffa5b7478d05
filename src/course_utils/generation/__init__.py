"""From logits to probabilities to tokens: filters, sampling with a cache, and beam search.

Left out: speculative decoding, constrained decoding, contrastive search.
"""

from course_utils.generation.beam import beam_search
from course_utils.generation.filters import (
    apply_repetition_penalty,
    apply_temperature,
    keep_top_k,
    keep_top_p,
    next_probabilities,
)
from course_utils.generation.sampling import generate, stream

__all__ = [
    "apply_repetition_penalty",
    "apply_temperature",
    "beam_search",
    "generate",
    "keep_top_k",
    "keep_top_p",
    "next_probabilities",
    "stream",
]
