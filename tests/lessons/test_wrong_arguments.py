"""What a curious reader passes instead: each function that lessons call answers in one line."""

import random
from itertools import islice

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch

from course_utils.lessons import corpora, plotting, scenes, scores
from course_utils.lessons.corpora import dates, numerals, pairs, questions, shop, wishes
from course_utils.lessons.corpora.shop.customer import Customer
from course_utils.lessons.widgets import pieces as widgets
from course_utils.runtime import CourseError

RNG = random.Random(0)
GRAMMAR = corpora.short_grammar(2)
STAR = scenes.Thing("star", "blue", "big", 4)
SCENE = scenes.Scene((STAR,))
SHOP = shop.draw_catalogue(random.Random(1))
ASKED = shop.Intent("price", SHOP.goods[0].name)
NINE = tuple(scenes.Thing("star", "blue", "small", place) for place in range(9))
INDEX = scores.CopyIndex(["the red kite"])


@pytest.fixture(autouse=True, scope="module")
def no_window():
    plt.switch_backend("agg")


def one_line(call, *words):
    """Say that a call is answered in one line that begins by naming what is wrong."""
    with pytest.raises(CourseError) as caught:
        call()
    message = str(caught.value)
    assert "\n" not in message and len(message) < 250
    assert any(word in message for word in words), message


COUNTS = {  # functions of a count, which must be whole; and the least they take
    "Grammar.sample": (lambda n: GRAMMAR.sample(n, 1), 0),
    "StoryGrammar(size)": (lambda n: corpora.StoryGrammar(n), 2),
    "short_grammar(size)": (lambda n: corpora.short_grammar(n), 2),
    "number_pairs": (lambda n: pairs.number_pairs(n, 1, "train"), 0),
    "date_pairs": (lambda n: pairs.date_pairs(n, 1, "train"), 0),
    "all_numbers": (lambda n: pairs.all_numbers(n, "train"), 1),
    "readings": (lambda n: questions.readings(n, 1, 1, "train"), 0),
    "readings(per_passage)": (lambda n: questions.readings(1, n, 1, "train"), 1),
    "word_questions": (lambda n: questions.word_questions(["red"], n, RNG), 0),
    "wish_examples": (lambda n: wishes.wish_examples(n, 1), 1),
    "wish_exam": (lambda n: wishes.wish_exam(n, 1), 1),
    "draw_customers": (lambda n: shop.draw_customers(n, 1), 1),
    "draw_customers(n_goals)": (lambda n: shop.draw_customers(1, 1, n_goals=n), 1),
    "draw_dialogues": (lambda n: shop.draw_dialogues(n, 1), 1),
    "draw_notes": (lambda n: shop.draw_notes(n, 1), 0),
    "draw_pairs": (lambda n: shop.draw_pairs(n, 1), 0),
    "distinct_n": (lambda n: scores.distinct_n(["a b"], n), 1),
    "scenes(things)": (lambda n: scenes.scenes(1, things=n), 1),
    "heatmap(decimals)": (lambda n: plotting.heatmap([[1.0]], decimals=n), 0),
    "to_english": (lambda n: numerals.to_english(n), 0),
    "to_chinese": (lambda n: numerals.to_chinese(n), 0),
    "split_of": (lambda n: pairs.split_of(n), 0),
}


@pytest.mark.parametrize("name", COUNTS)
@pytest.mark.parametrize("value", [2.5, 2.0, "2", True, [[2]], {}, -1, None])
def test_a_count_that_is_no_whole_number_is_said(name, value):
    call, _ = COUNTS[name]
    if value is None and name in ("StoryGrammar(size)", "scenes(things)", "heatmap(decimals)"):
        assert call(None) is not None  # it means all
        return
    one_line(lambda: call(value), "must be", "expected")


@pytest.mark.parametrize("name", COUNTS)
def test_the_least_count_is_taken_and_one_less_is_said(name):
    call, least = COUNTS[name]
    call(least)
    plt.close("all")
    one_line(lambda: call(least - 1), "must be", "expected")


SEEDS = {
    "Grammar.sample": lambda seed: GRAMMAR.sample(1, seed),
    "number_pairs": lambda seed: pairs.number_pairs(1, seed, "train"),
    "date_pairs": lambda seed: pairs.date_pairs(1, seed, "train"),
    "readings": lambda seed: questions.readings(1, 1, seed, "train"),
    "wish_examples": lambda seed: wishes.wish_examples(1, seed),
    "wish_exam": lambda seed: wishes.wish_exam(1, seed),
    "draw_customers": lambda seed: shop.draw_customers(1, seed),
    "draw_dialogues": lambda seed: shop.draw_dialogues(1, seed),
    "draw_notes": lambda seed: shop.draw_notes(1, seed),
    "draw_pairs": lambda seed: shop.draw_pairs(1, seed),
    "scenes": lambda seed: scenes.scenes(seed),
    "digit_scenes": lambda seed: scenes.digit_scenes(seed),
}


@pytest.mark.parametrize("name", SEEDS)
@pytest.mark.parametrize("value", ["today", 1.5, None, [1]])
def test_a_seed_that_is_no_whole_number_is_said(name, value):
    one_line(lambda: SEEDS[name](value), "seed must be a whole number")


CHANCE = {
    "ask": lambda rng: scenes.ask(SCENE, "colour", rng),
    "DigitScene.ask": lambda rng: scenes.DigitScene({0: 1}).ask(rng),
    "word_questions": lambda rng: questions.word_questions(["red"], 1, rng),
    "draw_catalogue": lambda rng: shop.draw_catalogue(rng),
    "answer": lambda rng: shop.answer(ASKED, SHOP, rng),
    "Customer": lambda rng: Customer(SHOP, rng),
}


@pytest.mark.parametrize("name", CHANCE)
@pytest.mark.parametrize("value", [0, None, torch.Generator(), np.random.default_rng(0)])
def test_a_seed_in_the_place_of_a_source_of_chance_is_said(name, value):
    one_line(lambda: CHANCE[name](value), "rng must be a Random", "random.Random(seed)")


CHOICES = {
    "scenes": lambda word: scenes.scenes(1, word),
    "digit_scenes": lambda word: scenes.digit_scenes(1, word),
    "ask": lambda word: scenes.ask(SCENE, word, RNG),
    "number_pairs": lambda word: pairs.number_pairs(1, 1, word),
    "date_pairs": lambda word: pairs.date_pairs(1, 1, word),
    "all_numbers": lambda word: pairs.all_numbers(1, word),
    "readings": lambda word: questions.readings(1, 1, 1, word),
    "draw_catalogue": lambda word: shop.draw_catalogue(RNG, word),
    "draw_customers": lambda word: shop.draw_customers(1, 1, word),
    "draw_notes": lambda word: shop.draw_notes(1, 1, word),
    "draw_notes(kinds)": lambda word: shop.draw_notes(1, 1, kinds=[word]),
    "Intent": lambda word: shop.Intent(word),
    "bars(colour)": lambda word: plotting.bars(["a"], [1], colour=word),
    "Thing(shape)": lambda word: scenes.Scene((scenes.Thing(word, "red", "big", 0),)),
}


@pytest.mark.parametrize("name", CHOICES)
@pytest.mark.parametrize("value", ["nonsense", "", 3, ["train"]])
def test_a_word_that_is_no_choice_is_told_all_of_them(name, value):
    one_line(lambda: CHOICES[name](value), "there are: ")


TEXTS = {
    "normalise": scores.normalise,
    "split_words": scores.split_words,
    "token_f1": lambda text: scores.token_f1(text, "a"),
    "longest_copied_run": lambda text: scores.longest_copied_run(text, INDEX),
    "is_valid": GRAMMAR.is_valid,
    "log_prob": GRAMMAR.log_prob,
    "parse": lambda text: corpora.StoryGrammar(2).parse(text),
    "part_of": questions.part_of,
    "check_question": questions.check_question,
    "from_english": numerals.from_english,
    "from_chinese": numerals.from_chinese,
    "date_from_english": dates.date_from_english,
    "Catalogue.parse": shop.Catalogue.parse,
    "find_fault": lambda text: shop.find_fault(text, ASKED, SHOP),
}


@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize("value", [3, None, ["a text"], b"a text"])
def test_what_is_no_text_is_said(name, value):
    one_line(lambda: TEXTS[name](value), "text", "str", "question")


LISTS = {
    "exact_match": lambda texts: scores.exact_match(texts, ["a"]),
    "exact_match(references)": lambda texts: scores.exact_match(["a"], texts),
    "distinct_n": lambda texts: scores.distinct_n(texts, 1),
    "CopyIndex": scores.CopyIndex,
    "longest_run": INDEX.longest_run,
    "wish_text": wishes.wish_text,
    "check_wishes": wishes.check_wishes,
    "simulate": lambda customers: shop.simulate(list, customers),
    "scripted_clerk": shop.scripted_clerk,
    "scores": shop.scores,
}


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("value", [3, None, "a text", [3], [None]])
def test_what_is_no_list_of_the_right_things_is_said(name, value):
    one_line(lambda: LISTS[name](value), "expected", "must be")


@pytest.mark.parametrize("things", [0, 6, -1, [], [1, 6], range(0), range(4, 8), "2", 2.0])
def test_scenes_of_a_size_that_never_comes_are_said_instead_of_searched(things):
    one_line(lambda: scenes.scenes(3, "test", things=things), "things must be")


@pytest.mark.parametrize("things", [1, 4, 5, [2, 3], range(1, 4)])
def test_scenes_of_a_size_are_those_that_a_filter_would_find(things):
    sizes = [things] if isinstance(things, int) else things
    found = (scene for scene in scenes.scenes(3, "test") if len(scene.things) in sizes)
    assert list(islice(scenes.scenes(3, "test", things=things), 3)) == list(islice(found, 3))


@pytest.mark.parametrize("things", [(), NINE])
def test_of_a_scene_that_is_empty_or_full_each_question_is_asked_or_not(things):
    rng, scene = random.Random(0), scenes.Scene(things)
    asked = {kind: scenes.ask(scene, kind, rng) for kind in list(scenes.KINDS) * 20}
    assert any(asked.values())
    assert scenes.draw(scene).shape == (3, 48, 48)


WRONG = {
    "a scene of another kind": (lambda: scenes.draw("star"), "scene must be a Scene, got 'star'"),
    "a thing for a scene": (lambda: scenes.caption(STAR), "scene must be a Scene"),
    "no scene to ask about": (lambda: scenes.ask(None, "colour", RNG), "scene must be a Scene"),
    "one thing without a comma": (lambda: scenes.Scene(STAR), "with a comma behind a single one"),
    "a list of things": (lambda: scenes.Scene([STAR]), "things must be a tuple"),
    "words for things": (lambda: scenes.Scene(("star",)), "thing must be a Thing, got 'star'"),
    "a place by its name": (
        lambda: scenes.Scene((scenes.Thing("star", "blue", "big", "centre"),)),
        "place must be a whole number, got 'centre'",
    ),
    "a number that is not asked for": (
        lambda: scenes.Scene((STAR,), 4),
        "count must be from 0 to 3",
    ),
    "far from its place": (
        lambda: scenes.draw(scenes.Scene((scenes.Thing("star", "blue", "big", 0, dx=-9),))),
        "lies partly outside",
    ),
    "half a pixel": (
        lambda: scenes.draw(scenes.Scene((scenes.Thing("star", "blue", "big", 0, dx=0.5),))),
        "whole numbers",
    ),
    "about a name": (lambda: scenes.ask(SCENE, "colour", RNG, "star"), "about must be a Thing"),
    "no question": (lambda: scenes.answers("where?"), "question must be a Question"),
    "a question about digits": (
        lambda: scenes.answers(scenes.Question("sum", "what is the sum?", "3")),
        "no kind 'sum'",
    ),
    "a tenth place": (lambda: scenes.DigitScene({9: 0}), "place must be from 0 to 8, got 9"),
    "no such picture": (lambda: scenes.DigitScene({0: 1797}), "index must be from 0 to 1796"),
    "a list of digits": (lambda: scenes.DigitScene([1]), "digits must be a dict"),
    "no digit": (lambda: scenes.DigitScene({}), "at least one digit"),
    "a grammar by its size": (
        lambda: questions.readings(1, 1, 1, "train", grammar=8),
        "grammar must be a StoryGrammar, got 8",
    ),
    "a grammar without facts": (
        lambda: questions.readings(1, 1, 1, "train", grammar=GRAMMAR),
        "grammar must be a StoryGrammar",
    ),
    "a share in words": (
        lambda: questions.readings(1, 1, 1, "train", spoilt="half"),
        "spoilt must be a number, a share from 0 to 1",
    ),
    "a story as text": (lambda: wishes.grants("Once", "kite"), "story must be a Story"),
    "a list in a list": (lambda: questions.word_questions([["red"]], 1, RNG), "expected names"),
    "digits that do not exist": (
        lambda: pairs.number_pairs(1, 1, "test", [[1]]),
        "digits must be lengths from 1 to 8",
    ),
    "an intent as a word": (lambda: shop.right_move("price", SHOP), "intent must be an Intent"),
    "a list as text": (lambda: shop.right_move(ASKED, SHOP.text), "catalogue must be a Catalogue"),
    "goods as words": (lambda: shop.Catalogue(("lamps",)), "good must be a Good, got 'lamps'"),
    "offers in words": (
        lambda: shop.draw_dialogues(1, 1, offers="often"),
        "offers must be a number, a share from 0 to 1",
    ),
    "more than always": (lambda: shop.answer(ASKED, SHOP, RNG, 2), "offers must be a share"),
    "some wordings": (
        lambda: shop.draw_customers(1, 1, wordings={"price": ("{good}?",)}),
        "wordings lacks stock",
    ),
    "a clerk that is no function": (
        lambda: shop.simulate("hello", shop.draw_customers(1, 1)),
        "expected a function that replies, got 'hello'",
    ),
    "a clerk that says None": (
        lambda: shop.simulate(lambda talks: [None] * len(talks), shop.draw_customers(1, 1)),
        "reply must be a text",
    ),
    "a reply to nothing": (lambda: Customer(SHOP, RNG).hear("Hi"), "nothing was said yet"),
    "nobody": (lambda: shop.scores([]), "expected a list of customers"),
    "a row for a matrix": (lambda: plotting.heatmap([1, 2]), "values must be a matrix"),
    "words for numbers": (lambda: plotting.heatmap([["a"]]), "values must be a matrix"),
    "rows of two lengths": (lambda: plotting.heatmap([[1], [1, 2]]), "values must be a matrix"),
    "an empty matrix": (lambda: plotting.heatmap(np.zeros((0, 2))), "values must be a matrix"),
    "heads in one map": (
        lambda: plotting.attention_map(torch.zeros(2, 3, 3), "abc"),
        "got float64 of shape (2, 3, 3)",
    ),
    "too few labels": (
        lambda: plotting.attention_map([[1.0, 0.0], [0.5, 0.5]], ["a"]),
        "rows must be as many as the values, 2, got 1",
    ),
    "figure and axes": (
        lambda: plotting.bars(["a"], [1], ax=plt.subplots()),
        "of plt.subplots() take the second",
    ),
    "two axes": (lambda: plotting.bars(["a"], [1], ax=plt.subplots(1, 2)[1]), "ax must be an Axes"),
    "a history": (
        lambda: plotting.loss_curves({"step": [1, 2, 3], "loss": [3, 2, 1]}),
        "step must be a pair (steps, losses)",
    ),
    "a list of curves": (lambda: plotting.loss_curves([1, 2]), "curves must be a dict"),
    "no curve": (lambda: plotting.loss_curves({}), "curves must be a dict"),
    "steps and losses of two lengths": (
        lambda: plotting.loss_curves({"train": ([1, 2], [1.0])}),
        "steps of train must be as many as its losses, 1, got 2",
    ),
    "a floor in words": (
        lambda: plotting.loss_curves({"train": ([1], [1.0])}, floor="low"),
        "floor must be a number",
    ),
    "bars without labels enough": (
        lambda: plotting.bars(["a", "b"], [1.0]),
        "labels must be as many as the values, 1, got 2",
    ),
    "errors for some": (
        lambda: plotting.bars(["a", "b"], [1.0, 2.0], errors=[0.1]),
        "errors must be as many as values, 2, got 1",
    ),
    "lines of another length": (
        lambda: plotting.lines([1, 2, 3], {"model": [1, 2]}),
        "x must be as many as model, 2, got 3",
    ),
    "lines without names": (lambda: plotting.lines([1], [[1]]), "series must be a dict"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_does_not_fit_is_said(name):
    call, message = WRONG[name]
    before = len(plt.get_fignums())
    one_line(call, message)
    if "axes" not in name:
        assert len(plt.get_fignums()) == before  # no empty figure stays behind
    plt.close("all")


def test_numbers_that_are_still_part_of_a_computation_are_drawn():
    weights = torch.eye(2, requires_grad=True)
    assert plotting.attention_map(weights, ["a", "b"]).has_data()
    assert plotting.bars(["a", "b"], weights[0]).has_data()
    plt.close("all")


def test_one_length_of_numbers_may_be_given_alone():
    assert pairs.number_pairs(3, 1, "train", 2) == pairs.number_pairs(3, 1, "train", [2])


def explorer(**given):
    right = {"ids": [[0, 1]], "logits": [torch.zeros(2, 2)], "names": ["a", "b"]}
    return widgets.NextWordExplorer(**right | given)


def changed(widget, name, value):
    setattr(widget, name, value)


BLACK = torch.zeros(3, 9, 9, dtype=torch.uint8)
WIDGETS = {
    "a switch in words": (lambda: widgets.AttentionExplorer(causal="yes"), "'causal' trait"),
    "a row too few": (lambda: widgets.AttentionExplorer(q=[[1, 2]]), "expected q as 3 rows"),
    "a number for a matrix": (lambda: widgets.AttentionExplorer(k=3), "'k' trait"),
    "a switch changed later": (
        lambda: changed(widgets.AttentionExplorer(), "scale", "yes"),
        "'scale' trait",
    ),
    "a temperature in words": (lambda: explorer(temperature="hot"), "'temperature' trait"),
    "a temperature changed later": (
        lambda: changed(explorer(), "temperature", "hot"),
        "'temperature' trait",
    ),
    "no temperature of the slider": (lambda: explorer(temperature=3.0), "there is no temperature"),
    "a number of names": (lambda: explorer(names=2), "names must be a list, got 2"),
    "ids of one text": (lambda: explorer(ids=[0]), "row must be a list, got 0"),
    "a list of logits": (lambda: explorer(logits=[[0, 0]]), "expected logits of shape (2, 2)"),
    "half a token": (lambda: explorer(top=2.5), "top must be a whole number"),
    "a picture by name": (lambda: widgets.SceneAsker("cat.png"), "got str: pass a picture"),
    "a question that is none": (lambda: widgets.SceneAsker(BLACK, question=3), "question must be"),
    "a size between": (lambda: widgets.PatchExplorer(BLACK, size=7), "there is no size 7: choose"),
    "a patch too far": (lambda: widgets.PatchExplorer(BLACK, patch=36), "choose 0 to 35"),
    "a box without a shop": (lambda: widgets.ChatBox("hello"), "must be a Catalogue, got 'hello'"),
    "a number in words": (lambda: widgets.NumberBox("two"), "expected a whole number, got 'two'"),
    "passages as texts": (lambda: widgets.QuestionBox(["Mia ran."]), "expected readings with"),
}


@pytest.mark.parametrize("name", WIDGETS)
def test_widgets_say_what_they_cannot_take(name):
    call, message = WIDGETS[name]
    one_line(call, message)
