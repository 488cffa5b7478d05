"""Wishes: true of their stories, judged by the text itself; exam and examples share none."""

import hashlib
import re

import pytest

from course_utils.lessons.corpora import StoryGrammar, wishes
from course_utils.lessons.corpora.words import WORDS
from course_utils.runtime import CourseError

N = 400


@pytest.fixture(scope="module")
def grammar():
    return StoryGrammar()


@pytest.fixture(scope="module")
def examples():
    return wishes.wish_examples(N, seed=3)


@pytest.fixture(scope="module")
def exam():
    return wishes.wish_exam(N, seed=3)


def words_of(text):
    return re.findall(r"\w+", text)


def test_examples_grant_their_wishes(grammar, examples):
    for wished, text in examples:
        story = grammar.parse(text)
        assert all(wishes.grants(story, wish) for wish in wished)
        assert set(wished) <= set(words_of(text))  # each wish is a word that must appear
        wishes.check_wishes(wished)


def test_a_wish_is_granted_where_its_word_stands_and_nowhere_else(grammar):
    """The parser's verdict beside a plain search for words."""
    for text in grammar.sample(60, seed=8):
        story, said = grammar.parse(text), set(words_of(text))
        for words in wishes.KINDS.values():
            for wish in words:
                assert wishes.grants(story, wish) == (wish in said), (wish, text)


def test_every_number_and_order_of_wishes_occurs(examples, exam):
    kinds = {tuple(map(wishes.wish_kind, wished)) for wished, _ in examples}
    assert len(kinds) == 3 + 6 + 6
    for n in (1, 2, 3):
        share = sum(len(wished) == n for wished, _ in examples) / N
        assert 0.25 < share < 0.42
    assert {frozenset(map(wishes.wish_kind, w)) for w in exam} == {frozenset(wishes.KINDS)}
    assert len({tuple(map(wishes.wish_kind, w)) for w in exam}) == 6


def test_friends_are_wished_for_as_often_as_heroes(grammar, examples):
    heroes = [grammar.parse(text).hero in wished for wished, text in examples]
    friends = [grammar.parse(text).friend in wished for wished, text in examples]
    assert abs(sum(heroes) - sum(friends)) < 60 and not any(
        map(all, zip(heroes, friends, strict=True))
    )


# --- nothing leaks -------------------------------------------------------------------------------


def test_held_out_is_a_hash_of_the_pair():
    pairs = [(name, thing) for name in wishes.KINDS["name"] for thing in wishes.KINDS["thing"]]
    for name, thing in pairs:
        digest = hashlib.sha256(f"{name} {thing}".encode()).hexdigest()
        assert wishes.held_out(name, thing) == (int(digest[:2], 16) % 8 == 0)
    assert 0.1 < sum(wishes.held_out(*pair) for pair in pairs) / len(pairs) < 0.15
    for name in wishes.KINDS["name"]:  # each word is learnt, only not this pair
        assert 0 < sum(wishes.held_out(name, thing) for thing in wishes.KINDS["thing"]) < 28


def test_no_example_holds_a_pair_of_the_exam(grammar, examples, exam):
    asked = {pair_of(wished) for wished in exam}
    assert all(wishes.held_out(*pair) for pair in asked)
    for wished, text in examples:
        story = grammar.parse(text)
        told = {(story.hero, story.thing), (story.friend, story.thing)}
        assert not told & asked
        assert not any(wishes.held_out(*pair) for pair in told)
        assert tuple(sorted(wished)) not in {tuple(sorted(w)) for w in exam}


def pair_of(wished):
    kinds = {wishes.wish_kind(wish): wish for wish in wished}
    return kinds["name"], kinds["thing"]


def test_the_exam_asks_for_every_kind_of_word():
    exam = wishes.wish_exam(5_000, seed=1)
    assert {wish for wished in exam for wish in wished} == {
        wish for words in wishes.KINDS.values() for wish in words
    }


def test_the_same_seed_gives_the_same_draws(examples, exam):
    assert wishes.wish_examples(N, seed=3) == examples and wishes.wish_exam(N, seed=3) == exam
    assert wishes.wish_examples(5, seed=4) != examples[:5] and wishes.wish_exam(5, 4) != exam[:5]
    assert len(wishes.wish_examples(1, seed=0)) == 1


# --- bad input -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: wishes.wish_kind("unicorn"), "got 'unicorn'"),
        (lambda: wishes.wish_kind("mia"), "got 'mia'"),
        (lambda: wishes.wish_kind("x" * 10_000), "x…'"),
        (lambda: wishes.wish_kind(["Mia"]), "got .'Mia'"),
        (lambda: wishes.wish_text([]), "wish for something"),
        (lambda: wishes.wish_text("kite"), "got 'kite'"),
        (lambda: wishes.wish_text([""]), "expected a list of words"),
        (lambda: wishes.wish_text([3]), "expected a list of words"),
        (lambda: wishes.check_wishes([]), "wish for something"),
        (lambda: wishes.check_wishes(["Mia", "Mia"]), "different wishes"),
        (lambda: wishes.check_wishes(["home", "Mia", "heard"]), "one ending, got 2"),
        (lambda: wishes.check_wishes(["kite", "drum"]), "one thing, got 2"),
        (lambda: wishes.check_wishes(["Mia", "Zoe"]), "one girl and one boy"),
        (lambda: wishes.check_wishes(["Tom", "Mia", "Ben"]), "one girl and one boy"),
        (lambda: wishes.check_wishes(["Mia", "dragon"]), "got 'dragon'"),
        (lambda: wishes.wish_examples(0, 1), "n must be 1 or more, got 0"),
        (lambda: wishes.wish_examples(2.0, 1), "got 2.0"),
        (lambda: wishes.wish_examples(2, -1), "seed must be 0 or more"),
        (lambda: wishes.wish_exam(-1, 1), "got -1"),
        (lambda: wishes.wish_exam(True, 1), "got True"),
    ],
)
def test_bad_input_is_said_in_one_short_line(call, message):
    with pytest.raises(CourseError, match=message) as caught:
        call()
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 200


def test_wishes_that_fit_together_pass():
    for wished in (["Mia"], ["Tom", "Mia"], ["heard", "kite", "Tom", "Mia"], ("home",)):
        wishes.check_wishes(wished)
        assert wishes.wish_text(wished) == " " + ", ".join(wished) + "."


def test_names_things_and_endings_are_apart():
    words = [word for listed in wishes.KINDS.values() for word in listed]
    assert len(words) == len(set(words)) == 48 + 56 + 4
    assert wishes.KINDS["name"] == (*WORDS["girls"], *WORDS["boys"])
