"""The sampling explorer: the page makes of a distribution what the package makes of it."""

import json
import re
from itertools import product

import pytest
import torch
from alive import alive, modules
from playwright.sync_api import expect

from course_utils.generation.sampling import next_probabilities
from course_utils.hf import load_pretrained
from course_utils.lessons import checkpoints
from course_utils.lessons.widgets.pieces import SamplingExplorer
from course_utils.lessons.widgets.sampling_explorer import RANGES
from course_utils.runtime import CourseError

pytestmark = pytest.mark.usefixtures("one_thread")
NAMES = ["<eos>", *(f" w{i}" for i in range(1, 40))]


@pytest.fixture(scope="module")
def page(chromium):
    with modules(chromium, "sampling_explorer") as run:
        yield run


@pytest.fixture
def explorer():
    """Two beginnings with made-up scores over 40 tokens."""
    generator = torch.Generator().manual_seed(0)
    logits = [3 * torch.randn(40, generator=generator) for _ in range(2)]
    return SamplingExplorer([[0, 3, 7], [0, 20]], logits, NAMES)


@pytest.fixture(scope="module")
def of_story_gpt():
    """A beginning that story-gpt has read, and its scores."""
    model, tokenizer = load_pretrained(checkpoints.path("story-gpt"))
    ids = [tokenizer.eos_id, *tokenizer.encode("One warm day, Ivy took a pink puzzle to the")]
    with torch.no_grad():
        logits = model(torch.tensor([ids]))[0, -1]
    names = [tokenizer.decode([i], skip_special_tokens=False) for i in range(tokenizer.vocab_size)]
    return ids, logits, names


SETTINGS = [
    dict(zip(("temperature", "top_k", "top_p", "penalty"), values, strict=True))
    for values in product((0.1, 0.7, 1.0, 3.0), (0, 1, 12), (0.05, 0.9, 1.0), (1.0, 1.5))
]


def test_probabilities_by_every_setting(page, of_story_gpt):
    ids, logits, names = of_story_gpt
    explorer = SamplingExplorer([ids], [logits], names)
    shown = page(
        "SETTINGS.map((one) => [...sampling_explorer.shares(text, one)])",
        text=explorer.texts[0],
        SETTINGS=SETTINGS,
    )
    for settings, ours in zip(SETTINGS, shown, strict=True):
        named = {**settings, "top_k": settings["top_k"] or None}
        named["repetition_penalty"] = named.pop("penalty")
        ours = torch.tensor(ours, dtype=torch.float32)
        theirs = next_probabilities(logits[None], torch.tensor([ids]), **named)[0]
        assert torch.allclose(ours, theirs, atol=1e-5), settings
        for name, value in settings.items():
            setattr(explorer, name, value)
        assert torch.allclose(ours, explorer.shares, atol=1e-5), settings
        assert (ours > 0).equal(theirs > 0), "the same tokens are cut off"


def test_the_chart_holds_all_of_the_probability(page, explorer):
    program = """(() => {
      const plain = sampling_explorer.shares(text, sampling_explorer.PLAIN);
      const p = sampling_explorer.shares(text, { ...sampling_explorer.PLAIN, top_k: 3 });
      const counts = sampling_explorer.draws(p, 100);
      const wide = sampling_explorer.shares(text, { ...sampling_explorer.PLAIN, temperature: 3 });
      const all = sampling_explorer.lines(NAMES, plain, wide, sampling_explorer.draws(wide)).rows;
      const rows = sampling_explorer.lines(NAMES, plain, p, counts).rows;
      return { rows, drawn: all.map((row) => Number(row.cells[2])), p: [...p],
        said: sampling_explorer.summary(NAMES, plain, p), counts: [...counts] };
    })()"""
    shown = page(program, text=explorer.texts[0], NAMES=NAMES)
    rows = [row["cells"] for row in shown["rows"]]
    assert len(rows) == 11 and shown["rows"][-1]["name"] == "30 others"
    assert sum(float(row[0][:-2]) for row in rows) == pytest.approx(100, abs=0.6)
    assert [row[1] for row in rows[3:]] == ["cut off"] * 8
    assert sum(float(row[1][:-2]) for row in rows[:3]) == pytest.approx(100, abs=0.2)
    assert sum(int(row[2]) for row in rows) == 100 and all(row[2] == "0" for row in rows[3:])
    assert sum(shown["drawn"]) == 100 and shown["drawn"][-1] > 0, "the others are counted too"
    assert all(shown["p"][i] > 0 for i, _ in shown["counts"])
    assert all(row["share"] <= 1 and row["ghost"] <= 1 for row in shown["rows"][:-1])
    lost = 100 - sum(float(row[0][:-2]) for row in rows[:3])
    told = float(re.search(r"gives (\S+) %, and 3 of 40 may come", shown["said"])[1])
    assert told == pytest.approx(lost, abs=0.2)


def test_draws_follow_the_probabilities(page):
    counts = page(
        """(() => { let n = 0; const even = () => (n++ + 0.5) / 100;
        return [...sampling_explorer.draws([0.25, 0, 0.5, 0.25], 100, even)]; })()"""
    )
    assert counts == [[0, 25], [2, 50], [3, 25]]


def test_the_sliders_in_the_page(chromium, tmp_path, explorer):
    with alive(chromium, tmp_path, explorer) as page:
        told = page.locator("p[role=status]")
        expect(told).to_contain_text("Nothing is cut off: all 40 tokens may come.")
        for name, (least, most) in RANGES.items():
            dial = page.get_by_label(
                {"penalty": "repetition penalty"}.get(name, name.replace("_", "-"))
            )
            for value in (least, most):
                assert float(dial.get_attribute("min" if value == least else "max")) == value
                dial.fill(f"{value:g}")
                expect(told).to_contain_text("may come. Likeliest: ")
                assert not re.search("NaN|Infinity", page.locator("main").inner_html())
        page.get_by_role("button", name="the model as it is").click()
        page.get_by_label("top-k").fill("1")
        expect(told).to_contain_text(", and 1 of 40 may come.")
        page.get_by_role("button", name="draw 100 tokens").click()
        expect(told).to_contain_text("Drawn: 1 different in 100.")
        expect(page.get_by_role("cell", name="100", exact=True)).to_be_visible()
        page.get_by_label("what was read").select_option("1")
        expect(told).not_to_contain_text("Drawn")


def test_places_and_tables_that_do_not_fit_are_refused(explorer):
    for name, (least, most) in RANGES.items():
        for wrong in (least - 1, most + 1):
            with pytest.raises(CourseError, match=f"expected {name} from {least} to {most}, got"):
                setattr(explorer, name, wrong)
    with pytest.raises(CourseError, match="expected text from 0 to 1, got 2"):
        explorer.text = 2
    row = torch.zeros(3)
    for ids, logits, said in (
        ([[0]], [row, row], "expected logits for each of 1 texts, got 2"),
        ([[]], [row], "expected 1 token or more and 3 logits"),
        ([[0]], [row[1:]], "3 logits, one a name, got 1 and 2"),
        ([[3]], [row], "ids from 0 to 2"),
        ([[0]], [row / 0], "expected finite logits"),
        ([[0]], ["abc"], "logits must be a tensor"),
        ([0], [row], "row must be a list"),
    ):
        with pytest.raises(CourseError, match=said):
            SamplingExplorer(ids, logits, ["a", "b", "c"])


def test_an_impossible_token_stays_impossible():
    scores = torch.tensor([0.0, -torch.inf, 0.0])
    explorer = SamplingExplorer([[0]], [scores], ["a", "b", "c"])
    json.dumps(explorer.texts, allow_nan=False)
    assert explorer.shares.tolist() == [0.5, 0.0, 0.5]
    assert repr(explorer) == "SamplingExplorer(1 beginnings), alive when run"
    assert "<td>50.0 %</td>" in explorer.still()
