"""Attention: the explicit formula, the fast layer, and the cache that makes generation cheap.

`attention` spells out softmax(QKᵀ/√D)V and returns the weights, to be looked at.
`CausalSelfAttention` is the same with PyTorch's fused kernel, which never builds the weights.
Left out: rotary positions, grouped queries, sliding windows.

One rule for masks, here and in `GPT`: a mask is bool, True means "may attend", and it is the whole
rule. Causality is never added to a mask unless it is asked for: by `causal=True` in `attention`,
by `mask & causal_mask(T, S)` elsewhere. The layer and `GPT` are causal where no mask is given.

Source: Vaswani et al. 2017, "Attention Is All You Need", section 3.2 (arXiv:1706.03762).
"""

import math

import torch
import torch.nn as nn
import torch.nn.functional as F

from course_utils import arguments
from course_utils.linear import Linear
from course_utils.runtime import CourseError


def attention(q, k, v, causal=False, mask=None):
    """Scaled dot-product attention, every step visible.

    Args:
        q: queries, shape (..., T, D).
        k: keys, shape (..., S, D).
        v: values, shape (..., S, E).
        causal: each query sees its own position and the past only. With S > T the queries are
            the last T of the S positions. Default False.
        mask: bool, broadcastable to (..., T, S); True means "may attend". It is the whole rule,
            unless `causal` is asked for too: then both must allow. Default None: all may attend.

    Returns:
        output: shape (..., T, E), each row an average of the rows of v.
        weights: shape (..., T, S), each row adds to 1 (a row that may see nothing is all 0).

    Raises:
        CourseError: if q, k and v do not fit, or the mask is not bool or does not.

    Source: Vaswani et al. 2017, equation 1.

    >>> q = k = torch.eye(2)
    >>> output, weights = attention(q, k, torch.tensor([[1.0], [3.0]]), causal=True)
    >>> weights[0].tolist()
    [1.0, 0.0]
    """
    _check_shapes(q, k, v, mask)
    scores = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])  # (..., T, S)
    if causal:
        mask = _and(mask, causal_mask(q.shape[-2], k.shape[-2], q.device))
    if mask is not None:
        scores = scores.masked_fill(~mask, float("-inf"))
    weights = torch.softmax(scores, dim=-1)
    if mask is not None:  # a row with nothing to see would be 0/0
        weights = weights.masked_fill(~mask, 0.0)
    return weights @ v, weights


def causal_mask(T: int, S: int | None = None, device=None) -> torch.Tensor:
    """Which of S positions each of the last T may see: itself and the past.

    Args:
        T: number of queries.
        S: number of keys, at least T. Default T.

    Returns:
        bool, shape (T, S), True means "may attend".

    >>> causal_mask(2, 3).int().tolist()
    [[1, 1, 0], [1, 1, 1]]
    """
    S = T if S is None else S
    return torch.ones(T, S, dtype=torch.bool, device=device).tril(S - T)


def prefix_mask(T: int, prefix: int, device=None) -> torch.Tensor:
    """A causal mask whose first `prefix` positions all see each other (an image before a text).

    Args:
        T: number of positions.
        prefix: how many of them, from the start, see one another.

    Returns:
        bool, shape (T, T), True means "may attend".

    >>> prefix_mask(3, 2).int().tolist()
    [[1, 1, 0], [1, 1, 0], [1, 1, 1]]
    """
    mask = causal_mask(T, device=device)
    mask[:prefix, :prefix] = True
    return mask


def parts_layout(parts: torch.Tensor):
    """Lay out rows in which several texts follow one beginning, each as if it stood alone.

    A text sees the beginning and itself, not its neighbours, and its positions go on from the
    beginning's end. So the beginning is read once for all of them.

    Args:
        parts: int64, shape (B, T), ascending: 0 in the beginning, then 1, 2, … in the texts.

    Returns:
        mask: bool, shape (B, T, T), True means "may attend"; causal.
        places: int64, shape (B, T), the position of each token.

    >>> mask, places = parts_layout(torch.tensor([[0, 0, 1, 1, 2]]))
    >>> mask[0, 4].int().tolist(), places[0].tolist()
    ([1, 1, 0, 0, 1], [0, 1, 2, 3, 2])
    """
    index = torch.arange(parts.shape[1], device=parts.device)
    first = F.pad(parts[:, 1:] != parts[:, :-1], (1, 0), value=True)
    start = (index * first).cummax(1).values  # of the part that a token is in
    beginning = (parts == 0).sum(1, keepdim=True)
    same = parts[:, :, None] == parts[:, None, :]
    mask = (same | (parts == 0)[:, None, :]) & (index[:, None] >= index)
    return mask, torch.where(parts > 0, index - start + beginning, index)


class KVCache:
    """Keys and values of every position seen so far, in memory set aside once.

    Args:
        n_layer: number of layers.
        batch: number of sequences B.
        n_head: heads H.
        block_size: most positions it can hold.
        head_dim: head size D.
        dtype, device: as the model's weights. Defaults: PyTorch's.
    """

    def __init__(self, n_layer, batch, n_head, block_size, head_dim, dtype=None, device=None):
        shape = (batch, n_head, block_size, head_dim)
        like = {"dtype": dtype, "device": device}
        self.keys = tuple(torch.zeros(shape, **like) for _ in range(n_layer))  # each (B, H, S, D)
        self.values = tuple(torch.zeros(shape, **like) for _ in range(n_layer))
        self.block_size = block_size
        self.length = 0  # positions filled; the model moves it on after its last layer

    def append(self, layer: int, k, v):
        """Store the new positions of one layer and return all of its keys and values.

        Args:
            layer: index of the layer.
            k: new keys, shape (B, H, T, D).
            v: new values, shape (B, H, T, D).

        Returns:
            keys, values: shape (B, H, length + T, D), views of the cache.

        Raises:
            CourseError: if the positions, or the number of sequences, do not fit.
        """
        end = self.length + k.shape[2]
        if end > self.block_size:
            raise CourseError(
                f"the cache holds {self.block_size} positions but {end} are needed: "
                "generate fewer tokens or start a new cache"
            )
        keys, values = self.keys[layer], self.values[layer]
        try:
            keys[:, :, self.length : end] = k
            values[:, :, self.length : end] = v
        except RuntimeError as error:
            raise self._wrong_batch(k) or error from None
        return keys[:, :, :end], values[:, :, :end]

    def _wrong_batch(self, k):
        """Return the error of keys of another shape, or None where something else failed."""
        B, H, _, D = self.keys[0].shape
        if (k.shape[0], k.shape[1], k.shape[3]) == (B, H, D):
            return None
        return CourseError(
            f"the cache holds {B} sequences of {H} heads of size {D}, got keys of shape "
            f"{tuple(k.shape)}: make one with model.new_cache(batch)"
        )

    def repeat(self, n: int) -> "KVCache":
        """Return a copy in which each sequence stands n times in a row."""
        return self.reorder(torch.arange(self.keys[0].shape[0]).repeat_interleave(n))

    def reorder(self, rows) -> "KVCache":
        """Return a copy made of the given sequences, in that order (beam search needs it).

        Args:
            rows: int64, shape (new B,), which sequence each new row copies.
        """
        new = object.__new__(KVCache)
        new.keys = tuple(k[rows] for k in self.keys)
        new.values = tuple(v[rows] for v in self.values)
        new.block_size, new.length = self.block_size, self.length
        return new


class CausalSelfAttention(nn.Module):
    """Multi-head self-attention over (B, T, C), computed by PyTorch's fused kernel.

    Args:
        n_embd: channels C, a multiple of n_head.
        n_head: heads H; each works on D = C / H channels.
        dropout: share of the weights and outputs set to 0 in training. Default 0.0.
        bias: whether the two linear maps have one. Default True, as in GPT-2.

    Source: Radford et al. 2019, GPT-2; Vaswani et al. 2017, section 3.2.2.
    """

    def __init__(self, n_embd: int, n_head: int, dropout: float = 0.0, bias: bool = True):
        super().__init__()
        check_heads(n_embd, n_head, dropout)
        self.n_head, self.dropout = n_head, dropout
        self.qkv = Linear(n_embd, 3 * n_embd, bias=bias)
        self.proj = Linear(n_embd, n_embd, bias=bias)

    def forward(self, x, mask=None, cache=None, layer=0):
        """Let every position gather from those it may see.

        Args:
            x: shape (B, T, C).
            mask: bool, shape (T, S), (B, T, S) or (B, H, T, S), S = cached positions + T, True
                means "may attend"; B and H may be 1. A mask is the whole rule: causality is not
                added to it. Causal when None.
            cache: a `KVCache`, or None.
            layer: this layer's index in the cache.

        Returns:
            shape (B, T, C).

        Raises:
            CourseError: if x or the mask does not fit.
        """
        try:
            B, T, C = x.shape
            qkv = self.qkv(x)
        except (ValueError, RuntimeError, AttributeError, TypeError) as error:
            raise self._wrong_input(x) or error from None
        q, k, v = qkv.view(B, T, 3, self.n_head, -1).permute(2, 0, 3, 1, 4)  # 3 × (B, H, T, D)
        if cache is not None:
            k, v = cache.append(layer, k, v)  # (B, H, S, D)
        S = k.shape[2]
        causal = mask is None and S == T and T > 1
        if mask is None and T not in (1, S):  # several new positions behind cached ones
            mask = causal_mask(T, S, x.device)
        elif mask is not None:
            mask = _for_heads(mask, (B, self.n_head, T, S))
        drop = self.dropout if self.training else 0.0
        y = F.scaled_dot_product_attention(q, k, v, mask, drop, causal)  # (B, H, T, D)
        y = self.proj(y.transpose(1, 2).reshape(B, T, C))
        return F.dropout(y, drop, self.training) if drop else y

    def _wrong_input(self, x):
        """Return the error of an input that does not fit, or None where something else failed."""
        C, dtype = self.proj.in_features, self.proj.weight.dtype
        if isinstance(x, torch.Tensor) and x.dim() == 3 and x.shape[2] == C and x.dtype == dtype:
            return None
        return CourseError(
            f"expected x as {dtype} of shape (B, T, {C}), got {arguments.shortened(x)}: "
            "give a batch of vectors as wide as the layer"
        )


def check_heads(n_embd: int, n_head: int, dropout: float = 0.0) -> None:
    """Raise a CourseError unless a layer of these sizes can be built."""
    arguments.size("n_embd", n_embd)
    arguments.size("n_head", n_head)
    if n_embd % n_head:
        raise CourseError(
            f"n_embd must be a multiple of n_head, got {n_embd} and {n_head}: change one of them"
        )
    arguments.number("dropout", dropout, "from 0 to below 1", lambda share: 0 <= share < 1)


def _for_heads(mask, shape):
    """Return a mask as (T, S) or (B or 1, H or 1, T, S), if it fits (B, H, T, S)."""
    _check_bool(mask)
    wide = mask[:, None] if mask.dim() == 3 else mask
    B, H, T, S = shape
    sizes = (None, None, *wide.shape) if wide.dim() == 2 else tuple(wide.shape)
    allowed = ((None, 1, B), (None, 1, H), (T,), (S,))
    if len(sizes) != 4 or not all(a in b for a, b in zip(sizes, allowed, strict=True)):
        raise CourseError(
            f"expected a mask of shape {(T, S)}, {(B, T, S)} or {shape}, got {tuple(mask.shape)}: "
            "give a row a query and a column a key (a mask of padding has none: widen it)"
        )
    return wide


def _and(mask, other):
    return other if mask is None else mask & other


def _check_shapes(q, k, v, mask):
    arguments.tensor("q", q, "(..., T, D)")
    arguments.tensor("k", k, "(..., S, D)")
    arguments.tensor("v", v, "(..., S, E)")
    small = min(q.dim(), k.dim(), v.dim()) < 2
    if small or q.shape[-1] != k.shape[-1] or k.shape[-2] != v.shape[-2]:
        raise CourseError(
            "expected q (..., T, D), k (..., S, D), v (..., S, E), got "
            f"{tuple(q.shape)}, {tuple(k.shape)}, {tuple(v.shape)}: "
            "queries and keys share D, keys and values share S"
        )
    weights = q.dtype if q.is_floating_point() else torch.get_default_dtype()
    if q.dtype != k.dtype or v.dtype != weights:
        raise CourseError(
            f"expected q, k and v of one floating type, got {q.dtype}, {k.dtype}, {v.dtype}: "
            "call .float() on each"
        )
    if mask is not None:
        _check_bool(mask)
        _check_broadcast(mask, (*_lead(q, k, v), q.shape[-2], k.shape[-2]))


def _lead(*tensors):
    try:
        return torch.broadcast_shapes(*(x.shape[:-2] for x in tensors))
    except RuntimeError:
        shapes = ", ".join(str(tuple(x.shape)) for x in tensors)
        raise CourseError(
            f"expected q, k and v for the same batch, got {shapes}: make the leading sizes equal"
        ) from None


def _check_broadcast(mask, shape):
    try:
        fits = torch.broadcast_shapes(mask.shape, shape)[-2:] == shape[-2:]
    except RuntimeError:
        fits = False
    if not fits:
        raise CourseError(
            f"expected a mask broadcastable to {shape}, got {tuple(mask.shape)}: "
            "give a row a query and a column a key"
        )


def _check_bool(mask):
    arguments.tensor("mask", mask, "(..., T, S)")
    if mask.dtype != torch.bool:
        raise CourseError(
            f"expected a bool mask, got {mask.dtype}: True means may attend, so pass mask.bool() "
            "where 1 means that"
        )
