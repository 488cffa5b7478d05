"""Scenes, questions and answers of the page beside those of the package."""

from itertools import islice, product

import numpy as np
import pytest
import torch
from PIL import Image
from sklearn.datasets import load_digits

from course_utils.generation import generate
from course_utils.lessons import checkpoints
from course_utils.lessons.scenes import (
    HELD_OUT,
    DigitScene,
    Scene,
    Thing,
    digit_scenes,
    draw,
    handwriting,
    scenes,
    writings,
)
from course_utils.lessons.widgets._answer import answer
from course_utils.lessons.widgets._scene import things_of, world
from course_utils.lessons.widgets.pieces import SceneAsker
from course_utils.runtime import CourseError
from course_utils.serve.questions import read_questions
from course_utils.vision import load_vision
from course_utils.vision.layout import prompt

pytestmark = pytest.mark.usefixtures("one_thread")
FOLDER = checkpoints.path("scene-gpt")


@pytest.fixture(scope="module")
def asked():
    return SceneAsker(Scene(())).asked


def drawn_by(page, some) -> list[torch.Tensor]:
    """Return scenes as the page draws them, uint8 (3, 48, 48) each."""
    things = [things_of(scene) for scene in some]
    rows = page(
        "return all.map((things) => [...scene.draw(things, world)]);",
        all=things,
        world=world([thing for one in things for thing in one]),
    )
    pixels = torch.tensor(rows, dtype=torch.uint8).view(-1, 48, 48, 4)
    assert (pixels[..., 3] == 255).all()
    return list(pixels[..., :3].permute(0, 3, 1, 2))


def test_the_page_draws_scenes_byte_by_byte(page):
    some = [*islice(scenes(181, "test"), 100), *islice(scenes(182, held_out=True), 100)]
    for scene, ours in zip(some, drawn_by(page, some), strict=True):
        assert torch.equal(ours, draw(scene)), scene


def test_things_that_touch_are_drawn_in_the_order_of_their_places(page):
    some = [
        Scene((Thing("star", "red", "big", 0, dx, dy), Thing("ring", "blue", "big", 1, -dx, 0)))
        for dx, dy in product((0, 1, 5, 9), (-1, 0, 4))
    ]
    for scene, ours in zip(some, drawn_by(page, some), strict=True):
        assert torch.equal(ours, draw(scene)), scene


def test_the_page_draws_every_digit_that_may_be_chosen_byte_by_byte(page):
    chosen = [DigitScene({4: one["index"]}) for one in world([])["digits"]]
    assert len(chosen) == 30
    some = [*islice(digit_scenes(183, "test"), 100), *chosen]
    for scene, ours in zip(some, drawn_by(page, some), strict=True):
        assert torch.equal(ours, scene.draw()), scene


def test_digits_are_those_of_people_whose_writing_was_kept_apart():
    bundled = load_digits()
    for digit in range(10):
        for index in writings(digit, 3):
            name, ink = handwriting(index)
            assert name == digit == bundled.target[index]
            assert np.array_equal(ink, bundled.images[index])
            assert index not in writings(digit, 1797, "train")
    with pytest.raises(CourseError, match="1797"):
        handwriting(1797)


def test_a_scene_by_chance_is_one_of_the_training(page):
    some = page(
        "const draws = random.seeded(5);"
        "return Array.from({ length: 300 }, () => scene.anyScene(world, draws));",
        world=world([]),
    )
    numbers, kinds = set(), set()
    for things in some:
        scene = Scene(tuple(Thing(**thing) for thing in things))  # which refuses impossible ones
        draw(scene)
        numbers.add(len(scene.things))
        kinds |= {thing.kind for thing in scene.things}
    assert numbers == {1, 2, 3, 4, 5} and len(kinds) == 30 and not kinds & HELD_OUT


@pytest.mark.parametrize("side", [48, 47, 96, 100, 480, 5])
def test_a_picture_is_scaled_as_pillow_does(page, side):
    rng = np.random.default_rng(side)
    big = rng.integers(0, 256, (side, side, 3), dtype=np.uint8)
    given = np.concatenate([big, np.full_like(big[..., :1], 255)], axis=2)
    ours = page(
        "return [...scene.resize(pixels, side, 48)];", pixels=given.ravel().tolist(), side=side
    )
    ours = np.array(ours).reshape(48, 48, 4)[..., :3]
    theirs = np.asarray(Image.fromarray(big).resize((48, 48), Image.Resampling.BOX), int)
    if side % 48 == 0:  # the mean of whole pixels; Pillow's sums are rounded on the way
        assert abs(ours - theirs).max() <= (0 if side == 48 else 1)
    else:  # Pillow takes whole pixels, the page parts of them: the picture's mean is kept exactly
        assert abs(ours.mean((0, 1)) - big.mean((0, 1))).max() < 0.1


UNSEEN = {
    "": (
        ({"shape": "star", "colour": "blue", "size": "big", "place": 4, "dx": 1, "dy": 0},),
        False,
    ),
    "an empty picture": ((), False),
    "a picture drawn by hand, or a photograph": ((), True),
    "a red star": (
        ({"shape": "star", "colour": "red", "size": "big", "place": 4, "dx": 0, "dy": 0},),
        False,
    ),
    "a thing so far from the middle of its place": (
        ({"shape": "star", "colour": "blue", "size": "big", "place": 4, "dx": 2, "dy": 0},),
        False,
    ),
    "digits beside shapes": (
        (
            {"digit": 3, "index": 3, "place": 0, "dx": 0, "dy": 0},
            {"shape": "star", "colour": "blue", "size": "small", "place": 4, "dx": 3, "dy": 0},
        ),
        False,
    ),
    "more than 5 shapes": (
        [
            {"shape": "star", "colour": "blue", "size": "big", "place": n, "dx": 0, "dy": 0}
            for n in range(6)
        ],
        False,
    ),
    "more than 4 digits": (
        [{"digit": 3, "index": 3, "place": n, "dx": 0, "dy": 0} for n in range(5)],
        False,
    ),
}


@pytest.mark.parametrize("what", UNSEEN)
def test_what_the_model_never_met_is_named(page, what):
    things, own = UNSEEN[what]
    told = page(
        "return scene.neverSeen(things, own, world);", things=things, own=own, world=world([])
    )
    assert told == ([what] if what else [])


def test_scenes_of_the_training_have_nothing_that_it_never_met(page):
    some = [*islice(scenes(1), 100), *islice(digit_scenes(1), 100)]
    told = page(
        "return all.map((things) => scene.neverSeen(things, false, world));",
        all=[things_of(scene) for scene in some],
        world=world([]),
    )
    assert told == [[]] * 200


# ---- questions ----

ODD = [
    "what is at the right",
    "  What   IS at the Right ?!. ",
    "what is at the right?\n",
    "how many cats are there?",
    "where is the (red) star?",
    "where is the red star? where is the red star?",
    "what is at the right of the star?",
    "is the ring left of the ring?",
    "which thing is the biggest",
    "这是什么?",
    "what is the sum?.",
    "?",
    "",
]


def test_the_page_knows_the_questions_that_the_server_knows(page, asked):
    known = read_questions(FOLDER)
    texts = [*ODD, *known.examples]
    program = "const known = questions.readQuestions(asked); return texts.map(known.find);"
    assert page(program, asked=asked, texts=texts) == [known.find(text) for text in texts]


def test_whatever_can_be_chosen_is_known(page, asked):
    program = """
        const known = questions.readQuestions(asked);
        const words = known.kinds.map((parts) => parts.filter((part) => part.words));
        const first = (blanks, n) => blanks.map(({ words }) => words[n % words.length]);
        return known.kinds.flatMap((parts, i) => Array.from({ length: 42 }, (_, n) =>
          questions.filled(parts, first(words[i], n))));"""
    known = read_questions(FOLDER)
    texts = page(program, asked=asked)
    assert len(set(texts)) > 150 and [known.find(text) for text in texts] == texts


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("how many stars can you see?", "how many stars are there?"),
        ("what color is the ring", "what colour is the ring?"),
        ("is the red ring to the left of the star?", "is the red ring left of the star?"),
        ("sum", "what is the sum?"),
    ],
)
def test_what_is_not_known_brings_the_nearest(page, asked, text, first):
    like = page("return questions.readQuestions(asked).like(text);", asked=asked, text=text)
    assert like[0] == first and len(like) == 3
    assert all(map(read_questions(FOLDER).find, like))


def test_a_text_without_a_known_word_brings_questions_all_the_same(page, asked):
    like = page("return questions.readQuestions(asked).like('这是什么?');", asked=asked)
    assert len(like) == 3 and all(map(read_questions(FOLDER).find, like))


# ---- answers ----

TELL = """
    const pictures = await import("/engine/pictures.js");
    const files = { weights: await bytes("scene-gpt"), config: await config("scene-gpt") };
    files.tokenizer = await (await fetch("/checkpoints/scene-gpt/tokenizer.json")).json();
    pictures.loadVision({ name: "scene-gpt", files });
    const told = (given) => {
      const words = [], steps = pictures.tell({ name: "scene-gpt", ...given });
      for (;;) {
        const { value, done } = steps.next();
        if (done) return { words, text: value };
        words.push({ ...value, attention: value.attention.map((l) => l.map((h) => [...h])) });
      }
    };
"""
QUESTIONS = ("what is at the right?", "how many rings are there?", "where is the blue star?")


def test_shares_and_attention_of_every_word(page):
    model, tokenizer = load_vision(FOLDER)
    some = list(islice(scenes(184, "test"), 8))
    cases = [(scene, question) for scene in some for question in QUESTIONS]
    program = (
        TELL + "return cases.map(([things, question]) =>"
        " told({ pixels: scene.draw(things, world), question }));"
    )
    given = [(things_of(scene), question) for scene, question in cases]
    for (scene, question), ours in zip(
        cases, page(program, cases=given, world=world([])), strict=True
    ):
        theirs = answer(model, tokenizer, draw(scene), question)
        assert [one["word"] for one in ours["words"]] == [one["word"] for one in theirs]
        for mine, yours in zip(ours["words"], theirs, strict=True):
            assert mine["share"] == pytest.approx(yours["share"], abs=1e-4)
            assert dict(mine["top"])[mine["word"]] == mine["share"]
            apart = torch.tensor(mine["attention"]) - torch.tensor(yours["attention"])
            assert apart.shape == (3, 6, 36) and apart.abs().max() < 1e-4


def test_descriptions(page):
    model, tokenizer = load_vision(FOLDER)
    some = list(islice(scenes(185, "test"), 5))
    program = (
        TELL + "return all.map((things) =>"
        " told({ pixels: scene.draw(things, world), most: 62 }).text);"
    )
    ids = [tokenizer.eos_id, tokenizer.special_id("<caption>")]
    for scene, ours in zip(
        some, page(program, all=[things_of(s) for s in some], world=world([])), strict=True
    ):
        cache = model.cache(draw(scene)[None])
        row = generate(
            model.text, torch.tensor([ids]), 62, temperature=0, cache=cache, eos_id=tokenizer.eos_id
        )
        assert ours == tokenizer.decode(row[0, 2:].tolist()).strip()


@pytest.mark.parametrize("question", QUESTIONS)
def test_what_python_tells_first_is_what_the_package_generates(question):
    model, tokenizer = load_vision(FOLDER)
    for scene in islice(scenes(186, "test"), 10):
        ids = torch.tensor([prompt(tokenizer, question)])
        cache = model.cache(draw(scene)[None])
        row = generate(model.text, ids, 8, temperature=0, cache=cache, eos_id=tokenizer.eos_id)
        theirs = tokenizer.decode(row[0, ids.shape[1] :].tolist()).strip()
        words = answer(model, tokenizer, draw(scene), question)
        assert " ".join(word["word"] for word in words) == theirs
        for word in words:
            sums = torch.tensor(word["attention"]).sum(-1)
            assert (sums >= 0).all() and (sums <= 1.001).all() and sums.max() > 0.5
