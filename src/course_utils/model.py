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

from course_utils.attention import CausalSelfAttention, KVCache
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
        for name in ("vocab_size", "block_size", "n_layer", "n_head", "n_embd"):
            if not isinstance(size := getattr(self, name), int) or size < 1:
                raise CourseError(f"{name} must be a positive integer, got {size!r}: change it")
        if self.n_embd % self.n_head:
            raise CourseError(
                f"n_embd must be a multiple of n_head, got {self.n_embd} and {self.n_head}: "
                "change one of them"
            )
        if not 0.0 <= self.dropout < 1.0:
            raise CourseError(f"dropout must be from 0 to below 1, got {self.dropout}: change it")


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
            ids: int64, shape (B, T); or, instead,
            embeddings: shape (B, T, C), before positions are added.
            mask: bool, shape (T, S) or (B, T, S), True means "may attend"; S counts the cached
                positions too. Causal when None.
            cache: a `KVCache` from `new_cache`; the T positions come after those it holds.

        Returns:
            logits: shape (B, T, V), not yet through a softmax.

        Raises:
            CourseError: if neither or both inputs are given, or they do not fit the model.
        """
        x = self._embed(ids, embeddings)
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

    def _embed(self, ids, embeddings):
        if (ids is None) == (embeddings is None):
            raise CourseError("expected exactly one of ids and embeddings: give one of them")
        if ids is None:
            if embeddings.dim() != 3 or embeddings.shape[2] != self.config.n_embd:
                raise CourseError(
                    f"expected embeddings of shape (B, T, {self.config.n_embd}), got "
                    f"{tuple(embeddings.shape)}: make them as wide as the model"
                )
            return embeddings
        if ids.dim() != 2:
            raise CourseError(f"expected ids of shape (B, T), got {tuple(ids.shape)}: add a batch")
        return F.embedding(ids, self.wte.weight)

    def _check_length(self, length):
        if length > self.config.block_size:
            raise CourseError(
                f"block_size is {self.config.block_size} but there are {length} tokens: "
                "shorten the text or use a model with a larger block_size"
            )


def _init_weights(module):
    if isinstance(module, nn.Linear | nn.Embedding):
        nn.init.normal_(module.weight, std=0.02)
    if isinstance(module, nn.Linear) and module.bias is not None:
        nn.init.zeros_(module.bias)
