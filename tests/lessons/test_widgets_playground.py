"""The playground: what Python shows first is what the page computes, and every control works."""

import re

import pytest
import torch
from alive import alive
from playwright.sync_api import expect

from course_utils.generation import generate
from course_utils.hf import load_pretrained
from course_utils.lessons import checkpoints
from course_utils.lessons.corpora import StoryGrammar
from course_utils.lessons.widgets.pieces import Playground
from course_utils.runtime import CourseError

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture
def piece(chromium, tmp_path):
    """The playground in a new page, before its model is loaded."""
    with alive(chromium, tmp_path, Playground()) as page:
        yield page.get_by_role("group", name="playground")


def load(piece):
    piece.get_by_role("button", name=re.compile("Load the model")).click()
    expect(piece.get_by_role("button", name="next token", exact=True)).to_be_enabled()


def chart(piece) -> dict[str, str]:
    """Return the listed tokens and their shares."""
    rows = piece.locator(".pg-bars tbody tr").all()
    return {row.locator("th").inner_text(): row.locator("td").first.inner_text() for row in rows}


def test_what_is_shown_first_is_what_the_loaded_model_says(piece):
    before = chart(piece), piece.locator(".pg-told").inner_text()
    costs = piece.locator(".pg-scroll tbody").text_content()
    load(piece)
    piece.get_by_role("button", name="next token", exact=True).click()  # away, and back to it
    expect(piece.locator(".pg-text span")).to_have_count(11)
    piece.get_by_role("button", name="back", exact=True).click()
    expect(piece.locator(".pg-text span")).to_have_count(10)
    assert (chart(piece), piece.locator(".pg-told").inner_text()) == before
    assert piece.locator(".pg-scroll tbody").text_content() == costs


def test_greedy_text_is_the_packages(piece):
    model, tokenizer = load_pretrained(checkpoints.path("story-gpt"))
    ids = torch.tensor([[tokenizer.eos_id, *tokenizer.encode("One sunny day, Tom")]])
    out = generate(model, ids, 120, temperature=0, eos_id=tokenizer.eos_id)[0].tolist()
    load(piece)
    piece.get_by_role("textbox").fill("One sunny day, Tom")
    expect(piece.locator(".pg-text span")).to_have_count(ids.shape[1])
    piece.get_by_label("temperature").fill("0")
    piece.get_by_role("button", name="write on", exact=True).click()
    expect(piece.locator(".pg-text span")).to_have_count(len(out), timeout=20_000)
    expect(piece.get_by_role("textbox")).to_have_value(tokenizer.decode(out))


def test_a_storys_price_is_the_grammars(piece):
    story = StoryGrammar().sample(1, seed=3)[0]
    load(piece)
    piece.get_by_role("textbox").fill(story)
    wanted = -StoryGrammar().parse(story).log_prob
    total = piece.locator(".pg-scroll tfoot td").last
    expect(total).not_to_have_text("–")
    expect(total).to_have_text(f"{wanted:.2f}")
    piece.get_by_role("textbox").fill("The president said")
    expect(piece.get_by_text("no story of the grammar begins")).to_be_attached()


def test_each_dial_changes_the_chart(piece):
    load(piece)
    typed = "On a warm day, Tom went to the lake with a red kite. He was sad, and the red"
    piece.get_by_role("textbox").fill(typed)  # what comes next has been said already
    expect(piece.locator(".pg-text span")).to_have_count(23)
    for name, value in (("penalty", "2"), ("temperature", "2"), ("top-p", "0.5"), ("top-k", "1")):
        before = chart(piece)
        piece.get_by_label(name).fill(value)
        assert chart(piece) != before, name


def test_a_text_that_is_too_long_is_read_as_far_as_it_can_be(piece):
    load(piece)
    piece.get_by_role("textbox").fill("the " * 300)
    expect(piece.get_by_role("status").last).to_contain_text("It reads 128 tokens")
    expect(piece.get_by_role("button", name="next token", exact=True)).to_be_disabled()


def test_typing_without_a_model_says_what_to_do(piece):
    piece.get_by_role("textbox").fill("Mia")
    expect(piece.get_by_role("status").last).to_contain_text("Load the model")


@pytest.mark.parametrize("text", [None, "the " * 200])
def test_what_is_no_beginning_is_refused(text):
    with pytest.raises(CourseError):
        Playground(text)
