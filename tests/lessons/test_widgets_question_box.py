"""The question box: what Python shows first, what the page answers, and what it refuses."""

import pytest
from alive import living
from playwright.sync_api import expect

from course_utils.lessons.corpora import readings
from course_utils.lessons.widgets.pieces import QuestionBox
from course_utils.runtime import CourseError

FIRST = "Who had the spotted book of Maya in the end?"


def test_the_first_answer():
    box = QuestionBox(question=3)
    assert box.first["answer"] == "Luca" and box.first["tokens"][-2:] == [" Luca", "<eos>"]
    assert len(box.first["shares"]) == 2 and len(box.passages) == 4
    assert repr(box) == "QuestionBox(4 passages), alive when run"
    assert FIRST in box.still() and "<b>Luca</b>" in box.still() and "&quot;Will you" in box.still()


def test_the_readings_that_are_given():
    given = readings(2, 3, seed=9, part="test")
    box = QuestionBox(given)
    assert [one["text"] for one in box.passages] == [one.story.text for one in given]
    assert box.passages[1]["questions"] == [[q.text, q.answer] for q in given[1].questions]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"examples": []}, "expected readings with questions"),
        ({"examples": ["a story"]}, "expected readings with questions"),
        ({"question": 12}, "question must be"),
        ({"question": "who"}, "question must be"),
    ],
)
def test_what_cannot_be_taken_is_told(given, words):
    with pytest.raises(CourseError, match=words):
        QuestionBox(**given)


@pytest.fixture(scope="module")
def opened(chromium, tmp_path_factory):
    with living(chromium, tmp_path_factory.mktemp("questions"), QuestionBox(question=3)) as opened:
        yield opened


@pytest.fixture
def page(opened):
    page = opened()
    yield page
    assert page.complaints == []
    page.close()


def load(page):
    button = page.get_by_role("button", name="Load the model")
    button.click()
    expect(button).to_have_count(0)


def answer(page):
    return page.locator(".qb-answer")


def ask(page, text):
    page.get_by_label("your question").fill(text)
    page.get_by_label("your question").press("Enter")


def test_the_first_answer_is_there_before_the_model(page):
    expect(answer(page)).to_contain_text("“Luca”, with probability 99.8 %. That is right.")
    expect(page.locator(".qb-said").first).to_have_text(" Luca")
    ask(page, "Was the book of Maya spotted?")
    expect(answer(page)).to_have_text("Load the model: then it answers this.")
    expect(page.locator(".qb-row")).to_be_empty()


@pytest.mark.parametrize("as_file", [False, True])
def test_a_question_of_the_list(opened, as_file):
    page = opened(as_file=as_file)
    load(page)
    page.get_by_text("Questions on this passage").click()
    page.get_by_role("button", name="What colour was the book of Maya?").click()
    expect(answer(page)).to_contain_text("“spotted”, with probability 99.")
    looked = page.locator(".course-explorer > [role=status]:not(.qb-answer)")
    expect(looked).to_contain_text("looks most at “spotted” 99.9 %")
    page.get_by_role("combobox", name="shaded").select_option("1.3")
    expect(looked).not_to_contain_text("“spotted” 99.9 %")
    page.get_by_role("button", name="Had Maya traded the spotted book?").click()
    expect(answer(page)).to_contain_text("Wrong: the answer is “yes”.")
    assert page.complaints == []
    page.close()


def test_another_passage_and_one_of_ones_own(page):
    load(page)
    page.get_by_role("combobox", name="passage", exact=True).select_option(index=1)
    expect(page.get_by_label("your question")).to_have_value("Did Wei feel lively at the park?")
    expect(answer(page)).to_contain_text("“no”")
    passage = page.get_by_label("the passage")
    passage.fill(passage.input_value().replace("red", "blue"))
    ask(page, "What colour was the pen of Wei?")
    expect(answer(page)).to_contain_text("“blue”, with probability")
    expect(answer(page)).not_to_contain_text("right")  # nobody knows the answer here
    passage.fill(passage.input_value().replace("pen", "laptop"))
    ask(page, "What colour was the pen of Wei?")
    expect(answer(page)).to_contain_text("words that it never learnt (laptop)")


@pytest.mark.parametrize(
    ("question", "words"),
    [
        (" ", "Expected a passage and a question"),
        ("Who stole the <b>laptop</b>?", "It has never learnt: stole, b, laptop."),
        ("你好", "It has never learnt: 你好"),
        ("What did Maya feel at the tower?", "no such form of question, so this is a guess"),
    ],
)
def test_what_it_has_not_learnt_is_told(page, question, words):
    load(page)
    ask(page, question)
    expect(answer(page)).to_contain_text(words)


def test_a_passage_that_is_too_long(page):
    load(page)
    page.get_by_label("the passage").fill("She was happy. " * 40)
    ask(page, FIRST)
    expect(answer(page)).to_contain_text("the model has room for 123: shorten the passage")


def test_on_a_phone_nothing_is_cut_off(opened):
    page = opened(viewport={"width": 390, "height": 800})
    page.get_by_text("Questions on this passage").click()
    page.get_by_text("All forms of questions").click()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.close()
