"""Solutions of the exercises of "The fine-tuning loss", which the lesson shows folded."""

import torch

from course_utils.lessons.answers import or_ours as or_ours


def answer_mask(prompt_lengths, lengths, T):
    place = torch.arange(T)
    after_prompt = place >= prompt_lengths[:, None]
    before_padding = place < lengths[:, None]
    return after_prompt & before_padding


def my_masked_loss(logits, ids, mask):
    log_p = torch.log_softmax(logits[:, :-1], dim=-1)  # (B, T - 1, V)
    of_target = log_p.gather(-1, ids[:, 1:, None]).squeeze(-1)  # (B, T - 1)
    return -of_target[mask[:, 1:]].mean()
