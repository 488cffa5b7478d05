"""The short stories: exact entropy by hand, and sound by their own parser."""

import math

from course_utils.lessons.corpora import short_grammar


def test_entropy_is_the_sum_of_the_choices():
    two_ways, six_words = math.log(2), 5 * math.log(8)  # opening; hero, colour, thing, place, mood
    event = math.log(3) + 2 / 3 * math.log(4) + 1 / 3 * math.log(8)
    assert math.isclose(short_grammar().entropy(), two_ways + six_words + event, abs_tol=1e-9)


def test_enumeration_agrees():
    grammar = short_grammar(size=2)
    stories = dict(grammar.stories())
    assert len(stories) == grammar.count() and math.isclose(sum(stories.values()), 1)
    assert math.isclose(-sum(p * math.log(p) for p in stories.values()), grammar.entropy())


def test_a_changed_mention_is_rejected():
    grammar = short_grammar()
    story = grammar.sample(1, seed=0)[0]
    place = story.rsplit(" the ", 1)[1].split(",")[0]
    assert grammar.is_valid(story)
    assert not grammar.is_valid(story.replace(f"left the {place}", "left the moon"))
