"""The stronger start of small models: what is changed, by how much, and what is not."""

import importlib
import math

import pytest
import torch

from course_utils.model import GPT, GPTConfig

start = importlib.import_module("tools.models.recipes.initial_weights")


def fresh():
    torch.manual_seed(0)
    return GPT(GPTConfig(vocab_size=11, block_size=9, n_layer=2, n_head=2, n_embd=8))


def test_words_and_matrices_are_larger_and_the_rest_is_as_it_was():
    before, after = fresh().state_dict(), fresh()
    start.start_stronger(after)
    for name, weight in after.state_dict().items():
        factor = 5 if name == "wte.weight" else 4 if weight.ndim == 2 else 1
        if name != "wpe.weight":
            torch.testing.assert_close(weight, before[name] * factor, msg=name)


def test_positions_are_waves():
    model = fresh()
    start.start_stronger(model)
    for place in range(9):
        for pair in range(4):
            angle = place / 10_000 ** (2 * pair / 8)
            found = model.wpe.weight[place, 2 * pair : 2 * pair + 2].tolist()
            assert found == pytest.approx([0.1 * math.sin(angle), 0.1 * math.cos(angle)], abs=1e-6)


def test_an_odd_width_is_cut():
    assert start.waves(3, 5).shape == (3, 5)
    torch.testing.assert_close(start.waves(3, 5)[:, 0], torch.arange(3.0).sin())


def test_strengthen_takes_a_factor():
    block, before = fresh().blocks, fresh().blocks.state_dict()
    start.strengthen(block, 1.5)
    weights = block.state_dict()
    torch.testing.assert_close(weights["0.mlp.fc.weight"], 1.5 * before["0.mlp.fc.weight"])
    assert torch.equal(weights["0.ln_1.weight"], before["0.ln_1.weight"])
