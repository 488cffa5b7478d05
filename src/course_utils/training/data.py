"""Data sets: where batches come from, in an order that can be saved and taken up again.

`Windows` cuts a long text wherever it likes; `Rows` keeps whole examples. Both give batches
`(ids, mask)` for `masked_loss`: position t of the model's output is scored on ids[:, t + 1], where
mask is True. Left out: files too big for memory, worker processes.
"""

import zlib
from numbers import Integral

import torch
import torch.nn.functional as F

from course_utils.runtime import CourseError

ENCODE = (
    "encode texts with a tokenizer, then give Windows(ids, block_size) or Rows.pad(lists of ids, "
    "pad_id)"
)


class Order:
    """The order in which examples come: a generator, and what is left of the current epoch.

    Args:
        seed: decides everything.
    """

    def __init__(self, seed: int = 0):
        self.generator = torch.Generator().manual_seed(seed)
        self.left = torch.empty(0, dtype=torch.int64)

    def random(self, n: int, total: int) -> torch.Tensor:
        """Return n numbers below total, each drawn anew; int64, shape (n,)."""
        return torch.randint(total, (n,), generator=self.generator)

    def shuffled(self, n: int, total: int) -> torch.Tensor:
        """Return the next n numbers below total, each once per epoch; int64, shape (n,).

        >>> Order(seed=1).shuffled(3, total=3).sort().values.tolist()
        [0, 1, 2]
        """
        while len(self.left) < n:
            epoch = torch.randperm(total, generator=self.generator)
            self.left = torch.cat([self.left, epoch])
        now, self.left = self.left[:n], self.left[n:].clone()
        return now

    def state(self) -> dict:
        """Return all that is needed to go on from here, as tensors."""
        return {"generator": self.generator.get_state(), "left": self.left}

    def restore(self, state: dict) -> None:
        """Go on from a saved state."""
        self.generator.set_state(state["generator"])
        self.left = state["left"]


class Windows:
    """Random windows of a long text: every stretch of block_size tokens is an example.

    Args:
        ids: int64, shape (N,), or a list: the tokens of the text.
        block_size: tokens per window; a window has block_size - 1 targets.

    Raises:
        CourseError: if the text is shorter than one window, or these are no token ids.

    >>> ids, mask = Windows(range(9), block_size=4).batch(2, Order(seed=0))
    >>> ids.shape, bool((ids[:, 1:] == ids[:, :-1] + 1).all())
    (torch.Size([2, 4]), True)
    """

    def __init__(self, ids, block_size: int):
        self.ids = _as_ids(ids)
        if not isinstance(block_size, Integral) or block_size < 2 or self.ids.ndim != 1:
            raise CourseError(
                f"expected one row of tokens and a block_size of 2 or more, got shape "
                f"{tuple(self.ids.shape)} and {block_size!r}: change them"
            )
        if len(self.ids) < block_size:
            raise CourseError(
                f"block_size is {block_size} but the text has {len(self.ids)} tokens: "
                "use a longer text or a smaller block_size"
            )
        self.block_size = block_size

    def batch(self, batch_size: int, order: Order):
        """Return the next random windows: ids and mask, shape (batch_size, block_size)."""
        starts = order.random(batch_size, len(self.ids) - self.block_size + 1)
        ids = self.ids[starts[:, None] + torch.arange(self.block_size)]
        return ids, torch.ones_like(ids, dtype=torch.bool)

    def in_order(self, batch_size: int):
        """Yield batches (ids, mask) in which each token but the first is a target once."""
        N, T = len(self.ids), self.block_size
        padded = F.pad(self.ids, (0, T))
        for starts in torch.arange(0, N - 1, T - 1).split(batch_size):
            places = starts[:, None] + torch.arange(T)
            yield padded[places], places < N

    def fingerprint(self) -> int:
        """Return a number that tells these data from others."""
        return checksum(self.ids, torch.tensor(self.block_size))


class Rows:
    """Whole examples, one a row; each comes once per epoch, in shuffled order.

    Args:
        ids: int64, shape (N, T), padded at the end with any token.
        mask: bool, shape (N, T), True at each target token that counts (never at padding).
            Default None: all count.

    Raises:
        CourseError: if the shapes do not fit, there is no row, a row has no target, or these are
            no token ids.

    >>> rows = Rows(torch.tensor([[5, 6, 0], [5, 6, 7]]), torch.tensor([[1, 1, 0], [1, 1, 1]]) > 0)
    >>> [ids.tolist() for ids, mask in rows.in_order(1)]  # cut behind the last target
    [[[5, 6]], [[5, 6, 7]]]
    """

    def __init__(self, ids, mask=None):
        self.ids = _as_ids(ids)
        if len(self.ids) == 0:
            raise CourseError("there are no rows: give at least one")
        self.mask = torch.ones_like(self.ids) > 0 if mask is None else _as_mask(mask)
        if self.ids.ndim != 2 or self.ids.numel() == 0 or self.mask.shape != self.ids.shape:
            raise CourseError(
                "expected ids and mask of one shape (N, T), got "
                f"{tuple(self.ids.shape)} and {tuple(self.mask.shape)}: pad the rows to one length"
            )
        empty = (~self.mask[:, 1:].any(1)).nonzero().flatten()
        if len(empty):
            raise CourseError(f"row {empty[0].item()} has no target: leave it out or mend its mask")

    @classmethod
    def pad(cls, rows, pad_id: int, masks=None) -> "Rows":
        """Build from lists of different lengths; what is added never counts as a target.

        Args:
            rows: N lists of token ids.
            pad_id: the token that fills short rows.
            masks: N lists of bools, one a token. Default None: every token counts.

        Raises:
            CourseError: as for the class, or if a row and its mask differ in length.

        >>> Rows.pad([[5, 6], [5, 6, 7]], pad_id=0).mask.int().tolist()
        [[1, 1, 0], [1, 1, 1]]
        """
        if not isinstance(pad_id, Integral) or pad_id < 0:
            raise CourseError(f"pad_id must be a token id, got {pad_id!r}: any token will do")
        rows = [_whole(row) for row in rows]
        if masks is None:
            masks = [torch.ones(row.shape, dtype=torch.bool) for row in rows]
        masks = [_as_mask(mask) for mask in masks]
        _expect_fit(rows, masks)
        return cls(_padded(rows, pad_id), _padded(masks, False))

    def batch(self, batch_size: int, order: Order):
        """Return the next rows: ids and mask, shape (batch_size, T of the longest)."""
        return self.take(order.shuffled(batch_size, len(self.ids)))

    def in_order(self, batch_size: int):
        """Yield batches (ids, mask) of all rows, first to last."""
        for rows in torch.arange(len(self.ids)).split(batch_size):
            yield self.take(rows)

    def fingerprint(self) -> int:
        """Return a number that tells these data from others."""
        return checksum(self.ids, self.mask)

    def take(self, rows):
        """Return the rows named: ids and mask, cut behind the last target."""
        mask = self.mask[rows]
        T = mask.any(0).nonzero().max().item() + 1  # nothing behind the last target is needed
        return self.ids[rows, :T], mask[:, :T]


def checksum(*tensors: torch.Tensor) -> int:
    """Return a number that changes with the shapes and the values of tensors."""
    value = 0
    for tensor in tensors:
        value = zlib.crc32(repr(tuple(tensor.shape)).encode(), value)
        value = zlib.crc32(tensor.cpu().contiguous().numpy().tobytes(), value)
    return value


def expect_data_set(dataset, *methods: str) -> None:
    """Refuse what lacks a method that a data set must have, such as a list of texts.

    Raises:
        CourseError: it lacks one.
    """
    if not all(callable(getattr(dataset, name, None)) for name in methods):
        raise CourseError(f"expected a data set, got {kind(dataset)}: {ENCODE}")


def kind(value) -> str:
    """Return what a value is, in words for an error.

    >>> kind(["a text", "another"])
    'a list of 2 × str'
    """
    name = type(value).__name__
    if isinstance(value, list | tuple) and value:
        return f"a {name} of {len(value)} × {type(value[0]).__name__}"
    return name


def _as_ids(values):
    """Return token ids as an int64 tensor, or say what came instead."""
    ids = _whole(values)
    if ids.numel() and ids.min() < 0:
        raise CourseError(
            f"expected token ids, got {ids.min().item()}: there is no such token; what does not "
            "count as a target (-100 elsewhere) is False in the mask, and keeps its token"
        )
    return ids


def _whole(values):
    """Return whole numbers as an int64 tensor; an empty list is a float for PyTorch."""
    tensor = _as_tensor(values)
    if tensor.numel() and (tensor.dtype.is_floating_point or tensor.dtype == torch.bool):
        raise CourseError(f"expected token ids, got {tensor.dtype}: {ENCODE}")
    return tensor.to(torch.int64)


def _as_mask(values):
    mask = _as_tensor(values)
    if mask.dtype != torch.bool and not ((mask == 0) | (mask == 1)).all():
        raise CourseError(
            "expected a mask of True and False (or 1 and 0), got other numbers: "
            "give True at each target that counts"
        )
    return mask.bool()


def _as_tensor(values):
    try:
        return torch.as_tensor(values)
    except (TypeError, ValueError, RuntimeError) as error:  # texts, rows of different lengths
        reason = str(error).splitlines()[0]
        raise CourseError(f"expected token ids, got {kind(values)} ({reason}): {ENCODE}") from None


def _expect_fit(rows, masks):
    if not rows:
        raise CourseError("there are no rows: give at least one")
    if len(rows) != len(masks):
        raise CourseError(f"there are {len(rows)} rows and {len(masks)} masks: give one a row")
    for i, (row, mask) in enumerate(zip(rows, masks, strict=True)):
        if row.ndim != 1 or row.shape != mask.shape:
            raise CourseError(
                f"expected a list of ids and a mask of its length, got {tuple(row.shape)} and "
                f"{tuple(mask.shape)} in row {i}: give one True or False a token"
            )


def _padded(rows, value):
    return torch.nn.utils.rnn.pad_sequence(rows, batch_first=True, padding_value=value)
