"""The training loop: batch, loss, gradient, step; now and then a look and a checkpoint.

Left out: several devices, gradient accumulation, experiment trackers.
"""

import math
import signal
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import torch
from tqdm.auto import tqdm

from course_utils.losses import masked_loss
from course_utils.runtime import CourseError
from course_utils.training.config import TrainConfig
from course_utils.training.evaluation import evaluate
from course_utils.training.optimizers import lr_factor, set_lr
from course_utils.training.state import TrainState


def train(
    model, data, config: TrainConfig, out=None, loss=masked_loss, resume=False, report=None
) -> dict:
    """Train a model in place and say how it went.

    The result depends on the model, the data and the config alone (PyTorch's random state is put
    back afterwards). Ctrl-C ends the run after the current step, with a checkpoint if there is a
    folder. A run that is killed goes on from its last checkpoint with `resume=True`, and on a CPU
    ends bit for bit where it would have ended.

    Args:
        model: ids (B, T) in, logits (B, T, V) out.
        data: a data set (`Windows` or `Rows`), or a pair (training set, validation set).
        config: the settings.
        out: folder for `last.safetensors` and, with a validation set, `best.safetensors`
            (the weights with the lowest validation loss). Default None: nothing is written.
        loss: what is made small, called as loss(logits, ids, mask). Default `masked_loss`.
        resume: go on from `last.safetensors` in `out`, which needs the same config and data.
            Default False.
        report: called with the history so far after each look at the validation set.
            Default None.

    Returns:
        history: lists "step", "loss" (of that step's batch), "lr" and "seconds" (training only,
        since the start), one entry a step; "val_step" and "val_loss" (nats per target, whatever
        the loss); after Ctrl-C also "stopped", a sentence.

    Raises:
        CourseError: if the folder holds a run already, a checkpoint does not fit, or the loss or
            its gradient is not finite.
    """
    train_set, val_set = data if isinstance(data, tuple | list) else (data, None)
    folder = _check_folder(out, resume)
    state = TrainState(model, config, train_set)
    was_training, device = model.training, next(model.parameters()).device
    cuda = [device] if device.type == "cuda" else []
    with torch.random.fork_rng(devices=cuda), _ask_before_stopping() as asked:
        torch.manual_seed(config.seed)
        if resume:
            state.restore(folder / "last.safetensors")
        try:
            _run(state, train_set, val_set, loss, folder, asked, report)
        finally:
            model.train(was_training)
    return state.history


def bf16_pays(model: torch.nn.Module) -> bool:
    """Say whether bf16 is likely to be faster for this model, where it is now.

    Args:
        model: its widest square counts: below 384 the conversions cost more than they save.
    """
    width = max((min(p.shape) for p in model.parameters() if p.ndim == 2), default=0)
    device = next(model.parameters()).device.type
    if device == "cuda":
        return width >= 384 and torch.cuda.is_bf16_supported()
    if device != "cpu" or not torch.backends.cpu.get_cpu_capability().startswith("AVX512"):
        return False
    probes = ("_is_amx_tile_supported", "_is_avx512_bf16_supported")  # absent in older versions
    return width >= 384 and any(getattr(torch.cpu, probe, bool)() for probe in probes)


def _run(state, train_set, val_set, loss, folder, asked, report):
    config, last = state.config, state.config.steps
    bf16 = bf16_pays(state.model) if config.bf16 is None else config.bf16
    hide = None if config.progress is None else not config.progress  # None: only in a terminal
    with tqdm(total=last, initial=state.step, disable=hide, unit="step") as bar:
        while state.step < last and not asked:
            _step(state, train_set, loss, bf16)
            if val_set is not None and _due(state, config.eval_every):
                _look(state, val_set, folder)
                if report:
                    report(state.history)
            if folder and (asked or _due(state, config.checkpoint_every)):
                state.save(folder / "last.safetensors")
            bar.set_postfix_str(f"loss {state.history['loss'][-1]:.3f}", refresh=False)
            bar.update()
    if asked and state.step < last:
        state.history["stopped"] = f"stopped by Ctrl-C after step {state.step} of {last}"


def _step(state, train_set, loss, bf16):
    """Make one update of the weights."""
    began, config = time.perf_counter(), state.config
    device = next(state.model.parameters()).device
    factor = lr_factor(state.step, config)
    set_lr(state.optimizers, factor)
    state.model.train()
    ids, mask = (t.to(device) for t in train_set.batch(config.batch_size, state.order))
    with torch.autocast(device.type, torch.bfloat16, enabled=bf16):
        value = loss(state.model(ids), ids, mask)
    state.model.zero_grad()
    _require_finite("loss", value.item(), state, factor)
    value.backward()
    parameters = [p for p in state.model.parameters() if p.grad is not None]
    norm = torch.nn.utils.clip_grad_norm_(parameters, config.grad_clip or math.inf)
    _require_finite("length of the gradient", norm.item(), state, factor)
    for optimizer in state.optimizers:
        optimizer.step()
    state.step += 1
    _note(state, value.item(), factor * config.peak_lr, time.perf_counter() - began)


def _note(state, value, lr, seconds):
    history = state.history
    before = history["seconds"][-1] if history["seconds"] else 0.0
    for name, entry in zip(
        ("step", "loss", "lr", "seconds"), (state.step, value, lr, before + seconds), strict=True
    ):
        history[name].append(entry)


def _look(state, val_set, folder):
    """Measure the validation loss, and keep the weights if it is the lowest so far."""
    nats = evaluate(state.model, val_set, max_batches=state.config.eval_batches)
    state.history["val_step"].append(state.step)
    state.history["val_loss"].append(nats)
    if nats < state.best:
        state.best = nats
        if folder:
            state.save_weights(folder / "best.safetensors")


def _due(state, every):
    return state.step == state.config.steps or (every is not None and state.step % every == 0)


def _require_finite(what, value, state, factor):
    if not math.isfinite(value):
        raise CourseError(
            f"the {what} is {value} at step {state.step + 1} with learning rate "
            f"{factor * state.config.peak_lr:g}: use a smaller one"
        )


def _check_folder(out, resume):
    if out is None:
        if resume:
            raise CourseError("resume needs the folder of the run: give out=")
        return None
    folder = Path(out)
    if folder.exists() and not folder.is_dir():
        raise CourseError(f"{folder} is a file, not a folder: give another name")
    there = [n for n in ("last.safetensors", "best.safetensors") if (folder / n).exists()]
    if there and not resume:
        raise CourseError(
            f"{folder} already holds {there[0]}: go on with resume=True or use another folder"
        )
    if not resume:
        folder.mkdir(parents=True, exist_ok=True)
    return folder


@contextmanager
def _ask_before_stopping():
    """Turn the first Ctrl-C into an entry of a list, to be seen when a step is complete."""
    asked = []
    if threading.current_thread() is not threading.main_thread():
        yield asked  # only the main thread may handle signals
        return

    def note(signum, frame):
        asked.append(True)
        signal.signal(signal.SIGINT, before)  # a second Ctrl-C stops at once

    before = signal.signal(signal.SIGINT, note)
    try:
        yield asked
    finally:
        signal.signal(signal.SIGINT, before)
