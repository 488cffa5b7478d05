"""Half-right answers to "attention from scratch", and the tests that each must fail.

`VARIANTS` maps a name to {grade_id of an answer cell: what a student wrote there}; all other answer
cells hold the reference solution. `LOST` maps the name to the test cells that give no points then;
all others give theirs. Run by test_assignment_variants.py.
"""

NAN_ROWS = """
def attend(q, k, v, mask=None, bias=None):
    scores = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])
    if bias is not None:
        scores = scores + bias
    if mask is not None:
        scores = scores.masked_fill(~mask, -math.inf)
    weights = torch.softmax(scores, dim=-1)
    return weights @ v, weights
"""
LARGE_NEGATIVE = NAN_ROWS.replace("-math.inf", "-1e9")
NO_SCALE = """
def attend(q, k, v, mask=None, bias=None):
    scores = q @ k.transpose(-2, -1)
    if bias is not None:
        scores = scores + bias
    if mask is None:
        mask = torch.ones_like(scores, dtype=torch.bool)
    weights = torch.softmax(scores.masked_fill(~mask, -math.inf), dim=-1)
    weights = weights.masked_fill(~mask, 0.0)
    return weights @ v, weights
"""
MASK_AFTER = """
def attend(q, k, v, mask=None, bias=None):
    scores = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])
    if bias is not None:
        scores = scores + bias
    weights = torch.softmax(scores, dim=-1)
    if mask is not None:
        weights = weights.masked_fill(~mask, 0.0)
    return weights @ v, weights
"""
NAKED_POWERS = """
def attend(q, k, v, mask=None, bias=None):
    scores = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])
    if bias is not None:
        scores = scores + bias
    powers = scores.exp()
    if mask is not None:
        powers = powers * mask
    weights = powers / powers.sum(dim=-1, keepdim=True).clamp(min=1e-30)
    return weights @ v, weights
"""
ZERO_PATCHED = """
def attend(q, k, v, mask=None, bias=None):
    scores = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])
    if mask is not None:
        scores = scores.masked_fill(~mask, -math.inf)
    if bias is not None:
        scores = scores + bias / math.sqrt(q.shape[-1])
    weights = torch.softmax(scores, dim=-1).nan_to_num(0.0)
    return weights @ v, weights
"""
HEADS_BY_VIEW = """
def split_heads(x, H):
    B, T, C = x.shape
    return x.reshape(B, H, T, C // H)


def merge_heads(x):
    B, H, T, D = x.shape
    return x.reshape(B, T, H * D)
"""
LAYER = """
class SelfAttention(nn.Module):
    def __init__(self, C, H):
        super().__init__()
        self.H = H
        self.qkv, self.proj = nn.Linear(C, 3 * C), nn.Linear(C, C)

    def forward(self, x, cache=None):
        parts = self.qkv(x).chunk(3, dim=-1)
        q, k, v = (split_heads(part, self.H) for part in parts)
        if cache is not None:
            if cache:
                k = torch.cat([cache["k"], k], dim=2)
                v = torch.cat([cache["v"], v], dim=2)
            cache["k"], cache["v"] = k, v
        output, _ = attention(q, k, v, causal=True)
        return self.proj(merge_heads(output))
"""
NO_MASK_BEHIND_CACHE = LAYER.replace("causal=True", "causal=not cache or k.shape[2] == q.shape[2]")
TOP_LEFT_MASK = LAYER.replace(
    "causal=True", "mask=torch.ones(q.shape[2], k.shape[2]).tril().bool()"
)
NO_CACHE = LAYER.replace("if cache is not None:", "if False:")
NO_PROJECTION = LAYER.replace("self.proj(merge_heads(output))", "merge_heads(output)")
LAST_ONLY = LAYER.replace('cache["k"], cache["v"] = k, v', "cache.update(k=k[:, :, -1:], v=v)")
ROTATE = """
def rotate(x, positions, base=10000.0):
    D = x.shape[-1]
    speeds = base ** (-torch.arange(0, D, 2, dtype=torch.float64) / D)
    angles = positions.double()[:, None] * speeds
    cos, sin = angles.cos().to(x.dtype), angles.sin().to(x.dtype)
    a, b = x.chunk(2, dim=-1)
    return torch.cat([a * cos - b * sin, a * sin + b * cos], dim=-1)
"""
NEIGHBOURS = ROTATE.replace("a, b = x.chunk(2, dim=-1)", "a, b = x[..., ::2], x[..., 1::2]")
NEIGHBOURS = NEIGHBOURS.replace("torch.cat(", "torch.stack(").replace(
    "dim=-1)\n", "dim=-1).flatten(-2)\n"
)
BACKWARDS = ROTATE.replace(
    "a * cos - b * sin, a * sin + b * cos", "a * cos + b * sin, b * cos - a * sin"
)
WRONG_SPEEDS = ROTATE.replace("torch.arange(0, D, 2, dtype=torch.float64)", "torch.arange(D // 2)")
SHEARED = ROTATE.replace("a * sin + b * cos]", "a * sin - b * cos]")
RESTARTS = """
def rotary_attention(q, k, v):
    q = rotate(q, torch.arange(q.shape[-2]))
    k = rotate(k, torch.arange(k.shape[-2]))
    return attention(q, k, v, causal=True)[0]
"""
TURNS_VALUES = """
def rotary_attention(q, k, v):
    T, S = q.shape[-2], k.shape[-2]
    places = torch.arange(S)
    q, k, v = rotate(q, places[S - T :]), rotate(k, places), rotate(v, places)
    return attention(q, k, v, causal=True)[0]
"""
COST = """
def layer_multiplications(T, S, C):
    return 4 * T * C * C + 2 * T * S * C


def writing_multiplications(P, N, C, cache):
    total = layer_multiplications(P, P, C)
    for S in range(P + 1, P + N):
        total += layer_multiplications(1 if cache else S, S, C)
    return total


def cache_bytes(S, n_layer, C, H, H_kv, number_bytes):
    return 2 * S * n_layer * H_kv * (C // H) * number_bytes
"""
ONE_PASS_TOO_MANY = COST.replace("range(P + 1, P + N)", "range(P + 1, P + N + 1)")
SQUARED = COST.replace("2 * T * S * C", "2 * T * T * C")
ALL_HEADS_STORED = COST.replace("H_kv * (C // H)", "C")
VARIANTS = {
    "nan-rows": {"attend": NAN_ROWS},
    "large-negative-for-infinity": {"attend": LARGE_NEGATIVE},
    "no-scale": {"attend": NO_SCALE},
    "mask-after-softmax": {"attend": MASK_AFTER},
    "powers-overflow": {"attend": NAKED_POWERS},
    "bias-scaled": {"attend": ZERO_PATCHED},
    "heads-by-view": {"heads": HEADS_BY_VIEW},
    "no-mask-behind-cache": {"layer": NO_MASK_BEHIND_CACHE},
    "mask-at-the-top-left": {"layer": TOP_LEFT_MASK},
    "no-cache": {"layer": NO_CACHE},
    "no-projection": {"layer": NO_PROJECTION},
    "keys-lost": {"layer": LAST_ONLY},
    "neighbours-paired": {"rotate": NEIGHBOURS},
    "turned-backwards": {"rotate": BACKWARDS},
    "wrong-speeds": {"rotate": WRONG_SPEEDS},
    "not-a-turn": {"rotate": SHEARED},
    "positions-restart": {"rotary-attention": RESTARTS},
    "values-turned": {"rotary-attention": TURNS_VALUES},
    "one-pass-too-many": {"cost": ONE_PASS_TOO_MANY},
    "cost-squared": {"cost": SQUARED},
    "all-heads-stored": {"cost": ALL_HEADS_STORED},
}

LOST = {
    "nan-rows": {"test-attend-empty-row"},
    "large-negative-for-infinity": {"test-attend-empty-row", "test-attend-bias"},
    "no-scale": {"test-attend-formula", "test-attend-mask", "test-attend-bias"},
    "mask-after-softmax": {"test-attend-mask", "test-attend-bias"},
    "powers-overflow": {"test-attend-bias"},
    "bias-scaled": {"test-attend-bias"},
    "heads-by-view": {"test-heads", "test-cache-single", "test-cache-pieces"},
    "no-mask-behind-cache": {"test-cache-pieces"},
    "mask-at-the-top-left": {"test-cache-single", "test-cache-pieces"},
    "no-cache": {"test-cache-single", "test-cache-pieces"},
    "no-projection": {"test-layer", "test-cache-single", "test-cache-pieces"},
    "keys-lost": {"test-cache-single", "test-cache-pieces"},
    "neighbours-paired": {"test-rotate"},
    "turned-backwards": {"test-rotate"},
    "wrong-speeds": {"test-rotate"},
    "not-a-turn": {"test-rotate", "test-rotate-relative"},
    "positions-restart": {"test-rotary-attention"},
    "values-turned": {"test-rotary-attention"},
    "one-pass-too-many": {"test-writing-cost"},
    "cost-squared": {"test-layer-cost", "test-writing-cost"},
    "all-heads-stored": {"test-cache-bytes"},
}
