"""Beam search: keep the few best unfinished texts at every step, not only the best one.

It follows Hugging Face's rules to the letter (`tests/package/test_generation.py`), with
early_stopping False: a finished text is scored by its log-probability divided by its length to the
power of `length_penalty`, and the search ends when no running beam, scored at its present length,
beats the worst finished one. That is a heuristic: with a penalty, a longer text might still win.

Source: Wu et al. 2016, section 7 (arXiv:1609.08144) for the length penalty's idea.
"""

import math

import torch

from course_utils import arguments
from course_utils.generation.loop import check_prompt, end_ids, evaluating, is_end
from course_utils.generation.sampling import nothing_to_choose
from course_utils.runtime import CourseError


@torch.no_grad()
def beam_search(model, ids, max_new_tokens, num_beams, length_penalty=1.0, eos_id=None):
    """Return the best continuation of each prompt that a beam of the given width finds.

    Args:
        model: a `GPT`.
        ids: int64 (or another integer type), shape (B, T), T + max_new_tokens at most block_size.
        max_new_tokens: most tokens to add, at least 1.
        num_beams: width of the beam, at least 1; 1 is greedy decoding.
        length_penalty: exponent of the length; above 0 favours long texts. Default 1.0.
        eos_id: the token that finishes a text, counted in its length; or several, in a list.
            Default None: none does.

    Returns:
        int64, shape (B, T + up to max_new_tokens), padded with eos_id, or the first of several
        (shorter rows).

    Raises:
        CourseError: if the prompt or a setting does not fit, or the model gives nan.
    """
    _check(model, ids, max_new_tokens, num_beams, length_penalty)
    ends = end_ids(eos_id, model.config.vocab_size)
    with evaluating(model):
        rows = [
            _search(model, row[None], max_new_tokens, num_beams, length_penalty, ends)
            for row in ids.long()
        ]
    pad = ends[0] if ends else 0  # without an end all rows are of one length
    return torch.nn.utils.rnn.pad_sequence(rows, batch_first=True, padding_value=pad)


def _search(model, prompt, max_new_tokens, num_beams, length_penalty, ends):
    """Search the continuations of one prompt (1, T); return the best, (T + n,)."""
    finished = []  # (score, tokens), best first, at most num_beams
    running, scores = prompt, torch.zeros(1, device=prompt.device)  # (beams, T), (beams,)
    cache = model.new_cache(1)
    feed = prompt
    look_at = max(2, 1 + len(ends)) * num_beams  # so many that enough of them go on
    for length in range(1, max_new_tokens + 1):
        logits = model(feed, cache=cache)[:, -1]  # (beams, V)
        total, beam, token = _best(scores[:, None] + torch.log_softmax(logits, dim=-1), look_at)
        if not math.isfinite(total[0].item()):  # nan is larger than all
            raise nothing_to_choose(logits)
        candidates = torch.cat([running[beam], token[:, None]], dim=1)
        ended = is_end(token, ends) if ends else torch.zeros_like(token, dtype=torch.bool)
        if length == max_new_tokens:
            ended = torch.ones_like(ended)
        for i in ended[:num_beams].nonzero()[:, 0].tolist():  # only the best may finish
            finished.append((total[i].item() / length**length_penalty, candidates[i]))
        finished = sorted(finished, key=lambda pair: -pair[0])[:num_beams]
        going = (~ended).nonzero()[:num_beams, 0]
        if len(going) == 0 or _cannot_improve(
            finished, num_beams, total[going[0]].item() / length**length_penalty
        ):
            break
        running, scores = candidates[going], total[going]
        cache, feed = cache.reorder(beam[going]), running[:, -1:]
    return finished[0][1]


def _best(scores, k):
    """Return the k best entries of (beams, V) with their beam and token, best first."""
    total, index = scores.flatten().topk(min(k, scores.numel()))
    return total, index // scores.shape[1], index % scores.shape[1]


def _cannot_improve(finished, num_beams, best_running):
    return len(finished) == num_beams and best_running <= finished[-1][0]


def _check(model, ids, max_new_tokens, num_beams, length_penalty):
    check_prompt(model, ids, max_new_tokens)
    arguments.whole("num_beams", num_beams, 1)
    arguments.whole("max_new_tokens", max_new_tokens, 1)
    arguments.number("length_penalty", length_penalty, "finite", math.isfinite)
    if ids.shape[1] + max_new_tokens > model.config.block_size:
        raise CourseError(
            f"block_size is {model.config.block_size} but the prompt and the new tokens need "
            f"{ids.shape[1] + max_new_tokens}: generate fewer"
        )
