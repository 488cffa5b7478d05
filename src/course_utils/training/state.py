"""Everything that a run is made of at one moment, so that it can stop here and go on elsewhere."""

import math
from pathlib import Path

import torch

from course_utils.runtime import CourseError
from course_utils.training import files
from course_utils.training.config import TrainConfig
from course_utils.training.data import Order
from course_utils.training.optimizers import make_optimizers


class TrainState:
    """Weights, optimizers, random state, order of the data, step, best so far and history.

    Args:
        model: trained in place.
        config: the settings.
        dataset: the training data (its fingerprint is kept, not the data).
    """

    def __init__(self, model: torch.nn.Module, config: TrainConfig, dataset):
        self.model, self.config = model, config
        self.optimizers = make_optimizers(model, config)
        self.order = Order(config.seed)
        self.step = 0  # updates done
        self.best = math.inf  # nats per target on the validation set
        self.history = {n: [] for n in ("step", "loss", "lr", "seconds", "val_step", "val_loss")}
        self.fingerprint = dataset.fingerprint()

    def save(self, path: Path) -> None:
        """Write all of it to one file."""
        tensors = _prefix("model", self.model.state_dict())
        tensors |= _prefix("order", self.order.state()) | {"rng": torch.get_rng_state()}
        for name, _, state in self._optimizer_states():
            tensors |= _prefix(f"optimizer.{name}", state)
        files.write(path, tensors, self._facts())

    def save_weights(self, path: Path) -> None:
        """Write the weights only."""
        files.write(path, _prefix("model", self.model.state_dict()), self._facts())

    def restore(self, path: Path) -> None:
        """Go on from a file that `save` wrote, or change nothing.

        Args:
            path: the file.

        Raises:
            CourseError: if it is damaged, or from other settings, data or shapes.
        """
        tensors, facts = files.read(path)
        self._check(facts, path)
        if "rng" not in tensors:
            raise CourseError(f"{path} holds weights only: resume from last.safetensors")
        files.put_weights(self.model, tensors, path)
        self.order.restore(_below("order", tensors))
        torch.set_rng_state(tensors["rng"])
        for name, p, state in self._optimizer_states():
            saved = _below(f"optimizer.{name}", tensors)
            state.update({word: tensor.to(p.device) for word, tensor in saved.items()})
        self.step, self.history = facts["step"], facts["history"]
        self.best = math.inf if facts["best"] is None else facts["best"]

    def _facts(self):
        best = None if self.best == math.inf else self.best  # JSON knows no infinity
        return {
            "step": self.step,
            "best": best,
            "history": self.history,
            "config": self.config.settings(),
            "data": self.fingerprint,
        }

    def _check(self, facts, path):
        for name, value in self.config.settings().items():
            if facts["config"].get(name) != value:
                raise CourseError(
                    f"{path} was made with {name}={facts['config'].get(name)!r}, not {value!r}: "
                    "resume with the same settings or start in a new folder"
                )
        if facts["data"] != self.fingerprint:
            raise CourseError(
                f"{path} was made with other training data: give the same data to resume"
            )

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
