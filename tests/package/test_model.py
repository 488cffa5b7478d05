"""The model: its shapes, its cache, its two kinds of input, its initial weights, its errors."""

import math

import pytest
import torch

from course_utils.attention import prefix_mask
from course_utils.model import GPT, MLP, GPTConfig
from course_utils.runtime import CourseError, count_parameters

SIZES = {"vocab_size": 11, "block_size": 12, "n_layer": 3, "n_head": 2, "n_embd": 8}


def make(scale=1.0, **changes):
    """A small model; a scale above 1 makes attention matter as it does after training."""
    torch.manual_seed(0)
    model = GPT(GPTConfig(**SIZES | changes)).eval()
    with torch.no_grad():
        for p in model.parameters():
            if p.dim() == 2:
                p.mul_(scale)
    return model


def tokens(B=2, T=12):
    return torch.randint(11, (B, T), generator=torch.Generator().manual_seed(1))


def close(a, b, atol=2e-5):
    torch.testing.assert_close(a, b, rtol=0, atol=atol)


@pytest.mark.parametrize("pieces", [[12], [1] * 12, [5, 1, 6], [1, 11], [4, 4, 4]])
def test_cached_logits_equal_uncached(pieces):
    model, ids = make(10), tokens()
    cache = model.new_cache(2)
    parts = [model(part, cache=cache) for part in ids.split(pieces, dim=1)]
    assert cache.length == 12
    close(torch.cat(parts, 1), model(ids))


def test_the_future_is_not_seen():
    model, ids = make(10), tokens()
    other = ids.clone()
    other[:, 7] = (other[:, 7] + 1) % 11
    a, b = model(ids), model(other)
    close(a[:, :7], b[:, :7], 0)
    assert (a[:, 7:] - b[:, 7:]).abs().amax(-1).min() > 1e-4


def test_embeddings_equal_ids_with_and_without_cache():
    model, ids = make(10), tokens()
    x = model.wte(ids)
    assert torch.equal(model(embeddings=x), model(ids))
    cache = model.new_cache(2)
    parts = [model(embeddings=x[:, :5], cache=cache), model(ids[:, 5:], cache=cache)]
    close(torch.cat(parts, 1), model(ids))


def test_forward_is_think_once_positions_are_added():
    model, ids = make(10), tokens()
    x = model.wte(ids) + model.wpe(torch.arange(12))
    mask = prefix_mask(12, 5)
    assert torch.equal(model.think(x), model(ids))
    assert torch.equal(model.think(x, mask), model(ids, mask=mask))
    assert not torch.allclose(model(ids, mask=mask), model(ids), atol=1e-3)
    cache = model.new_cache(2)
    first = model.think(x[:, :7], cache=cache)
    assert cache.length == 0  # forward moves it on
    cache.length = 7
    close(torch.cat([first, model.think(x[:, 7:], cache=cache)], 1), model(ids))


def sees(model, cached):
    """Which of 3 image positions the logits of each depend on, by gradient, (3, 3) bool."""
    image = torch.randn(1, 3, 8, generator=torch.Generator().manual_seed(2), requires_grad=True)
    cache = model.new_cache(1) if cached else None
    logits = model(embeddings=image, mask=prefix_mask(3, 3), cache=cache)
    rows = [torch.autograd.grad(logits[0, t].norm(), image, retain_graph=True)[0] for t in range(3)]
    return torch.stack([row[0].abs().amax(-1) > 1e-7 for row in rows])


def test_an_image_prefix_sees_itself():
    assert sees(make(10), cached=False).all()


def test_an_image_prefix_sees_itself_with_a_cache():
    model, ids = make(10), tokens(1, 5)
    image = torch.randn(1, 3, 8, generator=torch.Generator().manual_seed(2))
    x = torch.cat([image, model.wte(ids)], 1)
    whole = model(embeddings=x, mask=prefix_mask(8, 3))
    cache = model.new_cache(1)
    first = model(embeddings=image, mask=prefix_mask(3, 3), cache=cache)
    close(torch.cat([first, model(ids, cache=cache)], 1), whole)
    assert not torch.allclose(first, model(embeddings=image), atol=1e-4)


@pytest.mark.parametrize("given", [{}, {"ids": tokens(), "embeddings": torch.zeros(2, 12, 8)}])
def test_exactly_one_input(given):
    with pytest.raises(CourseError, match="exactly one"):
        make()(**given)


@pytest.mark.parametrize("shape", [(12, 8), (2, 12, 7)])
def test_embeddings_must_fit(shape):
    with pytest.raises(CourseError, match="embeddings"):
        make()(embeddings=torch.zeros(shape))


def test_ids_need_a_batch():
    with pytest.raises(CourseError, match=r"got \(12,\)"):
        make()(tokens()[0])


@pytest.mark.parametrize(
    ("ids", "message"),
    [
        ("Once upon", "got 'Once upon': encode a text"),
        ([[1, 2]], r"ids as an int64 tensor .* got \[\[1, 2\]\]"),
        (torch.zeros(1, 2), "got torch.float32"),
        (torch.tensor([[True]]), "int64"),
        (torch.zeros(1, 2, dtype=torch.int16), "got torch.int16"),
        (torch.tensor([[0, 99]]), r"expected ids from 0 to \d+, got 0 to 99"),
        (torch.tensor([[-1, 0]]), "got -1 to 0"),
    ],
)
def test_ids_that_do_not_fit(ids, message):
    with pytest.raises(CourseError, match=message):
        make()(ids)


def test_int32_ids_give_the_same():
    model = make()
    assert torch.equal(model(tokens().int()), model(tokens()))


def test_no_more_tokens_than_block_size():
    model = make()
    with pytest.raises(CourseError, match="block_size is 12 but there are 13"):
        model(tokens(1, 13))
    cache = model.new_cache(1)
    model(tokens(1, 10), cache=cache)
    with pytest.raises(CourseError, match="block_size is 12 but there are 13"):
        model(tokens(1, 3), cache=cache)
    assert cache.length == 10


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"vocab_size": 0}, "vocab_size"),
        ({"block_size": -1}, "block_size"),
        ({"n_layer": 1.5}, "n_layer"),
        ({"n_head": 3}, "8 and 3"),
        ({"n_embd": "8"}, "n_embd"),
        ({"dropout": 1.0}, "dropout"),
        ({"dropout": -0.1}, "dropout"),
        ({"dropout": "0.1"}, "dropout"),
        ({"dropout": float("nan")}, "dropout"),
        ({"n_head": True}, "n_head"),
        ({"n_embd": 64, "n_head": 3}, "64 and 3"),
    ],
)
def test_sizes_that_do_not_fit(change, message):
    with pytest.raises(CourseError, match=message):
        GPTConfig(**SIZES | change)


def test_initial_weights_are_gpt2s():
    model = make(n_layer=4, n_embd=128, vocab_size=300)
    projections = [p for n, p in model.named_parameters() if n.endswith("proj.weight")]
    others = [p for n, p in model.named_parameters() if p.dim() == 2 and "proj" not in n]
    assert len(projections) == 8
    for group, std in ((projections, 0.02 / math.sqrt(8)), (others, 0.02)):
        for p in group:
            assert p.std().item() == pytest.approx(std, rel=0.06) and abs(p.mean()) < std / 10
    for name, p in model.named_parameters():
        if p.dim() == 1:
            assert p.eq(float(name.endswith("weight"))).all(), name


def test_the_feed_forward_part_bends_with_gpt2s_gelu():
    mlp, x = MLP(1), torch.linspace(-4, 4, 41)[:, None]
    with torch.no_grad():
        for p in mlp.parameters():
            p.fill_(float(p.dim() == 2))  # both maps: copy to 4, add up 4
    bent = 0.5 * x * (1 + torch.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))
    close(mlp(x), 4 * bent, 1e-6)


def test_bias_false_leaves_none():
    assert not [n for n, _ in make(bias=False).named_parameters() if "bias" in n]


def test_gpt2_has_its_known_number_of_parameters():
    with torch.device("meta"):
        model = GPT(GPTConfig(50257, 1024, 12, 12, 768))
    assert count_parameters(model) == 124_439_808


def test_the_head_is_tied():
    model, ids = make(), torch.tensor([[1, 2, 3]])  # 4 and 5 are not read
    model(ids)[0, -1, 4].backward()
    assert model.wte.weight.grad[4].norm() > 0.1  # as a row of the head
    assert model.wte.weight.grad[5].eq(0).all()
    assert model.wte.weight.grad[[1, 2, 3]].norm(dim=1).gt(0).all()  # as what is read
    assert [n for n, _ in model.named_parameters() if "head" in n] == []


def test_dropout_acts_in_training_only():
    model, ids = make(dropout=0.5), tokens()
    assert torch.equal(model(ids), model(ids))
    model.train()
    assert not torch.equal(model(ids), model(ids))


def test_new_cache_fits_the_model():
    cache = make().to(torch.float64).new_cache(5)
    assert len(cache.keys) == len(cache.values) == 3
    assert cache.keys[0].shape == (5, 2, 12, 4) and cache.keys[0].dtype == torch.float64
    assert cache.length == 0 and cache.block_size == 12
