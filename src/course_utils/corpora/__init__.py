"""Texts to learn from: a story grammar with exact entropy, any text file, tiny Shakespeare."""

from course_utils.corpora import shop
from course_utils.corpora.files import read_text, tiny_shakespeare
from course_utils.corpora.pairs import (
    Pair,
    all_numbers,
    date_pairs,
    number_pairs,
    pair_of,
    split_of,
)
from course_utils.corpora.questions import Question, Reading, readings
from course_utils.corpora.short import short_grammar
from course_utils.corpora.stories import Story, StoryGrammar
from course_utils.corpora.wishes import check_wishes, grants, wish_exam, wish_examples, wish_text

__all__ = [
    "Pair",
    "Question",
    "Reading",
    "Story",
    "StoryGrammar",
    "all_numbers",
    "check_wishes",
    "date_pairs",
    "grants",
    "number_pairs",
    "pair_of",
    "read_text",
    "readings",
    "shop",
    "short_grammar",
    "split_of",
    "tiny_shakespeare",
    "wish_exam",
    "wish_examples",
    "wish_text",
]
