"""Solutions of the exercises of "The preference loss", which the lesson shows folded."""

import torch
import torch.nn.functional as F

from course_utils.lessons.answers import or_ours as or_ours


def dpo_loss(policy_w, policy_l, ref_w, ref_l, beta):
    margin = (policy_w - ref_w) - (policy_l - ref_l)  # (B,)
    return -F.logsigmoid(beta * margin).mean()


def pull(margin, beta):
    other_choice = torch.sigmoid(torch.tensor(-beta * margin))  # 1 - σ(β m)
    return beta * other_choice.item()
