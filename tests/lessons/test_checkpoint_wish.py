"""wish-gpt grants wishes whose pair of name and thing it never saw, here and in transformers."""

import importlib

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from course_utils.generation import generate
from course_utils.hf import load_pretrained
from course_utils.lessons import checkpoints
from course_utils.lessons.corpora import StoryGrammar, grants, wish_exam, wish_text
from course_utils.lessons.corpora.wishes import held_out, wish_kind

recipe = importlib.import_module("tools.models.recipes.wish_gpt")

SEED = 20_261  # the card's figures came from seed 2
N = 120
RECOMMENDED = {"temperature": 0.7, "top_p": 0.95}

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def wish_gpt():
    return load_pretrained(checkpoints.path("wish-gpt"))


def prompts_for(tokenizer, exam):
    eos = tokenizer.eos_id
    return torch.tensor([[eos, *tokenizer.encode(wish_text(wishes)), eos] for wishes in exam])


def test_in_transformers_it_writes_the_same(wish_gpt):
    model, tokenizer = wish_gpt
    folder, ids = checkpoints.path("wish-gpt"), prompts_for(tokenizer, wish_exam(1, SEED))
    theirs = AutoModelForCausalLM.from_pretrained(folder).float()
    words = AutoTokenizer.from_pretrained(folder)
    assert words(tokenizer.decode(ids[0])).input_ids == ids[0, 1:-1].tolist()
    with torch.no_grad():
        torch.testing.assert_close(model(ids), theirs(ids).logits, atol=1e-4, rtol=0)
        greedy = theirs.generate(ids, do_sample=False, max_new_tokens=110)
    assert torch.equal(generate(model, ids, 110, 0, eos_id=tokenizer.eos_id), greedy)


def test_it_grants_wishes_never_seen(wish_gpt):
    model, tokenizer = wish_gpt
    grammar, exam = StoryGrammar(), wish_exam(N, SEED)
    ids = prompts_for(tokenizer, exam)
    draw = torch.Generator().manual_seed(SEED)
    rows = generate(model, ids, 110, eos_id=tokenizer.eos_id, generator=draw, **RECOMMENDED)
    told = [tokenizer.decode(row) for row in rows[:, ids.shape[1] :].tolist()]
    good = 0
    for text, wishes in zip(told, exam, strict=True):
        kinds = {wish_kind(wish): wish for wish in wishes}
        assert held_out(kinds["name"], kinds["thing"])
        good += grammar.is_valid(text) and all(grants(grammar.parse(text), w) for w in wishes)
    # a model right in 95 % of all cases falls below this less than once in a hundred draws of N
    assert good >= 108


def test_it_keeps_what_its_issue_asked():
    found = checkpoints.results("wish-gpt")
    assert found["granted"] >= 0.95 and found["valid"] >= 0.95
    assert min(found[kind] for kind in ("name", "thing", "ending")) >= found["granted"]
    assert found["baseline"] < 0.001 and found["tested"] >= 500
    assert 1 < found["training_seconds"] < 900
    assert found["recommended"] == ", ".join(f"{k} {v}" for k, v in RECOMMENDED.items())


def test_shares_count_what_the_parser_says():
    """The recipe's count beside one made by hand."""
    grammar = StoryGrammar()
    text = next(t for t in grammar.sample(50, seed=1) if grammar.parse(t).ending == "home")
    story = grammar.parse(text)
    lists = [
        (story.hero, story.thing, "home"),
        (story.friend, "home", story.thing),
        (story.hero, "heard", story.thing),
        (story.hero, story.thing, "home"),
    ]
    told = [text, text, text, text.replace(story.place, "moon", 1)]
    assert recipe.shares_granted(told, lists) == {
        "granted": 0.5, "valid": 0.75, "name": 0.75, "thing": 0.75, "ending": 0.5
    }  # fmt: skip
    assert recipe.by_chance([text, text, "no story"], lists) == pytest.approx(6 / 12)


def test_training_rows_score_the_story_only(wish_gpt):
    _, tokenizer = wish_gpt
    rows = recipe.wish_rows(tokenizer, [(("Mia", "kite"), "Tom ran."), (("home",), "Ana ran.")])
    scored = [ids[mask].tolist() for ids, mask in zip(rows.ids, rows.mask, strict=True)]
    assert [tokenizer.decode(ids[:-1]) for ids in scored] == ["Tom ran.", "Ana ran."]
    assert all(ids[-1] == tokenizer.eos_id for ids in scored)
