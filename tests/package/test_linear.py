"""The linear layer: PyTorch's result, by whichever way."""

import pytest
import torch
import torch.nn.functional as F

from course_utils import linear as module
from course_utils.linear import BIG, FEW_ROWS, Linear, linear

SHAPES = [(8,), (1, 8), (FEW_ROWS, 8), (FEW_ROWS + 1, 8), (1, 1, 8), (2, 3, 8), (0, 8)]


@pytest.fixture
def every_size_is_big(monkeypatch):
    """Take the detour for small matrices too."""
    monkeypatch.setattr(module, "BIG", 1)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("out", [6, 5], ids=["even", "odd"])
def test_the_result_is_pytorchs(every_size_is_big, shape, bias, out):
    x, weight = torch.randn(shape), torch.randn(out, 8)
    b = torch.randn(out) if bias else None
    torch.testing.assert_close(linear(x, weight, b), F.linear(x, weight, b), rtol=1e-5, atol=1e-5)


def test_a_matrix_that_is_not_contiguous(every_size_is_big):
    x, weight = torch.randn(1, 8), torch.randn(8, 6).t()
    torch.testing.assert_close(linear(x, weight), F.linear(x, weight), rtol=1e-5, atol=1e-5)


def test_gradients_flow_through_the_detour(every_size_is_big):
    x, weight, bias = torch.randn(2, 8), torch.randn(6, 8), torch.randn(6)
    inputs = tuple(t.double().requires_grad_() for t in (x, weight, bias))
    assert torch.autograd.gradcheck(linear, inputs)


@pytest.mark.parametrize(
    ("rows", "width", "detour"),
    [(1, 512, True), (FEW_ROWS, 512, True), (FEW_ROWS + 1, 512, False), (1, 128, False)],
)
def test_the_detour_is_for_few_rows_and_big_matrices(monkeypatch, rows, width, detour):
    assert 128 * 128 < BIG <= 512 * 512
    taken = []
    in_halves = module._in_halves
    monkeypatch.setattr(module, "_in_halves", lambda *a: taken.append(1) or in_halves(*a))
    layer = Linear(width, width)
    layer(torch.randn(rows, width))
    assert bool(taken) == detour


def test_the_layer_holds_what_pytorchs_holds():
    ours, theirs = Linear(8, 6), torch.nn.Linear(8, 6)
    ours.load_state_dict(theirs.state_dict())
    x = torch.randn(3, 8)
    assert torch.equal(ours(x), theirs(x))
