"""Attention in several heads by loops over plain numbers, and what common mistakes give."""

import math

import torch


def typical(q, k, v, H) -> dict:
    """What common mistakes give, by the sentence that names them."""
    B, T, C = q.shape
    D = C // H
    scrambled = [x.reshape(B, H, T, D).transpose(1, 2).reshape(B, T, C) for x in (q, k, v)]
    tangled = outputs(*scrambled, H).view(B, T, H, D).transpose(1, 2).reshape(B, T, C)
    every_other = [x.view(B, T, D, H).transpose(2, 3).reshape(B, T, C) for x in (q, k, v)]
    strided = outputs(*every_other, H)
    return {
        "the tokens see the future: which scores must be hidden, and before which step?": (
            outputs(q, k, v, H, future=True)
        ),
        "the mask comes after the softmax, when the hidden scores are already in the sum": (
            outputs(q, k, v, H, late=True)
        ),
        "each token sees the past but not itself": outputs(q, k, v, H, last=0),
        "each token sees the next one too": outputs(q, k, v, H, last=2),
        **_typical_scales(q, k, v, H),
        "all heads share one set of weights: split into heads before the scores": (
            outputs(q, k, v, 1)
        ),
        "every row of the batch gets the outputs of the first one": (
            outputs(q[:1], k[:1], v[:1], H).expand(B, T, C)
        ),
        "a view to (B, H, T, D) mixes tokens with channels: split C first, then swap T and H": (
            tangled
        ),
        "a head takes every H-th channel; its channels must lie side by side": (
            strided.view(B, T, H, D).transpose(2, 3).reshape(B, T, C)
        ),
        "the heads are right, but they are put together in the wrong order: swap T and H back "
        "before you join": (outputs(q, k, v, H).view(B, T, H, D).transpose(1, 2).reshape(B, T, C)),
    }


def _typical_scales(q, k, v, H) -> dict:
    C = q.shape[-1]
    D = C // H
    scales = {
        "the scores are not divided by anything": 1.0,
        "the scores are divided by D, not by its root": D,
        "the scores are multiplied by the root of D, not divided by it": 1 / math.sqrt(D),
        "the scores are divided by the root of C, but a key of one head has D numbers": (
            math.sqrt(C)
        ),
    }
    return {reason: outputs(q, k, v, H, divide=x) for reason, x in scales.items()}


def outputs(q, k, v, H, divide=None, last=1, future=False, late=False):
    """Attention in H heads by loops over single numbers, right or with one mistake."""
    B, T, C = q.shape
    D = C // H
    result = torch.zeros(B, T, C, dtype=torch.float64)
    for b in range(B):
        for h in range(H):
            part = slice(h * D, (h + 1) * D)
            rows = [x[b, :, part].tolist() for x in (q, k, v)]
            result[b, :, part] = _one_head(*rows, divide or math.sqrt(D), last, future, late)
    return result


def _one_head(q, k, v, divide, last, future, late) -> torch.Tensor:
    outputs = []
    for t, query in enumerate(q):
        seen = k if future or late else k[: max(t + last, 1)]
        scores = [sum(a * b for a, b in zip(query, key, strict=True)) / divide for key in seen]
        powers = [math.exp(score) for score in scores]
        total = sum(powers)
        powers = powers[: t + 1] if late else powers
        columns = zip(*v, strict=True)
        outputs.append([_weigh(powers, column) / total for column in columns])
    return torch.tensor(outputs, dtype=torch.float64)


def _weigh(powers, column) -> float:
    return sum(p * x for p, x in zip(powers, column, strict=False))
