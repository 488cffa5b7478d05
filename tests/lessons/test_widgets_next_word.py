"""The next-word explorer: its tables are the model's, and the page computes what Python does."""

import json
import math

import pytest
import torch
from alive import alive, modules
from playwright.sync_api import expect

from course_utils.lessons.widgets._files import script, style
from course_utils.lessons.widgets.next_word import TEMPERATURES
from course_utils.lessons.widgets.pieces import NextWordExplorer
from course_utils.runtime import CourseError

NAMES = ["<eos>", *(f" w{i}" for i in range(1, 40))]


@pytest.fixture(scope="module")
def page(chromium):
    with modules(chromium, "next_word", "page") as run:
        yield run


@pytest.fixture
def texts():
    """Two texts of 5 and 3 tokens with made-up logits over 40 tokens."""
    generator = torch.Generator().manual_seed(0)
    ids = [[0, 3, 7, 39, 0], [0, 20, 0]]
    logits = [4 * torch.randn(len(row), len(NAMES), generator=generator) for row in ids]
    return ids, logits


def exact(logits, i, temperature):
    """Return a token's probability, straight from the logits."""
    return torch.softmax(logits.double() / temperature, -1)[i].item()


@pytest.mark.parametrize("temperature", [0.1, 0.7, 1.0, 2.0])
def test_python_and_page_give_the_models_probabilities(page, texts, temperature):
    ids, logits = texts
    explorer = NextWordExplorer(ids, logits, NAMES, top=5, temperature=temperature)
    for t in range(4):
        explorer.at = t
        entry = explorer.texts[0]["entries"][t]
        shown = page("next_word.distribution(entry, T)", entry=entry, T=temperature)
        assert sum(shown["shares"]) + shown["others"] == pytest.approx(1)
        listed = list(zip(explorer.next_words, shown["shares"], strict=True))
        for (name, share), of_page in listed:
            wanted = exact(logits[0][t], NAMES.index(name), temperature)
            assert share == pytest.approx(wanted, abs=2e-3)
            assert of_page == pytest.approx(wanted, abs=2e-3)
        assert entry["names"][entry["next"]] == NAMES[ids[0][t + 1]]
        assert len(listed) + entry["others"] == len(NAMES)
        likeliest = logits[0][t].topk(5).indices.tolist()
        assert entry["names"][:5] == [NAMES[i] for i in likeliest]


def test_what_really_comes_is_always_listed(texts):
    ids, logits = texts
    logits[1][0, 20] = -50.0  # the least likely of all
    entry = NextWordExplorer(ids, logits, NAMES, top=3).texts[1]["entries"][0]
    assert len(entry["names"]) == 4 and entry["next"] == 3 and entry["names"][3] == NAMES[20]


def test_the_page_adds_up_the_chain_rule(page, texts):
    ids, logits = texts
    text = NextWordExplorer(ids, logits, NAMES).texts[0]
    logs = logits[0].double().log_softmax(-1)
    nats = -sum(logs[t, ids[0][t + 1]].item() for t in range(3))
    assert page("next_word.surprise(text, 3, 1)", text=text) == pytest.approx(nats, abs=1e-3)
    assert page("next_word.surprise(text, 0, 1)", text=text) == 0
    said = page("next_word.summary(text, 3, 1)", text=text)
    assert f"Tokens predicted so far: 3, together {nats:.2f} nats" in said
    assert "goes on with “<eos>”" in said


def test_a_vocabulary_that_is_listed_whole(page):
    logits = torch.tensor([[0.0, math.log(3)], [0.0, 0.0]])
    explorer = NextWordExplorer([[0, 1]], [logits], ["a", "b"], temperature=0.5)
    assert explorer.next_words == [("b", 0.9), ("a", 0.1)]
    entry = explorer.texts[0]["entries"][0]
    assert entry["others"] == 0
    shown = page("next_word.distribution(entry, 0.5)", entry=entry)
    assert shown["shares"] == pytest.approx([0.9, 0.1], abs=1e-4) and shown["others"] == 0


def test_traits_are_shared_with_the_page(texts):
    explorer = NextWordExplorer(*texts, NAMES, text=1, at=1, temperature=0.3)
    state = explorer.get_state()
    assert {"texts", "text", "at", "temperature", "_esm", "_css"} <= set(state)
    assert (state["text"], state["at"], state["temperature"]) == (1, 1, 0.3)
    assert state["_esm"] == script(state["_piece"]) and state["_css"] == style(state["_piece"])
    json.dumps(state["texts"], allow_nan=False)
    explorer.set_state({"text": 0, "at": 3, "temperature": 0.30000000000000004})
    assert (explorer.text, explorer.at, explorer.temperature) == (0, 3, 0.3)
    explorer.text = 1  # a shorter text: the last place is shown
    assert len(explorer.next_words) == 8 + (explorer.texts[1]["entries"][1]["next"] == 8)


@pytest.mark.parametrize(
    "place", [{"text": 2}, {"text": -1}, {"at": 4}, {"temperature": 0.0}, {"temperature": 2.5}]
)
def test_places_that_are_not_there_are_refused(texts, place):
    (name,) = place
    with pytest.raises(CourseError, match=f"there is no {name}"):
        NextWordExplorer(*texts, NAMES, **place)


def test_tables_that_do_not_fit_are_refused(texts):
    ids, logits = texts
    with pytest.raises(CourseError, match="expected logits for each of 2 texts, got 1"):
        NextWordExplorer(ids, logits[:1], NAMES)
    with pytest.raises(CourseError, match=r"expected logits of shape \(5, 39\)"):
        NextWordExplorer(ids, logits, NAMES[1:])
    with pytest.raises(CourseError, match="2 tokens or more"):
        NextWordExplorer([[0]], [logits[0][:1]], NAMES)
    with pytest.raises(CourseError, match="ids from 0 to 39"):
        NextWordExplorer([[0, 40, 0]], [logits[1]], NAMES)
    with pytest.raises(CourseError, match="top must be 1 or more"):
        NextWordExplorer(ids, logits, NAMES, top=0)


def test_text_is_the_same_in_every_run(texts):
    explorer = NextWordExplorer(*texts, NAMES)
    assert repr(explorer) == "NextWordExplorer(2 texts), seen when run"
    assert explorer._repr_mimebundle_()[0]["text/plain"].startswith("NextWordExplorer(2 texts)")


def test_words_on_the_page(page):
    assert page("['<eos>', ' the', 'a\\n'].map(page.visible)") == ["<eos>", "␣the", "a⏎"]
    assert page("[0, Math.log(2), Math.log(4000), 50].map(next_word.odds)") == [
        "1",
        "1 in 2.00",
        "1 in 4,000",
        "1 in 10^21.7",
    ]
    assert page("page.percent(0.12345)") == "12.3 %"


def test_page_and_python_agree_on_the_sliders_steps(page, texts):
    step = page("next_word.STEP")
    assert [round((i + 1) * step, 9) for i in range(20)] == TEMPERATURES
    entry = NextWordExplorer(*texts, NAMES).texts[0]["entries"][0]
    assert len(entry["rest"]) == len(TEMPERATURES)


def test_impossible_tokens_and_damaged_logits(page, texts):
    ids, logits = texts
    logits[0][0, 3] = -math.inf  # the one that comes
    logits[0][1] = -1e30
    logits[0][1, 0] = 1e30
    text = NextWordExplorer(ids, logits, NAMES).texts[0]
    json.dumps(text, allow_nan=False)
    said = page("next_word.summary(text, 3, 0.1)", text=text)
    assert "NaN" not in said and "Infinity" not in said and "1 in 10^" in said
    for damaged in (math.nan, math.inf):
        logits[0][2, 5] = damaged
        with pytest.raises(CourseError, match="expected finite logits, got nan or infinite ones"):
            NextWordExplorer(ids, logits, NAMES)


def test_a_text_is_read_in_the_page(chromium, tmp_path, texts):
    with alive(chromium, tmp_path, NextWordExplorer(*texts, NAMES, text=1)) as page:
        told = page.locator("p[role=status]")
        expect(told).to_contain_text("predicted so far: 0")
        page.get_by_role("button", name="next token").click()
        expect(told).to_contain_text("predicted so far: 1")
        page.get_by_label("text").select_option("0")
        expect(told).to_contain_text("predicted so far: 0")
        page.get_by_label("tokens read").fill("4")
        expect(told).to_contain_text("predicted so far: 3")
        before = told.inner_text()
        page.get_by_label("temperature").fill("0.1")
        expect(told).not_to_have_text(before)
        page.locator(".nw-text span").nth(1).click()
        expect(told).to_contain_text("predicted so far: 1")


def test_the_still_picture_is_the_first_place(texts):
    assert NextWordExplorer(*texts, NAMES).still().count("%") in (8, 9)
