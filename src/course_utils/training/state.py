"""Everything that a run is made of at one moment, so that it can stop here and go on elsewhere."""

import math
from pathlib import Path

import torch

from course_utils.losses import masked_loss
from course_utils.runtime import CourseError
from course_utils.training import files
from course_utils.training.config import TrainConfig
from course_utils.training.data import Order
from course_utils.training.identity import expect_same, identity
from course_utils.training.optimizers import make_optimizers


class TrainState:
    """Weights, optimizers, random state, order of the data, step, best so far and history.

    Args:
        model: trained in place.
        config: the settings.
        train_set: the training data (its fingerprint is kept, not the data).
        val_set: the validation data, which is kept alike. Default None: there are none.
        loss: what is made small (its name is kept). Default `masked_loss`.
    """

    def __init__(
        self, model: torch.nn.Module, config: TrainConfig, train_set, val_set=None, loss=masked_loss
    ):
        self.model, self.config = model, config
        self.optimizers = make_optimizers(model, config)
        self.order = Order(config.seed)
        self.step = 0  # updates done
        self.best = math.inf  # nats per target on the validation set
        self.history = {n: [] for n in ("step", "loss", "lr", "seconds", "val_step", "val_loss")}
        self.planned = config.steps  # of the run that this one goes on with
        self.rng = None  # PyTorch's random state in a file that was restored
        self.identity = identity(model, config, train_set, val_set, loss)

    def save(self, path: str | Path) -> None:
        """Write all of it to one file, with PyTorch's random state as it is now."""
        tensors = _prefix("model", self.model.state_dict())
        tensors |= _prefix("order", self.order.state()) | {"rng": torch.get_rng_state()}
        for name, _, state in self._optimizer_states():
            tensors |= _prefix(f"optimizer.{name}", state)
        files.write(path, tensors, self._facts())

    def save_weights(self, path: str | Path) -> None:
        """Write the weights only."""
        files.write(path, _prefix("model", self.model.state_dict()), self._facts())

    def restore(self, path: str | Path) -> None:
        """Go on from a file that `save` wrote, or change nothing.

        PyTorch's random state is put into `rng` and not set: whoever trains sets it.

        Args:
            path: the file.

        Raises:
            CourseError: if it is damaged, or from a run that depends on something else.
        """
        tensors, facts = files.read(path)
        if "rng" not in tensors:
            raise CourseError(f"{path} holds weights only: resume from last.safetensors")
        expect_same(facts.get("identity"), self.identity, path)
        if facts["step"] > self.config.steps:
            raise CourseError(
                f"{path} has {facts['step']} steps behind it and is to have {self.config.steps}: "
                "give as many or more, or start in a new folder"
            )
        files.put_weights(self.model, tensors, path)
        self.order.restore(_below("order", tensors))
        for name, p, state in self._optimizer_states():
            saved = _below(f"optimizer.{name}", tensors)
            state.update({word: tensor.to(p.device) for word, tensor in saved.items()})
        self.rng, self.planned = tensors["rng"], facts["identity"]["steps"]
        self.step, self.history = facts["step"], facts["history"]
        self.best = math.inf if facts["best"] is None else facts["best"]

    def _facts(self):
        best = None if self.best == math.inf else self.best  # JSON knows no infinity
        return {
            "step": self.step,
            "best": best,
            "history": self.history,
            "identity": self.identity,
        }

    def _optimizer_states(self):
        """Yield (name, weight, its optimizer's state, to be changed) of all trained weights."""
        for name, p in self.model.named_parameters():
            for optimizer in self.optimizers:
                if any(p is q for group in optimizer.param_groups for q in group["params"]):
                    yield name, p, optimizer.state[p]


def _prefix(prefix, tensors):
    return {f"{prefix}.{name}": tensor for name, tensor in tensors.items()}


def _below(prefix, tensors):
    """Return the tensors called prefix.word, by word."""
    cut = {name.rpartition(".")[::2]: tensor for name, tensor in tensors.items()}
    return {word: tensor for (start, word), tensor in cut.items() if start == prefix}
