"""The trainer on a page without Python: it learns, pauses, steps, begins again."""

import re

import pytest
from alive import living
from playwright.sync_api import expect

from course_utils.lessons.widgets.pieces import Trainer

PATIENCE = 120_000  # milliseconds: another machine may be slow


@pytest.fixture(scope="module")
def trainer():
    return Trainer()


@pytest.fixture(scope="module")
def opened(chromium, trainer, tmp_path_factory):
    with living(chromium, tmp_path_factory.mktemp("trainer"), trainer) as opened:
        yield opened


@pytest.fixture
def piece(opened):
    """Open the page with a model that is small, so that a step takes little time."""
    page = opened()
    page.set_default_timeout(PATIENCE)
    piece = page.get_by_role("group", name="train in the page")
    choose(piece, width="16", layers="1", heads="2")
    yield piece
    assert page.complaints == []
    page.context.close()


def choose(piece, **values):
    for name, value in values.items():
        piece.get_by_label(name.replace("_", " ")).select_option(label=value)


def press(piece, name):
    piece.get_by_role("button", name=name, exact=True).click()


def figures(piece) -> str:
    return piece.locator(".tr-figures").inner_text()


def step_of(piece) -> int:
    return int(re.search(r"step (\d+)", figures(piece))[1])


def has_made(piece, steps: str):
    """Wait for a number of steps, given as a pattern."""
    pattern = re.compile(rf"step {steps}\b")
    expect(piece.locator(".tr-figures")).to_contain_text(pattern, timeout=PATIENCE)


def loss_of(piece) -> float:
    """Return the last loss on unseen stories, as it is told to those who cannot see the curve."""
    told = piece.get_by_role("img").get_attribute("aria-label")
    return float(re.findall(r"([\d.]+) at step", told)[-1])


def test_it_learns_and_pauses(piece, trainer):
    expect(piece.locator(".tr-story")).to_have_text(trainer.example)
    press(piece, "Start")
    has_made(piece, "[4-9][0-9]")
    press(piece, "Pause")
    expect(piece.get_by_role("button", name="Go on")).to_be_visible(timeout=PATIENCE)
    made = step_of(piece)
    assert loss_of(piece) < 2.8  # it began at 4.36
    told = re.compile(r"^After \d+ steps: .* sound\.$")
    expect(piece.locator("p[role=status]")).to_have_text(told)
    piece.page.wait_for_timeout(500)
    assert step_of(piece) == made


def test_who_stops_before_the_model_is_born_has_stopped(piece):
    start = piece.get_by_role("button", name="Start")
    start.evaluate("(button) => { button.click(); setTimeout(() => button.click()); }")
    expect(start).to_be_visible(timeout=PATIENCE)
    piece.page.wait_for_timeout(1500)
    assert step_of(piece) == 0


def test_every_press_is_one_step_and_shows_a_gradient(piece):
    one = piece.get_by_role("button", name="One step")
    one.evaluate("(button) => [1, 2, 3].forEach(() => button.click())")
    has_made(piece, "3")
    piece.get_by_text("The gradient of the last step").click()
    rows = piece.locator(".tr-bars tbody tr")
    expect(rows).to_have_count(2 + 4)  # two tables, and four matrices in its one layer
    lengths = [float(text) for text in rows.locator("td:nth-child(2)").all_inner_texts()]
    assert min(lengths) > 0
    expect(piece.locator(".tr-scroll tbody tr")).to_have_count(3)


def test_again_begins_at_nothing_and_keeps_the_run_before(piece):
    press(piece, "One step")
    has_made(piece, "1")
    before = loss_of(piece)
    press(piece, "Again")
    has_made(piece, "0")
    expect(piece.get_by_text("the run before")).to_be_visible()
    press(piece, "One step")
    has_made(piece, "1")
    assert loss_of(piece) == before  # the same model, the same stories


def test_a_change_of_how_it_learns_does_not_begin_again(piece):
    press(piece, "Start")
    has_made(piece, r"\d\d")
    made = step_of(piece)
    choose(piece, optimizer="AdamW", stories_a_step="1")
    expect(piece.get_by_label("learning rate")).to_have_attribute("aria-valuetext", "0.01")
    has_made(piece, rf"(?!{made}\b)[1-9]\d+")
    assert step_of(piece) > made
    expect(piece.get_by_role("button", name="Pause")).to_be_visible()


@pytest.mark.parametrize(
    ("values", "count"),
    [
        ({"width": "64", "layers": "4", "heads": "8", "stories_a_step": "64"}, "207,"),
        ({"width": "16", "layers": "1", "heads": "8", "stories_a_step": "1"}, "5,"),
    ],
)
def test_the_largest_and_the_smallest(piece, values, count):
    choose(piece, **values)
    press(piece, "One step")
    has_made(piece, "1")
    assert figures(piece).startswith(count)


def test_the_largest_rate_does_no_harm(piece):
    choose(piece, optimizer="plain descent")
    piece.get_by_label("learning rate").fill("0.5")
    press(piece, "Start")
    said = re.compile(r"^(After \d\d+ steps|Training stopped)")
    expect(piece.locator("p[role=status]")).to_have_text(said, timeout=PATIENCE)
    assert "NaN" not in piece.inner_text() + piece.inner_html()


def test_the_floor_that_is_drawn_is_pythons(piece, trainer):
    expect(piece.locator(".tr-floor text")).to_have_text(
        f"the floor: {trainer.floor:.3f} nats a token"
    )
    top, bottom = (
        float(piece.locator(f".{kind} line").first.get_attribute("y1"))
        for kind in ("tr-guess", "tr-floor")
    )
    assert bottom > top


def test_the_still_picture_says_what_will_be_learned(trainer):
    assert trainer.example in trainer.still() and f"{trainer.floor:.3f}" in trainer.still()
