"""The training loop: batch, loss, gradient, step; now and then a look and a checkpoint.

Left out: several devices, gradient accumulation, experiment trackers.
"""

import math
import time

import torch
from tqdm.auto import tqdm

from course_utils.losses import masked_loss
from course_utils.runtime import CourseError
from course_utils.training.config import TrainConfig
from course_utils.training.evaluation import evaluate
from course_utils.training.inputs import BEST, LAST, check_model, data_sets, run_folder
from course_utils.training.interruption import UntilAsked, ask_before_stopping, interrupted
from course_utils.training.optimizers import lr_factor, set_lr
from course_utils.training.state import TrainState


def train(
    model, data, config: TrainConfig, out=None, loss=masked_loss, resume=False, report=None
) -> dict:
    """Train a model in place and say how it went.

    The result depends on the model, the data and the config alone (PyTorch's random state is put
    back afterwards). A run that is stopped or killed goes on from its last checkpoint with
    `resume=True`, and on a CPU ends bit for bit where it would have ended. A run can be made
    longer: resumed with more steps, it goes on with the learning rate of the longer run at that
    step, which is larger than where the shorter one had arrived; a line says so.

    Ctrl-C ends the run with `Interrupted` once the current step is complete, after a checkpoint
    if there is a folder; the error's `history` holds the run so far (`sys.last_value.history` in
    a notebook's next cell). Without a folder the model keeps what it learnt: the same call again
    trains it on, with the schedule of a whole run; for a run from nothing make the model anew.
    A second Ctrl-C does not wait for the step.

    Args:
        model: ids (B, T) in, logits (B, T, V) out.
        data: a data set (`Windows` or `Rows`), or a pair (training set, validation set).
        config: the settings.
        out: folder for `last.safetensors`, written at the start, every `checkpoint_every` steps
            and at the end, and, with a validation set, `best.safetensors` (the weights with the
            lowest validation loss). Default None: nothing is written.
        loss: what is made small, called as loss(logits, ids, mask). Default `masked_loss`.
        resume: go on from `last.safetensors` in `out`, which needs a model of the same kind and
            the same config (but for steps), data and loss. Default False.
        report: called with the history so far after each look at the validation set.
            Default None.

    Returns:
        history: lists "step", "loss" (of that step's batch), "lr" and "seconds" (training only,
        since the start), one entry a step; "val_step" and "val_loss" (nats per target, whatever
        the loss).

    Raises:
        CourseError: if the folder holds a run already, a checkpoint does not fit, the data are
            not for this model, or the loss or its gradient is not finite.
        Interrupted: after Ctrl-C.
    """
    check_model(model, config)
    train_set, val_set = data_sets(data, model)
    folder = run_folder(out, resume)
    state = TrainState(model, config, train_set, val_set, loss)
    was_training, device = model.training, next(model.parameters()).device
    cuda = [device] if device.type == "cuda" else []
    with torch.random.fork_rng(devices=cuda), ask_before_stopping() as asked:
        torch.manual_seed(config.seed)
        try:
            _begin(state, folder, resume)
            _run(state, train_set, val_set, loss, folder, asked, report)
        except KeyboardInterrupt:  # a second one, which does not wait for the step
            raise interrupted(state.history, config.steps, folder, whole=False) from None
        finally:
            model.train(was_training)
    if asked:
        raise interrupted(state.history, config.steps, folder, whole=True)
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


def _begin(state, folder, resume):
    """Go on from the last checkpoint, or write the first: what cannot be written shows now."""
    if resume:
        state.restore(folder / LAST)
        torch.set_rng_state(state.rng)
        if state.planned != state.config.steps and 0 < state.step < state.config.steps:
            _tell_of_new_length(state)
    elif folder:
        state.save(folder / LAST)


def _run(state, train_set, val_set, loss, folder, asked, report):
    config, last = state.config, state.config.steps
    bf16 = bf16_pays(state.model) if config.bf16 is None else config.bf16
    hide = None if config.progress is None else not config.progress  # None: only in a terminal
    with tqdm(total=last, initial=state.step, disable=hide, unit="step") as bar:
        _look(state, val_set, folder, asked, report)  # if the run was stopped in this look
        while state.step < last and not asked:
            _step(state, train_set, loss, bf16)
            _look(state, val_set, folder, asked, report)
            if folder and state.step < last and _due(state, config.checkpoint_every):
                state.save(folder / LAST)
            bar.set_postfix_str(f"loss {state.history['loss'][-1]:.3f}", refresh=False)
            bar.update()
    if folder:
        state.save(folder / LAST)


def _step(state, train_set, loss, bf16):
    """Make one update of the weights."""
    began, config = time.perf_counter(), state.config
    device = next(state.model.parameters()).device
    factor = lr_factor(state.step, config)
    set_lr(state.optimizers, factor)
    state.model.train()
    ids, mask = (_put(t, device) for t in train_set.batch(config.batch_size, state.order))
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


def _put(batch, device):
    """Put a part of a batch on a device; what `stream` yielded is copied, to be learnt from."""
    batch = batch.to(device)
    return batch.clone() if getattr(batch, "is_inference", bool)() else batch


def _note(state, value, lr, seconds):
    history = state.history
    before = history["seconds"][-1] if history["seconds"] else 0.0
    for name, entry in zip(
        ("step", "loss", "lr", "seconds"), (state.step, value, lr, before + seconds), strict=True
    ):
        history[name].append(entry)


def _look(state, val_set, folder, asked, report):
    """Measure the validation loss if it is time, and keep the weights if it is the lowest so far.

    Asked to stop, it leaves off, and the run that goes on from here begins with this look.
    """
    history, config = state.history, state.config
    if val_set is None or not _due(state, config.eval_every) or state.step in history["val_step"]:
        return
    try:
        nats = evaluate(state.model, UntilAsked(val_set, asked), max_batches=config.eval_batches)
    except KeyboardInterrupt:
        asked.append(True)
        return
    history["val_step"].append(state.step)
    history["val_loss"].append(nats)
    if nats < state.best:
        state.best = nats
        if folder:
            state.save_weights(folder / BEST)
    if report:
        report(history)


def _tell_of_new_length(state):
    """Say what becomes of the learning rate when a run is resumed with another number of steps."""
    before, steps = state.history["lr"][-1], state.config.steps
    now = lr_factor(state.step, state.config) * state.config.peak_lr
    print(
        f"{state.planned} steps become {steps}: from step {state.step + 1} on the learning rate "
        f"is that of a run of {steps} steps, so it goes from {before:.3g} to {now:.3g}",
        flush=True,
    )


def _due(state, every):
    step = state.step
    return step > 0 and (step == state.config.steps or (every is not None and step % every == 0))


def _require_finite(what, value, state, factor):
    if not math.isfinite(value):
        raise CourseError(
            f"the {what} is {value} at step {state.step + 1} with learning rate "
            f"{factor * state.config.peak_lr:g}: use a smaller one"
        )
