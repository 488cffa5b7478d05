"""Wrong answers to the exercises of "Decoding", by what their checks must say.

`test_mutations.py` tries them all.
"""

import torch
from lesson import Exercise

from course_utils.lessons.checks import decoding as checks


def top_p(rows, p, strict=False, one_more=False, norm=True, back=True, inplace=False):
    """The answer, with one mistake at a time."""
    values, places = torch.sort(rows, descending=True)
    after = values.cumsum(-1)
    drop = after > p if strict else after - values >= p
    if one_more:
        drop = after - values > p
    values = values.masked_fill(drop, 0.0)
    if back:
        target = rows if inplace else torch.zeros_like(rows)
        values = (target.zero_() if inplace else target).scatter_(-1, places, values)
    return values / values.sum(-1, keepdim=True) if norm else values


def top_p_of_first_row(rows, p):
    """Use the first row's order and number for all rows."""
    values, places = torch.sort(rows[0], descending=True)
    kept = torch.zeros_like(rows)
    keep = places[values.cumsum(-1) - values < p]
    kept[:, keep] = rows[:, keep]
    return kept / kept.sum(-1, keepdim=True)


def top_p_by_a_second_sort(rows, p):
    """Sort the places again instead of scattering, in double precision."""
    values, places = rows.double().sort(-1, descending=True)
    values[values.cumsum(-1) - values >= p] = 0
    values /= values.sum(-1, keepdim=True)
    return values.gather(-1, places.argsort(-1))


def top_p_row_by_row(rows, p):
    """Keep words one after the other."""
    result = torch.zeros_like(rows)
    for row, kept in zip(rows, result, strict=True):
        for i in row.argsort(descending=True).tolist():
            kept[i] = row[i]
            if kept.sum() >= p:
                break
    return result / result.sum(-1, keepdim=True)


def top_p_sorted_the_wrong_way_back(rows, p):
    """Take from the places where it should put: right wherever the order undoes itself."""
    values, places = rows.sort(-1, descending=True)
    values[values.cumsum(-1) - values >= p] = 0
    return (values / values.sum(-1, keepdim=True)).gather(-1, places)


RIGHT_TOP_P = {"a second sort": top_p_by_a_second_sort, "row by row": top_p_row_by_row}
WRONG_TOP_P = {
    "no word is left": lambda rows, p: rows * float("nan") if p > 2 else rows * 0,
    "you keep 1 word: ": lambda rows, p: top_p(rows, p, strict=True),
    "for p = 0.75 you keep 3": lambda rows, p: top_p(rows, p, one_more=True),
    "they add to": lambda rows, p: top_p(rows, p, norm=False),
    "must travel back": lambda rows, p: top_p(rows, p, back=False),
    "what you decide must travel back": top_p_sorted_the_wrong_way_back,
    "copy first": lambda rows, p: top_p(rows, p, inplace=True),
    "of four random ones with p = 0.3, ": top_p_of_first_row,
    "the first wrong one stands at [1, ": lambda rows, p: torch.cat(
        [top_p(rows[:1], p), top_p(rows[1:], 0.9)]
    ),
    "got ndarray: torch.tensor makes one of it": lambda rows, p: top_p(rows, p).numpy(),
    "nan or infinity": lambda rows, p: rows / 0,
    "does your function return": lambda rows, p: None,
    "expected shape": lambda rows, p: top_p(rows, p)[:, :2],
    "stops with ZeroDivisionError: division by zero (input: a tensor of shape (4, 9), 0.3)": (
        lambda rows, p: top_p(rows, p) if len(rows) == 1 else 1 / 0
    ),
    "got list: torch.tensor makes one of it, torch.stack one of a list of tensors (input: tensor": (
        lambda rows, p: top_p(rows, p) if p == 0.7 else top_p(rows, p).tolist()
    ),
}


def greedy(model, ids, new, eos_id, position=-1, reads=None, keeps_eos=True, batch=True):
    """The answer, with one mistake at a time."""
    for _ in range(new):
        logits = model(ids if reads is None else ids[:, -reads:])
        next_id = logits[:, position].argmax(-1, keepdim=True)
        if next_id.item() == eos_id and not keeps_eos:
            break
        ids = torch.cat([ids, next_id], dim=1)
        if next_id.item() == eos_id:
            break
    return ids if batch else ids[0]


def greedy_until_any_eos(model, ids, new, eos_id):
    """Stop although the stop token stands in the prompt."""
    while new and eos_id not in ids[0].tolist():
        ids, new = greedy(model, ids, 1, None), new - 1
    return ids


def greedy_until_the_last_is_eos(model, ids, new, eos_id):
    """Look at the last token before there is a new one."""
    while new and ids[0, -1] != eos_id:
        ids, new = greedy(model, ids, 1, None), new - 1
    return ids


def greedy_that_works_on(model, ids, new, eos_id):
    """Finish late and cut off afterwards."""
    full = greedy(model, ids, new, None)[0].tolist()
    tail = full[ids.shape[1] :]
    tail = tail[: tail.index(eos_id) + 1] if eos_id in tail else tail
    return torch.tensor([full[: ids.shape[1]] + tail])


def greedy_in_the_block(model, ids, new, eos_id):
    """Look at the model's sizes first, as the package's `generate` does."""
    model.eval()
    with torch.no_grad():
        for _ in range(new):
            scores = model(ids[:, -model.config.block_size :])[0, -1]
            ids = torch.hstack([ids, scores.argmax()[None, None]])
            if ids[0, -1] == eos_id:
                return ids
    return ids


def greedy_with_cache(model, ids, new, eos_id):
    return torch.cat([ids, model(ids, cache=[])[:, -1:].argmax(-1)], dim=1)


RIGHT_GREEDY = {
    "in the block": greedy_in_the_block,
    "float ids": lambda m, ids, n, eos: greedy(m, ids, n, eos).float(),
}
WRONG_GREEDY = {
    "no cache here": greedy_with_cache,
    "got list: torch.tensor makes one of it": lambda m, ids, n, eos: greedy(
        m, ids, n, eos
    ).tolist(),
    "got NoneType: does your function return? (input: a model, tensor([[5]]), 3, None)": (
        lambda m, ids, n, eos: greedy(m, ids, n, eos) if ids.shape[1] > 1 else None
    ),
    "a wrong token": lambda m, ids, n, eos: greedy(m, ids, n, eos, position=0),
    "what does the model get to read": lambda m, ids, n, eos: greedy(m, ids, n, eos, reads=1),
    "the stop token counts": lambda m, ids, n, eos: greedy(m, ids, n, eos, keeps_eos=False),
    "due, you return 8": lambda m, ids, n, eos: greedy(m, ids, n, None),
    "begins with the stop token": greedy_until_any_eos,
    "is only the stop token: 2 new tokens due": greedy_until_the_last_is_eos,
    "8 calls of the model for ": greedy_that_works_on,
    "must begin with the prompt": lambda m, ids, n, eos: greedy(m, ids, n, eos)[:, ids.shape[1] :],
    "expected ids of shape": lambda m, ids, n, eos: greedy(m, ids, n, eos, batch=False),
    "3 new tokens due, you return 4": lambda m, ids, n, eos: greedy(m, ids, n + (n == 3), eos),
    "stops with TypeError": lambda m, ids, n: ids,
}


def positions(prompt, new, block, cache):
    """The right number, in another way than the lesson's."""
    lengths = range(prompt, prompt + new)
    return sum(min(n, block) if n > block or not cache or n == prompt else 1 for n in lengths)


WRONG_COUNT = {
    "needs the whole prompt": lambda prompt, new, block, cache: new if cache else 45,
    "every step reads all": lambda prompt, new, block, cache: prompt + max(new - 1, 0),
    "is the last one ever fed": lambda prompt, new, block, cache: (
        prompt + new * (new > 1) if cache else positions(prompt, new, block, cache)
    ),
    "no new token, no work": lambda prompt, new, block, cache: (
        prompt if new == 0 else positions(prompt, new, block, cache)
    ),
    "only the last block_size": lambda prompt, new, block, cache: positions(
        prompt, new, 10**6, cache
    ),
    "the cache is of no use": lambda prompt, new, block, cache: (
        min(prompt, block) + new - 1 if cache and new else positions(prompt, new, block, cache)
    ),
    "a prompt that fills the block": lambda prompt, new, block, cache: (
        positions(prompt, new, block, cache) + (prompt == block)
    ),
    "expected a whole number, got NoneType: does your function return?": (
        lambda prompt, new, block, cache: None
    ),
    "got NoneType: does your function return? (input: 5, 4, 12, False)": (
        lambda prompt, new, block, cache: positions(prompt, new, block, cache) if cache else None
    ),
    "got 2.5: which step leaves a rest?": lambda prompt, new, block, cache: prompt / 2,
}

RIGHT_COUNT = {
    "a float": lambda *sizes: float(positions(*sizes)),
    "a tensor": lambda *sizes: torch.tensor(positions(*sizes)),
}
SAME_TOP_P = {
    "kept = torch.zeros_like(probabilities).scatter(1, places, values)",
    "kept = probabilities.scatter(-1, places, values)",
    "return kept / kept.sum(1, keepdim=True)",
    "before = values.cumsum(1) - values",
}

SAME_GREEDY = {
    "if next_id == eos_id:",
    "next_id = model(ids)[:, -1].argmax(keepdim=True)",
    "next_id = model(ids)[:, -1].argmax(dim=1, keepdim=True)",
}

EXERCISES = {
    "exercise-top-p": Exercise("top_p", checks.check_top_p, WRONG_TOP_P, SAME_TOP_P, RIGHT_TOP_P),
    "exercise-greedy": Exercise(
        "greedy", checks.check_greedy, WRONG_GREEDY, SAME_GREEDY, RIGHT_GREEDY
    ),
    "exercise-count": Exercise(
        "positions_fed", checks.check_positions_fed, WRONG_COUNT, right=RIGHT_COUNT
    ),
}
