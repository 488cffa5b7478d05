"""Texts to learn from: a story grammar with exact entropy, any text file, tiny Shakespeare."""

from course_utils.corpora.files import read_text, tiny_shakespeare
from course_utils.corpora.short import short_grammar
from course_utils.corpora.stories import Story, StoryGrammar
from course_utils.corpora.wishes import check_wishes, grants, wish_exam, wish_examples, wish_text

__all__ = [
    "Story",
    "StoryGrammar",
    "check_wishes",
    "grants",
    "read_text",
    "short_grammar",
    "tiny_shakespeare",
    "wish_exam",
    "wish_examples",
    "wish_text",
]
