"""Attention: against PyTorch's own, the fast layer against the explicit formula, and the cache."""

import math

import pytest
import torch
import torch.nn.functional as F

from course_utils.attention import (
    CausalSelfAttention,
    KVCache,
    attention,
    causal_mask,
    parts_layout,
    prefix_mask,
)
from course_utils.model import GPT, GPTConfig
from course_utils.runtime import CourseError


def randn(*shape, seed=0):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def close(a, b, atol=1e-6):
    torch.testing.assert_close(a, b, rtol=0, atol=atol)


def qkv(*lead, T=5, S=5, D=4, E=4):
    return randn(*lead, T, D), randn(*lead, S, D, seed=1), randn(*lead, S, E, seed=2)


@pytest.mark.parametrize("lead", [(), (3,), (2, 3), (2, 3, 2)])
@pytest.mark.parametrize("causal", [False, True])
def test_equals_torch_for_any_leading_dimensions(lead, causal):
    q, k, v = qkv(*lead, E=3)
    output, weights = attention(q, k, v, causal=causal)
    close(output, F.scaled_dot_product_attention(q, k, v, is_causal=causal))
    assert weights.shape == (*lead, 5, 5)
    close(weights.sum(-1), torch.ones(*lead, 5))
    close(weights @ v, output, 0)


def test_worked_by_hand():
    q, k = torch.tensor([[math.log(2) * math.sqrt(2), 0.0]]), torch.eye(2)
    output, weights = attention(q, k, torch.tensor([[3.0], [6.0]]))
    close(weights, torch.tensor([[2 / 3, 1 / 3]]))
    close(output, torch.tensor([[4.0]]))


def test_mask_equals_torch_and_is_broadcast():
    q, k, v = qkv(2, 3, T=4, S=6)
    mask = randn(2, 1, 4, 6, seed=3) > 0
    mask[..., 0] = True  # every row sees something
    output, weights = attention(q, k, v, mask=mask)
    close(output, F.scaled_dot_product_attention(q, k, v, mask))
    assert weights[~mask.expand_as(weights)].eq(0).all()


def test_more_keys_than_queries_are_the_past():
    q, k, v = qkv(2, T=3, S=7)
    see = torch.tensor([[s <= t + 4 for s in range(7)] for t in range(3)])
    output, weights = attention(q, k, v, causal=True)
    close(output, F.scaled_dot_product_attention(q, k, v, see))
    assert weights[:, ~see].eq(0).all() and weights[:, see].gt(0).all()
    assert torch.equal(causal_mask(3, 7), see)


def test_causal_and_mask_hold_together():
    q, k, v = qkv(2)
    mask = torch.ones(5, 5, dtype=torch.bool)
    mask[:, 1] = False
    output, _ = attention(q, k, v, causal=True, mask=mask)
    close(output, F.scaled_dot_product_attention(q, k, v, mask & causal_mask(5)))


def test_a_row_that_sees_nothing_is_zero_in_value_and_gradient():
    q, k, v = (x.requires_grad_() for x in qkv(2))
    mask = torch.ones(5, 5, dtype=torch.bool)
    mask[2] = False
    output, weights = attention(q, k, v, mask=mask)
    assert output[:, 2].eq(0).all() and weights[:, 2].eq(0).all()
    output.square().sum().backward()
    assert all(x.grad.isfinite().all() for x in (q, k, v))
    assert q.grad[:, 2].eq(0).all() and q.grad[:, 3].ne(0).any()


def test_large_scores_do_not_overflow():
    output, _ = attention(torch.tensor([[1e4]]), torch.tensor([[1e4], [-1e4]]), torch.eye(2))
    assert output.tolist() == [[1.0, 0.0]]


@pytest.mark.parametrize(
    "shapes",
    [
        ((3, 4), (3, 5), (3, 4)),
        ((3, 4), (3, 4), (2, 4)),
        ((4,), (3, 4), (3, 4)),
        ((3, 4), (4,), ()),
    ],
)
def test_shapes_that_do_not_fit_are_named(shapes):
    with pytest.raises(CourseError, match=r"expected q \(\.\.\., T, D\)"):
        attention(*(torch.zeros(s) for s in shapes))


T5, B2 = (5, 5), (2, 5, 5)  # shapes of masks for five positions


def by_formula(x, mask):
    return attention(x, x, x, mask=mask)


def by_layer(x, mask):
    return CausalSelfAttention(8, 2)(x, mask)


def by_model(x, mask):
    return GPT(GPTConfig(9, 8, 1, 2, 8))(embeddings=x, mask=mask)


EVERYWHERE = pytest.mark.parametrize("call", [by_formula, by_layer, by_model])


@EVERYWHERE
@pytest.mark.parametrize("mask", [torch.ones(T5), torch.ones(T5).long(), torch.zeros(T5)])
def test_a_mask_of_numbers_is_refused_everywhere(call, mask):
    with pytest.raises(CourseError, match=r"expected a bool mask, got .* pass mask.bool\(\)"):
        call(randn(2, 5, 8), mask)


@EVERYWHERE
@pytest.mark.parametrize("mask", [[[True] * 5] * 5, "causal", 1])
def test_what_is_no_mask_is_refused_everywhere(call, mask):
    with pytest.raises(CourseError, match="mask must be a tensor"):
        call(randn(2, 5, 8), mask)


@EVERYWHERE
@pytest.mark.parametrize("shape", [(4, 5), (5, 6), (2, 4, 5), (3, 5, 5), (3, 4, 5)])
def test_a_mask_that_does_not_fit_is_refused_everywhere(call, shape):
    with pytest.raises(CourseError, match=r"expected a mask .*got \("):
        call(randn(2, 5, 8), torch.ones(shape, dtype=torch.bool))


@pytest.mark.parametrize("call", [by_layer, by_model])
@pytest.mark.parametrize("shape", [(2, 5), (1, 5), (5,), (2, 1, 5)])
def test_a_mask_of_padding_is_refused_instead_of_letting_the_future_in(call, shape):
    with pytest.raises(CourseError, match="a mask of padding has none"):
        call(randn(2, 5, 8), torch.ones(shape, dtype=torch.bool))


@EVERYWHERE
def test_a_mask_is_the_whole_rule_everywhere(call):
    torch.manual_seed(0)
    x, everything = randn(2, 5, 8), torch.ones(T5, dtype=torch.bool)
    changed = x.clone()
    changed[:, -1] = -x[:, 0]  # the future of the first position

    def first(mask, x):
        torch.manual_seed(0)  # the same weights each time
        y = call(x, mask)
        return (y[0] if isinstance(y, tuple) else y)[:, 0]

    assert not torch.allclose(first(everything, x), first(everything, changed), atol=1e-6)
    both = everything & causal_mask(5)
    close(first(both, x), first(both, changed), 0)


@pytest.mark.parametrize("shape", [(1, 1), (2, 1), (1, 2), (2, 2)])
def test_a_layers_mask_may_differ_between_heads(shape):
    layer, x = CausalSelfAttention(8, 2), randn(2, 6, 8)
    mask = (randn(*shape, 6, 6, seed=4) > 0) | torch.eye(6, dtype=torch.bool)
    q, k, v = layer.qkv(x).view(2, 6, 3, 2, 4).permute(2, 0, 3, 1, 4)
    y = attention(q, k, v, mask=mask)[0].transpose(1, 2).reshape(2, 6, 8)
    close(layer(x, mask), layer.proj(y))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"q": [[1.0]]}, "q must be a tensor"),
        ({"k": torch.zeros(5, 4).double()}, "one floating type, got torch.float32, torch.float64"),
        ({"v": torch.zeros(5, 4).long()}, "one floating type"),
        ({"q": torch.zeros(2, 5, 4), "k": torch.zeros(3, 5, 4)}, "leading sizes"),
    ],
)
def test_what_attention_cannot_take_is_named(change, message):
    q, k, v = qkv()
    with pytest.raises(CourseError, match=message):
        attention(**{"q": q, "k": k, "v": v, "mask": torch.ones(5, 5) > 0} | change)


@pytest.mark.parametrize(
    "x", [randn(6, 8), randn(1, 2, 6, 8), randn(2, 6, 7), randn(2, 6, 8).double(), [[1.0]], None]
)
def test_a_layer_names_an_input_that_does_not_fit(x):
    with pytest.raises(CourseError, match=r"expected x as torch.float32 of shape \(B, T, 8\)"):
        CausalSelfAttention(8, 2)(x)


def explicit(layer, x, **how):
    """The layer, computed with `attention` head by head."""
    heads = [part.chunk(layer.n_head, -1) for part in layer.qkv(x).chunk(3, -1)]
    return layer.proj(
        torch.cat([attention(*qkv, **how)[0] for qkv in zip(*heads, strict=True)], -1)
    )


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("n_head", [1, 2, 4])
def test_layer_equals_the_formula_with_the_same_weights(n_head, bias):
    torch.manual_seed(0)
    layer, x = CausalSelfAttention(8, n_head, bias=bias), randn(2, 6, 8)
    assert (layer.qkv.bias is not None) == bias == (layer.proj.bias is not None)
    close(layer(x), explicit(layer, x, causal=True))
    close(layer(x, prefix_mask(6, 3)), explicit(layer, x, mask=prefix_mask(6, 3)))


def test_a_mask_may_differ_between_rows_of_a_batch():
    layer, x = CausalSelfAttention(8, 2), randn(2, 6, 8)
    masks = torch.stack([prefix_mask(6, 4), causal_mask(6)])
    y = layer(x, masks)
    for row in range(2):
        close(y[row], explicit(layer, x[row], mask=masks[row]))
    assert not torch.allclose(y[0], layer(x)[0], atol=1e-4)


def test_dropout_acts_in_training_only():
    layer, x = CausalSelfAttention(8, 2, dropout=0.5), randn(2, 6, 8)
    assert not torch.equal(layer(x), layer(x))
    layer.eval()
    assert torch.equal(layer(x), layer(x))


@pytest.mark.parametrize(
    ("sizes", "message"),
    [
        ((10, 4), "got 10 and 4"),
        ((64, 3), "multiple of n_head, got 64 and 3"),
        ((64, 0), "n_head must be a positive integer, got 0"),
        ((64, 2.0), "n_head"),
        ((64, "4"), "n_head"),
        ((64.0, 4), "n_embd"),
        ((64, 4, 1.5), "dropout"),
        ((64, 4, "no"), "dropout"),
    ],
)
def test_heads_must_divide_channels(sizes, message):
    with pytest.raises(CourseError, match=message):
        CausalSelfAttention(*sizes)


@pytest.mark.parametrize("pieces", [[6], [1] * 6, [3, 1, 2], [1, 5]])
def test_cached_layer_equals_uncached(pieces):
    layer, x, cache = CausalSelfAttention(8, 2), randn(2, 6, 8), KVCache(1, 2, 2, 6, 4)
    outputs = []
    for part in x.split(pieces, dim=1):
        outputs.append(layer(part, cache=cache))
        cache.length += part.shape[1]
    close(torch.cat(outputs, 1), layer(x))


def test_prefix_mask_with_a_cache_equals_without():
    layer, x, cache = CausalSelfAttention(8, 2), randn(2, 6, 8), KVCache(1, 2, 2, 6, 4)
    whole = layer(x, prefix_mask(6, 3))
    first = layer(x[:, :4], prefix_mask(4, 3), cache)
    cache.length = 4
    close(torch.cat([first, layer(x[:, 4:], cache=cache)], 1), whole)
    assert not torch.allclose(whole, layer(x), atol=1e-4)


PARTS = torch.tensor(  # texts of different lengths, three and two of them
    [[0, 0, 0, 0, 1, 1, 1, 2, 3, 3], [0, 0, 1, 1, 1, 1, 1, 2, 2, 2]]
)


def test_texts_behind_one_beginning_are_read_as_if_each_stood_alone():
    torch.manual_seed(0)
    model = GPT(GPTConfig(vocab_size=11, block_size=7, n_layer=2, n_head=2, n_embd=8)).eval()
    with torch.no_grad():
        for weight in model.parameters():
            weight.mul_(10 if weight.dim() == 2 else 1)  # as strong as after training
        ids = torch.randint(11, PARTS.shape, generator=torch.Generator().manual_seed(1))
        mask, places = parts_layout(PARTS)
        together = model.think(model.wte(ids) + model.wpe(places), mask)
        for row, parts, logits in zip(ids, PARTS, together, strict=True):
            for text in range(1, parts.max() + 1):
                mine = (parts == 0) | (parts == text)
                close(logits[mine], model(row[mine][None])[0], atol=2e-5)


def test_a_row_without_texts_is_plain_and_causal():
    mask, places = parts_layout(torch.zeros(2, 5, dtype=torch.int64))
    assert torch.equal(mask, causal_mask(5).expand(2, 5, 5))
    assert torch.equal(places, torch.arange(5).expand(2, 5))


def test_cache_refuses_more_than_it_holds():
    cache = KVCache(1, 1, 1, 4, 2)
    cache.append(0, torch.zeros(1, 1, 3, 2), torch.zeros(1, 1, 3, 2))
    cache.length = 3
    with pytest.raises(CourseError, match="holds 4 positions but 5 are needed"):
        cache.append(0, torch.zeros(1, 1, 2, 2), torch.zeros(1, 1, 2, 2))


def test_a_cache_for_another_number_of_sequences_is_named():
    model = GPT(GPTConfig(9, 8, 1, 2, 8))
    with pytest.raises(CourseError, match=r"holds 1 sequences .* model.new_cache\(batch\)"):
        model(torch.tensor([[1], [2]]), cache=model.new_cache())


def filled():
    cache = KVCache(2, 3, 1, 5, 2)
    for layer in range(2):
        k = torch.arange(3.0).view(3, 1, 1, 1).expand(3, 1, 2, 2) + 10 * layer
        cache.append(layer, k, -k)
    cache.length = 2
    return cache


def test_reorder_copies_rows():
    old = filled()
    new = old.reorder(torch.tensor([2, 0, 2, 1]))
    assert new.length == 2 and new.block_size == 5
    assert new.keys[1][:, 0, 0, 0].tolist() == [12, 10, 12, 11]
    assert new.values[0][:, 0, 1, 1].tolist() == [-2, 0, -2, -1]
    new.keys[0].zero_()
    assert old.keys[0][2, 0, 0, 0] == 2


def test_repeat_keeps_copies_together():
    assert filled().repeat(2).keys[0][:, 0, 0, 0].tolist() == [0, 0, 1, 1, 2, 2]
