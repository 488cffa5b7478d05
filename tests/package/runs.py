"""What the tests of training share: a tiny model, a text that can be learnt, settings."""

import contextlib
import functools
import json
import signal

import torch
from safetensors import safe_open

from course_utils import training
from course_utils.losses import masked_loss
from course_utils.model import GPT, GPTConfig
from course_utils.training import TrainConfig, Windows


def tiny(dropout=0.0, n_embd=16, seed=0):
    torch.manual_seed(seed)
    return GPT(GPTConfig(11, 8, n_layer=2, n_head=2, n_embd=n_embd, dropout=dropout))


def text(n=400, seed=0):
    """A text in which each token is one or two more than the one before: log 2 nats each."""
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(1, 3, (n,), generator=generator).cumsum(0) % 11


def config(**changes):
    return TrainConfig(**{"steps": 6, "batch_size": 4, "warmup": 2, "progress": False} | changes)


def weights(model):
    return {name: t.clone() for name, t in model.state_dict().items()}


def same(a, b):
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


def timeless(history):
    return {name: values for name, values in history.items() if name != "seconds"}


def pair():
    """Training and validation windows of 8 tokens."""
    return Windows(text(), 8), Windows(text(seed=1), 8)


def pressing_at(*steps):
    """A loss, called masked_loss, in which Ctrl-C is pressed while the given steps are computed."""
    calls = []

    @functools.wraps(masked_loss)
    def loss(logits, ids, mask):
        calls.append(1)
        for _ in range(steps.count(len(calls))):
            signal.raise_signal(signal.SIGINT)
        return masked_loss(logits, ids, mask)

    return loss


def facts_of(path):
    with safe_open(path, "pt") as file:
        facts = json.loads(file.metadata()["facts"])
    return facts | {"history": timeless(facts["history"])}


@contextlib.contextmanager
def training_with(loss, monkeypatch):
    """Let the command train with a loss of ours."""
    original = training.train
    with monkeypatch.context() as patch:
        patch.setattr(
            "course_utils.commands.train.train",
            lambda *args, **kwargs: original(*args, loss=loss, **kwargs),
        )
        yield
