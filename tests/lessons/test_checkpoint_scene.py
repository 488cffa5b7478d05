"""scene-gpt sees as well as its card says, and it does look."""

import importlib
import random
import re
from itertools import islice

import pytest
import torch

from course_utils.generation import generate
from course_utils.hf import load_pretrained
from course_utils.lessons import checkpoints
from course_utils.lessons.scenes import KINDS, Scene, Thing, caption, draw, make_tokenizer, scenes
from course_utils.runtime import CourseError
from course_utils.vision import load_vision
from course_utils.vision.layout import prompt

recipe = importlib.import_module("tools.models.recipes.scene_gpt")

SEED = 20_262  # training drew seed 1, the card's figures seed 2
N = 400  # scenes; questions about one scene stand or fall together

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def scene_gpt():
    return load_vision(checkpoints.path("scene-gpt"))


@pytest.fixture(scope="module")
def card():
    return checkpoints.results("scene-gpt")


@pytest.fixture(scope="module")
def cases():
    rng = random.Random(SEED)
    drawn = islice(scenes(SEED, "test"), N)
    return [(draw(scene), recipe.all_questions(scene, rng)) for scene in drawn]


@pytest.fixture(scope="module")
def seen(scene_gpt, cases):
    return recipe.exact(*scene_gpt, cases)


def test_the_card_reaches_what_was_asked_for(card):
    assert card["tested"] >= 1_000 and card["exact"] >= 0.95
    assert card["digits"]["exact"] >= 0.95
    assert set(card["by_kind"]) == set(KINDS)
    assert card["training_seconds"] <= 15 * 60


def test_two_other_seeds_reach_it_too(card):
    assert len({other["seed"] for other in (card, *card["other_seeds"])}) == 3
    for other in card["other_seeds"]:
        assert other["exact"] >= 0.95 and other["digits"]["exact"] >= 0.95
        assert (other["steps"], other["asked"]) == (card["steps"], card["asked"])


def test_it_answers_as_well_as_its_card_says(seen, card):
    assert recipe.share(seen) == pytest.approx(card["exact"], abs=0.02)
    assert {question.kind for question, _ in seen} == set(KINDS)


def test_without_a_picture_it_is_at_chance(scene_gpt, cases, card):
    blind = recipe.share(recipe.exact(*scene_gpt, cases, blind=True))
    assert blind == pytest.approx(card["blind"], abs=0.04)
    assert blind <= card["chance"] + 0.05


def test_the_scorer_agrees_with_greedy_decoding(scene_gpt, cases, seen):
    model, tokenizer = scene_gpt
    flat = [(picture, question) for picture, questions in cases for question in questions]
    for (picture, question), (same, right) in list(zip(flat, seen, strict=True))[:120]:
        ids = torch.tensor([prompt(tokenizer, question.text)])
        cache = model.cache(picture[None])
        rows = generate(model.text, ids, 8, temperature=0, eos_id=tokenizer.eos_id, cache=cache)
        said = tokenizer.decode(rows[0, ids.shape[1] :].tolist()).strip()
        assert same is question and (said == question.answer) is right


def test_unseen_combinations_and_digits(scene_gpt, card, monkeypatch):
    monkeypatch.setattr(recipe, "TESTED", 150)
    monkeypatch.setattr(recipe, "TEST_SEED", SEED)
    held_out = recipe.share(recipe.exact(*scene_gpt, recipe.held_out_cases(random.Random(1))))
    assert held_out == pytest.approx(card["held_out"], abs=0.05)
    digits = recipe.digit_scores(*scene_gpt, random.Random(1))
    assert digits["exact"] == pytest.approx(card["digits"]["exact"], abs=0.04)


def test_it_describes_what_is_there(scene_gpt):
    blue = Thing("star", "blue", "big", 0)
    scene = Scene((blue, Thing("ring", "red", "small", 8)))
    assert recipe.describe(*scene_gpt, [scene, Scene((blue,))]) == [
        f" {caption(scene)}",
        f" {caption(Scene((blue,)))}",
    ]


def test_its_vocabulary_is_that_of_the_scenes(scene_gpt):
    model, tokenizer = scene_gpt
    assert model.config.vocab_size == tokenizer.vocab_size == make_tokenizer().vocab_size
    text = "what is at the top left? 三"
    assert tokenizer.encode(text) == make_tokenizer().encode(text)


def test_it_is_no_text_model():
    with pytest.raises(CourseError, match="vision"):
        load_pretrained(checkpoints.path("scene-gpt"))


def test_a_row_of_training_holds_a_description_and_whole_questions():
    tokenizer = make_tokenizer()
    rows = recipe.training_rows(tokenizer, 200, SEED).rows
    assert rows.ids.shape == (200, recipe.ROW_SIZE)  # the fullest row is full
    for ids in rows.ids.tolist():
        first, *asked = filter(None, tokenizer.decode(ids, False).split("<eos>"))
        assert first.startswith("<caption> a ")
        assert asked and len(set(asked)) == len(asked)
        assert all(re.fullmatch(r"<question> [a-z ]+\?<answer>( \w+)+", text) for text in asked)
