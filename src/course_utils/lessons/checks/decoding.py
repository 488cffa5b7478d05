"""Checks of the lesson "Decoding": top-p, greedy decoding with a stop token, the cache's work.

The oracles are loops over sorted lists, a made-up model that counts what it is fed, and a hook
on a real one; never the answer itself.
"""

import torch

from course_utils.generation import generate
from course_utils.lessons.checks._answers import (
    apart,
    as_tensor,
    close,
    counted,
    fresh,
    how_much,
    whole,
)
from course_utils.lessons.checks._report import check, expect
from course_utils.model import GPT, GPTConfig


@check("it keeps what is needed and no more, whatever the order of the words.")
def check_top_p(top_p) -> None:
    """Check the top-p filter on probabilities.

    Args:
        top_p: probabilities, shape (B, V), and p -> probabilities, shape (B, V), each row adds
            to 1.
    """
    sorted_row = torch.tensor([[0.5, 0.25, 0.125, 0.0625, 0.0625]])
    _check_sorted_row(top_p, sorted_row)
    shuffled = sorted_row[:, [1, 2, 0, 3, 4]]
    ours = _probabilities(top_p(shuffled.clone(), 0.7), shuffled)
    expect(
        close(ours, _top_p_oracle(shuffled, 0.7)),
        "right while the words stand from likely to unlikely, wrong in another order: "
        "sorting moves words, so what you decide must travel back to where each word was",
    )
    rows = torch.softmax(3 * torch.randn(4, 9, generator=fresh()), dim=-1)
    kept = rows.clone()
    for p in (0.3, 0.8):
        ours, right = _probabilities(top_p(rows, p), rows), _top_p_oracle(rows, p)
        expect(torch.equal(rows, kept), "your function changes the row it is given: copy first")
        expect(
            close(ours, right),
            f"right for one row; of four random ones with p = {p}, {how_much(ours, right)}: "
            "each row has an order and a number of words of its own",
        )


def _check_sorted_row(top_p, row) -> None:
    ours = _probabilities(top_p(row.clone(), 0.7), row)
    expect(
        bool((ours[0] > 0).any()),
        "no word is left: even the likeliest alone may be enough",
    )
    n = int((ours[0] > 0).sum())
    expect(
        n == 2,
        f"½, ¼, ⅛, … with p = 0.7: ½ is too little, ½ + ¼ is enough, but you "
        f"keep {counted(n, 'word')}: does the word that reaches p stay, and the one after it go?",
    )
    expect(
        close(ours.sum(-1), 1.0),
        f"the right words, but they add to {apart(ours.sum(), 1.0)}: make it a distribution again",
    )
    expect(close(ours, [[2 / 3, 1 / 3, 0, 0, 0]]), "½ and ¼ must keep their proportion, 2 to 1")
    for p, wanted in ((0.75, 2), (0.1, 1), (1.0, 5)):
        ours = _probabilities(top_p(row.clone(), p), row)
        n = int((ours[0] > 0).sum())
        expect(
            n == wanted,
            f"p = 0.7 is right, but for p = {p} you keep {n} of ½, ¼, ⅛, 1/16, 1/16: "
            "count the smallest set that adds to at least p, and never an empty one",
        )


@check("it stops where it should, and it reads the whole text at every step.")
def check_greedy(greedy) -> None:
    """Check greedy decoding of one text with a stop token.

    Args:
        greedy: model, ids (1, T), max_new_tokens, eos_id -> ids (1, T + up to max_new_tokens).
    """
    for prompt, new, eos_id, what in (
        ([3, 1], 4, None, "without a stop token"),
        ([5], 3, None, "for a prompt of one token"),
        ([3, 1], 0, None, "for max_new_tokens=0"),
    ):
        _compare(greedy, prompt, new, eos_id, what)
    text = _greedy_oracle([3, 1], 8, None)
    stop = next(t for t in text[3:] if t not in (3, 1, text[2]))
    _compare(greedy, [3, 1], 8, stop, "with a stop token that comes up on the way")
    _compare(greedy, [3, 1], 8, text[2], "with a stop token that comes up at once")
    prompt = [stop, 3, 1]  # a text begins at <eos>
    _compare(greedy, prompt, 8, stop, "for a prompt that begins with the stop token")
    _compare(greedy, [stop], 3, stop, "for a prompt that is only the stop token")
    prompt = torch.randint(11, (4,), generator=fresh()).tolist()
    _compare(greedy, prompt, 6, None, "for a random prompt")


def _compare(greedy, prompt, new, eos_id, what) -> None:
    model, ids = Model(), torch.tensor([prompt])
    ours = as_tensor(greedy(model, ids, new, eos_id), "ids")
    expect(ids.tolist() == [prompt], "your function changes the prompt it is given: copy first")
    expect(
        ours.dim() == 2 and len(ours) == 1,
        f"expected ids of shape (1, T), got {tuple(ours.shape)}: print the shape after each line",
    )
    ours, right = ours[0].tolist(), _greedy_oracle(prompt, new, eos_id)
    expect(
        ours[: len(prompt)] == prompt,
        f"{what}: the result must begin with the prompt {prompt}, yours is {ours}",
    )
    hint = "" if eos_id is None else " (the stop token counts, and only a new one stops)"
    expect(
        len(ours) == len(right),
        f"{what}: {counted(len(right) - len(prompt), 'new token')} due, you return "
        f"{len(ours) - len(prompt)}{hint}",
    )
    expect(
        ours == right,
        f"{what}: a wrong token, {ours} instead of {right[: len(prompt)]} and so on: whose "
        "scores do you take, and what does the model get to read?",
    )
    expect(
        model.calls <= len(right) - len(prompt),
        f"{what}: {counted(model.calls, 'call')} of the model for "
        f"{counted(len(right) - len(prompt), 'new token')}: "
        "stop as soon as the text is finished",
    )


class Model(torch.nn.Module):
    """Scores (1, T, 11) whose maximum depends on all tokens up to each position."""

    in_words = "a model"
    config, calls = GPTConfig(vocab_size=11, block_size=32, n_layer=1, n_head=1, n_embd=2), 0

    def forward(self, ids, cache=None):
        expect(cache is None, "no cache here: the model reads the whole text at each step")
        self.calls += 1
        best = [_next(ids[0, : t + 1].tolist()) for t in range(ids.shape[1])]
        return torch.nn.functional.one_hot(torch.tensor([best]), 11).float()


def _next(tokens) -> int:
    return sum((i + 2) * (token + 3) for i, token in enumerate(tokens)) % 11


def _greedy_oracle(prompt, new, eos_id) -> list[int]:
    tokens = list(prompt)
    for _ in range(new):
        tokens.append(_next(tokens))
        if tokens[-1] == eos_id:
            break
    return tokens


@check("it counts what a real model was fed, inside the block and beyond it.")
def check_positions_fed(positions_fed) -> None:
    """Check the number of positions that a model works through while it generates.

    Args:
        positions_fed: prompt, new, block_size, use_cache -> int.
    """
    for prompt, new, use_cache, hint in (
        (5, 1, True, "the first new token needs the whole prompt, cached or not"),
        (5, 4, False, "without a cache every step reads all the tokens there are so far"),
        (5, 4, True, "after the prompt each step feeds one token; is the last one ever fed?"),
        (3, 0, True, "no new token, no work"),
        (10, 9, False, "beyond the block only the last block_size tokens are read"),
        (10, 9, True, "once the text is longer than the block, the cache is of no use"),
        (12, 3, True, "a prompt that fills the block is fed as it is; then the window moves"),
    ):
        _count_right(positions_fed, prompt, new, 12, use_cache, hint)
    prompt, new = torch.randint(1, 9, (2,), generator=fresh()).tolist()
    for use_cache in (True, False):
        _count_right(positions_fed, prompt, new, 9, use_cache, "try small numbers on paper")


def _count_right(positions_fed, prompt, new, block_size, use_cache, hint) -> None:
    ours = whole(positions_fed(prompt, new, block_size, use_cache))
    right = _measure(prompt, new, block_size, use_cache)
    cache = "with" if use_cache else "without"
    expect(
        ours == right,
        f"prompt {prompt}, {new} new, block {block_size}, {cache} cache: you say {ours}, a real "
        f"model was fed {'more' if right > ours else 'fewer'}: {hint}",
    )


def _measure(prompt, new, block_size, use_cache) -> int:
    """Count the positions that a real, tiny model is fed."""
    with torch.random.fork_rng(devices=[]):
        model = GPT(GPTConfig(7, block_size, n_layer=1, n_head=1, n_embd=4))
    fed = []
    model.blocks[0].register_forward_pre_hook(lambda _, inputs: fed.append(inputs[0].shape[1]))
    generate(model, torch.zeros(1, prompt, dtype=torch.long), new, 0, use_cache=use_cache)
    return sum(fed)


def _top_p_oracle(rows, p) -> torch.Tensor:
    """Keep the likeliest words until they add to p, by a loop over each sorted row."""
    result = torch.zeros_like(rows)
    for b, row in enumerate(rows.tolist()):
        total, kept = 0.0, []
        for i in sorted(range(len(row)), key=lambda i: -row[i]):
            kept.append(i)
            total += row[i]
            if total >= p:
                break
        result[b, kept] = rows[b, kept] / total
    return result


def _probabilities(answer, rows) -> torch.Tensor:
    answer = as_tensor(answer, "probabilities")
    expect(
        answer.shape == rows.shape,
        f"expected shape {tuple(rows.shape)}, got {tuple(answer.shape)}: words that are not kept "
        "stay in their place with probability 0",
    )
    expect(
        bool(answer.isfinite().all()),
        "there is nan or infinity in the result: what do you divide by, and can it be 0?",
    )
    return answer.to(torch.float64)
