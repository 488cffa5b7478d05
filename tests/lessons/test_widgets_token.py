"""The token explorer: merge by merge the page comes to the tokenizer's own ids."""

import random
from itertools import pairwise

import pytest
from alive import alive, modules
from playwright.sync_api import expect

from course_utils.hf import load_pretrained
from course_utils.lessons import checkpoints
from course_utils.lessons.corpora import StoryGrammar
from course_utils.lessons.widgets.pieces import TokenExplorer
from course_utils.runtime import CourseError
from course_utils.tokenizers import BPETokenizer, CharTokenizer

SIGNS = "       \n\tabehinorstwxyzäßñ'’.,!?-0123456789你好山姆红船🙂👩‍👩‍👧\u00a0\u3000\u0085ع한"


@pytest.fixture(scope="module")
def tokenizer():
    return load_pretrained(checkpoints.path("story-gpt"))[1]


@pytest.fixture(scope="module")
def page(chromium):
    with modules(chromium, "token_explorer") as run:
        yield run


def texts() -> list[str]:
    """Return 200 texts: stories, and signs of many scripts drawn by chance."""
    rng = random.Random(18)
    drawn = ["".join(rng.choices(SIGNS, k=rng.randrange(1, 60))) for _ in range(140)]
    known = ["", " ", "山姆带着一个红色的小船去了公园。", "it's I'll we've <eos>", "aaaa aaa"]
    known.append("\ufeffa")
    return [*StoryGrammar().sample(54, seed=3), *known, *drawn]


def test_ids_of_two_hundred_texts(page, tokenizer):
    explorer, asked = TokenExplorer(tokenizer), texts()
    assert len(asked) == 200
    program = """await (async () => {
      const { encode, readMerges } = await import("/engine/merges.js");
      const { readTokenizer } = await import("/engine/tokens.js");
      const json = await (await fetch("/checkpoints/story-gpt/tokenizer.json")).json();
      const ours = readMerges({ bytes: letters, merges: learnt }), theirs = readTokenizer(json);
      return asked.map((text) => [encode(ours, text), theirs.encode(text)]);
    })()"""
    shown = page(program, asked=asked, letters=explorer.byte_ids, learnt=explorer.merges)
    for text, (ours, library) in zip(asked, shown, strict=True):
        assert ours == library == tokenizer.encode(text), repr(text)


STEPS = """await (async () => {
  const { readMerges, steps } = await import("/engine/merges.js");
  return steps(readMerges({ bytes: letters, merges: learnt }), piece);
})()"""


def test_the_steps_are_the_algorithm(page, tokenizer):
    """Each step repeats the earliest learnt pair that is there; the lesson's own example."""
    explorer = TokenExplorer(tokenizer)
    given = {"letters": explorer.byte_ids, "learnt": explorer.merges}
    steps = page(STEPS, piece=" whether", **given)
    spelled = {i: token for token, i in tokenizer.vocab.items()}
    assert [spelled[i] for i in steps[0]["ids"]] == [bytes([b]) for b in b" whether"]
    assert [spelled[i] for i in steps[-1]["ids"]] == [b" w", b"he", b"ther"]
    for before, after in pairwise(steps):
        ranks = [pair["rank"] for pair in before["pairs"]]
        assert after["rank"] == min(ranks)
        left, right = tokenizer.merges[after["rank"]]
        words = [[spelled[i] for i in one["ids"]] for one in (before, after)]
        assert (left, right) in zip(words[0], words[0][1:], strict=False)
        assert left + right in words[1] and b"".join(words[0]) == b"".join(words[1])
    assert steps[-1]["pairs"] == []


def test_pairs_are_joined_from_left_to_right(page):
    program = '(await import("/engine/merges.js")).join([1, 1, 1, 2, 1, 1], [1, 1, 9])'
    assert page(program) == [9, 1, 2, 9]


def test_names_and_words_on_the_page(page):
    name = "token_explorer.nameOf"
    assert page(f"[[32, 97], [228], [228, 184, 173], [10]].map({name})") == ["␣a", "E4", "中", "⏎"]
    assert page("token_explorer.count('中 a', 1)") == "3 signs, 5 bytes, 1 token."


def test_a_text_is_stepped_through(chromium, tmp_path, tokenizer):
    explorer = TokenExplorer(tokenizer, " whether")
    with alive(chromium, tmp_path, explorer) as page:
        told = page.locator("p[role=status]")
        expect(told).to_contain_text("8 signs, 8 bytes, 3 tokens. Next: h + e (no. 3)")
        rows = page.locator(".tk-steps tbody tr")
        expect(rows).to_have_count(1)
        page.get_by_role("button", name="next merge").click()
        expect(rows).to_have_count(2)
        page.get_by_role("button", name="all merges").click()
        expect(told).to_contain_text("these are the tokens")
        expect(page.get_by_role("button", name="next merge")).to_be_disabled()
        page.get_by_role("button", name="back").click()
        expect(told).to_contain_text("Next: ")
        page.get_by_label("a text").fill("山姆说")
        expect(told).to_contain_text("3 signs, 9 bytes, 9 tokens. No two neighbours")
        page.get_by_label("a text").fill("")
        expect(told).to_have_text("Type a text to see its tokens.")
        page.get_by_label("a text").fill("<b>🙂" + "x" * 300)
        expect(told).to_have_text("Expected at most 200 signs, got 304: the rest is left out.")
        assert page.locator("main b").count() == 0
        page.get_by_label("a text").fill("x" * 201)
        assert page.locator(".tk-pieces .tk-name").all_inner_texts() == ["x"] * 200
        page.get_by_role("button", name="␣Ivy␣lost").click()
        expect(told).to_contain_text("24 signs, 24 bytes, 6 tokens.")
        page.locator(".tk-pieces button").nth(3).focus()
        page.keyboard.press("Enter")
        expect(page.locator("caption")).to_have_text("How “␣golden” is cut")


def test_what_is_refused(tokenizer):
    with pytest.raises(CourseError, match="expected at most 200 signs, got 201: shorten the text"):
        TokenExplorer(tokenizer, "x" * 201)
    with pytest.raises(CourseError, match="tokenizer must be a BPETokenizer"):
        TokenExplorer(CharTokenizer({"a": 0}))
    with pytest.raises(CourseError, match="'text' trait"):
        TokenExplorer(tokenizer, 3)


def test_python_knows_the_present_tokens(tokenizer):
    explorer = TokenExplorer(tokenizer, "a 山")
    explorer.set_state({"text": "the boat"})
    assert [token for token, _ in explorer.tokens] == [b"t", b"he", b" boat"]
    assert repr(explorer) == "TokenExplorer('the boat'), alive when run"
    assert "<td>228 184 173</td>" not in explorer.still()
    other = BPETokenizer.train(["low lower lowest " * 9], vocab_size=259, special_tokens=())
    assert TokenExplorer(other, "low").tokens == [(b"low", 257)]
