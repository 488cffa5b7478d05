"""A GPT that is trained in the page: its parts in Chromium beside those in Python."""

import math

import pytest
import torch

from course_utils.lessons.corpora import short_grammar
from course_utils.lessons.widgets.pieces import Trainer
from course_utils.lessons.widgets.trainer import WORD, mean_length

SIZES = {"width": 16, "layers": 1, "heads": 2}
MUON = {"method": "muon", "rate": 0.04, "batch": 4}
STEPS = "const all = (settings, steps) => [...runs.train({ settings, steps })];"
BEGIN = STEPS + "const born = runs.begin({ ...told, sizes, seed: 3 });"


@pytest.fixture(scope="module")
def trainer():
    return Trainer()


@pytest.fixture(scope="module")
def told(trainer):
    return {name: getattr(trainer, name) for name in ("grammar", "tokens", "block")}


def test_the_floor_is_the_entropy_by_the_tokens_of_a_story(trainer):
    """Against all 16,384 stories of a larger grammar of the same shapes, and against a sample."""
    grammar, larger = short_grammar(), short_grammar(4)
    assert trainer.floor == pytest.approx(grammar.entropy() / mean_length(larger), rel=1e-12)
    texts = grammar.sample(4000, seed=9)
    tokens = sum(len(WORD.findall(text)) + 1 for text in texts)
    nats = -sum(grammar.log_prob(text) for text in texts)
    assert trainer.floor == pytest.approx(nats / tokens, rel=5e-3)


def test_a_story_is_cut_as_in_python_and_every_token_is_known(page, trainer):
    texts = short_grammar().sample(500, seed=11)
    ours = page(
        "return texts.map((text) => training.toIds(text, known));",
        texts=texts,
        known=trainer.tokens,
    )
    for text, ids in zip(texts, ours, strict=True):
        assert [trainer.tokens[i] for i in ids[1:-1]] == WORD.findall(text)
        assert ids[0] == ids[-1] == 0 and len(ids) - 1 <= trainer.block
    assert {word for text in texts for word in WORD.findall(text)} < set(trainer.tokens)


def test_a_gradient_is_limited_as_in_pytorch(page):
    torch.manual_seed(0)
    gradients = [torch.randn(n) for n in (5, 12, 3)]
    program = """
        const grads = Object.fromEntries(rows.map((row, i) => ["g" + i, Float32Array.from(row)]));
        const norms = training.limit(grads).map(([, norm]) => norm);
        return { norms, values: Object.values(grads).map((g) => [...g]) };"""
    for scale in (1, 0.01):  # longer than 1, and shorter
        rows = [(scale * g).tolist() for g in gradients]
        weights = [torch.zeros(len(row)) for row in rows]
        for weight, row in zip(weights, rows, strict=True):
            weight.grad = torch.tensor(row)
        norms = [weight.grad.norm().item() for weight in weights]
        torch.nn.utils.clip_grad_norm_(weights, 1.0)
        ours = page(program, rows=rows)
        assert ours["norms"] == pytest.approx(norms, rel=1e-5)
        for values, weight in zip(ours["values"], weights, strict=True):
            assert values == pytest.approx(weight.grad.tolist(), rel=1e-5)


def test_a_new_model_guesses_and_its_size_is_what_the_piece_says(page, told):
    program = BEGIN + "return born;"
    born = page(program, told=told, sizes=SIZES)
    V, T, C = len(told["tokens"]), told["block"], SIZES["width"]
    assert born["unseen"] == pytest.approx(math.log(V), abs=0.02)
    assert born["count"] == (V + T) * C + 12 * C * C + 13 * C + 2 * C


def test_the_loss_without_a_gradient_is_the_loss_with_one(page, told):
    program = """
        const sizes = { size: 78, block: 34, width: 16, layers: 2, heads: 4 };
        const model = training.newModel(sizes, random.seeded(1));
        const texts = rows.map((row) => training.toIds(row, told.tokens));
        const grads = backprop.zerosLike(model);
        return [training.lossOf(model, texts), training.learnAll(model, texts, grads)];"""
    without, with_one = page(program, told=told, rows=short_grammar().sample(5, seed=2))
    assert without == pytest.approx(with_one, rel=1e-6)


@pytest.mark.parametrize(("method", "rate"), [("descent", 0.5), ("adamw", 0.01), ("muon", 0.04)])
def test_it_learns_by_each_method(page, told, method, rate):
    program = BEGIN + "return all({ method, rate, batch: 4 }, 60).at(-1);"
    last = page(program, told=told, sizes=SIZES, method=method, rate=rate)
    assert last["step"] == 60
    assert last["unseen"] < (3.5 if method == "descent" else 2.2)


def test_a_run_that_was_stopped_goes_on_as_if_it_had_not_been(page, told):
    program = BEGIN + "return parts.flatMap((n) => all(settings, n)).map(({ loss }) => loss);"
    given = {"told": told, "sizes": SIZES, "settings": MUON}
    whole = page(program, parts=[12], **given)
    assert page(program, parts=[5, 1, 6], **given) == whole
    other = page(program.replace("seed: 3", "seed: 4"), parts=[12], **given)
    assert other[0] != whole[0]


def test_what_it_writes_is_judged_as_in_python(page, told):
    program = BEGIN + "all(settings, 90); return all(settings, 30).map(({ written }) => written);"
    grammar = short_grammar()
    rows = page(program, told=told, sizes=SIZES | {"width": 32}, settings=MUON)
    assert len({row["first"]["text"] for row in rows}) > 10
    for row in rows:
        first = row["first"]
        assert grammar.is_valid(first["text"]) == (first["whole"] is not None)  # −Infinity is null
        assert 0 <= row["sound"] <= row["of"] == 20


def test_a_rate_that_is_much_too_large_ends_in_one_line(page, told):
    program = BEGIN + "try { all(settings, 40); } catch (error) { return error.message; }"
    said = page(
        program, told=told, sizes=SIZES, settings=MUON | {"method": "descent", "rate": 1e30}
    )
    assert said.startswith("the gradient at step") and said.endswith("is no number any more")
