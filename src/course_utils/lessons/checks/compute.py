"""Checks of the lesson "What a model costs": operations, bytes of the cache, quantised rows.

The oracles are PyTorch's counter of operations on a model without weights, the tensors of a cache
that takes no memory, and loops over lists; never the answer itself.
"""

import math

import torch
from torch.utils.flop_counter import FlopCounterMode

from course_utils.attention import KVCache
from course_utils.lessons.checks._answers import as_tensor, fresh, name_mistake, pair, tensor, whole
from course_utils.lessons.checks._report import Wrong, check, expect
from course_utils.model import GPT, GPTConfig


@check("every product of matrices is there, once, for any shape.")
def check_forward_flops(forward_flops) -> None:
    """Check the operations of a forward pass.

    Args:
        forward_flops: GPTConfig, batch, length -> a whole number.
    """
    draw = fresh()
    for V, L, H, D, B, T in ((50, 3, 4, 6, 1, 1), (50, 3, 4, 6, 5, 7), (70, 2, 5, 4, 3, 1)):
        _compare_flops(forward_flops, GPTConfig(V, 16, L, H, H * D), B, T)
    V, L, B, T = (int(torch.randint(2, 12, (), generator=draw)) for _ in range(4))
    _compare_flops(forward_flops, GPTConfig(11 * V, 16, L, 3, 12), B, T)


def _compare_flops(forward_flops, config, B, T) -> None:
    got, right = whole(forward_flops(config, B, T)), _counted(config, B, T)
    if got == right:
        return
    where = f"for {B} {'row' if B == 1 else 'rows'} of {T} {'token' if T == 1 else 'tokens'}: "
    name_mistake(_typical_flops(config, B, T), lambda wrong: wrong == got, where)
    c = config
    rest = right - 24 * B * T * c.n_layer * c.n_embd**2
    k, left = divmod(got - rest, 2 * B * T * c.n_layer * c.n_embd**2)
    expect(
        left or not 0 <= k <= 40,
        f"{where}all is right but the matrices of a block: yours have {k} C² weights together; "
        "which one is missing, or there too often?",
    )
    raise Wrong(
        f"{where}{got:,} is not what PyTorch counts. Take the parts one after the other: count one "
        "block by hand, without attention's products, then these, then the head"
    )


def _counted(config, B, T) -> int:
    """Let PyTorch count a model that has shapes and no weights: nothing is computed."""
    with torch.device("meta"), torch.no_grad():
        model, ids = GPT(config), torch.zeros(B, T, dtype=torch.int64)
        with FlopCounterMode(display=False) as counter:
            model(ids)
    return counter.get_total_flops()


def _typical_flops(c, B, T) -> dict:
    """What common mistakes give, by the sentence that names them."""
    blocks, head = 12 * c.n_layer * c.n_embd**2, c.vocab_size * c.n_embd
    product = T * c.n_embd * c.n_layer  # of one of attention's two, a token
    rows = 2 * B * T
    right = rows * (blocks + head + 2 * product)
    mistakes = {
        "you count one operation a weight: a multiplication and an addition are two": right // 2,
        "the head is missing, which scores every token of the vocabulary": (
            rows * (blocks + 2 * product)
        ),
        "the matrices are right; what does attention multiply without any weight?": (
            rows * (blocks + head)
        ),
        "attention has two products, and each is counted as a whole square, though the mask hides "
        "half of it": rows * (blocks + head + product),
        "the heads share the channels: all of them together work on C": (
            rows * (blocks + head + 2 * c.n_head * product)
        ),
        "in attention each token meets all tokens of its row, not one": (
            rows * (blocks + head + 2 * product // T)
        ),
        "this is the forward and the backward pass: only the forward one is asked for": 3 * right,
        "a table is counted, too: reading a row of a table multiplies nothing": (
            rows * (blocks + 2 * head + 2 * product)
        ),
        "this is for one row: all rows of the batch are computed": right // B,
        "this is for one token: all of them are computed": right // T,
        "this is for one block: how many are there?": (
            rows * (blocks // c.n_layer + head + 2 * product // c.n_layer)
        ),
    }
    return {reason: wrong for reason, wrong in mistakes.items() if wrong != right}


@check("keys and values, of the heads that have their own.")
def check_cache_bytes(cache_bytes) -> None:
    """Check the size of a KV cache.

    Args:
        cache_bytes: config (a dict with n_layer, n_embd, n_head, n_kv_head), positions, batch and
            bytes_each -> a whole number.
    """
    for sizes, S, B, each in (
        ((5, 84, 12, 3), 13, 11, 4),  # no two mistakes agree here
        ((3, 42, 7, 7), 11, 1, 4),
        ((5, 60, 6, 2), 13, 1, 1),
        ((5, 60, 6, 1), 13, 3, 2),
    ):
        config = dict(zip(("n_layer", "n_embd", "n_head", "n_kv_head"), sizes, strict=True))
        _compare_cache(cache_bytes, config, S, B, each)


def _compare_cache(cache_bytes, config, S, B, each) -> None:
    kept = dict(config)
    got = whole(cache_bytes(config, S, B, each))
    expect(config == kept, "your function changes the config that it is given")
    L, C, H, G = kept.values()
    dtype = {1: torch.int8, 2: torch.bfloat16, 4: torch.float32}[each]
    cache = KVCache(L, B, G, S, C // H, dtype, "meta")
    right = sum(x.nbytes for x in (*cache.keys, *cache.values))
    if got == right:
        return
    mistakes = {
        "the keys alone? A cache holds the values, too": right // 2,
        "this counts numbers: how many bytes does each take?": right // each,
        "this is in bits: a byte has eight": 8 * right,
        "this is for one sequence: each one of the batch has a cache of its own": right // B,
        "this is for one layer: each has keys and values of its own": right // L,
        "this is for one position: the cache keeps all of them": right // S,
        "is a head as wide as the model? The width is shared among the query heads": right * H,
        "the width of a head is missing: a key is a vector": right // (C // H),
        "this is one head's share: how many heads have keys of their own?": right // G,
        "every query head is given a key of its own, but here they share; the width of a head does "
        "not change by that": right * H // G,
        "the share of a head is taken twice": right // H,
    }
    mistakes = {reason: wrong for reason, wrong in mistakes.items() if wrong != right}
    name_mistake(mistakes, lambda wrong: wrong == got, f"{H} query heads, {G} of keys: ")
    raise Wrong(
        f"{H} query heads, {G} of keys: {got:,} bytes is not what the tensors take. Write down the "
        "shape of one layer's keys first"
    )


@check("each row has a scale of its own, and the largest error is half a step.")
def check_quantize(quantize) -> None:
    """Check absmax quantisation by rows.

    Args:
        quantize: w, shape (R, S), and bits -> integers, int8, shape (R, S), and scales, shape
            (R, 1).
    """
    two_rows = torch.tensor([[1.27, -0.644, 0.016], [-2.54, 0.0, 1.26]])
    _compare_rows(quantize, two_rows, 8, "for two rows")
    draw = fresh()
    sizes = torch.tensor([[1e-3], [1.0], [50.0], [4.0]])
    for bits in (8, 4, 2):
        w = torch.randn(4, 30, generator=draw) * sizes
        w[:, 0] = -(w.abs().amax(dim=1) + 0.01 * sizes[:, 0])  # the largest is below zero
        _compare_rows(quantize, w, bits, "for random rows")
    w[2] = 0.0
    _compare_rows(quantize, w, 8, "with a row of zeros")
    _compare_rows(lambda w, bits: quantize(w), w, 8, "where bits is not given")


def _compare_rows(quantize, w, bits, what) -> None:
    kept, what = w.clone(), f"{what}, {bits} bits: "
    q, scale = pair(quantize(w, bits), "the integers and the scales")
    expect(torch.equal(w, kept), "your function changes the matrix it is given: make a new one")
    q = as_tensor(q, "integers")
    expect(
        q.dtype == torch.int8,
        f"{what}expected the integers first, as int8, got {str(q.dtype).removeprefix('torch.')}: "
        "convert them at the end",
    )
    q, scale = tensor(q, w.shape, "integers"), tensor(scale, (len(w), 1), "scales")
    expect(bool(scale.isfinite().all()), f"{what}a scale is infinite or not a number")
    expect(
        bool((scale > 0).all()),
        f"{what}a scale is not above 0: w is divided by it, and the largest weight of a row may "
        "lie below zero, or be 0",
    )
    _check_scales(w.double(), scale, 2 ** (bits - 1) - 1, what)
    _check_integers(w.double(), q, scale, 2 ** (bits - 1) - 1, what)


def _check_scales(w, scale, top, what) -> None:
    size = torch.tensor([[max(map(abs, row))] for row in w.tolist()], dtype=torch.float64)
    zero, most = size == 0, float(size.max())

    def same(wanted):
        return bool((torch.isclose(scale, wanted, rtol=1e-5) | zero).all())

    if same(size / top):
        return
    mistakes = {
        "all rows have one scale, that of the largest weight of all: give each row its own": (
            torch.full_like(size, most / top)
        ),
        "the scale is upside down: integer times scale must give the weight back": top / size,
        "the range is one too large: one bit is the sign, and the largest integer is the same on "
        "both sides of 0": size / (top + 1),
        "a sign takes one of the bits, so the largest integer is smaller than you think": (
            size / (2 * top + 1)
        ),
        "the scales are for eight bits, whatever the number of bits": size / 127,
        "the largest weight of a row may lie below zero: its sign does not count": (
            w.amax(dim=1, keepdim=True) / top
        ),
        "a scale is a row's largest weight: into how many steps is it divided?": size,
    }
    name_mistake(mistakes, same, what)
    raise Wrong(
        f"{what}wrong scales. Compute one by hand: the row's largest weight, without its sign, "
        "must become the largest integer"
    )


def _check_integers(w, q, scale, top, what) -> None:
    expect(
        bool((q.abs() <= top).all()),
        f"{what}an integer lies outside of −{top} … {top}: did it overflow?",
    )
    error = (q * scale - w).abs() / scale
    half = error <= 0.5 + 1e-3
    toward_zero = bool(((w / scale).trunc() - q).abs().max() <= 1e-3)
    expect(
        bool(half.all()) or not toward_zero,
        f"{what}the integers are cut off, not rounded: conversion to int8 drops the digits behind "
        "the point",
    )
    down = math.isclose(float(((w / scale + 1e-4).floor() - q).abs().max()), 0.0, abs_tol=1e-3)
    expect(
        bool(half.all()) or not down,
        f"{what}all integers are rounded down: take the nearest one",
    )
    expect(
        bool(half.all()),
        f"{what}the scales are right, but an integer is {float(error.max()):.1f} steps from its "
        "weight: by which row's scale is it divided?",
    )
