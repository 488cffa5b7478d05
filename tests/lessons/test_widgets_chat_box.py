"""The chat box: it streams, remembers, shows bad input as a note, and lets no text be HTML."""

import warnings
from itertools import pairwise

import ipywidgets
import pytest
import torch

from course_utils.chat import SPECIAL_TOKENS, Chat
from course_utils.lessons.widgets import ChatBox
from course_utils.model import GPT, GPTConfig
from course_utils.tokenizers import BPETokenizer


@pytest.fixture
def chat():
    torch.manual_seed(0)
    tokenizer = BPETokenizer.train(["the cat and the dog " * 9], 270, SPECIAL_TOKENS)
    model = GPT(GPTConfig(tokenizer.vocab_size, 120, 1, 2, 8)).eval()
    return Chat(model, tokenizer, "Be <kind>.", max_new_tokens=9)


def press_enter(box):
    """Do what the page does when somebody presses Enter in the line."""
    box.line._handle_custom_msg({"event": "submit"}, [])


def test_a_message_and_its_reply_are_shown_and_kept(chat):
    box = ChatBox(chat)
    assert "System:" in box.history.value and "You:" not in box.history.value
    box.line.value = "the cat"
    press_enter(box)
    assert box.line.value == ""
    roles = [message["role"] for message in chat.messages]
    assert roles == ["system", "user", "assistant"]
    assert "<b>You:</b> the cat" in box.history.value
    box.line.value = "the dog"
    box.children[1].children[1].click()
    assert len(chat.messages) == 5 and "<b>You:</b> the dog" in box.history.value
    box.children[1].children[2].click()
    assert len(chat.messages) == 1 and "You:" not in box.history.value


def test_one_message_to_begin_with_may_stand_alone(chat):
    ChatBox(chat, say="the cat")
    assert [m["content"] for m in chat.messages if m["role"] == "user"] == ["the cat"]


def test_it_streams(chat):
    box, shown = ChatBox(chat), []
    box.history.observe(lambda change: shown.append(change["new"]), "value")
    box.say("the cat")
    replies = [value.partition("<b>Model:</b> ")[2] for value in shown]
    assert len(replies) > 4
    assert all(len(a) <= len(b) for a, b in pairwise(replies))


@pytest.mark.parametrize(
    ("message", "words"),
    [("", "an empty one"), ("x" * 10_000, "shorten it"), ("\ud800", "surrogate")],
)
def test_bad_input_is_a_note(chat, message, words):
    box = ChatBox(chat, say=("the cat",))
    box.say(message)
    assert len(chat.messages) == 3 and words in box.history.value
    assert "Note:" in box.history.value and len(box.history.value) < 1500
    box.say("the dog")
    assert "Note:" not in box.history.value


def test_no_text_is_html(chat):
    box = ChatBox(chat)
    assert "Be &lt;kind&gt;." in box.history.value
    box.say("<script>alert('x')</script> & <b>")
    assert "<script" not in box.history.value and "&lt;script&gt;" in box.history.value


def test_what_a_page_without_python_shows(chat):
    box = ChatBox(chat, say=("the cat", "the dog"))
    states = box.children[0].get_state(), box.children[2].get_state()
    assert states[0]["value"].count("You:") == 2
    assert "Typing works where the notebook runs" in states[1]["value"]
    assert box.line.description == "You:"  # a name for readers of screens
    assert repr(box) == "ChatBox(5 messages), alive when run"


def test_it_uses_what_colab_has_and_warns_of_nothing(chat):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        box = ChatBox(chat)
    kinds = {type(widget) for widget in (box.history, box.line, *box.children[1].children[1:])}
    assert kinds == {ipywidgets.HTML, ipywidgets.Text, ipywidgets.Button}
