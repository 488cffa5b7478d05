"""What a page shows of a text model that has read a text, as `look` in engine/texts.js gives it."""

import torch

from course_utils.attention import attention


@torch.no_grad()
def seen(model, ids: list[int]) -> dict:
    """Return what `look` returns for the last of the tokens, as plain lists."""
    row = torch.tensor([ids])
    x = model.embed(row) + model.wpe.weight[: len(ids)]
    heads, lens = [], []
    for block in model.blocks:
        heads.append(last_weights(block, x))
        x = block(x)
        lens.append(model.head(model.ln_f(x))[0, -1].softmax(0))
    logits = model.head(model.ln_f(x))[0]
    costs = torch.nn.functional.cross_entropy(logits[:-1], row[0, 1:], reduction="none")
    return {
        "scores": _rounded(logits[-1]),
        "surprises": [0.0, *_rounded(costs)],
        "attention": [_rounded(one) for one in heads],
        "lens": [_rounded(one) for one in lens],
    }


def last_weights(block, x: torch.Tensor) -> torch.Tensor:
    """Return the attention of the last token of x, (1, T, C), to all of them: (H, T)."""
    qkv = block.attn.qkv(block.ln_1(x)).unflatten(2, (3, block.attn.n_head, -1))
    q, k, v = qkv.permute(2, 0, 3, 1, 4)  # each (1, H, T, D)
    return attention(q[:, :, -1:], k, v)[1][0, :, 0]


def _rounded(values: torch.Tensor) -> list:
    return torch.round(values, decimals=4).tolist()
