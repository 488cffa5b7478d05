"""Ctrl-C: whenever it comes, the model is whole, and the caller learns that the run was stopped."""

import functools
import signal
import threading

import pytest
import torch
from runs import config, pair, pressing_at, same, timeless, tiny, weights
from safetensors.torch import load_file

from course_utils.losses import masked_loss
from course_utils.runtime import Interrupted
from course_utils.training import train


def press():
    signal.raise_signal(signal.SIGINT)


class Pressing:
    """A data set in which Ctrl-C is pressed while a batch is drawn, or looked at."""

    def __init__(self, dataset, at):
        self.dataset, self.at, self.calls = dataset, at, 0
        self.fingerprint = dataset.fingerprint

    def _press(self):
        self.calls += 1
        if self.calls == self.at:
            press()

    def batch(self, batch_size, order):
        self._press()
        return self.dataset.batch(batch_size, order)

    def in_order(self, batch_size):
        for batch in self.dataset.in_order(2):
            self._press()
            yield batch


def stopped(*args, **kwargs):
    with pytest.raises(Interrupted) as caught:
        train(*args, **kwargs)
    return caught.value


def weights_after(step, settings):
    """Return the weights of an undisturbed run after a step."""
    model, seen = tiny(dropout=0.2), []

    def loss(logits, ids, mask):
        seen.append(weights(model))
        return masked_loss(logits, ids, mask)

    train(model, pair()[0], settings, loss=loss)
    return [*seen, weights(model)][step]


@pytest.mark.parametrize("step", [1, 4, 6])
def test_a_stopped_run_ends_as_interrupted_with_its_last_step_complete(step):
    model, settings = tiny(dropout=0.2).eval(), config()
    handler, before = signal.getsignal(signal.SIGINT), torch.get_rng_state()
    error = stopped(model, pair()[0], settings, loss=pressing_at(step))
    assert isinstance(error, KeyboardInterrupt) and not isinstance(error, Exception)
    assert str(error).startswith(f"stopped at step {step} of 6; run this cell again")
    assert error.history["step"] == list(range(1, step + 1))
    assert same(weights(model), weights_after(step, settings))
    assert not model.training
    assert signal.getsignal(signal.SIGINT) is handler
    assert torch.equal(torch.get_rng_state(), before)


def test_run_again_it_trains_the_same_model_on():
    model = tiny()
    stopped(model, pair(), config(), loss=pressing_at(2))
    learnt = weights(model)
    history = train(model, pair(), config())
    assert history["step"] == [1, 2, 3, 4, 5, 6]
    twin = tiny(seed=4)
    twin.load_state_dict(learnt)
    assert timeless(train(twin, pair(), config())) == timeless(history)


def test_with_a_folder_the_message_says_how_to_go_on(tmp_path):
    error = stopped(tiny(), pair(), config(), tmp_path, pressing_at(3))
    assert str(error).startswith("stopped at step 3 of 6; all of it is saved in ")
    assert str(tmp_path) in str(error) and str(error).endswith("with this out and resume=True")
    shown = error._render_traceback_()[-1]
    assert shown.startswith("Interrupted: stopped at step 3 of 6;")


def test_ctrl_c_while_a_batch_is_drawn():
    model = tiny(dropout=0.2)
    error = stopped(model, Pressing(pair()[0], at=2), config())
    assert error.history["step"] == [1, 2]
    assert same(weights(model), weights_after(2, config()))


@pytest.mark.parametrize("at", [1, 3])
@pytest.mark.parametrize("steps", [4, 5])
def test_ctrl_c_in_a_look_ends_it_at_once_and_the_run_that_goes_on_begins_with_it(
    tmp_path, at, steps
):
    settings = config(steps=steps, eval_every=4)
    whole = train(tiny(dropout=0.2), pair(), settings, tmp_path / "whole")
    model, watched = tiny(dropout=0.2), Pressing(pair()[1], at)
    error = stopped(model, (pair()[0], watched), settings, tmp_path / "cut")
    assert str(error).startswith(f"stopped at step 4 of {steps}")
    assert watched.calls == at  # and not all of the data
    assert error.history["val_step"] == []
    looks = []
    resumed = train(
        tiny(dropout=0.2, seed=5),
        pair(),
        settings,
        tmp_path / "cut",
        resume=True,
        report=lambda history: looks.append(history["val_step"][-1]),
    )
    assert looks == whole["val_step"]
    assert timeless(resumed) == timeless(whole)
    for name in ("last.safetensors", "best.safetensors"):
        assert same(load_file(tmp_path / "whole" / name), load_file(tmp_path / "cut" / name))


def test_ctrl_c_while_the_reader_s_report_runs(tmp_path):
    error = stopped(tiny(), pair(), config(eval_every=2), report=lambda history: press())
    assert error.history["step"] == [1, 2]


def test_a_second_ctrl_c_does_not_wait_for_the_step(tmp_path):
    handler = signal.getsignal(signal.SIGINT)
    error = stopped(tiny(), pair(), config(), loss=pressing_at(3, 3))
    assert str(error).startswith("stopped in the middle of step 3 of 6; its weights may be half")
    assert error.history["step"] == [1, 2]
    error = stopped(tiny(), pair(), config(checkpoint_every=1), tmp_path, pressing_at(3, 3))
    assert "the last checkpoint is whole in" in str(error) and "resume=True" in str(error)
    assert signal.getsignal(signal.SIGINT) is handler
    whole = train(tiny(), pair(), config(checkpoint_every=1))
    assert timeless(
        train(tiny(), pair(), config(checkpoint_every=1), tmp_path, resume=True)
    ) == timeless(whole)


def test_in_a_thread_the_run_goes_through_and_signals_stay_as_they_are():
    handler, ended = signal.getsignal(signal.SIGINT), []

    @functools.wraps(masked_loss)
    def loss(logits, ids, mask):
        assert signal.getsignal(signal.SIGINT) is handler
        return masked_loss(logits, ids, mask)

    thread = threading.Thread(
        target=lambda: ended.append(train(tiny(), pair(), config(), loss=loss))
    )
    thread.start()
    thread.join()
    assert ended[0]["step"] == [1, 2, 3, 4, 5, 6]
