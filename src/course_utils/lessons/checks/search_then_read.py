"""Checks of the lesson "Search, then read": TF-IDF similarities, recall at k.

The oracles sum over plain numbers and look up the place of each right passage; never the answer
itself.
"""

import math
import random

import torch

from course_utils.lessons.checks._answers import (
    apart,
    finite,
    fresh,
    how_much,
    near,
    number,
    tensor,
)
from course_utils.lessons.checks._report import Wrong, check, expect
from course_utils.lessons.checks._tfidf import cosines, idf_of, typical


@check("rare words weigh more, long passages have no advantage, unknown words do no harm.")
def check_similarities(similarities) -> None:
    """Check the cosines of TF-IDF vectors.

    Args:
        similarities: counts, shape (N, V), of N passages, and of a question, shape (V,) -> shape
            (N,).
    """
    draw, counts = fresh(), torch.tensor([[2, 0, 0, 0, 1], [1, 3, 0, 0, 1], [1, 0, 0, 0, 0]])
    question = torch.tensor([2, 0, 1, 1, 2])  # every mistake gives other numbers here
    _compare_similarities(similarities, counts, question)
    for N, V in ((3, 5), (6, 4), (2, 7)):
        counts = torch.randint(0, 4, (N, V), generator=draw)
        counts[:, 0] += 1  # a word that all have, and no empty passage
        counts[0, 1:] = 0
        question = torch.randint(0, 3, (V,), generator=draw)
        question[1] += 2
        _compare_similarities(similarities, counts, question)
    none = torch.zeros(7, dtype=torch.int64)
    got = tensor(similarities(counts.clone(), none), (2,), "similarities")
    expect(
        bool(got.isfinite().all()),
        "a question without a known word gives nan: 0 is divided by 0, and the similarity is 0",
    )
    expect(bool((got == 0).all()), "a question without a known word is similar to nothing")


def _compare_similarities(similarities, counts, question) -> None:
    kept = counts.clone(), question.clone()
    got = tensor(similarities(counts, question), (len(counts),), "similarities")
    expect(
        torch.equal(counts, kept[0]) and torch.equal(question, kept[1]),
        "your function changes the counts it is given: make new tensors",
    )
    got = finite(got, "the similarities")
    rows, asked = counts.tolist(), question.tolist()
    right = cosines(rows, asked, idf_of(rows))
    if _alike(got, right):
        return
    for reason, value in typical(rows, asked).items():
        expect(not _alike(got, value), reason)
    expect(
        float((got - torch.tensor(right, dtype=got.dtype)).abs().max()) > 0.006,
        "these are nearly right: do you round, add to the lengths, or take half precision?",
    )
    raise Wrong(
        f"of {len(rows)} passages and {len(asked)} words: {how_much(got, torch.tensor(right))}: "
        "compute one idf and one cosine by hand"
    )


def _alike(a, b) -> bool:
    """Say whether a vector agrees with a list as far as single precision goes."""
    return torch.allclose(a, torch.tensor(b, dtype=a.dtype), rtol=1e-5, atol=2e-6)


@check("a right passage counts wherever it stands among the first k, and nowhere else.")
def check_recall_at(recall_at) -> None:
    """Check the share of questions whose right passage is among the first k.

    Args:
        recall_at: (rankings, right, k) -> from 0 to 1. `rankings` has a list of passages for each
            question, the most similar first; `right` has the right passage of each question.
    """
    draw = random.SystemRandom()
    got = recall_at([[2, 0, 1], [1, 2, 0]], [0, 1], 1)  # the card's: a crash names this input
    number(got)
    expect(
        not (isinstance(got, torch.Tensor) and got.dim()),
        "expected one number, got a tensor with a dimension: .item() takes the number out",
    )
    _compare_recall(recall_at, _RANKINGS, _RIGHT, 3)  # each mistake gives another number here
    for _ in range(20):
        n, N = draw.randrange(2, 8), draw.randrange(3, 9)
        rankings = [draw.sample(range(N), N) for _ in range(n)]
        right = [draw.randrange(N) for _ in range(n)]
        _compare_recall(recall_at, rankings, right, draw.randrange(1, N))
    got = number(recall_at([[1, 0], [0, 1], [1, 0]], [0, 0, 1], 2))
    expect(got == 1, "of 2 passages, both are handed over (k=2): each right one is among them")


_ROWS = (
    "5601243 0415623 5231640 5104263 4302516 6541203 1356240 4125603 5643210 2564013 "
    "2164503 3604512 2306514 1034625 0435612 4236501 6031245 2134065 2035146 2450361 "
    "6213540 0631425 1205346 4502163 "
)
_RANKINGS = [[*map(int, row)] for row in _ROWS.split()]
_RIGHT = [*map(int, "615264625550125300242304")]


def _compare_recall(recall_at, rankings, right, k) -> None:
    given = [[*ranking] for ranking in rankings], [*right]
    got = number(recall_at(*given, k))
    expect(given == (rankings, right), "your function changes a list it is given: make new ones")
    places = [ranking.index(r) for ranking, r in zip(rankings, right, strict=True)]  # from 0
    share = _mean(place < k for place in places)
    if near(got, share):
        return
    where = f"{len(right)} questions, {len(rankings[0])} passages, k={k}"
    expect(math.isfinite(got), f"{where}: you give {got}: what is divided by what?")
    for reason, value in _typical_recall(rankings, right, k, places).items():
        expect(not near(got, value), f"{where}: {reason}")
    expect(
        abs(got - share) > 0.006,
        f"{where}: {apart(got, share)} is nearly right: do you round, or take half precision?",
    )
    raise Wrong(
        f"{where}: {apart(got, share)} is wrong: write two rankings of three passages, and count "
        "by hand"
    )


def _mean(values) -> float:
    values = [*values]
    return sum(values) / len(values)


def _typical_recall(rankings, right, k, places) -> dict:
    """What common mistakes give, by the sentence that names them."""
    return _from_places(places, k, len(rankings[0])) | {
        "a ranking holds passages in the order of their places, not the place of each passage": (
            _mean(row[r] < k for row, r in zip(rankings, right, strict=True))
        ),
        "you compare the passage's number with k: where does it stand in the ranking?": _mean(
            r < k for r in right
        ),
        "you look for the question's number: which passage is the right one for it?": _mean(
            i in row[:k] for i, row in enumerate(rankings)
        ),
        "you look for the first passages among the right ones of other questions": _mean(
            row[0] in right[:k] for row in rankings
        ),
        "this is the share of the k first questions: cut each ranking, not the list of them": (
            min(k, len(right)) / len(right)
        ),
    }


def _from_places(places, k, N) -> dict:
    """What else can be made of the right passages' places, by the sentence that names it."""
    n, found = len(places), sum(place < k for place in places)
    return _counted_wrongly(n, found, k, N) | {
        "one passage too many: the first k are the places 0 to k - 1": _mean(
            place <= k for place in places
        ),
        "one passage too few: the first k are the places 0 to k - 1": _mean(
            place < k - 1 for place in places
        ),
        "the first passage has place 0, and it is left out": _mean(
            0 < place < k for place in places
        ),
        "the first k are the places 0 to k - 1, not 1 to k": _mean(
            0 < place <= k for place in places
        ),
        "only place k counts here: the places before it count too": _mean(
            place == k - 1 for place in places
        ),
        "only place k counts here, counted from 0: the places before it count": _mean(
            place == k for place in places
        ),
        "only the most similar passage counts here: where is k?": _mean(
            place == 0 for place in places
        ),
        "this is the share that is not found": _mean(place >= k for place in places),
        "this is the mean of one over the place, another measure (reciprocal rank)": _mean(
            1 / (place + 1) for place in places
        ),
        "an early place counts more here: found is found": _mean(
            (place < k) / (place + 1) for place in places
        ),
        "these are the last k: the most similar passage comes first": _mean(
            place >= N - k for place in places
        ),
        "this is a mean place: is it among the first k, or not?": _mean(places),
        "this is a mean place, from 1: is it among the first k, or not?": _mean(places) + 1,
    }


def _counted_wrongly(n, found, k, N) -> dict:
    """What can be made of how many right passages are found, by the sentence that names it."""
    return {
        "you give 0, and some are found: print what you compare for each question": 0.0,
        "you give 1, and some are not found: is each ranking cut at k, does each question count?": (
            1.0
        ),
        "only one question is counted: does `return` stand inside the loop?": 1 / n,
        "this is how many questions: which share of them is it?": found,
        "these are per cent: a share is from 0 to 1": 100 * found / n,
        "this is the share of what is handed over: divide by the questions": found / (n * k),
        "this is divided by k: divide by the questions": found / k,
        "this is the share of all passages: divide by the questions": found / N,
    }
