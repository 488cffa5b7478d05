"""Solutions of the exercises of "What a model costs", which the lesson shows folded."""

import torch

from course_utils.lessons.answers import or_ours as or_ours


def forward_flops(config, batch, length):
    C, L, V = config.n_embd, config.n_layer, config.vocab_size
    weights = 12 * L * C**2 + V * C  # the blocks' matrices, and the head
    attention = 2 * L * length * C  # queries times keys, weights times values
    return 2 * batch * length * (weights + attention)


def cache_bytes(config, positions, batch, bytes_each):
    head_size = config["n_embd"] // config["n_head"]
    a_layer = 2 * config["n_kv_head"] * head_size  # a key and a value each
    return config["n_layer"] * a_layer * positions * batch * bytes_each


def quantize(w, bits=8):
    top = 2 ** (bits - 1) - 1  # 127 for 8 bits
    scale = w.abs().amax(dim=1, keepdim=True) / top  # (R, 1)
    scale[scale == 0] = 1.0  # a row of zeros stays one
    return (w / scale).round().to(torch.int8), scale
