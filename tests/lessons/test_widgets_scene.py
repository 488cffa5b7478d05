"""The piece that answers about pictures: what Python holds, what a reader can do in the page."""

import base64
import json
import random
import re
from io import BytesIO
from itertools import islice

import numpy as np
import pytest
import torch
from alive import alive, modules
from PIL import Image
from playwright.sync_api import expect

from course_utils.generation import generate
from course_utils.lessons import checkpoints
from course_utils.lessons.scenes import (
    KINDS,
    PLACES,
    DigitScene,
    Scene,
    Thing,
    ask,
    draw,
    scenes,
    writings,
)
from course_utils.lessons.widgets._pictures import to_url
from course_utils.lessons.widgets.pieces import SceneAsker
from course_utils.runtime import CourseError
from course_utils.vision import load_vision
from course_utils.vision.layout import prompt

pytestmark = pytest.mark.usefixtures("one_thread")
SCENE = Scene((Thing("star", "red", "big", 0), Thing("ring", "blue", "small", 5, 2, -1)))


def url_of(image, kind="PNG"):
    file = BytesIO()
    image.save(file, kind)
    return f"data:image/{kind.lower()};base64," + base64.b64encode(file.getvalue()).decode()


def halves(width, height):
    """Return a picture whose left half is red and whose right half is blue."""
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[:, : width // 2, 0] = pixels[:, width // 2 :, 2] = 255
    return Image.fromarray(pixels)


# ---- in Python ----


def test_the_example_is_there_pixel_for_pixel():
    asker = SceneAsker(SCENE)
    assert torch.equal(asker.pixels, draw(SCENE)) and not asker.changed
    assert [Thing(**thing) for thing in asker.things] == list(SCENE.things)
    assert (asker.answer, asker.ground) == ("ring", "")
    again = SceneAsker(draw(SCENE))
    assert torch.equal(again.pixels, draw(SCENE)) and again.ground == again.seen
    assert again.things == []


def test_a_scene_of_digits_and_a_picture_that_is_not_square():
    digits = DigitScene({5: writings(7, 40)[-1]})
    asker = SceneAsker(digits, "which digit is at the right?")
    assert torch.equal(asker.pixels, digits.draw()) and asker.answer == "7"
    assert asker.things[0]["index"] in [one["index"] for one in asker.world["digits"]]
    small = SceneAsker(halves(200, 100))
    assert small.pixels[:, 3, 0].tolist() == [255, 0, 0], "the middle, not the left part"
    assert small.pixels[:, 3, -1].tolist() == [0, 0, 255]


def test_what_the_page_sends_is_held():
    asker, told = SceneAsker(SCENE), []
    asker.observe(lambda change: told.append(asker.pixels[:, 0, 0].tolist()), "seen")
    asker.set_state({"seen": url_of(halves(48, 48))})
    assert asker.changed and told == [[255, 0, 0]], "observers find the new picture"
    assert asker.pixels[:, 10, 24:].unique(dim=1).tolist() == [[0], [0], [255]]


@pytest.mark.parametrize(
    "url",
    [
        "",
        "https://example.com/a.png",
        "data:image/png;base64,AAAA",
        "data:image/png;base64,?",
        url_of(Image.new("RGB", (48, 48)), "JPEG"),
        url_of(halves(49, 48)),
        url_of(halves(48, 48))[:-40],
        "data:image/png;base64," + "A" * 5_000_000,
    ],
)
def test_anything_else_is_refused_and_the_picture_stays(url):
    asker = SceneAsker(SCENE)
    with pytest.raises(CourseError, match="choose again") as caught:
        asker.seen = url
    assert len(str(caught.value)) < 120
    assert not asker.changed and torch.equal(asker.pixels, draw(SCENE))


def test_text_is_the_same_in_every_run_and_the_state_is_text():
    asker = SceneAsker(SCENE)
    bundle = asker._repr_mimebundle_()[0]
    assert bundle["text/plain"] == "SceneAsker(changed=False), alive when run"
    state = {k: v for k, v in asker.get_state().items() if not k.startswith("_")}
    assert json.dumps({name: state[name] for name in ("things", "seen", "world", "asked", "first")})
    assert "what is at the right? <strong>ring</strong>" in bundle["text/html"]
    assert "means nothing" in bundle["text/html"]


# ---- in the page ----

LOAD = "Load the model"
CANVAS = "document.querySelector('.explorer-picture > canvas')"


def loaded(page):
    page.get_by_role("button", name=LOAD).click()
    expect(page.get_by_role("button", name=LOAD)).to_have_count(0)


def seen(page) -> torch.Tensor:
    """Return the picture in the page, uint8 (3, 48, 48)."""
    read = f"[...{CANVAS}.getContext('2d').getImageData(0, 0, 48, 48).data]"
    return (
        torch.tensor(page.evaluate(read), dtype=torch.uint8)
        .view(48, 48, 4)[..., :3]
        .permute(2, 0, 1)
    )


def reply(page):
    return page.locator(".sa-reply")


def tell(page, question):
    page.get_by_label("question").fill(question)
    page.keyboard.press("Enter")


def choose(page, name):
    page.get_by_role("radio", name=name, exact=True).focus()
    page.keyboard.press("Space")


def tile(page, place):
    return page.get_by_role("button", name=re.compile(f"^{place}:"))


COMPOSE = """async (cases) => {
  const find = (query) => document.querySelector(query);
  const radio = (name) => find(`input[aria-label="${name}"]`).click();
  const tiles = () => [...document.querySelectorAll(".explorer-tiles > button")];
  const clear = [...document.querySelectorAll("button")].find((b) => b.textContent === "clear");
  const nudge = (tile, key, times) => {
    const event = () => new KeyboardEvent("keydown", { key, shiftKey: true, bubbles: true });
    for (let n = 0; n < Math.abs(times); n++) tile.dispatchEvent(event());
  };
  const put = ({ shape, colour, size, place, dx, dy }) => {
    [shape, colour, size].forEach(radio);
    const tile = tiles()[place];
    tile.click();
    nudge(tile, dx < 0 ? "ArrowLeft" : "ArrowRight", dx);
    nudge(tile, dy < 0 ? "ArrowUp" : "ArrowDown", dy);
  };
  const reply = find(".sa-reply"), field = find(".sa-question input");
  const answered = (question) => new Promise((done) => {
    reply.textContent = "";
    const watch = new MutationObserver(() => {
      if (!reply.textContent.startsWith(question)) return;
      watch.disconnect();
      done(reply.textContent.slice(question.length + 1));
    });
    watch.observe(reply, { childList: true });
    field.value = question;
    find(".sa form").requestSubmit();
  });
  const all = [];
  for (const { things, questions } of cases) {
    clear.click();
    things.forEach(put);
    const pen = find(".explorer-picture > canvas").getContext("2d");
    const pixels = [...pen.getImageData(0, 0, 48, 48).data];
    const answers = [];
    for (const question of questions) answers.push(await answered(question));
    all.push({ pixels, answers });
  }
  return all;
}"""


def questions_about(scene, rng):
    return [q.text for kind in KINDS if (q := ask(scene, kind, rng))]


def answers_of(model, tokenizer, scene, questions):
    """Return what the package's model answers, greedily."""
    said = []
    for question in questions:
        ids = torch.tensor([prompt(tokenizer, question)])
        cache = model.cache(draw(scene)[None])
        row = generate(model.text, ids, 8, temperature=0, cache=cache, eos_id=tokenizer.eos_id)
        said.append(tokenizer.decode(row[0, ids.shape[1] :].tolist()).strip())
    return said


def test_fifty_scenes_put_together_by_hand_and_all_their_questions(chromium, tmp_path):
    """The picture is Python's byte by byte, and each answer that of PyTorch's model."""
    model, tokenizer = load_vision(checkpoints.path("scene-gpt"))
    rng, some = random.Random(187), list(islice(scenes(187, "test"), 50))
    cases = [
        {"things": [vars(t) for t in s.things], "questions": questions_about(s, rng)} for s in some
    ]
    with alive(chromium, tmp_path, SceneAsker(SCENE)) as page:
        loaded(page)
        told = page.evaluate(COMPOSE, cases)
    assert sum(len(case["questions"]) for case in cases) > 300
    for scene, case, ours in zip(some, cases, told, strict=True):
        pixels = torch.tensor(ours["pixels"], dtype=torch.uint8).view(48, 48, 4)[..., :3]
        assert torch.equal(pixels.permute(2, 0, 1), draw(scene)), scene
        assert ours["answers"] == answers_of(model, tokenizer, scene, case["questions"]), scene


def test_before_the_model_is_there(chromium, tmp_path):
    with alive(chromium, tmp_path, SceneAsker(SCENE)) as page:
        expect(reply(page)).to_have_text("what is at the right? ring")
        expect(page.get_by_text("To write “ring”, layer 3")).to_be_visible()
        page.get_by_label("head").select_option("2")
        expect(page.get_by_text("To write “ring”, layer 3, head 2, gives")).to_be_visible()
        page.get_by_role("button", name="clear").click()
        expect(reply(page)).to_have_text("Load the model: then it answers about your picture.")
        expect(page.get_by_text("never met an empty picture")).to_be_visible()
        assert torch.equal(seen(page), draw(Scene(())))


def test_by_keyboard(chromium, tmp_path):
    with alive(chromium, tmp_path, SceneAsker(Scene(()))) as page:
        loaded(page)
        for name in ("cross", "purple", "small"):
            choose(page, name)
        tile(page, "top left").focus()
        for name in ("ArrowRight", "ArrowDown", "ArrowRight", "ArrowRight", "Enter"):
            page.keyboard.press(name)
        page.keyboard.press("Shift+ArrowLeft")
        expect(tile(page, "right")).to_be_focused()
        scene = Scene((Thing("cross", "purple", "small", 5, -1, 0),))
        assert torch.equal(seen(page), draw(scene))
        expect(page.get_by_text("1 to the left, 0 down")).to_be_visible()
        expect(reply(page)).to_have_text("what is at the right? cross")
        for _ in range(50):
            page.keyboard.press("Shift+ArrowRight")
        expect(page.get_by_text("It would leave the picture.")).to_be_visible()
        page.keyboard.press("Delete")
        assert torch.equal(seen(page), draw(Scene(())))
        expect(reply(page)).to_have_text("what is at the right? nothing")


def drag(page, start, end):
    a, b = start.bounding_box(), end.bounding_box()
    page.mouse.move(a["x"] + a["width"] / 2, a["y"] + a["height"] / 2)
    page.mouse.down()
    page.mouse.move(b["x"] + b["width"] / 2, b["y"] + b["height"] / 2, steps=5)
    page.mouse.up()


def test_by_dragging(chromium, tmp_path):
    with alive(chromium, tmp_path, SceneAsker(Scene(()))) as page:
        choose(page, "yellow")
        drag(page, page.get_by_title("square"), tile(page, "bottom"))
        assert torch.equal(seen(page), draw(Scene((Thing("square", "yellow", "big", 7),))))
        drag(page, tile(page, "bottom"), tile(page, "top right"))
        assert torch.equal(seen(page), draw(Scene((Thing("square", "yellow", "big", 2),))))
        drag(page, tile(page, "top right"), page.get_by_label("question"))
        assert torch.equal(seen(page), draw(Scene(()))), "dragged out, and gone"
        drag(page, page.get_by_title("digit 4"), tile(page, "centre"))
        [first] = writings(4, 1)
        assert torch.equal(seen(page), DigitScene({4: first}).draw())


def test_a_hand_drawn_digit(chromium, tmp_path):
    with alive(chromium, tmp_path, SceneAsker(Scene(()))) as page:
        loaded(page)
        choose(page, "black pen")
        box = page.locator(".explorer-tiles").bounding_box()
        path = [(19, 18), (29, 18), (23, 30)]
        points = [
            (box["x"] + x / 48 * box["width"], box["y"] + y / 48 * box["width"]) for x, y in path
        ]
        page.mouse.move(*points[0])
        page.mouse.down()
        for point in points[1:]:
            page.mouse.move(*point, steps=6)
        page.mouse.up()
        assert seen(page)[:, 18, 24].tolist() == [0, 0, 0]
        expect(page.get_by_text("never met a picture drawn by hand")).to_be_visible()
        tell(page, "Which digit is at the centre")
        expect(reply(page)).to_have_text("which digit is at the centre? 7")
        choose(page, "eraser")
        tile(page, "centre").click()
        assert torch.equal(seen(page), draw(Scene(())))


def test_a_question_that_it_does_not_know_gets_help(chromium, tmp_path):
    with alive(chromium, tmp_path, SceneAsker(SCENE)) as page:
        loaded(page)
        tell(page, "how many stars can <b>you</b> see?")
        expect(page.get_by_text("It was not trained on such a question")).to_be_visible()
        expect(reply(page)).to_have_text("what is at the right? ring")
        page.get_by_role("button", name="how many stars are there?").click()
        expect(reply(page)).to_have_text("how many stars are there? one")
        expect(page.get_by_text("It was not trained on such a question")).to_have_count(0)
        for nothing in ("", "   "):
            tell(page, nothing)
            expect(page.get_by_text("Write a question, for example:")).to_be_visible()
        page.get_by_text("What it may be asked: 12 kinds").click()
        line = page.get_by_role("listitem").filter(has_text="where is the")
        line.get_by_role("combobox").select_option("blue ring")
        line.get_by_role("button").click()
        expect(reply(page)).to_have_text("where is the blue ring? right")


def test_a_description_and_where_it_looks_for_a_word(chromium, tmp_path):
    with alive(chromium, tmp_path, SceneAsker(SCENE)) as page:
        loaded(page)
        page.get_by_role("button", name="describe the picture").click()
        expect(reply(page)).to_contain_text("a small blue ring at the right")
        page.get_by_role("button", name="ring", exact=True).click()
        expect(page.get_by_text("To write “ring”")).to_be_visible()
        page.get_by_text("Its attention in numbers").click()
        cells = page.get_by_role("region", name="attention in numbers").get_by_role("cell")
        numbers = [float(text) for text in cells.all_inner_texts()]
        right = [n for i, n in enumerate(numbers) if i // 6 in (2, 3) and i % 6 in (4, 5)]
        assert len(numbers) == 36 and sum(right) > 60


def test_a_file(chromium, tmp_path):
    file = BytesIO()
    halves(1200, 800).save(file, "PNG")
    with alive(chromium, tmp_path, SceneAsker(SCENE)) as page:
        given = {"name": "secret.png", "mimeType": "image/png", "buffer": file.getvalue()}
        page.get_by_label("open a picture").set_input_files(given)
        expect(
            page.get_by_text("never met a picture drawn by hand, or a photograph")
        ).to_be_visible()
        pixels = seen(page)
        assert pixels[:, 5, :23].unique(dim=1).tolist() == [[255], [0], [0]]
        assert pixels[:, 5, -23:].unique(dim=1).tolist() == [[0], [0], [255]]
        assert "secret" not in page.content()
        page.get_by_label("open a picture").set_input_files({**given, "buffer": b"hello"})
        expect(page.get_by_text("This browser cannot read the file as a picture")).to_be_visible()
        assert torch.equal(seen(page), pixels)


def test_a_scene_as_a_file_is_the_scene_itself(chromium, tmp_path):
    picture = draw(next(scenes(188)))
    data = base64.b64decode(to_url(picture).split(",")[1])
    with alive(chromium, tmp_path, SceneAsker(SCENE)) as page:
        given = {"name": "a.png", "mimeType": "image/png", "buffer": data}
        page.get_by_label("open a picture").set_input_files(given)
        expect(page.get_by_text("This is the middle of your picture.")).to_be_visible()
        assert torch.equal(seen(page), picture)


CAMERA = """() => { navigator.mediaDevices.getUserMedia = async (asked) => {
  const canvas = Object.assign(document.createElement("canvas"), { width: 640, height: 480 });
  const pen = canvas.getContext("2d");
  const paint = () => ["red", "blue"].forEach((colour, i) => {
    pen.fillStyle = colour;
    pen.fillRect(320 * i, 0, 320, 480);
  });
  paint();
  setInterval(paint, 30);
  window.asked = asked;
  return (window.stream = canvas.captureStream(30));
}; }"""
ON = "window.stream.getTracks().some((track) => track.readyState === 'live')"
REFUSED = """() => { navigator.mediaDevices.getUserMedia = async () => {
  throw Object.assign(new Error("x"), { name: "%s" });
}; }"""


def with_camera(page, code):
    page.evaluate(code)
    page.get_by_role("button", name="use the camera").click()


def test_the_camera(chromium, tmp_path):
    with alive(chromium, tmp_path, SceneAsker(SCENE)) as page:
        before = seen(page)
        with_camera(page, CAMERA)
        expect(page.get_by_text("The camera is on.")).to_be_visible()
        assert page.evaluate(ON) and page.evaluate("window.asked") == {"video": True}
        assert torch.equal(seen(page), before), "nothing is kept yet"
        page.get_by_role("button", name="take the picture").click()
        assert not page.evaluate(ON)
        red, blue = seen(page)[:, 5, 5].tolist(), seen(page)[:, 5, -5].tolist()
        assert red[0] > 200 > 90 > blue[0] and blue[2] > 200 > 90 > red[2]
        page.get_by_role("button", name="use the camera").click()
        page.get_by_role("button", name="switch it off").click()
        assert not page.evaluate(ON)


@pytest.mark.parametrize(
    ("name", "words"),
    [("NotAllowedError", "not allowed"), ("NotFoundError", "no camera"), ("Odd", "cannot be used")],
)
def test_no_camera_is_told_in_one_line(chromium, tmp_path, name, words):
    with alive(chromium, tmp_path, SceneAsker(SCENE)) as page:
        with_camera(page, REFUSED % name)
        expect(page.get_by_role("status").filter(has_text=words)).to_be_visible()
        expect(page.get_by_role("button", name="use the camera")).to_be_enabled()


def test_the_square_in_the_middle(chromium):
    with modules(chromium, "pictures") as run:
        middle = {"left": 500, "top": 0, "cut": 3000, "side": 480}
        assert run("pictures.middle(4000, 3000)") == middle
        assert run("pictures.middle(30, 50)") == {"left": 0, "top": 10, "cut": 30, "side": 30}


def test_every_place_has_a_name(chromium, tmp_path):
    with alive(chromium, tmp_path, SceneAsker(SCENE)) as page:
        names = page.locator(".explorer-tiles > button").evaluate_all(
            "tiles => tiles.map((tile) => tile.getAttribute('aria-label'))"
        )
    there = {0: "big red star", 5: "small blue ring"}
    assert names == [f"{place}: {there.get(i, 'nothing')}" for i, place in enumerate(PLACES)]


def test_on_a_phone_nothing_sticks_out(chromium, tmp_path):
    with alive(
        chromium, tmp_path, SceneAsker(SCENE), viewport={"width": 390, "height": 800}
    ) as page:
        page.get_by_text("What it may be asked: 12 kinds").click()
        page.get_by_text("Its attention in numbers").click()
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
