"""Checks of the lesson "Train a GPT": the floor per token, the target mask, the learning rate.

The oracles are counts in plain Python; never the answer itself.
"""

import itertools
import math
import random

from course_utils.lessons.checks._answers import apart, bools, near, number
from course_utils.lessons.checks._report import check, expect
from course_utils.lessons.checks._watch import goes_round


@check("every nat is shared out over every scored token, <eos> included.")
def check_floor(floor_per_token) -> None:
    """Check an entropy per scored token.

    Args:
        floor_per_token: (nats per story, list of lengths without <eos>) -> nats per token.
    """
    value = number(floor_per_token(12.0, [3, 5]))
    expect(not near(value, 24 / 8), "the <eos> behind each story is predicted too: count it")
    expect(not near(value, 12 / 10), "one story's nats for all stories' tokens: how many stories?")
    expect(
        not near(value, (12 / 4 + 12 / 6) / 2), "a mean of ratios: divide all nats by all tokens"
    )
    cut = near(value, 2) and near(number(floor_per_token(13.0, [3, 5])), 2)
    expect(not cut, "a floor has decimals: divide with /, since // cuts them off")
    expect(not near(value, 24 / 12), "one <eos> a story is scored, not two: the first is given")
    expect(not near(value, 10 / 24), "this is tokens per nat: which one is divided by which?")
    expect(not near(value, 24.0), "these are the nats of both stories: share them out over tokens")
    expect(not near(value, 12 * 2 * 10), "you multiply by the number of tokens: share out")
    expect(
        near(value, 2.4), f"12 nats and lengths 3 and 5 give {apart(value, 2.4)}: count the targets"
    )
    third = number(floor_per_token(1.0, [2]))
    rounded = not near(third, 1 / 3) and math.isclose(third, 1 / 3, rel_tol=0.02)
    expect(not rounded, "nearly right for 1 nat and a story of length 2: do not round")
    lengths = [random.SystemRandom().randrange(1, 90) for _ in range(7)]
    expected = 7 * 31.5 / (sum(lengths) + 7)
    got = number(floor_per_token(31.5, lengths))
    expect(near(got, expected), f"wrong for the lengths {lengths}: nothing may be fixed")
    expect(
        near(number(floor_per_token(1.0, [0])), 1.0),
        "an empty story has one target, its <eos>: wrong for lengths [0]",
    )


@check("real tokens count, padding never does.")
def check_mask(target_mask) -> None:
    """Check a mask of real tokens.

    Args:
        target_mask: (list of lengths, T) -> bool, shape (rows, T).
    """
    mask = bools(target_mask([2, 4], 5))
    expect(tuple(mask.shape) != (5, 2), "a column per row: swap which one is the column of lengths")
    expect(tuple(mask.shape) == (2, 5), f"expected shape (2, 5), got {tuple(mask.shape)}")
    counts = mask.sum(1).tolist()
    expect(counts != [3, 1], "this marks the padding: turn it round")
    expect(counts != [3, 5], "one position too many: is position 2 real in a row of length 2?")
    late = counts == [1, 3] and not mask[:, 0].any()
    expect(not late, "the first token is real, too: the loss leaves it out by itself")
    expect(counts != [1, 3], "one position too few: positions start at 0")
    expect(counts == [2, 4], f"rows of length 2 and 4 have {counts} True values")
    expect(mask[0, :2].all(), "the right number, at the wrong end: padding comes last")
    lengths = [random.SystemRandom().randrange(0, 9) for _ in range(6)]
    expected = [[t < n for t in range(8)] for n in lengths]
    mask = bools(target_mask(lengths, 8))
    expect(
        mask.tolist() == expected, f"wrong for lengths {lengths} and T = 8: nothing may be fixed"
    )
    expect(
        not goes_round(target_mask, ([1, 2], 3), ([1, 2] * 20, 50)),
        "the mask is right, and your function has a loop: the exercise asks for one without, so "
        "what does a row of positions give beside a column of lengths?",
    )


@check("up to the peak, then straight down.")
def check_rate(learning_rate) -> None:
    """Check a linear warm-up followed by a linear fall to 0.

    Args:
        learning_rate: (step, steps, warmup, peak) -> learning rate.
    """
    asked = "with steps=10, warmup=4 and peak=8"
    rise = [number(learning_rate(step, 10, 4, 8.0)) for step in range(4)]
    expect(rise[0] != 0, "step 0 has rate 0, so it would teach nothing: begin with one share")
    expect(near(rise[3], 8.0), f"{asked} step 3 should reach the peak: you get {rise[3]:g}")
    expect(rise == sorted(rise) and rise[0] < 8, "the rate should rise evenly in the warm-up")
    even = all(map(near, rise, [2.0, 4.0, 6.0, 8.0]))
    expect(even, f"{asked} the rise should be even: steps 0 to 3 give {rise}")
    fall = [number(learning_rate(step, 10, 4, 8.0)) for step in range(4, 10)]
    expect(
        near(fall[0], 8.0), f"{asked} step 4, the first of the fall, has the peak: got {fall[0]:g}"
    )
    steps = {round(a - b, 6) for a, b in itertools.pairwise(fall)}
    expect(len(steps) == 1, "the fall is not a straight line: equal steps down")
    expect(fall[-1] > 1e-6, "the rate is 0 already at the last step: 0 belongs to step `steps`")
    expect(near(fall[3], 4.0), f"{asked} step 7 is half of the fall: you get {fall[3]:g}")
    peak = random.SystemRandom().uniform(1e-4, 1e-1)
    first = number(learning_rate(0, 100, 7, peak)) / peak
    expect(near(first, 1 / 7), "right for warmup=4 and peak=8, wrong for warmup=7 and another peak")
    expect(
        near(number(learning_rate(50, 100, 0, peak)) / peak, 0.5),
        "wrong without a warm-up (warmup=0): the fall begins at step 0",
    )
