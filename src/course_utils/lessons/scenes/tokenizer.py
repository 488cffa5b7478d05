"""The tokenizer of questions and captions about scenes."""

from course_utils.lessons.scenes.questions import vocabulary
from course_utils.tokenizers import BPETokenizer
from course_utils.vision.layout import MARKS


def make_tokenizer() -> BPETokenizer:
    """Return a tokenizer for which each word of questions and captions is one token.

    Anything else is spelled in bytes, so any text can be read.
    """
    words = [f" {word}" for word in vocabulary() if word not in "?,"]
    return BPETokenizer.train(words * 2, None, special_tokens=MARKS)
