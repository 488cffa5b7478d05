"""The contrastive loss by sums over single pairs, and what common mistakes give."""

import math

from course_utils.lessons.checks._answers import nats_of


def wrong_losses(pairs, temperature, right) -> dict:
    """What common mistakes give, by the sentence that names them."""
    one, other = (loss(*pairs, temperature, sides=sides) for sides in ("i", "t"))
    return {
        "the vectors must have length 1 before they are compared": loss(
            *pairs, temperature, unit=False
        ),
        "divide the scores by the temperature, a low one makes them large": loss(
            *pairs, 1 / temperature
        ),
        "the temperature changes nothing in yours": loss(*pairs, 1.0),
        "each picture looks for its text, but no text for its picture": one,
        "each text looks for its picture, but no picture for its text": other,
        "you add the two directions: take their mean": one + other,
        "the loss is the mean over the pairs, yours is their sum": len(pairs[0]) * right,
        "a loss goes down when pairs fit better: look at your sign": -right,
        "the length belongs to a vector, yours is taken along the batch": loss(
            *_along_the_batch(*pairs), temperature, unit=False
        ),
        "each vector gets its own length 1, yours share one length": loss(
            *_by_one_length(*pairs), temperature, unit=False
        ),
        "the text vectors must have length 1, too": loss(
            [_unit(v) for v in pairs[0]], pairs[1], temperature, unit=False
        ),
        "the image vectors must have length 1, too": loss(
            pairs[0], [_unit(v) for v in pairs[1]], temperature, unit=False
        ),
        "the temperature is given, and yours is always 0.1": loss(*pairs, 0.1),
        "each row has its own right column, and yours all look for the first": loss(
            *pairs, temperature, targets=lambda row: 0
        ),
        "cross-entropy takes the softmax itself, so in yours it is taken twice": loss(
            *pairs, temperature, scale=_softmax
        ),
    }


def loss(images, texts, temperature, unit=True, sides="it", **finding) -> float:
    """Sum over every pair in plain Python."""
    if unit:
        images, texts = ([_unit(v) for v in rows] for rows in (images, texts))
    scores = [
        [math.fsum(a * b for a, b in zip(v, w, strict=True)) / temperature for w in texts]
        for v in images
    ]
    turned = [list(column) for column in zip(*scores, strict=True)]
    losses = {"i": _finding(scores, **finding), "t": _finding(turned, **finding)}
    return sum(losses[side] for side in sides) / len(sides)


def _finding(scores, targets=int, scale=list) -> float:
    """Return the mean of −ln softmax(row i)[i]."""
    nats = [nats_of(scale(row), targets(i)) for i, row in enumerate(scores)]
    return math.fsum(nats) / len(nats)


def _softmax(row) -> list[float]:
    return [math.exp(-nats_of(row, i)) for i in range(len(row))]


def _unit(v) -> list[float]:
    length = math.sqrt(math.fsum(x * x for x in v))
    return [x / length for x in v]


def _by_one_length(images, texts):
    lengths = [math.sqrt(math.fsum(x * x for v in rows for x in v)) for rows in (images, texts)]
    return [
        [[x / length for x in v] for v in rows]
        for rows, length in zip((images, texts), lengths, strict=True)
    ]


def _along_the_batch(images, texts):
    turned = [[_unit(column) for column in zip(*rows, strict=True)] for rows in (images, texts)]
    return [[list(row) for row in zip(*rows, strict=True)] for rows in turned]
