"""scores: SQuAD's rules, distinct-n, and copied runs beside a slow search that cannot be wrong."""

import random
import time

import pytest

from course_utils.lessons.corpora import StoryGrammar
from course_utils.lessons.scores import (
    CopyIndex,
    distinct_n,
    exact_match,
    longest_copied_run,
    normalise,
    split_words,
    token_f1,
)
from course_utils.runtime import CourseError

# --- answers -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The Cat's a hat.", "cats hat"),
        ("  an\tapple \n", "apple"),
        ("theatre Anna a1", "theatre anna a1"),  # articles are whole words
        ("THE", ""),
        ("...", ""),
        ("a-the-b", "atheb"),  # punctuation goes first, and joins: so does SQuAD's script
        ("三千，千the", "三千，千the"),  # ASCII punctuation only; no word ends before "the"
        ("", ""),
    ],
)
def test_normalise_takes_squads_steps_in_order(text, expected):
    assert normalise(text) == expected


def test_exact_match_counts_whole_answers_only():
    assert exact_match(["Mia", "the kite!", "red", ""], ["mia", "a kite", "red kite", "."]) == 0.75
    assert exact_match(["no"], [["yes", "no"]]) == 1
    assert exact_match(("no",), (("yes", "maybe"),)) == 0


def test_token_f1_of_shared_words():
    assert token_f1("red kite", "the red kite") == 1
    assert token_f1("kite", "red kite") == pytest.approx(2 * 1 * 0.5 / 1.5)
    assert token_f1("red red red", "red red") == pytest.approx(0.8)  # no word counts too often
    assert token_f1("drum", "kite") == 0
    assert token_f1("kite red", ["x", "red kite now", "y"]) == pytest.approx(0.8)


def test_token_f1_of_empty_answers():
    assert token_f1("", "") == token_f1("the", "...") == 1
    assert token_f1("", "kite") == token_f1("kite", "a") == 0


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: exact_match(["a"], ["a", "b"]), "got 2 and 1"),
        (lambda: exact_match([], []), "at least one"),
        (lambda: exact_match("ab", ["a", "b"]), "got one str"),
        (lambda: exact_match(["a"], [[]]), "give a right answer"),
        (lambda: exact_match(["a"], [None]), "got None"),
        (lambda: exact_match([3], ["3"]), "got int"),
        (lambda: token_f1("a", []), "give a right answer"),
        (lambda: token_f1(None, "a"), "got NoneType"),
        (lambda: normalise(b"a"), "got bytes"),
        (lambda: distinct_n(["a b"], 0), "1 or more, got 0"),
        (lambda: distinct_n(["a b"], 1.0), "got 1.0"),
        (lambda: distinct_n(["a b"], True), "got True"),
        (lambda: distinct_n("a b", 1), "got one str"),
        (lambda: distinct_n([], 1), "at least one word"),
        (lambda: distinct_n([" ", ""], 1), "at least one word"),
        (lambda: CopyIndex([]), "got none"),
        (lambda: CopyIndex("a b"), "got one str"),
        (lambda: CopyIndex([None]), "got NoneType"),
        (lambda: longest_copied_run("a", ["a"]), "got list: make one with"),
        (lambda: longest_copied_run(None, CopyIndex(["a"])), "got NoneType"),
    ],
)
def test_bad_input_is_said_in_one_line(call, message):
    with pytest.raises(CourseError, match=message) as caught:
        call()
    assert "\n" not in str(caught.value)


# --- diversity ---------------------------------------------------------------------------------


def test_distinct_n_divides_different_runs_by_words():
    assert distinct_n(["a a a a"], 1) == 0.25
    assert distinct_n(["a b", "b a"], 1) == 0.5
    assert distinct_n(["a b", "b a"], 2) == 0.5  # "b b" reaches across two texts: not counted
    assert distinct_n(["a b", "a b"], 2) == 0.25
    assert distinct_n(["a b."], 3) == pytest.approx(1 / 3)  # the full stop is a word here
    assert distinct_n(["a"], 2) == 0


def test_distinct_n_of_copies_falls():
    stories = StoryGrammar().sample(20, seed=3)
    for n in (1, 2, 4):
        assert distinct_n(stories * 2, n) == pytest.approx(distinct_n(stories, n) / 2)


# --- copied runs -------------------------------------------------------------------------------


def slow_run(text, training) -> int:
    """Try every run of the text against every place of every training text."""
    words, runs = split_words(text), set()
    for other in map(split_words, training):
        for start in range(len(other)):
            runs |= {tuple(other[start:end]) for end in range(start + 1, len(other) + 1)}
    spans = [(i, j) for i in range(len(words)) for j in range(i + 1, len(words) + 1)]
    return max((j - i for i, j in spans if tuple(words[i:j]) in runs), default=0)


@pytest.mark.parametrize("seed", range(60))
def test_copied_runs_are_those_of_a_slow_search(seed):
    rng = random.Random(seed)
    letters = "abcd"[: rng.randint(1, 4)]

    def text(alphabet):
        return " ".join(rng.choices(alphabet, k=rng.randint(0, 9)))

    training = [text(letters) for _ in range(rng.randint(1, 6))]
    index = CopyIndex(training)
    for _ in range(20):
        asked = text(letters + "z")
        assert longest_copied_run(asked, index) == slow_run(asked, training), (asked, training)


def test_no_run_reaches_from_one_training_text_into_the_next():
    index = CopyIndex(["a b", "c d", "", "b c"])
    assert longest_copied_run("a b c d", index) == 2
    assert longest_copied_run("a b", index) == 2


def test_copied_runs_at_the_edges():
    assert longest_copied_run("a", CopyIndex(["a"])) == 1
    assert longest_copied_run("A b", CopyIndex(["a"])) == 0  # letters count as they are
    assert longest_copied_run("", CopyIndex(["a"])) == 0
    assert longest_copied_run("a \0 \1 b", CopyIndex(["", " "])) == 0
    assert longest_copied_run("b a a a", CopyIndex(["a a a a"])) == 3
    assert CopyIndex(["b c d"]).longest_run(["a", "b", "c"]) == (1, 2)


def test_many_different_words_fit_the_index():
    words = [f"w{i}" for i in range(70_000)]  # more than 16 bits, past the surrogates
    index = CopyIndex([" ".join(words)])
    assert longest_copied_run(" ".join(words[55_000:55_009]), index) == 9


def test_a_training_story_is_copied_whole_and_a_fresh_one_in_part():
    grammar = StoryGrammar()
    training = grammar.sample(2_000, seed=1)
    index = CopyIndex(training)
    assert longest_copied_run(training[7], index) == len(split_words(training[7]))
    fresh = grammar.sample(60, seed=2)
    runs = [longest_copied_run(story, index) for story in fresh]
    assert 10 < sum(runs) / len(runs) < 30 and max(runs) < 60


def test_twenty_thousand_stories_are_no_burden():
    training = StoryGrammar().sample(20_000, seed=1)
    start = time.perf_counter()
    index = CopyIndex(training)
    for story in training[:500]:
        assert longest_copied_run(story, index) == len(split_words(story))
    assert time.perf_counter() - start < 60  # 6 s on one quiet core
