"""A question that a model was not trained on gets one line that says what may be asked."""

import importlib
import json
import random
from itertools import islice

import pytest
from openai import BadRequestError, OpenAI
from serving import asks, tiny_model, tokenizer

from course_utils import serve
from course_utils.lessons import checkpoints
from course_utils.lessons.scenes import KINDS, ask, digit_scenes, scenes
from course_utils.runtime import CourseError
from course_utils.serve.questions import FILE, Questions, read_questions
from course_utils.vision import save_vision

ASKED = {"questions": ["where is the {thing}?"], "words": {"thing": ["ring", "red star"]}}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models") / "tiny"
    save_vision(tiny_model(), tokenizer(), folder)
    (folder / FILE).write_text(json.dumps(ASKED), encoding="utf8")
    return folder


@pytest.fixture(scope="module")
def client(folder):
    with serve.running(folder) as server, OpenAI(base_url=server.url, api_key="none") as client:
        yield client


def answer(client, text, **settings):
    """Ask the server and return its reply."""
    given = {"model": "tiny", "temperature": 0, "max_tokens": 4, "messages": asks(text), **settings}
    return client.chat.completions.create(**given)


LINE = Questions(**ASKED).say()


def test_a_free_text_gets_a_line_that_says_what_may_be_asked(client):
    reply = answer(client, "how many objects are there?", max_tokens=1, stop="where")
    choice = reply.choices[0]
    assert (choice.message.content, choice.finish_reason) == (LINE, "stop")
    assert "where is the ring?" in LINE and '"describe"' in LINE and "\n" not in LINE
    assert reply.usage.completion_tokens == 0, "the model wrote none of it"


def test_the_line_is_streamed_too(client):
    chunks = list(answer(client, "hello", stream=True, stream_options={"include_usage": True}))
    said = "".join(c.delta.content or "" for chunk in chunks for c in chunk.choices)
    assert said == LINE and chunks[-2].choices[0].finish_reason == "stop"
    assert chunks[-1].usage.completion_tokens == 0


def test_a_dialogue_goes_on_behind_it(client):
    first = answer(client, "hello").choices[0].message
    said = [*asks("hello"), first, {"role": "user", "content": "where is the ring?"}]
    reply = answer(client, None, messages=said)
    known = answer(client, "where is the ring?")
    assert reply.choices[0].message.content == known.choices[0].message.content != LINE


@pytest.mark.parametrize(
    "text", ["Where is the  RED star ?", "where is the red star", "where is\nthe red star?!"]
)
def test_case_blanks_and_the_mark_are_put_right(client, text):
    """scene-gpt knew the colour in 271 of 271 pictures, and in 11 without the question's mark."""
    expected, reply = answer(client, "where is the red star?"), answer(client, text)
    assert reply.choices[0].message.content == expected.choices[0].message.content != LINE
    assert reply.usage == expected.usage


@pytest.mark.parametrize("text", [None, "", "describe", "Describe the picture, please."])
def test_a_caption_may_always_be_asked_for(client, text):
    assert answer(client, text).choices[0].message.content != LINE


def test_what_does_not_fit_or_cannot_be_read_is_told_first(client):
    for messages, code in (
        (asks("how are you? " * 40), "context_length_exceeded"),
        (asks("hello", url="data:image/png;base64,AAAA"), "invalid_image"),
    ):
        with pytest.raises(BadRequestError) as caught:
            answer(client, None, messages=messages)
        assert caught.value.code == code


def test_a_model_that_brings_no_questions_is_asked_anything():
    with serve.running((tiny_model(), tokenizer())) as server:
        client = OpenAI(base_url=server.url, api_key="none")
        said = answer(client, "hello", model="vision-gpt").choices[0].message.content
    assert said and "trained" not in said


@pytest.mark.parametrize(
    "text",
    [
        "", "[]", "{", "null", "{}", '{"questions": ["a?"]}', '{"questions": [3], "words": {}}',
        '{"questions": [], "words": {}}', '{"questions": "a?", "words": {}}',
        '{"questions": ["{a}?"], "words": {}}', '{"questions": ["{a"], "words": {}}',
        '{"questions": ["{a}?"], "words": {"a": []}}', '{"questions": ["a?"], "words": []}',
        '{"questions": ["{a}?"], "words": {"a": "b"}}',
        '{"questions": ["{}?"], "words": {"a": ["b"]}}',
    ],
)  # fmt: skip
def test_a_damaged_list_of_questions_gets_one_line(tmp_path, text):
    (tmp_path / FILE).write_text(text, encoding="utf8")
    with pytest.raises(CourseError, match=FILE):
        read_questions(tmp_path)


def test_words_are_texts_and_no_patterns():
    known = Questions(["is it {x}? (a or b)?"], {"x": ["a.c", "a|b"]})
    assert known.find("is it a.c? (a or b)") and known.find("Is it a|b? (A or B)?")
    assert not known.find("is it abc? (a or b)?") and not known.find("is it a? (a or b)?")


# -- what scene-gpt brings

SCENE_GPT = checkpoints.path("scene-gpt")


def test_scene_gpt_brings_the_list_of_its_recipe():
    recipe = importlib.import_module("tools.models.recipes.scene_gpt")
    found = json.loads((SCENE_GPT / FILE).read_text(encoding="utf8"))
    assert found == json.loads(json.dumps(recipe.ASKED))


def test_scene_gpts_list_knows_every_question_of_its_training():
    known, rng = read_questions(SCENE_GPT), random.Random(1)
    drawn = [*islice(scenes(3), 100), *islice(scenes(3, held_out=True), 20)]
    asked = [question for scene in drawn for kind in KINDS if (question := ask(scene, kind, rng))]
    asked += [scene.ask(rng) for scene in islice(digit_scenes(3), 60)]
    assert {question.kind for question in asked} == {*KINDS, "digit at", "sum"}
    assert all(known.find(question.text) == question.text for question in asked)


@pytest.mark.parametrize(
    "text",
    [
        "how many objects are there?", "what is in this picture?", "hello", "?", "1 + 1",
        "what color is the circle?", "what colour is the house?", "where is the pink star?",
        "where is the red?", "where is the ring and the star?", "is there a red?",
        "how many ring are there?", "zero", "what colour is the {shape}?", "which digit is red?",
    ],
)  # fmt: skip
def test_scene_gpts_list_knows_no_other(text):
    assert read_questions(SCENE_GPT).find(text) is None


def test_scene_gpts_line_has_an_example_of_each_kind_and_fits_a_chat():
    known = read_questions(SCENE_GPT)
    assert len(known.examples) == len(KINDS) + 2 and len(known.say()) < 600
    assert all(known.find(example) == example for example in known.examples)
