"""Wrong answers to the exercises of "What a model costs", by what their checks must say.

`test_mutations.py` tries them all.
"""

import torch
from lesson import Exercise

from course_utils.lessons.checks import compute as checks


def parts(c, T):
    """Return the weights of the blocks, those of the head, and one product of attention."""
    return 12 * c.n_layer * c.n_embd**2, c.vocab_size * c.n_embd, T * c.n_layer * c.n_embd


def flops(c, B, T):
    blocks, head, product = parts(c, T)
    return 2 * B * T * (blocks + head + 2 * product)


def matrix_by_matrix(c, B, T):
    C = c.n_embd
    shapes = [(C, C)] * 4 + [(C, 4 * C), (4 * C, C)]
    block = sum(2 * B * T * m * n for m, n in shapes)
    for _ in range(B * c.n_head):
        block += 2 * T * T * (C // c.n_head)  # q kᵀ
        block += 2 * T * T * (C // c.n_head)  # weights times v
    return float(c.n_layer * block + 2 * B * T * C * c.vocab_size)


def as_tensors(c, B, T):
    return torch.tensor(flops(c, B, T))


RIGHT_FLOPS = {"matrix by matrix": matrix_by_matrix, "a tensor of one number": as_tensors}
WRONG_FLOPS = {
    "a multiplication and an addition are two": lambda c, B, T: flops(c, B, T) // 2,
    "the head is missing": lambda c, B, T: (
        2 * B * T * (parts(c, T)[0] + 2 * parts(c, T)[2])
    ),
    "what does attention multiply without any weight": lambda c, B, T: (
        2 * B * T * sum(parts(c, T)[:2])
    ),
    "attention has two products": lambda c, B, T: 2 * B * T * sum(parts(c, T)),
    "the heads share the channels": lambda c, B, T: (
        flops(c, B, T) + 4 * B * T * parts(c, T)[2] * (c.n_head - 1)
    ),
    "each token meets all tokens of its row": lambda c, B, T: (
        flops(c, B, T) + 4 * B * T * (parts(c, 1)[2] - parts(c, T)[2])
    ),
    "only the forward one is asked for": lambda c, B, T: 3 * flops(c, B, T),
    "reading a row of a table multiplies nothing": lambda c, B, T: (
        flops(c, B, T) + 2 * B * T * parts(c, T)[1]
    ),
    "all rows of the batch are computed": lambda c, B, T: flops(c, 1, T),
    "this is for one token": lambda c, B, T: flops(c, B, T) // T,
    "this is for one block": lambda c, B, T: (
        2 * B * T * sum(x / y for x, y in zip(
            (*parts(c, T), parts(c, T)[2]), (c.n_layer, 1, c.n_layer, c.n_layer), strict=True))
    ),
    "yours have 10 C² weights": lambda c, B, T: (
        flops(c, B, T) - 4 * B * T * c.n_layer * c.n_embd**2
    ),
    "yours have 8 C² weights": lambda c, B, T: (
        flops(c, B, T) - 8 * B * T * c.n_layer * c.n_embd**2
    ),
    "is not what PyTorch counts": lambda c, B, T: flops(c, B, T) + 1,
    "expected a whole number, got str": lambda c, B, T: str(flops(c, B, T)),
    "your code stops with TypeError": lambda c, B, T: flops(c, B, T) + None,
}  # fmt: skip


def size(c, S, B, each):
    return 2 * c["n_layer"] * c["n_kv_head"] * (c["n_embd"] // c["n_head"]) * S * B * each


def of_tensors(c, S, B, each):
    keys = torch.empty(
        c["n_layer"], B, c["n_kv_head"], S, c["n_embd"] // c["n_head"], device="meta"
    )
    return keys.numel() * each * 2


def emptied(c, S, B, each):
    n = size(c, S, B, each)
    c.pop("n_head")
    return n


RIGHT_CACHE = {
    "the shape of the keys": of_tensors,
    "a float": lambda c, S, B, each: (
        c["n_embd"] / c["n_head"] * c["n_kv_head"] * c["n_layer"] * S * B * each * 2
    ),
}
WRONG_CACHE = {
    "A cache holds the values, too": lambda c, S, B, each: size(c, S, B, each) // 2,
    "how many bytes does each take": lambda c, S, B, each: size(c, S, B, 1),
    "a byte has eight": lambda c, S, B, each: 8 * size(c, S, B, each),
    "each one of the batch has a cache": lambda c, S, B, each: size(c, S, 1, each),
    "this is for one layer": lambda c, S, B, each: size(c | {"n_layer": 1}, S, B, each),
    "this is for one position": lambda c, S, B, each: size(c, 1, B, each),
    "is a head as wide as the model": lambda c, S, B, each: size(c | {"n_head": 1}, S, B, each),
    "the width of a head is missing": lambda c, S, B, each: (
        size(c | {"n_embd": c["n_head"]}, S, B, each)
    ),
    "this is one head's share": lambda c, S, B, each: size(c | {"n_kv_head": 1}, S, B, each),
    "but here they share": lambda c, S, B, each: (
        size(c | {"n_kv_head": c["n_head"]}, S, B, each)
    ),
    "the share of a head is taken twice": lambda c, S, B, each: (
        size(c, S, B, each) // c["n_head"]
    ),
    "is not what the tensors take": lambda c, S, B, each: size(c, S, B, each) + each,
    "your function changes the config": emptied,
    "your code stops with KeyError": lambda c, S, B, each: c["heads"],
}  # fmt: skip


def rows(w, top, scale=None, nearest=torch.round):
    scale = w.abs().amax(1, keepdim=True) / top if scale is None else scale
    scale = torch.where(scale == 0, torch.ones_like(scale), scale)
    return nearest(w / scale).to(torch.int8), scale


def top_of(bits):
    return 2 ** (bits - 1) - 1


def loops(w, bits=8):
    top, integers, scales = top_of(bits), [], []
    for row in w.tolist():
        scale = max(abs(x) for x in row) / top or 1e-9
        scales.append([scale])
        integers.append([round(x / scale) for x in row])
    return torch.tensor(integers, dtype=torch.int8), torch.tensor(scales)


def half_up(w, bits=8):
    return list(rows(w.double(), top_of(bits), nearest=lambda x: (x + 0.5).floor()))


def in_place(w, bits=8):
    q, scale = rows(w, top_of(bits))
    w /= scale
    return q, scale


def without_zero_rows(w, bits=8):
    scale = w.abs().amax(1, keepdim=True) / top_of(bits)
    return (w / scale).round().to(torch.int8), scale


def one_scale(w, bits=8):
    return rows(w, top_of(bits), torch.full((len(w), 1), float(w.abs().max())) / top_of(bits))


def of_columns(w, bits=8):
    scale = w.abs().amax(0, keepdim=True) / top_of(bits)
    return (w / scale).round().to(torch.int8), scale


def inverse(w, bits=8):
    q, scale = rows(w, top_of(bits))
    return q, 1 / scale


def neighbours(w, bits=8):
    q, scale = rows(w, top_of(bits))
    return q.roll(1, 0), scale


def signed(w, bits=8):
    return rows(w, top_of(bits), w.amax(1, keepdim=True) / top_of(bits))


def overflow(w, bits=8):
    q, scale = rows(w, top_of(bits))
    q[0, 0] = -128
    return q, scale


RIGHT_QUANTIZE = {"row by row": loops, "a half upwards, in double precision": half_up}
WRONG_QUANTIZE = {
    "all rows have one scale": one_scale,
    "expected scales of shape": of_columns,
    "the scale is upside down": inverse,
    "the range is one too large": lambda w, bits=8: rows(w, top_of(bits) + 1),
    "a sign takes one of the bits": lambda w, bits=8: rows(w, 2**bits - 1),
    "the scales are for eight bits": lambda w, bits=8: rows(w, 127),
    "into how many steps is it divided": lambda w, bits=8: rows(w, 1),
    "did it overflow": overflow,
    "cut off, not rounded": lambda w, bits=8: rows(w, top_of(bits), nearest=torch.trunc),
    "rounded down": lambda w, bits=8: rows(w, top_of(bits), nearest=torch.floor),
    "by which row's scale is it divided": neighbours,
    "its sign does not count": signed,
    "with a row of zeros, 8 bits: a scale is not above 0": without_zero_rows,
    "your function changes the matrix": in_place,
    "expected the integers first, as int8, got float32": lambda w, bits=8: (
        rows(w, top_of(bits))[0].float(), rows(w, top_of(bits))[1],
    ),
    "expected scales of shape (2, 1), got (2,)": lambda w, bits=8: (
        rows(w, top_of(bits))[0], rows(w, top_of(bits))[1][:, 0],
    ),
    "return two things": lambda w, bits=8: rows(w, top_of(bits))[:1],
}  # fmt: skip

SAME_CACHE = {
    "return config['n_layer'] * a_layer * positions * bytes_each * batch",
    "return config['n_layer'] * a_layer * batch * positions * bytes_each",
}

EXERCISES = {
    "exercise-flops": Exercise(
        "forward_flops", checks.check_forward_flops, WRONG_FLOPS, right=RIGHT_FLOPS
    ),
    "exercise-cache": Exercise(
        "cache_bytes", checks.check_cache_bytes, WRONG_CACHE, SAME_CACHE, RIGHT_CACHE
    ),
    "exercise-quantize": Exercise(
        "quantize",
        checks.check_quantize,
        WRONG_QUANTIZE,
        {"scale[scale == 0] = 2.0"},
        RIGHT_QUANTIZE,
    ),
}
