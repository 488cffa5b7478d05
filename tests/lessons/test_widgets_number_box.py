"""The number box: what Python shows first, and what the page says of any number."""

import pytest
from alive import living
from playwright.sync_api import expect

from course_utils.lessons.widgets.pieces import NumberBox
from course_utils.runtime import CourseError


def test_the_first_translation():
    box = NumberBox()
    assert box.first["text"] == "二万一千" and box.first["tokens"][-1] == "<eos>"
    assert len(box.first["shares"]) == 5 and min(box.first["shares"]) > 0.9
    assert box.first["right"] is None
    assert repr(box) == "NumberBox(21,000), alive when run"
    assert "twenty-one thousand" in box.still() and "&lt;eos&gt;" in box.still()


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"number": 10**8}, "expected a number from 0 to 99,999,999"),
        ({"number": "21"}, "expected a whole number"),
        ({"examples": [1.5]}, "expected a whole number"),
        ({"examples": 5}, "examples must be a list, got 5"),
    ],
)
def test_what_cannot_be_taken_is_told(given, words):
    with pytest.raises(CourseError, match=words):
        NumberBox(**given)


@pytest.fixture(scope="module")
def opened(chromium, tmp_path_factory):
    with living(chromium, tmp_path_factory.mktemp("numbers"), NumberBox()) as opened:
        yield opened


@pytest.fixture
def page(opened):
    page = opened()
    yield page
    assert page.complaints == []
    page.close()


def told(page):
    return page.locator(".course-explorer > [role=status]")


def load(page):
    button = page.get_by_role("button", name="Load the model")
    button.click()
    expect(button).to_have_count(0)


def ask(page, text):
    page.get_by_label("a number, in digits").fill(text)
    page.get_by_label("a number, in digits").press("Enter")


def test_before_the_model_there_is_the_first_number_and_the_rule(page):
    expect(told(page)).to_have_text("Right: 二万一千 is 21,000.")
    expect(page.locator("tbody tr")).to_have_count(5)
    ask(page, "305")
    expect(told(page)).to_contain_text("By the rule three hundred five is 三百零五. Load the model")
    expect(page.locator("table")).to_be_hidden()


@pytest.mark.parametrize("as_file", [False, True])
def test_a_wrong_translation_shows_where(opened, as_file):
    page = opened(as_file=as_file)
    load(page)
    page.get_by_role("button", name="90,305").click()
    expect(told(page)).to_contain_text("Wrong: 九万零三 is 90,003.")
    expect(page.locator(".nb-wrong")).to_have_count(1)
    expect(page.locator(".nb-wrong")).to_contain_text("百 would be right here: 48.6 %")
    assert page.complaints == []
    page.close()


def test_words_say_the_direction(page):
    load(page)
    ask(page, "二万一千")
    expect(told(page)).to_have_text("Right: twenty-one thousand is 21,000.")
    expect(page.get_by_role("combobox", name="translate")).to_have_value("1")
    ask(page, "Twenty one thousand and five")
    expect(told(page)).to_have_text("Right: 二万一千零五 is 21,005.")
    expect(page.get_by_role("combobox", name="translate")).to_have_value("0")
    page.get_by_role("combobox", name="translate").select_option("Chinese into English")
    expect(told(page)).to_contain_text("Right: twenty-one thousand five is 21,005.")


@pytest.mark.parametrize("text", ["", "-1", "cat", "<b>7</b>", "9" * 1000, "𝟙𝟚三"])
def test_wrong_input_gets_help_and_leaves_nothing_old(page, text):
    load(page)
    ask(page, text)
    expect(told(page)).to_contain_text("ype")  # "type digits …" or "Type a number up to …"
    expect(page.locator("table")).to_be_hidden()
    expect(page.locator(".nb-text").first).to_be_empty()
    ask(page, "21000")
    expect(told(page)).to_have_text("Right: 二万一千 is 21,000.")


def test_any_number_is_answered(page):
    load(page)
    for _ in range(5):
        page.get_by_role("button", name="one at random").click()
        expect(told(page)).to_contain_text(" is ")
        expect(page.locator("tbody tr").last).to_contain_text("%")


def test_on_a_phone_nothing_is_cut_off(opened):
    page = opened(viewport={"width": 390, "height": 800})
    load(page)
    ask(page, "7777777")
    page.get_by_role("combobox", name="translate").select_option("Chinese into English")
    expect(told(page)).to_contain_text("seven")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.close()
