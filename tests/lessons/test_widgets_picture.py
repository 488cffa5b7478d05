"""The picture picker: what Python makes of what the page sends, and that pixels alone are sent."""

import base64
import json
import re
from functools import partial
from importlib.resources import files
from io import BytesIO

import node
import numpy as np
import pytest
import torch
from PIL import Image

from course_utils.lessons.scenes import Scene, Thing, draw
from course_utils.lessons.widgets import PicturePicker
from course_utils.runtime import CourseError
from tools.site.browser import browser, find_chromium, serve

WIDGETS = files("course_utils.lessons.widgets")
SCRIPT = WIDGETS.joinpath("picture_picker.js").read_text(encoding="utf8")
STYLE = "".join(
    WIDGETS.joinpath(name).read_text(encoding="utf8") for name in ("base.css", "picture_picker.css")
)
SCENE = draw(Scene((Thing("star", "red", "big", 0),)))


def url_of(image, kind="PNG", **settings):
    file = BytesIO()
    image.save(file, kind, **settings)
    return f"data:image/{kind.lower()};base64," + base64.b64encode(file.getvalue()).decode()


def halves(width, height):
    """Return a picture whose left half is red and whose right half is blue."""
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[:, : width // 2, 0] = pixels[:, width // 2 :, 2] = 255
    return Image.fromarray(pixels)


def test_until_one_is_chosen_the_example_is_there_pixel_for_pixel():
    picker = PicturePicker(SCENE)
    assert not picker.picked and torch.equal(picker.pixels, SCENE)
    assert picker.pixels.dtype == torch.uint8 and picker.image.mode == "RGB"
    assert picker.data_url == url_of(picker.image) == picker.get_state()["seen"]
    again = PicturePicker(picker.image)
    assert torch.equal(again.pixels, SCENE)


def test_what_the_page_sends_is_cut_and_scaled():
    picker, told = PicturePicker(SCENE), []
    picker.observe(lambda change: told.append(picker.pixels[:, 0, 0].tolist()), "url")
    picker.set_state({"url": url_of(halves(480, 480))})
    assert picker.picked and told == [[255, 0, 0]], "observers find the new picture"
    assert picker.pixels[:, 10, :24].unique(dim=1).tolist() == [[255], [0], [0]]
    assert picker.pixels[:, 10, 24:].unique(dim=1).tolist() == [[0], [0], [255]]
    assert Image.open(BytesIO(base64.b64decode(picker.data_url.split(",")[1]))).size == (48, 48)
    small = PicturePicker(halves(200, 100), side=10)
    assert tuple(small.pixels.shape) == (3, 10, 10)
    assert small.pixels[0, 3].tolist() == [255] * 5 + [0] * 5, "the middle, not the left part"


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com/a.png",
        "data:image/png;base64,AAAA",
        "data:image/png;base64,?",
        url_of(Image.new("RGB", (9, 9)), "JPEG"),
        url_of(halves(99, 99))[:-40],
        "data:image/png;base64," + "A" * 5_000_000,
    ],
)
def test_anything_else_is_refused_and_the_picture_stays(url):
    picker = PicturePicker(SCENE)
    with pytest.raises(CourseError, match="choose again") as caught:
        picker.url = url
    assert len(str(caught.value)) < 120
    assert not picker.picked and torch.equal(picker.pixels, SCENE)


@pytest.mark.parametrize(
    "example", [None, "a.png", torch.zeros(3, 4, 4), torch.zeros(4, 4, 3, dtype=torch.uint8)]
)
def test_no_picture_as_example(example):
    with pytest.raises(CourseError, match=r"\(3, H, W\)"):
        PicturePicker(example)


def test_text_is_the_same_in_every_run_and_the_state_is_text():
    bundle = PicturePicker(SCENE)._repr_mimebundle_()[0]
    assert bundle["text/plain"] == "PicturePicker(picked=False), alive when run"
    state = PicturePicker(SCENE, note="Only shapes.").get_state()
    assert (state["_esm"], state["_css"], state["note"]) == (SCRIPT, STYLE, "Only shapes.")
    ours = {name: state[name] for name in ("url", "seen", "note")}
    assert json.dumps(ours), "no bytes, which not every front end sends back"
    assert "means nothing" in PicturePicker(SCENE).note


def test_the_picker_asks_nobody_for_anything():
    assert not re.findall(r"https?://", SCRIPT + STYLE)
    assert not re.search(r"\b(import|fetch|XMLHttpRequest|@import)\b|url\(", SCRIPT + STYLE)


in_node = partial(node.in_node, SCRIPT)


def test_the_square_in_the_middle():
    assert in_node("page.middle(4000, 3000)") == {"left": 500, "top": 0, "cut": 3000, "side": 480}
    assert in_node("page.middle(30, 50)") == {"left": 0, "top": 10, "cut": 30, "side": 30}


PAGE = """<!doctype html><meta charset=utf8><div id=here></div><script type=module>
import picker from "./picker.js";
const state = {url: "", seen: SEEN, note: "Only shapes."}, saved = [];
const model = {
  get: (k) => state[k], set: (k, v) => (state[k] = v), on() {}, off() {},
  save_changes: () => saved.push({...state}),
};
const paint = (width, height) => {
  const canvas = Object.assign(document.createElement("canvas"), {width, height});
  const pen = canvas.getContext("2d");
  pen.fillStyle = "red"; pen.fillRect(0, 0, width / 2, height);
  pen.fillStyle = "blue"; pen.fillRect(width / 2, 0, width / 2, height);
  return canvas;
};
const give = async (blob, name) => {
  const input = document.querySelector("input"), given = new DataTransfer();
  given.items.add(new File([blob], name));
  input.files = given.files;
  input.dispatchEvent(new Event("change"));
};
const file = async (w, h) => give(await new Promise((r) => paint(w, h).toBlob(r)), "secret.png");
const press = (text) =>
  [...document.querySelectorAll("button")].find((b) => b.textContent === text).click();
window.page = {saved, give, file, press, paint, state};
window.page.leave = picker.render({model, el: document.getElementById("here")});
</script>"""


@pytest.fixture(scope="module")
def tab(tmp_path_factory):
    if not find_chromium():
        pytest.skip("no Chromium or Chrome was found")
    folder = tmp_path_factory.mktemp("picker")
    (folder / "picker.js").write_text(SCRIPT, encoding="utf8")
    seen = json.dumps(PicturePicker(SCENE).seen)
    (folder / "index.html").write_text(PAGE.replace("SEEN", seen), encoding="utf8")
    with serve(folder) as address, browser() as page:
        page.home = f"{address}/index.html"
        yield page


@pytest.fixture
def page(tab):
    tab.open(tab.home)
    assert tab.wait_for("window.page && page.leave")
    yield tab
    assert [line for line in tab.complaints if "favicon" not in line] == []


STATUS = "document.querySelector('[role=status]').textContent"


def test_a_file_in_the_browser(page):
    assert "example" in page.evaluate(STATUS)
    page.evaluate("page.file(1200, 800)")
    assert page.wait_for("page.saved.length === 1"), page.evaluate(STATUS)
    url = page.evaluate("page.saved[0].url")
    image = Image.open(BytesIO(base64.b64decode(url.split(",")[1])))
    assert image.size == (480, 480) and not image.info.get("exif") and "secret" not in url
    assert "Chosen" in page.evaluate(STATUS)
    picker = PicturePicker(SCENE)
    picker.url = url
    assert picker.pixels[:, 5, 5].tolist() == [255, 0, 0]
    assert picker.pixels[:, 5, -5].tolist() == [0, 0, 255]


def test_a_file_that_is_no_picture(page):
    page.evaluate("page.give(new Blob(['hello']), 'a.png')")
    assert page.wait_for(f"{STATUS}.includes('cannot read')")
    assert page.evaluate("page.saved.length") == 0


LIVE = "page.stream.getTracks().some((track) => track.readyState === 'live')"


@pytest.fixture
def camera(page):
    page.evaluate(
        "navigator.mediaDevices.getUserMedia = async (asked) => {"
        "  page.asked = asked; const canvas = page.paint(640, 480);"
        "  document.body.append(canvas); const pen = canvas.getContext('2d');"
        "  setInterval(() => pen.drawImage(page.paint(640, 480), 0, 0), 30);"
        "  return (page.stream = canvas.captureStream(30)); }"
    )
    return page


def switch_on(page):
    page.evaluate("page.press('use the camera')")
    assert page.wait_for(f"{STATUS}.includes('camera is on')"), page.evaluate(STATUS)
    assert page.evaluate(LIVE)


def test_the_camera(camera):
    switch_on(camera)
    assert camera.evaluate("page.saved.length") == 0, "nothing is kept yet"
    camera.evaluate("page.press('take the picture')")
    assert camera.wait_for("page.saved.length === 1")
    assert camera.evaluate("page.asked") == {"video": True} and not camera.evaluate(LIVE)
    switch_on(camera)
    camera.evaluate("page.press('switch it off')")
    assert not camera.evaluate(LIVE) and camera.evaluate("page.saved.length") == 1


def test_a_widget_that_goes_switches_the_camera_off(camera):
    switch_on(camera)
    camera.evaluate("page.leave()")
    assert not camera.evaluate(LIVE)


def test_a_widget_that_goes_while_the_camera_starts(camera):
    camera.evaluate("page.press('use the camera'), page.leave()")
    assert camera.wait_for(f"page.stream && !({LIVE})")


@pytest.mark.parametrize(
    ("name", "words"),
    [("NotAllowedError", "not allowed"), ("NotFoundError", "no camera"), ("Odd", "cannot be used")],
)
def test_no_camera_is_told_in_one_line(page, name, words):
    page.evaluate(
        "navigator.mediaDevices.getUserMedia = async () => { throw Object.assign(new Error('x'),"
        f" {{name: '{name}'}}); }}"
    )
    page.evaluate("page.press('use the camera')")
    assert page.wait_for(f"{STATUS}.includes('{words}')"), page.evaluate(STATUS)
    assert page.evaluate("document.querySelector('input').disabled") is False
