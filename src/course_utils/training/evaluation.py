"""How good a model is: the exact mean loss over a data set."""

from numbers import Integral

import torch

from course_utils.losses import masked_loss
from course_utils.runtime import CourseError
from course_utils.training.data import expect_data_set


def evaluate(model, dataset, batch_size=64, loss=masked_loss, max_batches=None) -> float:
    """Return the mean loss over the targets of a data set, in order, without dropout.

    Args:
        model: ids (B, T) in, logits (B, T, V) out; its training mode is put back afterwards.
        dataset: `Windows` (each token but the first is scored once) or `Rows`.
        batch_size: examples at a time; the result does not depend on it but for rounding.
        loss: a mean over targets, called as loss(logits, ids, mask). Default `masked_loss`.
        max_batches: stop after so many batches. Default None: all of them.

    Returns:
        Nats per target.

    Raises:
        CourseError: if a count is no positive integer, or the data are no data set.
    """
    most = 1 if max_batches is None else max_batches
    for name, count in (("batch_size", batch_size), ("max_batches", most)):
        if not isinstance(count, Integral) or count < 1:
            raise CourseError(f"{name} must be a positive integer, got {count!r}: change it")
    expect_data_set(dataset, "in_order")
    device = next(model.parameters()).device
    was_training, total, targets = model.training, 0.0, 0
    model.eval()
    try:
        with torch.inference_mode():
            for i, (ids, mask) in enumerate(dataset.in_order(batch_size)):
                if i == max_batches:
                    break
                ids, mask = ids.to(device), mask.to(device)
                n = mask[:, 1:].sum().item()
                total += loss(model(ids), ids, mask).item() * n
                targets += n
    finally:
        model.train(was_training)
    return total / targets
