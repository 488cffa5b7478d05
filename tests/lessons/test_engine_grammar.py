"""The story grammar in the page says what the one in Python says: run in Chromium, compared."""

import math
from itertools import pairwise

import pytest

from course_utils.lessons.corpora import StoryGrammar, short_grammar
from course_utils.lessons.corpora.grammar import Grammar

GRAMMARS = {"stories": StoryGrammar(), "short": short_grammar(), "small": StoryGrammar(size=2)}
FOLLOW = """return texts.map((text) => {
    const { begins, whole, stops, expected } = grammar.follow(told, text);
    const plain = (log) => (log === -Infinity ? "-Infinity" : log); // JSON has no infinity
    return { begins: plain(begins), whole: plain(whole), stops, expected };
});"""


def followed(page, grammar, texts) -> list[dict]:
    """Return what the page says of texts, with infinities as numbers."""
    rows = page(FOLLOW, told=grammar.told(), texts=texts)
    return [row | {name: float(row[name]) for name in ("begins", "whole")} for row in rows]


@pytest.mark.parametrize("name", GRAMMARS)
def test_a_whole_story_has_the_probability_that_python_gives_it(page, name):
    grammar = GRAMMARS[name]
    texts = grammar.sample(50, seed=18)
    for text, ours in zip(texts, followed(page, grammar, texts), strict=True):
        theirs = grammar.log_prob(text)
        assert ours["whole"] == pytest.approx(theirs, rel=1e-9)
        assert ours["begins"] == pytest.approx(theirs, rel=1e-9)
        assert (ours["stops"], ours["expected"]) == (len(text), [])


def test_every_beginning_has_the_sum_of_all_stories_that_begin_so(page):
    """Against an enumeration of all 82,944 stories."""
    grammar = GRAMMARS["small"]
    enumerated = list(grammar.stories())
    text = enumerated[4000][0]
    beginnings = [text[:end] for end in range(len(text) + 1)]
    said = followed(page, grammar, beginnings)
    left = enumerated
    for beginning, ours in zip(beginnings, said, strict=True):
        left = [(story, p) for story, p in left if story.startswith(beginning)]
        together = math.fsum(p for _, p in left)
        assert ours["begins"] == pytest.approx(math.log(together), abs=1e-9), beginning
        assert math.isinf(ours["whole"]) == (beginning != text)


def test_derivations_of_the_same_text_are_added_and_a_story_may_go_on(page):
    grammar = Grammar({"story": ["A", "<more>", "AB"], "more": ["A", "C"]}, {}, {})
    ours = followed(page, grammar, ["", "A", "AB", "C", "B"])
    begins = [0, math.log(5 / 6), math.log(1 / 3), math.log(1 / 6), -math.inf]
    whole = [-math.inf, math.log(1 / 2), math.log(1 / 3), math.log(1 / 6), -math.inf]
    assert [row["begins"] for row in ours] == pytest.approx(begins, abs=1e-12)
    assert [row["whole"] for row in ours] == pytest.approx(whole, abs=1e-12)


@pytest.mark.parametrize("name", GRAMMARS)
def test_the_surprises_of_a_text_add_to_that_of_the_story(page, name):
    grammar = GRAMMARS[name]
    texts = grammar.sample(10, seed=3)
    cuts = [[0, *range(3, len(text), 4), len(text)] for text in texts]
    pieces = [[t[a:b] for a, b in pairwise(at)] for t, at in zip(texts, cuts, strict=True)]
    rows = page(
        "return rows.map((row) => grammar.surprises(told, row));", told=grammar.told(), rows=pieces
    )
    for text, nats in zip(texts, rows, strict=True):
        assert min(nats) >= 0 and len(nats) == len(range(3, len(text), 4)) + 2
        assert sum(nats) == pytest.approx(-grammar.log_prob(text), rel=1e-9)


def test_what_no_story_says_is_refused_where_it_goes_wrong(page):
    """A wrong word, a broken fact, a rest behind the end, a beginning of nothing."""
    grammar = GRAMMARS["short"]
    text = "Mia took a red kite to the park. She felt happy. Tom found the kite."
    good = text + " Mia left the park, as happy as before."
    wrong = {
        text.replace("found", "fond"): ("fond", "found"),
        good.replace("Mia left", "Ana left"): ("Ana left", "Mia"),
        good.replace("She", "He"): ("He", "She"),
        text.replace("Tom found the kite", "Tom broke the green"): ("green", "red"),
        good + " Yes": (" Yes", "the end"),
        "Xanthippe": ("Xanthippe", "Mia"),
    }
    assert grammar.is_valid(good)
    for bad, ours in zip(wrong, followed(page, grammar, list(wrong)), strict=True):
        rest, word = wrong[bad]
        assert not grammar.is_valid(bad)
        assert ours["begins"] == ours["whole"] == -math.inf, bad
        assert bad[ours["stops"] :].startswith(rest) and word in ours["expected"], (bad, ours)
    nats = page(
        "return grammar.surprises(told, ['Mia', ' fell', ' down']).map(String);",
        told=grammar.told(),
    )
    assert nats == [str(math.log(16)), "Infinity", "Infinity", "Infinity"]


def test_a_story_is_drawn_by_the_same_choices(page):
    class Drawn:
        """Numbers that are given."""

        def __init__(self, numbers):
            self.random = iter(numbers).__next__

    program = """
        const draws = random.seeded(7);
        const numbers = Array.from({ length: 2000 }, draws), rest = [...numbers];
        return { numbers, texts: Array.from({ length: 40 }, () =>
          grammar.sample(told, () => rest.shift())) };"""
    for one in GRAMMARS.values():
        ours = page(program, told=one.told())
        rng = Drawn(ours["numbers"])
        assert ours["texts"] == [one._draw(rng) for _ in range(40)]


def test_random_numbers_can_be_drawn_again_and_are_spread_evenly(page):
    draws = "const draw = random.seeded(seed); return Array.from({ length: 20000 }, draw);"
    numbers = page(draws, seed=5)
    assert numbers == page(draws, seed=5) != page(draws, seed=6)
    assert numbers[:3] == [mulberry32(5, step) for step in (1, 2, 3)]
    counts = [sum(int(10 * x) == tenth for x in numbers) for tenth in range(10)]
    assert all(abs(count - 2000) < 5 * math.sqrt(1800) for count in counts)
    bell = page(
        "const draw = random.seeded(1);"
        "return Array.from({ length: 20000 }, () => random.normal(draw));"
    )
    assert sum(bell) / 20000 == pytest.approx(0, abs=0.03)
    assert sum(x * x for x in bell) / 20000 == pytest.approx(1, abs=0.05)


def mulberry32(seed: int, step: int) -> float:
    """Return the generator's number of one step, in whole numbers of 32 bits."""
    state = (seed + step * 0x6D2B79F5) % 2**32
    mixed = (state ^ state >> 15) * (state | 1) % 2**32
    mixed ^= (mixed + (mixed ^ mixed >> 7) * (mixed | 61)) % 2**32
    return (mixed ^ mixed >> 14) / 2**32
