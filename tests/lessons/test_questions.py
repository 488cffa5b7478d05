"""Questions about stories: true answers, none given away by its question, parts that never mix."""

import hashlib
import math
import random
import re
from collections import Counter

import pytest

from course_utils.lessons.corpora import StoryGrammar
from course_utils.lessons.corpora.questions import (
    KINDS,
    SPOILT,
    TEST_SHARE,
    UNKNOWN,
    check_question,
    part_of,
    question_forms,
    question_only,
    question_words,
    readings,
    word_questions,
)
from course_utils.lessons.corpora.words import WORDS
from course_utils.runtime import CourseError


@pytest.fixture(scope="module")
def drawn():
    return readings(1000, 6, seed=5, part="train")


@pytest.fixture(scope="module")
def asked(drawn):
    return [(story, question) for story, questions in drawn for question in questions]


def test_a_seed_decides_everything():
    again = readings(20, 3, 7, "test")
    assert readings(20, 3, 7, "test") == again
    assert readings(5, 3, 7, "test") == again[:5]
    assert readings(20, 3, 8, "test") != again
    assert readings(0, 3, 7, "test") == []


def test_parts_never_meet_because_the_text_decides():
    train, test = (
        {reading.story.text for reading in readings(800, 1, 1, part)} for part in ("train", "test")
    )
    assert len(train) == len(test) == 800  # passages of one draw are all different
    assert all(part_of(text) == "train" for text in train)
    assert all(part_of(text) == "test" for text in test)
    assert not train & test


def test_the_test_part_has_its_share_and_the_hash_decides():
    texts = StoryGrammar().sample(4000, seed=9)
    mine = [text for text in texts if part_of(text) == "test"]
    assert near(len(mine), 4000, TEST_SHARE)
    first = [hashlib.sha256(text.encode()).hexdigest()[0] for text in texts]
    assert len(mine) == sum(digit in "01" for digit in first)  # two of sixteen


PATTERNS = {  # written from what the questions mean, not from the package's templates
    r"Who came to the (?P<place>\w+) with a (?P<colour>\w+) (?P<thing>\w+)\?": "hero",
    r"What did (?P<hero>\w+) bring to the (?P<place>\w+)\?": "colour thing",
    r"Where did (?P<hero>\w+) bring a (?P<colour>\w+) (?P<thing>\w+)\?": "place",
    r"What colour was the (?P<thing>\w+) of (?P<hero>\w+)\?": "colour",
    r"How did (?P<hero>\w+) feel at the (?P<place>\w+)\?": "mood",
    r"Who had (?P<deed>\w+( away)?) the (?P<colour>\w+) (?P<thing>\w+)\?": "doer",
    r"Who had the (?P<colour>\w+) (?P<thing>\w+) of (?P<hero>\w+) in the end\?": "keeper",
    r"Under what was the (?P<thing>\w+) of (?P<hero>\w+) found\?": "spot",
    r"Which animal took the (?P<thing>\w+) of (?P<hero>\w+)\?": "animal",
    r"With what was the (?P<thing>\w+) of (?P<hero>\w+) mended\?": "stuff",
    r"Until which day did (?P<friend>\w+) borrow the (?P<thing>\w+)\?": "day",
    r"Who came with (?P<friend>\w+) to the (?P<place>\w+)\?": "kin",
    r"What did (?P<hero>\w+) get for the (?P<thing>\w+)\?": "treat",
}
YES_NO = {
    r"Was the (?P<thing>\w+) of (?P<hero>\w+) (?P<colour>\w+)\?": "colour",
    r"Did (?P<hero>\w+) bring a (?P<thing>\w+) to the (?P<place>\w+)\?": "place",
    r"Did (?P<hero>\w+) feel (?P<mood>\w+) at the (?P<place>\w+)\?": "mood",
    r"Had (?P<doer>\w+) (?P<deed>\w+( away)?) the (?P<colour>\w+) (?P<thing>\w+)\?": "doer",
}


def oracle(story, text):
    """Answer a question from the facts, by patterns of its own; articles left out."""
    for pattern, fact in (PATTERNS | YES_NO).items():
        if match := re.fullmatch(pattern, text):
            said = match.groupdict()
            claim = said.pop(fact) if pattern in YES_NO else None
            if any(story.facts[name] != word for name, word in said.items()):
                return UNKNOWN
            if claim:
                return "yes" if story.facts[fact] == claim else "no"
            return " ".join(story.facts.get(name, "") for name in fact.split()) or UNKNOWN
    raise AssertionError(text)


def test_answers_are_those_of_an_oracle_that_reads_the_facts(asked):
    for story, question in asked:
        answer = re.sub(r"^(a|the|his|her) ", "", question.answer)
        assert answer == oracle(story, question.text), (story.text, question)
        assert bool(question.spoilt) == (question.answer == UNKNOWN)


def test_his_and_her_fit_the_friend(asked):
    answers = [(s, q.answer) for s, q in asked if q.answer[:4] in ("his ", "her ")]
    assert len(answers) > 50
    for story, answer in answers:
        assert f"{story.friend} and {answer}" in story.text


def test_an_open_answer_stands_in_its_passage_and_the_evidence_is_there(drawn):
    for reading in drawn:
        text = reading.story.text
        for question in reading.questions:
            said = {text[place.start : place.end] for place in reading.evidence(question)}
            if question.spoilt == "plot":
                assert not said
            elif not question.spoilt and question.kind != "yes/no":
                assert said & {question.answer.split()[-1]}


def test_questions_on_one_passage_differ(drawn):
    for _, questions in drawn:
        assert len({question.text for question in questions}) == 6
    (reading,) = readings(1, 12, seed=1, part="test")
    assert len({question.text for question in reading.questions}) == 12


def test_all_kinds_and_all_ways_to_spoil_occur(asked):
    spoilt = Counter(question.spoilt for _, question in asked)
    assert {question.kind for _, question in asked} == set(KINDS)
    assert set(spoilt) == {"", "stranger", "friend", "thing", "place", "plot"}


def near(count, n, share):
    return abs(count - n * share) < 4 * math.sqrt(n * share * (1 - share))


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_is_spoilt_as_often(asked, kind):
    mine = [question for _, question in asked if question.kind == kind]
    assert near(sum(bool(q.spoilt) for q in mine), len(mine), SPOILT)


def test_the_share_that_is_spoilt_can_be_chosen():
    for share in (0, 1):
        drawn = readings(50, 12, 3, "train", spoilt=share)
        assert all(bool(q.spoilt) == share for _, questions in drawn for q in questions)


def test_the_beginning_tells_its_words(drawn):
    for reading in drawn[:200]:
        assert reading.story.text.startswith(reading.beginning)
        assert reading.beginning.count(".") == 2 and reading.beginning.endswith(".")
        said = re.findall(r"\w+", reading.beginning)
        assert len(reading.words) == 5 and set(reading.words) <= set(said)


def test_words_occur_half_of_the_time_and_others_are_of_their_kind():
    asked = word_questions(["red", "Mia", "kite"], 3000, random.Random(0))
    inside = [text[1:-1] in ("red", "Mia", "kite") for text, _ in asked]
    assert [answer == "yes" for _, answer in asked] == inside
    half = 0.5 + 0.5 * (1 / 16 + 1 / 24 + 1 / 56) / 3  # another of its kind may be the word itself
    assert near(sum(inside), 3000, half)
    words = {text[1:-1] for text, _ in asked}
    assert words <= {*WORDS["girls"], *WORDS["things"], *WORDS["colours"]}
    assert all(text == f" {text[1:-1]}?" for text, _ in asked)
    assert word_questions(["red"], 0, random.Random(0)) == []
    for bad in ([], ["red", "Hamlet"]):
        with pytest.raises(CourseError, match="expected names, things"):
            word_questions(bad, 1, random.Random(0))


def by_word(questions):
    """Return the questions that hold a word, by words."""
    having = {}
    for question in questions:
        for word in set(question.text.split()):
            having.setdefault(word, []).append(question)
    return having


def test_no_word_of_a_question_says_whether_it_has_an_answer(asked):
    for word, having in by_word(question for _, question in asked).items():
        assert near(sum(bool(q.spoilt) for q in having), len(having), SPOILT), word


def test_no_word_says_yes_or_no(asked):
    for word, having in by_word(q for _, q in asked if q.answer in ("yes", "no")).items():
        assert near(sum(q.answer == "yes" for q in having), len(having), 0.5), word


def test_question_only_is_what_counting_gives(asked):
    """Form by form, the best constant answer is "cannot be known", or "yes" and "no" alike."""
    best = question_only()
    for kind in KINDS:
        answers = Counter(question.answer for _, question in asked if question.kind == kind)
        (first, n), (second, _) = answers.most_common(2)
        assert {first, second} == {"yes", "no"} if kind == "yes/no" else first == UNKNOWN
        assert near(n, answers.total(), best[kind])
    assert math.isclose(best["all"], (8 * 1 / 4 + 4 * 3 / 8) / 12)


def test_every_question_has_one_of_the_forms(asked):
    forms = question_forms()
    patterns = [re.sub(r"\\{\w+\\}", r"\\w+( away)?", re.escape(form)) for form in forms]
    used = [sum(bool(re.fullmatch(p, q.text)) for p in patterns) for _, q in asked]
    assert len(forms) == len(set(forms)) == 17 and set(used) == {1}


def test_question_words_are_all_words(asked):
    used = {word for _, q in asked for word in re.findall(r"\w+", q.text + " " + q.answer)}
    assert used <= question_words()
    assert {"Who", "cannot", "his", "her", "Mia", "yes"} <= question_words()


def test_what_a_reader_types_is_checked():
    assert check_question("  Who found the kite? ") == "Who found the kite?"
    assert check_question("Who wrote Hamlet?") == "Who wrote Hamlet?"
    words = question_words()
    assert check_question("Was the kite of Mia red?", words) == "Was the kite of Mia red?"
    for typed, said in [
        ("", "expected a question, got ''"),
        (" \n", "expected a question"),
        (None, "expected a question, got None"),
        ("Who wrote Hamlet?", "never learnt: wrote, Hamlet: ask with words of the stories"),
        ("谁找到了?", "never learnt: 谁找到了:"),
        ("a" * 10_000, f"never learnt: {'a' * 20}:"),
    ]:
        with pytest.raises(CourseError) as caught:
            check_question(typed, words)
        assert said in str(caught.value) and len(str(caught.value)) < 120


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((-1, 1, 0, "train"), "n must be 0 or more, got -1"),
        ((1.5, 1, 0, "train"), "n must be a whole number, got 1.5"),
        ((True, 1, 0, "train"), "n must be a whole number, got True"),
        ((1, 0, 0, "train"), "per_passage must be from 1 to 12, got 0"),
        ((1, 13, 0, "train"), "per_passage must be from 1 to 12, got 13"),
        ((1, 1, -1, "train"), "seed must be 0 or more"),
        ((1, 1, 0, "train", None, 1.5), "spoilt must be a share from 0 to 1, got 1.5"),
        ((1, 1, 0, "dev"), "no part 'dev', there are: train, test"),
    ],
)
def test_bad_input_is_one_line(arguments, said):
    with pytest.raises(CourseError, match=said) as caught:
        readings(*arguments)
    assert "\n" not in str(caught.value)


def test_a_grammar_that_is_too_small_says_so():
    class OneStory(StoryGrammar):
        def sample(self, n, seed):
            return super().sample(1, seed) * n

    with pytest.raises(CourseError, match="ask for fewer"):
        readings(3, 1, 0, "train", OneStory())


def test_a_small_grammar_uses_its_own_words():
    small = StoryGrammar(size=4)
    words = small.vocabulary() | question_words() - StoryGrammar().vocabulary()
    for story, questions in readings(200, 4, 1, "train", small):
        assert small.is_valid(story.text)
        assert {word for q in questions for word in re.findall(r"\w+", q.text)} <= words
