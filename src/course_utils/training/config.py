"""What a training run does, in one frozen object that is stored in its checkpoints."""

from dataclasses import asdict, dataclass

from course_utils.runtime import CourseError

OPTIMIZERS = ("muon", "adamw")
DECAYS = ("linear", "cosine")
_COUNTS = ("steps", "batch_size", "eval_every", "eval_batches", "checkpoint_every")
_OPTIONAL = ("lr", "eval_every", "eval_batches", "checkpoint_every", "grad_clip")


@dataclass(frozen=True)
class TrainConfig:
    """The settings of a training run; the defaults suit small GPTs.

    Args:
        steps: number of updates of the weights.
        batch_size: examples per step.
        optimizer: "muon" (for matrices inside blocks, AdamW for all else) or "adamw".
        lr: peak learning rate of the optimizer named above; None means 0.04 for Muon and 1e-3
            for AdamW.
        adamw_lr: peak learning rate of what Muon leaves to AdamW: embeddings, biases, norms.
        weight_decay: share of each matrix, times its learning rate, taken off each step.
        momentum: Muon's memory of past gradients.
        betas: AdamW's memory of past gradients and of their squares.
        warmup: steps in which the learning rate rises to its peak, counted from 1: step 1 has
            1/warmup of it, step `warmup` all of it.
        decay: the way down from the peak, "linear" or "cosine".
        min_lr: where the way down ends, as a share of the peak.
        grad_clip: longest gradient (2-norm over all weights); None means no limit.
        bf16: compute in bf16 where that is safe; None means where it pays, which is on processors
            made for it and models at least 384 wide.
        eval_every: steps between two looks at the validation set; None means only at the end.
        eval_batches: most batches per look; None means all of it.
        checkpoint_every: steps between two checkpoints; None means only at the end.
        seed: decides the order of the data and dropout.
        progress: show a bar; None means only in a terminal.

    Raises:
        CourseError: if a setting makes no sense.
    """

    steps: int = 400
    batch_size: int = 16
    optimizer: str = "muon"
    lr: float | None = None
    adamw_lr: float = 6e-3
    weight_decay: float = 0.1
    momentum: float = 0.95
    betas: tuple[float, float] = (0.9, 0.99)
    warmup: int = 20
    decay: str = "linear"
    min_lr: float = 0.0
    grad_clip: float | None = 1.0
    bf16: bool | None = None
    eval_every: int | None = None
    eval_batches: int | None = None
    checkpoint_every: int | None = 100
    seed: int = 0
    progress: bool | None = None

    def __post_init__(self):
        for name in _COUNTS:
            self._require(name, lambda x: isinstance(x, int) and x >= 1, "a positive integer")
        for name in ("warmup", "seed"):
            self._require(name, lambda x: isinstance(x, int) and x >= 0, "an integer, 0 or more")
        for name in ("lr", "adamw_lr", "grad_clip"):
            self._require(name, lambda x: 0 < x < float("inf"), "a positive number")
        self._require("weight_decay", lambda x: 0 <= x < float("inf"), "0 or more")
        self._require("momentum", lambda x: 0 <= x < 1, "from 0 to below 1")
        self._require("min_lr", lambda x: 0 <= x <= 1, "a share from 0 to 1")
        self._require("betas", _is_betas, "two numbers from 0 to below 1")
        self._require("optimizer", lambda x: x in OPTIMIZERS, f"one of {OPTIMIZERS}")
        self._require("decay", lambda x: x in DECAYS, f"one of {DECAYS}")

    @property
    def peak_lr(self) -> float:
        """Peak learning rate of the named optimizer, with the default filled in."""
        return self.lr or {"muon": 0.04, "adamw": 1e-3}[self.optimizer]

    def settings(self) -> dict:
        """Return all that a result depends on (everything but the progress bar), for JSON."""
        settings = asdict(self) | {"betas": list(self.betas)}
        del settings["progress"]
        return settings

    def _require(self, name, is_good, expected):
        value = getattr(self, name)
        if value is None and name in _OPTIONAL:
            return
        try:
            good = not isinstance(value, bool) and is_good(value)
        except TypeError:
            good = False
        if not good:
            raise CourseError(f"{name} must be {expected}, got {value!r}: change it")


def _is_betas(betas):
    return len(betas) == 2 and all(0 <= beta < 1 for beta in betas)
