"""Solutions of the exercises of "Decoding", which the lesson shows folded."""

import torch

from course_utils.lessons.answers import or_ours as or_ours


def greedy(model, ids, max_new_tokens, eos_id=None):
    for _ in range(max_new_tokens):
        next_id = model(ids)[:, -1].argmax(dim=-1, keepdim=True)
        ids = torch.cat([ids, next_id], dim=1)
        if next_id.item() == eos_id:
            break
    return ids


def top_p(probabilities, p):
    values, places = torch.sort(probabilities, descending=True)
    before = values.cumsum(-1) - values  # the sum of all likelier words
    values = values.masked_fill(before >= p, 0.0)
    kept = torch.zeros_like(probabilities).scatter(-1, places, values)
    return kept / kept.sum(-1, keepdim=True)


def positions_fed(prompt, new, block_size, use_cache):
    total = 0
    for i in range(new):
        length = prompt + i
        if length > block_size:
            total += block_size  # the window, afresh
        elif use_cache and i > 0:
            total += 1
        else:
            total += length
    return total
