"""GPT: the decoder-only transformer of GPT-2, exactly, in about a hundred lines.

Reading order is understanding order: the configuration, the feed-forward part, the block, the
whole. With the same weights its logits equal those of `transformers.GPT2LMHeadModel`
(`tests/package/test_hf.py`). The loss is not in here; see `course_utils.losses`.

B batch, T tokens, C channels (n_embd), H heads, D head size, V vocabulary.

Sources: Radford et al. 2019, "Language Models are Unsupervised Multitask Learners", section 2.3;
the layout of the code follows nanoGPT's `model.py`.
"""

import math
from dataclasses import dataclass

import torch
import torch.nn as nn
import torch.nn.functional as F

from course_utils import arguments
from course_utils.attention import CausalSelfAttention, KVCache, check_heads
from course_utils.linear import Linear, linear
from course_utils.runtime import CourseError


@dataclass(frozen=True)
class GPTConfig:
    """The sizes of a GPT.

    Args:
        vocab_size: V, number of different tokens.
        block_size: most tokens the model can see at once.
        n_layer: number of blocks.
        n_head: heads H per block.
        n_embd: channels C, a multiple of n_head.
        dropout: share of activations set to 0 in training. Default 0.0.
        bias: biases in linear maps and layer norms. Default True, as in GPT-2.

    Raises:
        CourseError: if a size is not a positive integer or does not fit.
    """

    vocab_size: int
    block_size: int
    n_layer: int
    n_head: int
    n_embd: int
    dropout: float = 0.0
    bias: bool = True

    def __post_init__(self):
        for name in ("vocab_size", "block_size", "n_layer"):
            arguments.size(name, getattr(self, name))
        check_heads(self.n_embd, self.n_head, self.dropout)


class MLP(nn.Module):
    """The feed-forward part: widen to 4C, bend, narrow to C; each position by itself."""

    def __init__(self, n_embd: int, dropout: float = 0.0, bias: bool = True):
        super().__init__()
        self.fc = Linear(n_embd, 4 * n_embd, bias=bias)
        self.proj = Linear(4 * n_embd, n_embd, bias=bias)
        self.dropout = dropout

    def forward(self, x):  # (B, T, C) -> (B, T, C)
        x = self.proj(F.gelu(self.fc(x), approximate="tanh"))
        return F.dropout(x, self.dropout, self.training) if self.dropout else x


class Block(nn.Module):
    """One layer: gather from other positions, then think; each added to what was there."""

    def __init__(self, n_embd: int, n_head: int, dropout: float = 0.0, bias: bool = True):
        super().__init__()
        self.ln_1 = nn.LayerNorm(n_embd, bias=bias)
        self.attn = CausalSelfAttention(n_embd, n_head, dropout, bias)
        self.ln_2 = nn.LayerNorm(n_embd, bias=bias)
        self.mlp = MLP(n_embd, dropout, bias)

    def forward(self, x, mask=None, cache=None, layer=0):  # (B, T, C) -> (B, T, C)
        x = x + self.attn(self.ln_1(x), mask, cache, layer)
        return x + self.mlp(self.ln_2(x))


class GPT(nn.Module):
    """Tokens in, a score for every possible next token out, at every position.

    Args:
        config: the sizes.

    >>> model = GPT(GPTConfig(vocab_size=5, block_size=8, n_layer=1, n_head=2, n_embd=4))
    >>> model(torch.tensor([[0, 1, 2]])).shape
    torch.Size([1, 3, 5])
    """

    def __init__(self, config: GPTConfig):
        super().__init__()
        c = self.config = config
        self.wte = nn.Embedding(c.vocab_size, c.n_embd)
        self.wpe = nn.Embedding(c.block_size, c.n_embd)
        self.blocks = nn.ModuleList(
            Block(c.n_embd, c.n_head, c.dropout, c.bias) for _ in range(c.n_layer)
        )
        self.ln_f = nn.LayerNorm(c.n_embd, bias=c.bias)
        self.apply(_init_weights)
        for block in self.blocks:  # two additions a block: keep the sum's variance (GPT-2, 2.3)
            for proj in (block.attn.proj, block.mlp.proj):
                nn.init.normal_(proj.weight, std=0.02 / math.sqrt(2 * c.n_layer))

    def forward(
        self, ids: torch.Tensor | None = None, *, embeddings=None, mask=None, cache=None
    ) -> torch.Tensor:
        """Score every possible next token at every position.

        Args:
            ids: int64 (or int32), shape (B, T); or, instead,
            embeddings: shape (B, T, C), before positions are added.
            mask: bool, shape (T, S), (B, T, S) or (B, H, T, S), True means "may attend"; S counts
                the cached positions too. A mask is the whole rule: causality is not added to it.
                Causal when None.
            cache: a `KVCache` from `new_cache`; the T positions come after those it holds.

        Returns:
            logits: shape (B, T, V), not yet through a softmax.

        Raises:
            CourseError: if neither or both inputs are given, or they do not fit the model.
        """
        x = self.embed(ids) if embeddings is None else self._checked(ids, embeddings)
        start, T = (cache.length if cache is not None else 0), x.shape[1]
        self._check_length(start + T)
        x = x + self.wpe.weight[start : start + T]  # (B, T, C)
        if self.config.dropout:
            x = F.dropout(x, self.config.dropout, self.training)
        logits = self.think(x, mask, cache)
        if cache is not None:
            cache.length += T
        return logits

    def think(self, x: torch.Tensor, mask=None, cache=None) -> torch.Tensor:
        """Run the blocks on vectors that have their positions already: `forward` without its start.

        Args:
            x: shape (B, T, C).
            mask, cache: as in `forward`; here the cache is not moved on.

        Returns:
            logits: shape (B, T, V).
        """
        for layer, block in enumerate(self.blocks):
            x = block(x, mask, cache, layer)
        return self.head(self.ln_f(x))

    def head(self, x: torch.Tensor) -> torch.Tensor:
        """Score every token by its row of the input's matrix: the two are tied.

        Args:
            x: shape (B, T, C).

        Returns:
            logits: shape (B, T, V).
        """
        return linear(x, self.wte.weight)

    def new_cache(self, batch: int = 1) -> KVCache:
        """Return an empty cache for `batch` sequences of this model."""
        c, w = self.config, self.wte.weight
        return KVCache(
            c.n_layer, batch, c.n_head, c.block_size, c.n_embd // c.n_head, w.dtype, w.device
        )

    def embed(self, ids: torch.Tensor) -> torch.Tensor:
        """Look up what stands for each token, before positions are added.

        Args:
            ids: int64 (or int32), shape (B, T).

        Returns:
            shape (B, T, C).

        Raises:
            CourseError: if these are no ids of this model.
        """
        try:
            if ids.dim() == 2:
                return F.embedding(ids, self.wte.weight)
        except (AttributeError, IndexError, RuntimeError, TypeError) as error:
            raise self._wrong_ids(ids) or error from None
        raise self._wrong_ids(ids)

    def _wrong_ids(self, ids):
        """Return the error of ids that do not fit, or None where something else failed."""
        if ids is None:
            return CourseError("expected exactly one of ids and embeddings: give one of them")
        if not isinstance(ids, torch.Tensor) or ids.dtype not in (torch.int64, torch.int32):
            return CourseError(
                f"expected ids as an int64 tensor of shape (B, T), got {arguments.shortened(ids)}: "
                "encode a text with the tokenizer, then torch.tensor([ids])"
            )
        if ids.dim() != 2:
            return CourseError(f"expected ids of shape (B, T), got {tuple(ids.shape)}: add a batch")
        return out_of_range(ids, self.config.vocab_size)

    def _checked(self, ids, embeddings):
        if ids is not None:
            raise CourseError("expected exactly one of ids and embeddings: give one of them")
        arguments.tensor("embeddings", embeddings, f"(B, T, {self.config.n_embd})")
        if embeddings.dim() != 3 or embeddings.shape[2] != self.config.n_embd:
            raise CourseError(
                f"expected embeddings of shape (B, T, {self.config.n_embd}), got "
                f"{tuple(embeddings.shape)}: make them as wide as the model"
            )
        return embeddings

    def _check_length(self, length):
        if length > self.config.block_size:
            raise CourseError(
                f"block_size is {self.config.block_size} but there are {length} tokens: "
                "shorten the text or use a model with a larger block_size"
            )


def out_of_range(ids: torch.Tensor, vocab_size: int) -> CourseError | None:
    """Return the error of ids beyond a vocabulary, or None where all are in it."""
    if ids.numel() == 0 or (ids.min() >= 0 and ids.max() < vocab_size):
        return None
    return CourseError(
        f"expected ids from 0 to {vocab_size - 1}, got {ids.min()} to {ids.max()}: "
        "encode the text with the model's own tokenizer"
    )


def _init_weights(module):
    if isinstance(module, nn.Linear | nn.Embedding):
        nn.init.normal_(module.weight, std=0.02)
    if isinstance(module, nn.Linear) and module.bias is not None:
        nn.init.zeros_(module.bias)
