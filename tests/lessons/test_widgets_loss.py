"""The loss explorer: its loss and its gradient are the package's and autograd's."""

import math
import re

import pytest
import torch
from alive import alive, modules
from lesson import run_cells
from playwright.sync_api import expect

from course_utils.lessons.widgets.pieces import LossExplorer
from course_utils.losses import next_token_loss
from course_utils.runtime import CourseError

WORDS = ["the", "cat", "sat", "."]
LOGITS = [[math.log(x) for x in row] for row in ([1, 4, 2, 1], [1, 1, 2, 4], [2, 1, 1, 4])]


@pytest.fixture(scope="module")
def page(chromium):
    with modules(chromium, "loss_explorer") as run:
        yield run


@pytest.fixture
def explorer():
    return LossExplorer([0, 1, 2, 3], LOGITS, WORDS)


@pytest.mark.parametrize("size", [1.0, 30.0, 10_000.0])
def test_loss_and_gradient_of_any_logits(page, size):
    torch.manual_seed(0)
    ids = torch.randint(6, (6,)).tolist()
    logits = ((2 * torch.rand(5, 6, dtype=torch.float64) - 1) * size).tolist()
    explorer = LossExplorer(ids, logits, list("abcdef"))
    shown = page(
        "logits.map((z, t) => loss_explorer.predict(z, ids[t + 1]))", logits=logits, ids=ids
    )
    nats = [row["nats"] for row in shown]
    assert sum(nats) / 5 == pytest.approx(explorer.loss, rel=1e-12, abs=1e-12)
    package = next_token_loss(torch.tensor([[*logits, logits[0]]]), torch.tensor([ids]))
    assert sum(nats) / 5 == pytest.approx(package.item(), rel=1e-6)
    gradient = torch.tensor([row["gradient"] for row in shown], dtype=torch.float64)
    assert torch.allclose(gradient, explorer.gradient, atol=1e-12)
    shares = torch.tensor([row["p"] for row in shown], dtype=torch.float64)
    assert torch.allclose(shares, torch.tensor(logits).double().softmax(-1), atol=1e-12)


def test_the_lessons_example(page, explorer):
    lesson = run_cells("pretraining_loss", "three-by-four", "loss-by-hand", "gradient-by-formula")
    assert explorer.loss == pytest.approx(lesson["loss"], abs=1e-12)
    assert torch.allclose(explorer.gradient, lesson["formula"], atol=1e-12)
    assert page("loss_explorer.summary([Math.LN2, 2 * Math.LN2, Math.LN2], 4)") == (
        "Loss, the mean: 0.924 nats = 1.333 bits a token. Perplexity 2.52; guessing among 4 words "
        "has 4."
    )


@pytest.mark.parametrize("share", [0.001, 0.4, 0.999])
def test_a_dragged_probability_leaves_the_others_in_proportion(page, share):
    for z in (LOGITS[0], [10_000.0, 9_999.0, 9_999.5, 0.0]):
        after = page("loss_explorer.withShare(z, 1, share)", z=z, share=share)
        p = torch.tensor(after, dtype=torch.float64).softmax(0)
        before = torch.tensor(z, dtype=torch.float64).softmax(0)
        assert p[1].item() == pytest.approx(share, abs=1e-9)
        assert (p[0] / p[2]).item() == pytest.approx((before[0] / before[2]).item(), rel=1e-9)
        assert max(map(abs, after)) <= 10_000


def test_a_step_against_the_gradient(page):
    z = torch.tensor(LOGITS[1], dtype=torch.float64, requires_grad=True)
    torch.nn.functional.cross_entropy(z, torch.tensor(2)).backward()
    after = page("loss_explorer.stepped(z, 2)", z=LOGITS[1])
    assert after == pytest.approx((z - z.grad).tolist(), abs=1e-12)


def test_it_is_dragged_and_typed_in_the_page(chromium, tmp_path, explorer):
    with alive(chromium, tmp_path, explorer) as page:
        told = page.locator("p[role=status]")
        first = told.inner_text()
        expect(told).to_contain_text("Loss, the mean: 0.924 nats")
        page.get_by_label("probability of cat, after “the”").fill("0.25")
        expect(told).to_contain_text("Loss, the mean: 1.155 nats")  # 5/3 of ln 2
        page.get_by_role("button", name="one step").click()
        expect(told).not_to_contain_text("1.155")
        page.get_by_role("button", name="the first numbers").click()
        expect(told).to_have_text(first)
        logit = page.get_by_label("logit of sat, after “the cat”")
        logit.fill("1e308")
        expect(told).to_have_text(
            "Expected a number from −10,000 to 10,000, got 1e308: everything else still shows "
            "0.693."
        )
        logit.blur()
        expect(logit).to_have_value("0.693")
        logit.fill("-10000")
        expect(told).to_contain_text("Perplexity 10^")
        for name in ("all equally likely", "sure and right", "sure and wrong"):
            page.get_by_role("button", name=name).click()
            assert not re.search("NaN|Infinity", page.locator("main").inner_html())


def test_what_is_refused(explorer):
    for ids, logits, names, said in (
        ([0, 1], [[0, 0, 0]], ["a", "b"], r"of shape \(1, 2\), got"),
        ([0, 1], [[0, 2e4]], ["a", "b"], "expected logits from -10,000 to 10,000"),
        ([0, 1], [[0, math.nan]], ["a", "b"], "expected logits from -10,000 to 10,000"),
        ([0, 2], [[0, 0]], ["a", "b"], "ids from 0 to 1"),
        ([0], [], ["a", "b"], "expected 2 to 8 words and 1 to 8 predictions, got 2 and 0"),
        ([0, 1], "no", ["a", "b"], "expected logits as rows of numbers"),
        ([0, 1], [0, 1], ["a", "b"], "expected logits"),
        (3, [[0, 0]], ["a", "b"], "ids must be a list"),
    ):
        with pytest.raises(CourseError, match=said):
            LossExplorer(ids, logits, names)
    with pytest.raises(CourseError, match=r"of shape \(3, 4\)"):
        explorer.logits = [[0.0]]


def test_text_and_still_picture(explorer):
    assert repr(explorer) == "LossExplorer(3 predictions), alive when run"
    assert "a loss of 0.924 nats a token" in explorer.still()
