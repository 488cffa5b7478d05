"""The next-word explorer: its tables are the model's, and the page computes what Python does."""

import json
import math
import re
from functools import partial
from importlib.resources import files

import node
import pytest
import torch

from course_utils.lessons.widgets import NextWordExplorer
from course_utils.lessons.widgets.next_word import TEMPERATURES
from course_utils.runtime import CourseError

WIDGETS = files("course_utils.lessons.widgets")
SCRIPT = WIDGETS.joinpath("next_word.js").read_text(encoding="utf8")
STYLE = "".join(
    WIDGETS.joinpath(name).read_text(encoding="utf8") for name in ("base.css", "next_word.css")
)
NAMES = ["<eos>", *(f" w{i}" for i in range(1, 40))]


in_node = partial(node.in_node, SCRIPT)


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
def test_python_and_page_give_the_models_probabilities(texts, temperature):
    ids, logits = texts
    explorer = NextWordExplorer(ids, logits, NAMES, top=5, temperature=temperature)
    for t in range(4):
        explorer.at = t
        entry = explorer.texts[0]["entries"][t]
        page = in_node(f"page.distribution({json.dumps(entry)}, {temperature})")
        assert sum(page["shares"]) + page["others"] == pytest.approx(1)
        listed = list(zip(explorer.next_words, page["shares"], strict=True))
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


def test_the_page_adds_up_the_chain_rule(texts):
    ids, logits = texts
    text = json.dumps(NextWordExplorer(ids, logits, NAMES).texts[0])
    logs = logits[0].double().log_softmax(-1)
    nats = -sum(logs[t, ids[0][t + 1]].item() for t in range(3))
    assert in_node(f"page.surprise({text}, 3, 1)") == pytest.approx(nats, abs=1e-3)
    assert in_node(f"page.surprise({text}, 0, 1)") == 0
    said = in_node(f"page.summary({text}, 3, 1)")
    assert f"Tokens predicted so far: 3, together {nats:.2f} nats" in said
    assert "goes on with “<eos>”" in said


def test_a_vocabulary_that_is_listed_whole():
    logits = torch.tensor([[0.0, math.log(3)], [0.0, 0.0]])
    explorer = NextWordExplorer([[0, 1]], [logits], ["a", "b"], temperature=0.5)
    assert explorer.next_words == [("b", 0.9), ("a", 0.1)]
    entry = explorer.texts[0]["entries"][0]
    assert entry["others"] == 0
    page = in_node(f"page.distribution({json.dumps(entry)}, 0.5)")
    assert page["shares"] == pytest.approx([0.9, 0.1], abs=1e-4) and page["others"] == 0


def test_traits_are_shared_with_the_page(texts):
    explorer = NextWordExplorer(*texts, NAMES, text=1, at=1, temperature=0.3)
    state = explorer.get_state()
    assert {"texts", "text", "at", "temperature", "_esm", "_css"} <= set(state)
    assert (state["text"], state["at"], state["temperature"]) == (1, 1, 0.3)
    assert state["_esm"] == SCRIPT and state["_css"] == STYLE
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


def test_words_on_the_page():
    assert in_node("['<eos>', ' the', 'a\\n'].map(page.visible)") == ["<eos>", "␣the", "a⏎"]
    assert in_node("[0, Math.log(2), Math.log(4000), 50].map(page.odds)") == [
        "1",
        "1 in 2.00",
        "1 in 4,000",
        "1 in 10^21.7",
    ]
    assert in_node("page.percent(0.12345)") == "12.3 %"


def test_page_and_python_agree_on_the_sliders_steps(texts):
    step = in_node("page.STEP")
    assert [round((i + 1) * step, 9) for i in range(20)] == TEMPERATURES
    entry = NextWordExplorer(*texts, NAMES).texts[0]["entries"][0]
    assert len(entry["rest"]) == len(TEMPERATURES)


def test_the_explorer_asks_nobody_for_anything():
    assert not re.findall(r"https?://", SCRIPT + STYLE)
    assert not re.search(r"\b(import|fetch|XMLHttpRequest|@import)\b|url\(", SCRIPT + STYLE)
