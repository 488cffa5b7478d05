"""Muon: against the singular value decomposition, against torch's own, and against bad input."""

import pytest
import torch

from course_utils.optim import Muon, orthogonalize
from course_utils.runtime import CourseError


def randn(*shape, seed=0):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("shape", [(16, 16), (8, 32), (32, 8), (3, 8, 24)])
def test_singular_values_come_near_one_and_vectors_stay(shape):
    matrices = randn(*shape)
    result = orthogonalize(matrices)
    assert result.shape == matrices.shape
    u, s, vh = torch.linalg.svd(matrices, full_matrices=False)
    seen = u.mT @ result @ vh.mT  # diagonal when the singular vectors are the same
    diagonal = seen.diagonal(dim1=-2, dim2=-1)
    assert torch.allclose(seen, torch.diag_embed(diagonal), atol=1e-4)
    assert diagonal[s > 0.02 * s.amax()].min() > 0.6 and diagonal.max() < 1.25


def test_orthogonalize_follows_the_published_polynomial():
    matrix = randn(6, 6)
    u, s, vh = torch.linalg.svd(matrix)
    s = s / s.norm()
    for _ in range(5):
        s = 3.4445 * s - 4.7750 * s**3 + 2.0315 * s**5
    torch.testing.assert_close(orthogonalize(matrix), u @ torch.diag(s) @ vh, rtol=0, atol=1e-4)


def test_a_gradient_of_zero_gives_no_nan():
    assert orthogonalize(torch.zeros(4, 4)).eq(0).all()


@pytest.mark.parametrize("shape", [(24, 24), (16, 48), (48, 16)])
def test_each_step_equals_torchs_within_bf16(shape):
    """From the same weights, momentum and gradient: torch's Newton–Schulz rounds to 8 bits."""
    torchs = pytest.importorskip("torch.optim", reason="torch ≥ 2.9")
    if not hasattr(torchs, "Muon"):
        pytest.skip("torch.optim.Muon came with torch 2.9")
    settings = {"lr": 0.1, "momentum": 0.9, "weight_decay": 0.2}
    ours, theirs = (torch.nn.Parameter(randn(*shape)) for _ in range(2))
    our_muon, their_muon = Muon([ours], **settings), torchs.Muon([theirs], **settings)
    for step in range(4):
        with torch.no_grad():
            ours.copy_(theirs)
        before = ours.detach().clone()
        ours.grad = randn(*shape, seed=step + 1)
        theirs.grad = ours.grad.clone()
        our_muon.step()
        their_muon.step()
        moved, error = (theirs - before).norm(), (ours - theirs).norm()
        assert error < 0.02 * moved
        torch.testing.assert_close(
            our_muon.state[ours]["momentum"], their_muon.state[theirs]["momentum_buffer"]
        )


def test_all_of_it_is_fp32():
    """A relative change of 1e-4 in the gradient, below what bf16 can hold, is seen."""
    matrix, change = randn(8, 8), randn(8, 8, seed=1) * 1e-4
    slope = (orthogonalize(matrix + change) - orthogonalize(matrix)).norm() / change.norm()
    finer = (orthogonalize(matrix + change / 4) - orthogonalize(matrix)).norm() / change.norm() * 4
    assert slope > 0
    torch.testing.assert_close(slope, finer, rtol=0.02, atol=0.0)


def test_split_treats_the_parts_as_if_they_were_weights_of_their_own():
    joint = torch.nn.Parameter(randn(24, 8))
    parts = [torch.nn.Parameter(part.clone()) for part in joint.detach().chunk(3)]
    joint.grad = randn(24, 8, seed=1)
    for part, grad in zip(parts, joint.grad.chunk(3), strict=True):
        part.grad = grad.clone()
    Muon([joint], split=3).step()
    Muon(parts).step()
    torch.testing.assert_close(joint.detach(), torch.cat([p.detach() for p in parts]))


def test_weights_without_gradient_stay():
    weight = torch.nn.Parameter(randn(4, 4))
    optimizer = Muon([weight], weight_decay=0.5)
    before = weight.detach().clone()
    assert optimizer.step(closure=lambda: 7.0) == 7.0
    assert torch.equal(weight, before)


def test_groups_keep_their_own_settings():
    fast, still = (torch.nn.Parameter(randn(4, 4)) for _ in range(2))
    fast.grad = still.grad = randn(4, 4, seed=1)
    Muon([{"params": [fast], "lr": 0.1}, {"params": [still], "lr": 0.0}]).step()
    assert torch.equal(still, randn(4, 4))
    assert (fast - still).abs().max() > 0.01


@pytest.mark.parametrize(("shape", "split"), [((4,), 1), ((2, 3, 4), 1), ((8, 4), 3)])
def test_what_is_no_matrix_is_refused(shape, split):
    with pytest.raises(CourseError, match="AdamW"):
        Muon([torch.nn.Parameter(torch.zeros(shape))], split=split)
