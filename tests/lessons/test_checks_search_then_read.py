"""Wrong answers to the exercises of "Search, then read", by what their checks must say.

`test_mutations.py` tries them all.
"""

from fractions import Fraction

import numpy as np
import torch
import torch.nn.functional as F
from lesson import Exercise
from sklearn.feature_extraction.text import TfidfTransformer
from sklearn.preprocessing import normalize

from course_utils.lessons.checks import search_then_read as checks


def similar(counts, question, idf=None, asked=None, passages=True, one=True):
    if idf is None:
        df = (counts > 0).sum(0)
        idf = torch.log((1 + len(counts)) / (1 + df)) + 1
    p, q = counts * idf, question * (idf if asked is None else asked)
    length = (p.norm(dim=1) if passages else 1) * (q.norm() if one else 1)
    result = p @ q / length
    return torch.where(result.isfinite(), result, torch.zeros(()))


def df_of(counts):
    return (counts > 0).sum(0)


def with_idf(idf):
    """Return a wrong answer with another idf of N, of n_w and of V."""
    return lambda c, q: similar(c, q, idf(len(c), df_of(c), len(q)))


def with_length(length):
    """Return a wrong answer with another length of passages p and question q, counts c and d."""

    def answer(c, d):
        idf = torch.log((1 + len(c)) / (1 + df_of(c))) + 1
        p, q = c * idf, d * idf
        return torch.nan_to_num(p @ q / length(p, q, c.float(), d.float()))

    return answer


def with_counts(tf):
    """Return a wrong answer with a function of the counts."""

    def answer(c, q):
        idf = torch.log((1 + len(c)) / (1 + df_of(c))) + 1
        return similar(tf(c.float()), tf(q.float()), idf)

    return answer


def idf_once(counts, question, weigh_lengths=True):
    idf = torch.log((1 + len(counts)) / (1 + df_of(counts))) + 1
    p, q = counts * idf, question * idf
    dots = p @ question.float()
    if not weigh_lengths:
        p, q = counts.float(), question.float()
    return torch.nan_to_num(dots / (p.norm(dim=1) * q.norm()))


def in_place(counts, question):
    counts += 1
    return similar(counts - 1, question)


def row_by_row(counts, question):
    """Compute one cosine after the other, in double precision."""
    counts, question = counts.double(), question.double()
    idf = torch.log((1 + len(counts)) / (1 + df_of(counts))) + 1
    return torch.stack([F.cosine_similarity(row * idf, question * idf, dim=0) for row in counts])


RIGHT_SIMILARITIES = {
    "row by row": row_by_row,
    "scikit-learn": lambda c, q: torch.tensor(
        normalize((tfidf := TfidfTransformer().fit(c.numpy())).transform(c.numpy()))
        @ normalize(tfidf.transform(q[None].numpy())).T.toarray()
    )[:, 0],
    "with a gradient": lambda c, q: row_by_row(c, q).requires_grad_(),
}
WRONG_SIMILARITIES = {
    "got ndarray: torch.tensor makes one of it": lambda c, q: similar(c, q).numpy(),
    "got list: torch.tensor makes one of it": lambda c, q: similar(c, q).tolist(),
    "2 of 3 numbers are right, and the first wrong one stands at [1]": lambda c, q: (
        similar(c, q) * torch.where(torch.arange(len(c)) == 1, 0.5, 1.0)
    ),
    "IndexError: too many indices for tensor of dimension 1 (input: a tensor of shape (3, 5), ": (
        lambda c, q: similar(c, q[:, 0])
    ),
    "where is the idf": lambda c, q: similar(c, q, torch.ones(c.shape[1])),
    "not how often it occurs": lambda c, q: similar(
        c, q, torch.log((1 + len(c)) / (1 + c.sum(0))) + 1
    ),
    "lacks the 1 behind the logarithm": lambda c, q: similar(
        c, q, torch.log((1 + len(c)) / (1 + df_of(c)))
    ),
    "is not smoothed": lambda c, q: similar(c, q, torch.log(len(c) / df_of(c).clamp(min=1)) + 1),
    "the natural one": lambda c, q: similar(c, q, torch.log2((1 + len(c)) / (1 + df_of(c))) + 1),
    "upside down": lambda c, q: similar(c, q, 1 - torch.log((1 + len(c)) / (1 + df_of(c)))),
    "passages are weighted too": lambda c, q: similar(
        c,
        q,
        torch.ones(c.shape[1]),
        torch.log((1 + len(c)) / (1 + df_of(c))) + 1,
    ),
    "the question is weighted too": lambda c, q: similar(c, q, asked=torch.ones(c.shape[1])),
    "a long passage would win": lambda c, q: similar(c, q, passages=False, one=False),
    "passages' lengths are not divided out": lambda c, q: similar(c, q, passages=False),
    "the question's length is not divided out": lambda c, q: similar(c, q, one=False),
    "how often a word occurs is lost": lambda c, q: similar(c.clamp(max=1), q.clamp(max=1)),
    "one minus the cosines": lambda c, q: 1 - similar(c, q),
    "root of a sum of squares": lambda c, q: (
        similar(c, q, passages=False, one=False)
        / (
            (c * (torch.log((1 + len(c)) / (1 + df_of(c))) + 1)).sum(1)
            * (q * (torch.log((1 + len(c)) / (1 + df_of(c))) + 1)).sum().clamp(min=1e-9)
        )
    ),
    "the 1 behind the logarithm stands inside it": with_idf(
        lambda N, n, V: torch.log((1 + N) / (1 + n) + 1)
    ),
    "other books is ln(N / n)": with_idf(lambda N, n, V: torch.log(N / n.clamp(min=1))),
    "below the line only": with_idf(lambda N, n, V: torch.log(N / (1 + n)) + 1),
    "1 + N as a whole": with_idf(lambda N, n, V: torch.log(1 + N / (1 + n)) + 1),
    "1 + n as a whole": with_idf(lambda N, n, V: torch.log((1 + N) / 1 + n) + 1),
    "the number of passages, not of words": with_idf(
        lambda N, n, V: torch.log((1 + V) / (1 + n)) + 1
    ),
    "where is the natural logarithm of the idf?": with_idf(lambda N, n, V: (1 + N) / (1 + n) + 1),
    "of the idf? And the 1 behind it?": with_idf(lambda N, n, V: (1 + N) / (1 + n)),
    "not that of base 10": with_idf(lambda N, n, V: torch.log10((1 + N) / (1 + n)) + 1),
    "the lengths are counts of words": with_length(lambda p, q, c, d: c.sum(1) * d.sum()),
    "squared lengths: where is the root?": with_length(
        lambda p, q, c, d: p.square().sum(1) * q.square().sum()
    ),
    "the sum of both lengths": with_length(lambda p, q, c, d: p.norm(dim=1) + q.norm()),
    "those of the counts: they lack the idf": with_length(
        lambda p, q, c, d: c.norm(dim=1) * d.norm()
    ),
    "one length for all passages": with_length(lambda p, q, c, d: p.norm() * q.norm()),
    "the dot product holds the idf once": idf_once,
    "the idf weighs neither length": lambda c, q: idf_once(c, q, weigh_lengths=False),
    "the counts are logarithms here: the term frequency": with_counts(torch.log1p),
    "the counts are logarithms here, 1 + ln n": with_counts(
        lambda x: torch.where(x > 0, 1 + x.clamp(min=1).log(), 0.0)
    ),
    "these are angles": lambda c, q: similar(c, q).clamp(max=1).acos(),
    "a softmax of the cosines": lambda c, q: similar(c, q).softmax(0),
    "these are the numbers of passages": lambda c, q: similar(c, q).argsort(descending=True),
    "the cosines are sorted": lambda c, q: similar(c, q).sort(descending=True).values,
    "nearly right: do you round": lambda c, q: similar(c, q).round(decimals=2),
    "or take half precision": lambda c, q: similar(c, q).half(),
    "changes the counts": in_place,
    "0 is divided by 0": lambda c, q: (
        similar(c, q) if q.any() else torch.full((len(c),), torch.nan)
    ),
    "similar to nothing": lambda c, q: similar(c, q) if q.any() else torch.ones(len(c)),
    "of shape": lambda c, q: similar(c, q)[:, None],
    "by hand": lambda c, q: 0.5 * similar(c, q),
    "does your function return": lambda c, q: None,
}

SAME_SIMILARITIES = {  # both are the last dimension, and the default of a matrix
    "passages = F.normalize(counts * idf)",
    "passages = F.normalize(counts * idf, dim=1)",
    "return passages @ F.normalize(question * idf, dim=-0)",
}


def places(rankings, right):
    """Return the place of each right passage, from 0."""
    return [[*row].index(r) for row, r in zip(rankings, right, strict=True)]


def recall(rankings, right, k, found=lambda place, k: place < k):
    return sum(found(place, k) for place in places(rankings, right)) / len(right)


def emptied(rankings, right, k):
    share = recall(rankings, right, k)
    rankings.clear()
    return share


def sorted_in_place(rankings, right, k):
    share = recall(rankings, right, k)
    for ranking in rankings:
        ranking.sort()
    return share


RIGHT_RECALL = {
    "an array": lambda s, r, k: (np.array(s)[:, :k] == np.array(r)[:, None]).any(1).mean(),
    "a tensor": lambda s, r, k: (
        (torch.tensor(s)[:, :k] == torch.tensor(r)[:, None]).any(1).float().mean()
    ),
    "NumPy's single precision": lambda s, r, k: np.float32(recall(s, r, k)),
    "a Fraction": lambda s, r, k: Fraction(sum(p < k for p in places(s, r)), len(r)),
    "sets": lambda s, r, k: (
        sum(bool({a} & {*row[:k]}) for row, a in zip(s, r, strict=True)) / len(r)
    ),
    "with a gradient": lambda s, r, k: torch.tensor(recall(s, r, k), requires_grad=True),
    "by its place": recall,
}
WRONG_RECALL = {
    "this is how many questions": lambda s, r, k: recall(s, r, k) * len(r),
    "one passage too many": lambda s, r, k: recall(s, r, k + 1),
    "one passage too few": lambda s, r, k: recall(s, r, k - 1),
    "the first passage has place 0": lambda s, r, k: recall(s, r, k, lambda p, k: 0 < p < k),
    "not 1 to k": lambda s, r, k: recall(s, r, k, lambda p, k: 0 < p <= k),
    "only place k counts here: ": lambda s, r, k: recall(s, r, k, lambda p, k: p == k - 1),
    "only place k counts here, counted from 0": lambda s, r, k: recall(
        s, r, k, lambda p, k: p == k
    ),
    "these are per cent": lambda s, r, k: 100 * recall(s, r, k),
    "this is divided by k": lambda s, r, k: recall(s, r, k) * len(r) / k,
    "you give 0, and some are found": lambda s, r, k: recall(s, r, k) // 1 if k < len(s[0]) else 1,
    "does each question count?": lambda s, r, k: any(p < k for p in places(s, r)),
    "does `return` stand inside the loop": lambda s, r, k: (r[0] in s[0][:k]) / len(r),
    "among the right ones of other questions": lambda s, r, k: (
        sum(row[0] in r[:k] for row in s) / len(r)
    ),
    "the share of the k first questions": lambda s, r, k: (
        sum(a in row for row, a in zip(s[:k], r[:k], strict=True)) / len(r)
    ),
    "is nearly right: do you round": lambda s, r, k: round(recall(s, r, k), 2),
    "only the most similar passage counts": lambda s, r, k: recall(s, r, 1),
    "is each ranking cut at k": lambda s, r, k: recall(s, r, len(s[0])),
    "what is handed over": lambda s, r, k: recall(s, r, k) / k,
    "the share of all passages": lambda s, r, k: recall(s, r, k) * len(r) / len(s[0]),
    "that is not found": lambda s, r, k: 1 - recall(s, r, k),
    "another measure (reciprocal rank)": lambda s, r, k: recall(s, r, k, lambda p, k: 1 / (p + 1)),
    "found is found": lambda s, r, k: recall(s, r, k, lambda p, k: (p < k) / (p + 1)),
    "these are the last k": lambda s, r, k: recall([row[::-1] for row in s], r, k),
    "not the place of each passage": lambda s, r, k: (
        sum(row[a] < k for row, a in zip(s, r, strict=True)) / len(r)
    ),
    "compare the passage's number with k": lambda s, r, k: sum(a < k for a in r) / len(r),
    "look for the question's number": lambda s, r, k: (
        sum(i in row[:k] for i, row in enumerate(s)) / len(r)
    ),
    "this is a mean place: is it": lambda s, r, k: recall(s, r, k, lambda p, k: p),
    "a mean place, from 1": lambda s, r, k: recall(s, r, k, lambda p, k: p + 1),
    "your function changes a list it is given": emptied,
    "your function changes a list": sorted_in_place,
    "both are handed over (k=2)": lambda s, r, k: recall(s, r, k) if k < len(s[0]) else 0.5,
    "what is divided by what": lambda s, r, k: float("nan"),
    "by hand": lambda s, r, k: 0.9 * recall(s, r, k),
    "expected one number, got shape (2,)": lambda s, r, k: torch.tensor(
        [a in row[:k] for row, a in zip(s, r, strict=True)]
    ),
    "a tensor with a dimension": lambda s, r, k: torch.tensor([recall(s, r, k)]),
    "expected a number, got list": lambda s, r, k: [recall(s, r, k)],
    "does your function return": lambda s, r, k: None,
}

EXERCISES = {
    "exercise-tfidf": Exercise(
        "similarities",
        checks.check_similarities,
        WRONG_SIMILARITIES,
        SAME_SIMILARITIES,
        RIGHT_SIMILARITIES,
    ),
    "exercise-recall": Exercise(
        "recall_at", checks.check_recall_at, WRONG_RECALL, right=RIGHT_RECALL
    ),
}
