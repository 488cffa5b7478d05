"""Beam search: keep the few best unfinished texts at every step, not only the best one.

It follows Hugging Face's rules to the letter (`tests/package/test_generation.py`), with
early_stopping False: a finished text is scored by its log-probability divided by its length to the
power of `length_penalty`, and the search ends when no running beam can still beat the worst
finished one.

Source: Wu et al. 2016, section 7 (arXiv:1609.08144) for the length penalty's idea.
"""

import torch

from course_utils.generation.loop import check_prompt, evaluating
from course_utils.runtime import CourseError


@torch.no_grad()
def beam_search(model, ids, max_new_tokens, num_beams, length_penalty=1.0, eos_id=None):
    """Return the best continuation of each prompt that a beam of the given width finds.

    Args:
        model: a `GPT`.
        ids: int64, shape (B, T), T + max_new_tokens at most block_size.
        max_new_tokens: most tokens to add, at least 1.
        num_beams: width of the beam, at least 1; 1 is greedy decoding.
        length_penalty: exponent of the length; above 0 favours long texts. Default 1.0.
        eos_id: the token that finishes a text, counted in its length. Default None.

    Returns:
        int64, shape (B, T + up to max_new_tokens), padded with eos_id (shorter rows).

    Raises:
        CourseError: if the prompt or a setting does not fit.
    """
    _check(model, ids, max_new_tokens, num_beams)
    with evaluating(model):
        rows = [
            _search(model, row[None], max_new_tokens, num_beams, length_penalty, eos_id)
            for row in ids
        ]
    return torch.nn.utils.rnn.pad_sequence(rows, batch_first=True, padding_value=eos_id or 0)


def _search(model, prompt, max_new_tokens, num_beams, length_penalty, eos_id):
    """Search the continuations of one prompt (1, T); return the best, (T + n,)."""
    finished = []  # (score, tokens), best first, at most num_beams
    running, scores = prompt, torch.zeros(1, device=prompt.device)  # (beams, T), (beams,)
    cache = model.new_cache(1)
    feed = prompt
    for length in range(1, max_new_tokens + 1):
        log_probs = torch.log_softmax(model(feed, cache=cache)[:, -1], dim=-1)  # (beams, V)
        total, beam, token = _best(scores[:, None] + log_probs, 2 * num_beams)
        candidates = torch.cat([running[beam], token[:, None]], dim=1)
        ends = token == eos_id if eos_id is not None else torch.zeros_like(token, dtype=torch.bool)
        if length == max_new_tokens:
            ends = torch.ones_like(ends)
        for i in ends[:num_beams].nonzero()[:, 0].tolist():  # only the best may finish
            finished.append((total[i].item() / length**length_penalty, candidates[i]))
        finished = sorted(finished, key=lambda pair: -pair[0])[:num_beams]
        going = (~ends).nonzero()[:num_beams, 0]
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


def _check(model, ids, max_new_tokens, num_beams):
    check_prompt(model, ids, max_new_tokens)
    if num_beams < 1 or max_new_tokens < 1:
        raise CourseError(
            "num_beams and max_new_tokens must be at least 1, "
            f"got {num_beams} and {max_new_tokens}: change them"
        )
    if ids.shape[1] + max_new_tokens > model.config.block_size:
        raise CourseError(
            f"block_size is {model.config.block_size} but the prompt and the new tokens need "
            f"{ids.shape[1] + max_new_tokens}: generate fewer"
        )
