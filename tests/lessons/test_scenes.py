"""Scenes: what is drawn is what is there, answers are right, and questions give nothing away."""

import random
from collections import Counter, defaultdict
from itertools import islice

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits

from course_utils.lessons.scenes import (
    HELD_OUT,
    KINDS,
    PLACES,
    SHAPES,
    SIDE,
    SIZES,
    Scene,
    Thing,
    answers,
    ask,
    caption,
    digit_scenes,
    draw,
    make_tokenizer,
    scenes,
    vocabulary,
)
from course_utils.lessons.scenes.picture import RGB
from course_utils.lessons.scenes.questions import NUMBERS
from course_utils.runtime import CourseError
from course_utils.vision.layout import caption_row, prompt, question_row
from course_utils.vision.patches import GROUND

N = 6_000


@pytest.fixture(scope="module")
def drawn():
    return list(islice(scenes(3), N))


@pytest.fixture(scope="module")
def asked(drawn):
    rng = random.Random(3)
    found = [(scene, ask(scene, kind, rng)) for scene in drawn for kind in KINDS]
    return [(scene, question) for scene, question in found if question]


def test_a_seed_decides_everything(drawn):
    assert list(islice(scenes(3), 50)) == drawn[:50] != list(islice(scenes(4), 50))


def test_the_splits_cannot_meet(drawn):
    tests = list(islice(scenes(3, "test"), 500)) + list(islice(scenes(4, "test"), 500))
    assert {scene.split for scene in drawn} == {"train"} and {s.split for s in tests} == {"test"}
    what = [
        {tuple((t.kind, t.size, t.place) for t in s.things) for s in some}
        for some in (drawn, tests)
    ]
    assert not what[0] & what[1]
    moved = Scene(tuple(Thing(t.shape, t.colour, t.size, t.place) for t in tests[0].things))
    assert moved.split == "test", "a shift of a pixel does not move a scene to training"


def test_held_out_kinds_come_when_asked_for_only(drawn):
    assert len({c for c, _ in HELD_OUT}) == len({s for _, s in HELD_OUT}) == 6
    assert ("red", "star") in HELD_OUT
    assert not any(thing.kind in HELD_OUT for scene in drawn for thing in scene.things)
    for scene in islice(scenes(3, "test", held_out=True), 200):
        assert sum(thing.kind in HELD_OUT for thing in scene.things) == 1


def test_scenes_hold_one_to_five_things_everywhere(drawn):
    assert {len(scene.things) for scene in drawn} == {1, 2, 3, 4, 5}
    assert {t.place for s in drawn for t in s.things} == set(range(9))
    assert {t.size for s in drawn for t in s.things} == set(SIZES)


@pytest.mark.parametrize(
    "wrong",
    [
        (Thing("star", "blue", "big", 1), Thing("ring", "red", "big", 1)),
        (Thing("star", "blue", "big", 9),),
        (Thing("stars", "blue", "big", 0),),
        (Thing("star", "pink", "big", 0),),
        (Thing("star", "blue", "huge", 0),),
    ],
)
def test_impossible_scenes_get_one_line(wrong):
    with pytest.raises(CourseError):
        Scene(wrong)


def test_unknown_names_get_one_line(drawn):
    for call in (
        lambda: scenes(1, "valid"),
        lambda: digit_scenes(1, "valid"),
        lambda: ask(drawn[0], "smell", random.Random(0)),
    ):
        with pytest.raises(CourseError, match="there are"):
            call()


def test_pixels_show_each_thing_where_it_is(drawn):
    for scene in drawn[:300]:
        pixels = draw(scene).permute(1, 2, 0).numpy().astype(int)
        assert pixels.shape == (SIDE, SIDE, 3)
        free = np.ones((3, 3), bool)
        for thing in scene.things:
            free[thing.row, thing.column] = False
            cell = pixels[thing.row * 16 :, thing.column * 16 :][:16, :16]
            full = (cell == RGB[thing.colour]).all(-1).sum()
            assert full >= 10, f"{thing} has {full} pixels of its colour"
        for row, column in zip(*free.nonzero(), strict=True):
            cell = pixels[row * 16 :, column * 16 :][:16, :16]
            assert (cell == GROUND).all(), "an empty place is empty"


def test_shapes_and_sizes_differ():
    pictures = {
        (shape, size): draw(Scene((Thing(shape, "red", size, 4),))).float()
        for shape in SHAPES
        for size in SIZES
    }
    names = list(pictures)
    for i, a in enumerate(names):
        for b in names[:i]:
            assert (pictures[a] - pictures[b]).abs().mean() > 0.5, f"{a} looks like {b}"


def oracle(scene, text):
    """Answer a question from the scene, by other means than the generator's."""
    grid = {PLACES[t.place]: t for t in scene.things}
    words = text.rstrip("?").split()
    after = text.rstrip("?").partition(" the ")[2]

    def named(part):
        [found] = [t for t in scene.things if f"{t.colour} {t.shape}" == part]
        return found

    if text.startswith("what colour"):
        [found] = [t.colour for t in scene.things if t.shape == words[-1]]
        return found
    if text.startswith("what is at"):
        return grid[after].shape if after in grid else "nothing"
    if "left of" in text or " above " in text:
        mark = " left of the " if "left of" in text else " above the "
        a, b = map(named, after.split(mark))
        x, y = ((t.place % 3 if "left" in mark else t.place // 3) for t in (a, b))
        assert x != y
        return "yes" if x < y else "no"
    if text.startswith("how many"):
        stem = words[2][:-2] if words[2] == "crosses" else words[2][:-1]
        return NUMBERS[sum(t.shape == stem for t in scene.things)]
    if text.startswith("is there a "):
        return "yes" if tuple(words[3:]) in {t.kind for t in scene.things} else "no"
    if text.startswith("what has"):
        [one] = [t for t in scene.things if t.shape == words[-1]]
        [other] = [t.shape for t in scene.things if t.colour == one.colour and t != one]
        return other
    if text.startswith("which thing"):
        [found] = [t.shape for t in scene.things if t.size == "big"]
        return found
    if text.startswith("is there nothing"):
        return "no" if after in grid else "yes"
    assert text.startswith("where is")
    return PLACES[named(after).place]


def test_every_answer_is_right(asked):
    for scene, question in asked:
        assert question.answer == oracle(scene, question.text), question
        assert question.answer in answers(question)


def test_there_are_eight_kinds_or_more_and_all_are_asked(asked):
    assert len(KINDS) >= 8 and {question.kind for _, question in asked} == set(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_the_words_give_nothing_away(asked, kind):
    """Given the words, all answers are equally frequent: a chi-square test with a fixed seed."""
    by_text = defaultdict(Counter)
    for _, question in asked:
        if question.kind == kind:
            by_text[question.text][question.answer] += 1
    statistic = degrees = 0
    for text, count in by_text.items():
        possible = answers(next(q for _, q in asked if q.text == text))
        expected = sum(count.values()) / len(possible)
        statistic += sum((count[a] - expected) ** 2 / expected for a in possible)
        degrees += len(possible) - 1
    # mean k, variance about 2k: beyond four deviations once in ten thousand
    assert statistic < degrees + 4 * (2 * degrees) ** 0.5 + 10


def test_a_question_about_a_held_out_thing_is_about_it():
    rng, seen = random.Random(0), Counter()
    for scene in islice(scenes(5, "test", held_out=True), 300):
        [thing] = [t for t in scene.things if t.kind in HELD_OUT]
        for kind in KINDS:
            if question := ask(scene, kind, rng, about=thing):
                said = f"{question.text} {question.answer}"
                place = PLACES[thing.place]
                assert thing.shape in said or thing.colour in said or place in said
                assert question.answer == oracle(scene, question.text)
                seen[kind] += 1
    assert {"colour", "shape at", "where", "left of", "above"} <= set(seen)
    assert not {"how many", "nothing", "is there"} & set(seen)


def test_captions_name_everything_once():
    scene = Scene((Thing("star", "blue", "big", 2), Thing("ring", "red", "small", 6)))
    assert caption(scene) == "a big blue star at the top right, a small red ring at the bottom left"


def test_digits_are_those_of_scikit_learn_and_test_pictures_are_kept_apart():
    bundled = load_digits()
    train, test = (list(islice(digit_scenes(1, split), 3000)) for split in ("train", "test"))
    used = [{i for scene in some for i in scene.digits.values()} for some in (train, test)]
    pictures = [{bundled.images[i].tobytes() for i in some} for some in used]
    assert not used[0] & used[1] and not pictures[0] & pictures[1]
    assert len(used[0]) > 1_200 and len(used[1]) > 250
    scene = next(s for s in test if len(s.digits) == 1)
    [(place, index)] = scene.digits.items()
    cell = scene.draw()[0, place // 3 * 16 :, place % 3 * 16 :][:16:2, :16:2].float()
    ink = 1 - cell / GROUND[0]
    torch.testing.assert_close(
        ink, torch.tensor(bundled.images[index] / 16).float(), atol=3e-3, rtol=0
    )


def test_captions_of_digits_name_each_at_its_place():
    target = load_digits().target
    for scene in islice(digit_scenes(3), 200):
        words = [f"a {target[i]} at the {PLACES[place]}" for place, i in scene.digits.items()]
        said = scene.caption().split(", ")
        assert sorted(said) == sorted(words)
        places = [PLACES.index(part.split(" at the ")[1]) for part in said]
        assert places == sorted(places)


def test_questions_about_digits_are_right():
    target, rng, kinds = load_digits().target, random.Random(2), Counter()
    for scene in islice(digit_scenes(2), 500):
        question = scene.ask(rng)
        kinds[question.kind] += 1
        if question.kind == "sum":
            seen = [target[index] for _, index in sorted(scene.digits.items())]
            said, total = question.answer.split(" make ")
            assert said == f"{seen[0]} and {seen[1]}"
            assert int(total.replace(" ", "")) == sum(seen)
        else:
            place = question.text.rstrip("?").partition(" at the ")[2]
            assert int(question.answer) == target[scene.digits[PLACES.index(place)]]
    assert min(kinds.values()) > 50


def test_every_word_is_one_token(asked):
    tokenizer = make_tokenizer()
    for word in vocabulary():
        if word not in "?,":
            assert len(tokenizer.encode(f" {word}")) == 1, word
    for scene, question in asked[:500]:
        for text in (question.text, question.answer, caption(scene)):
            words = text.replace("?", " ?").replace(",", " ,").split()
            assert len(tokenizer.encode(f" {text}")) == len(words), text
    odd = "¿Dónde? <answer> 红色的星"
    assert tokenizer.decode(tokenizer.encode(odd)) == odd
    assert tokenizer.special_id("<answer>") not in tokenizer.encode(odd)


def test_rows_count_answers_and_captions_only(asked):
    tokenizer = make_tokenizer()
    some = [question for _, question in asked[:3]]
    ids, counts = question_row(tokenizer, some)
    said = tokenizer.decode([i for i, counted in zip(ids, counts, strict=True) if counted])
    assert said.split() == " ".join(question.answer for question in some).split()
    assert sum(i == tokenizer.eos_id for i in ids) == 4 and ids[0] == tokenizer.eos_id
    asked_ids = prompt(tokenizer, some[0].text)
    assert ids[: len(asked_ids)] == asked_ids and not any(counts[: len(asked_ids)])
    ids, counts = caption_row(tokenizer, "a big red ring at the top")
    assert tokenizer.decode([i for i, c in zip(ids, counts, strict=True) if c]).strip() == (
        "a big red ring at the top"
    )
    assert counts[:2] == [False, False] and counts[-1]
