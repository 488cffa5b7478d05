"""Wrong answers to the exercises of "Training in private", by what their checks must say.

`test_mutations.py` tries them all.
"""

import math

import torch
from lesson import Exercise

from course_utils.lessons.checks import private_training as checks


def lengths(grads):
    return torch.cat([g.flatten(1) for g in grads], dim=1).norm(dim=1)


def weighted(grads, scale):
    return [torch.tensordot(scale.to(g.dtype), g, dims=1) for g in grads]


def clipped(grads, C):
    return weighted(grads, (C / lengths(grads)).clamp(max=1))


def one_by_one(grads, C):
    total = [torch.zeros_like(g[0]) for g in grads]
    for b in range(len(grads[0])):
        length = math.sqrt(sum(float((g[b] ** 2).sum()) for g in grads))
        scale = 1.0 if length <= C else C / length
        total = [t + scale * g[b] for t, g in zip(total, grads, strict=True)]
    return total


def with_einsum(grads, C):
    squares = sum(torch.einsum("b...,b...->b", g.flatten(1), g.flatten(1)[:, :]) for g in grads)
    scale = torch.minimum(torch.ones(()), C / (squares.sqrt() + 1e-7))
    return tuple(torch.einsum("b,b...->...", scale, g) for g in grads)


def in_place(grads, C):
    scale = (C / lengths(grads)).clamp(max=1)
    for g in grads:
        g *= scale.view(-1, *[1] * (g.dim() - 1))
    return [g.sum(0) for g in grads]


def tensor_by_tensor(grads, C):
    return [clipped([g], C)[0] for g in grads]


def of_the_sum(grads, C):
    total = [g.sum(0) for g in grads]
    scale = (C / torch.cat([t.flatten() for t in total]).norm()).clamp(max=1)
    return [scale * t for t in total]


def not_a_number(grads, C):
    return weighted(grads, torch.minimum(lengths(grads), torch.tensor(C)) / lengths(grads))


def spoiled(grads, C):
    length = lengths(grads)
    return weighted(grads, (C / length).clamp(max=1) * (length.min() > 0))


WRONG_CLIP = {
    "nothing is cut": lambda grads, C: [g.sum(0) for g in grads],
    "you cut the sum": of_the_sum,
    "each tensor is cut by itself": tensor_by_tensor,
    "short gradients are made longer": lambda grads, C: weighted(grads, C / lengths(grads)),
    "this is the mean": lambda grads, C: [t / len(grads[0]) for t in clipped(grads, C)],
    "divide by the squared length": lambda grads, C: weighted(
        grads, (C / lengths(grads) ** 2).clamp(max=1)
    ),
    "single numbers are cut": lambda grads, C: [g.clamp(-C, C).sum(0) for g in grads],
    "one long gradient shortens all": lambda grads, C: weighted(
        grads, (C / lengths(grads)).clamp(max=1).min().expand(len(grads[0]))
    ),
    "measured along the batch": lambda grads, C: [
        (g * (C / g.norm(dim=0)).clamp(max=1)).sum(0) for g in grads
    ],
    "you add absolute values": lambda grads, C: weighted(
        grads, (C / sum(g.flatten(1).abs().sum(1) for g in grads)).clamp(max=1)
    ),
    "only the first tensor's length": lambda grads, C: weighted(
        grads, (C / lengths(grads[:1])).clamp(max=1)
    ),
    "of length 0 gives nan": not_a_number,
    "spoils its neighbours": spoiled,
    "changes the gradients it is given": in_place,
    "expected a sum of shape (2, 2), got (3, 2, 2)": lambda grads, C: grads,
    "expected 2 tensors, one for each given one, got 1": lambda grads, C: clipped(grads, C)[:1],
    "expected a list of tensors, got Tensor": lambda grads, C: clipped(grads, C)[0],
    "does your function return": lambda grads, C: None,
    "wrong numbers": lambda grads, C: [t + 1 for t in clipped(grads, C)],
}


def noisy(total, C, sigma, size, generator):
    return [(g + sigma * C * torch.randn(g.shape, generator=generator)) / size for g in total]


def with_normal(total, C, sigma, size, generator):
    made = [torch.normal(0.0, sigma * C, g.shape, generator=generator) for g in total]
    return tuple(g / size + n / size for g, n in zip(total, made, strict=True))


def into_empty(total, C, sigma, size, generator):
    made = [torch.empty_like(g).normal_(generator=generator) for g in total]
    return [g / size - n * C * sigma / size for g, n in zip(total, made, strict=True)]


def of(spread):
    """Return an answer whose noise has another standard deviation, from C, sigma and size."""

    def answer(total, C, sigma, size, generator):
        much = spread(C, sigma, size) if sigma else 0.0
        return noisy(total, 1.0, much, size, generator)

    return answer


def noisy_in_place(total, C, sigma, size, generator):
    for g in total:
        g += sigma * C * torch.randn(g.shape, generator=generator)
    return [g / size for g in total]


def from_new_generator(total, C, sigma, size, generator):
    return noisy(total, C, sigma, size, torch.Generator().manual_seed(0))


def from_anywhere(total, C, sigma, size, generator):
    return noisy(total, C, sigma, size, torch.Generator().manual_seed(next(SEEDS)))


def even_noise(total, C, sigma, size, generator):
    draw = [torch.rand(g.shape, generator=generator) - 0.5 for g in total]
    return [(g + sigma * C * math.sqrt(12) * n) / size for g, n in zip(total, draw, strict=True)]


def one_number(total, C, sigma, size, generator):
    return [(g + sigma * C * torch.randn((), generator=generator)) / size for g in total]


def shared(total, C, sigma, size, generator):
    row = torch.randn(total[0].numel(), generator=generator)
    return [(g + sigma * C * row[: g.numel()].view(g.shape)) / size for g in total]


def in_proportion(total, C, sigma, size, generator):
    """Noise in proportion to the numbers, as large on the whole as it should be."""
    draw = [torch.randn(g.shape, generator=generator) for g in total]
    share = [g.abs() / (g**2).mean().sqrt() for g in total]
    mixed = [
        (n * (0.2 + 0.8 * s)) / (n * (0.2 + 0.8 * s)).std()
        for n, s in zip(draw, share, strict=True)
    ]
    return [(g + sigma * C * n) / size for g, n in zip(total, mixed, strict=True)]


def one_sided(total, C, sigma, size, generator):
    draw = [torch.randn(g.shape, generator=generator) for g in total]
    return [(g + sigma * C * (n + 0.5)) / size for g, n in zip(total, draw, strict=True)]


SEEDS = iter(range(10**6))
WRONG_NOISE = {
    "the sum is not divided": lambda total, C, sigma, size, g: noisy(total, C, sigma, 1, g),
    "a mean is smaller than its sum": lambda total, C, sigma, size, g: noisy(
        total, C, sigma, 1 / size, g
    ),
    "divided by size twice": lambda total, C, sigma, size, g: noisy(total, C, sigma, size**2, g),
    "the sum is divided by C": lambda total, C, sigma, size, g: noisy(total, C, sigma, size * C, g),
    "All numbers are 0": lambda total, C, sigma, size, g: [0 * t for t in total],
    "only the division by size is left": lambda total, C, sigma, size, g: noisy(
        total, C, sigma + 1, size, g
    ),
    "or none at all": lambda total, C, sigma, size, g: [t / size for t in total],
    "all numbers get the same noise": one_number,
    "the noise is sigma, whatever C is": of(lambda C, sigma, size: sigma),
    "the noise is C, whatever sigma is": of(lambda C, sigma, size: C),
    "behind the division": of(lambda C, sigma, size: sigma * C * size),
    "needs more noise": of(lambda C, sigma, size: sigma / C),
    "more sigma must be more noise": of(lambda C, sigma, size: C / sigma),
    "the formula has a square": of(lambda C, sigma, size: math.sqrt(sigma * C)),
    "sigma times C squared": of(lambda C, sigma, size: sigma * C**2),
    "sigma squared times C": of(lambda C, sigma, size: sigma**2 * C),
    "root of size": of(lambda C, sigma, size: sigma * C * math.sqrt(size)),
    "on paper": of(lambda C, sigma, size: 1.3 * sigma * C),
    "the mean of the noise is not 0": one_sided,
    "this noise is not normal": even_noise,
    "all tensors get the same noise": shared,
    "larger numbers get more noise": in_proportion,
    "another generator gives the same noise": from_new_generator,
    "the same generator state gives other noise": from_anywhere,
    "changes the sums it is given": noisy_in_place,
    "expected a list of tensors, got Tensor": lambda total, C, sigma, size, g: total[0],
    "does your function return": lambda total, C, sigma, size, g: None,
}


def both(rate, epsilon, delta):
    return math.exp(epsilon) * rate + delta, 1 - math.exp(-epsilon) * (1 - rate - delta)


def as_tensors(rate, epsilon, delta):
    yes, no = (torch.tensor(x, dtype=torch.float64) for x in both(rate, epsilon, delta))
    return torch.minimum(yes, no).clamp(max=1)


def with_ifs(rate, epsilon, delta):
    factor = math.e**epsilon
    best = rate * factor + delta
    other = 1 - (1 - rate - delta) / factor
    if other < best:
        best = other
    return 1.0 if best > 1 else best


WRONG_RATE = {
    "yours is above 1": lambda f, e, d: math.exp(e) * f + d,
    "when the attacker says no, too": lambda f, e, d: min(1, both(f, e, d)[0]),
    "when the attacker says yes, too": lambda f, e, d: min(1, both(f, e, d)[1]),
    "yours is the larger": lambda f, e, d: min(1, max(both(f, e, d))),
    "delta is missing": lambda f, e, d: min(1, *both(f, e, 0.0)),
    "not of 2": lambda f, e, d: min(1, 2**e * f + d),
    "epsilon belongs into a power": lambda f, e, d: min(1, e * f + d),
    "has the wrong sign": lambda f, e, d: min(1, math.exp(-e) * f + d),
    "delta is multiplied, too": lambda f, e, d: min(1, math.exp(e) * (f + d), both(f, e, d)[1]),
    "delta is taken off": lambda f, e, d: min(1, math.exp(e) * f - d, both(f, e, d)[1]),
    "write both inequalities down": lambda f, e, d: 0.9 * with_ifs(f, e, d),
    "can only guess": lambda f, e, d: with_ifs(f, e, d) if e else 1.0,
    "does your function return": lambda f, e, d: None,
}

EXERCISES = {
    "exercise-clip": Exercise(
        "clipped_sum",
        checks.check_clipped_sum,
        WRONG_CLIP,
        right={"one by one": one_by_one, "einsum": with_einsum},
    ),
    "exercise-noise": Exercise(
        "noisy_mean",
        checks.check_noisy_mean,
        WRONG_NOISE,
        {
            "noisy.append((g - sigma * C * noise) / size)",
            "noisy.append((g + C * sigma * noise) / size)",
        },
        {"torch.normal": with_normal, "in empty tensors": into_empty},
    ),
    "exercise-most": Exercise(
        "most_tpr",
        checks.check_most_tpr,
        WRONG_RATE,
        {"return min(by_no, by_yes, 1)"},
        {"tensors": as_tensors, "ifs": with_ifs},
    ),
}
