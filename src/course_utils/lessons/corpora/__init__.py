"""Texts to learn from: stories with exact entropy, tasks drawn by seed, tiny Shakespeare."""

from course_utils.lessons.corpora import shop
from course_utils.lessons.corpora.pairs import (
    Pair,
    all_numbers,
    date_pairs,
    number_pairs,
    pair_of,
    split_of,
)
from course_utils.lessons.corpora.questions import Question, Reading, readings
from course_utils.lessons.corpora.shakespeare import tiny_shakespeare
from course_utils.lessons.corpora.short import short_grammar
from course_utils.lessons.corpora.stories import Story, StoryGrammar
from course_utils.lessons.corpora.wishes import (
    check_wishes,
    grants,
    wish_exam,
    wish_examples,
    wish_text,
)

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
    "readings",
    "shop",
    "short_grammar",
    "split_of",
    "tiny_shakespeare",
    "wish_exam",
    "wish_examples",
    "wish_text",
]
