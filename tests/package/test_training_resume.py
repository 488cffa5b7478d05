"""Checkpoints: a run that was stopped or killed goes on bit for bit, or says why it does not."""

import functools
import os
import signal
import subprocess
import sys
import textwrap

import pytest
import torch
from runs import config, facts_of, pair, pressing_at, same, text, timeless, tiny, weights
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file

from course_utils.losses import masked_loss
from course_utils.model import GPT, GPTConfig
from course_utils.runtime import CourseError, Interrupted
from course_utils.training import Rows, Windows, evaluate, load_weights, train
from course_utils.training import loop as loop_module
from course_utils.training.state import TrainState


@pytest.mark.parametrize("optimizer", ["muon", "adamw"])
@pytest.mark.parametrize("kind", ["windows", "rows"])
def test_ctrl_c_saves_and_the_run_goes_on_as_if_nothing_had_been(tmp_path, optimizer, kind):
    sets = [text(160), text(160, seed=1)]
    data = [Windows(t, 8) if kind == "windows" else Rows(t.view(20, 8)) for t in sets]
    settings = config(steps=9, optimizer=optimizer, eval_every=2, checkpoint_every=None, seed=3)
    whole = tiny(dropout=0.2)
    expected = train(whole, data, settings, out=tmp_path / "whole")

    with pytest.raises(Interrupted) as stopped:
        train(tiny(dropout=0.2), data, settings, tmp_path / "cut", pressing_at(4))
    assert stopped.value.history["step"] == [1, 2, 3, 4]

    resumed = tiny(dropout=0.2, seed=7)  # other weights: all comes from the file
    history = train(resumed, data, settings, out=tmp_path / "cut", resume=True)
    assert timeless(history) == timeless(expected)
    assert len(history["seconds"]) == 9
    for name in ("last", "best"):
        a, b = (load_file(tmp_path / run / f"{name}.safetensors") for run in ("whole", "cut"))
        assert same(a, b)
    again = train(whole, data, settings, out=tmp_path / "cut", resume=True)  # nothing left to do
    assert timeless(again) == timeless(expected)


CHILD = """
    import os, signal, sys, torch
    sys.path.insert(0, {tests!r})
    from test_training_resume import functools, killable, masked_loss
    torch.set_num_threads(1)
    @functools.wraps(masked_loss)
    def loss(logits, ids, mask, calls=[]):
        calls.append(1)
        if len(calls) == 6 and not resume:
            os.kill(os.getpid(), signal.SIGKILL)
        return masked_loss(logits, ids, mask)
    resume = sys.argv[1] == "resume"
    for optimizer in sys.argv[2:]:
        killable(optimizer, optimizer, loss, resume)
"""


def killable(optimizer, folder, loss=masked_loss, resume=False):
    data = pair()
    settings = config(steps=12, optimizer=optimizer, eval_every=3, checkpoint_every=2)
    model = tiny(dropout=0.2, seed=int(resume))  # resumed: all comes from the file
    return train(model, data, settings, folder, loss, resume)


@pytest.fixture
def one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="Windows has no SIGKILL")
def test_a_killed_run_resumed_in_a_fresh_process_ends_bit_for_bit_alike(tmp_path, one_thread):
    code = textwrap.dedent(CHILD).format(tests=os.path.dirname(__file__))

    def start(*args):
        return subprocess.Popen([sys.executable, "-c", code, *args], cwd=tmp_path)

    both = ("muon", "adamw")
    killed = [start("begin", optimizer) for optimizer in both]
    for optimizer in both:
        killable(optimizer, tmp_path / "whole" / optimizer)
    assert [run.wait(120) for run in killed] == [-signal.SIGKILL] * 2
    for optimizer in both:  # step 5 is lost
        assert facts_of(tmp_path / optimizer / "last.safetensors")["step"] == 4
    assert start("resume", *both).wait(120) == 0
    for optimizer in both:
        for name in ("last.safetensors", "best.safetensors"):
            whole, cut = tmp_path / "whole" / optimizer / name, tmp_path / optimizer / name
            assert same(load_file(whole), load_file(cut))
            assert facts_of(whole) == facts_of(cut)
            assert facts_of(cut)["step"] == 12 or name.startswith("best")


def finished(folder, **changes):
    data = pair()
    model = tiny()
    return model, data, train(model, data, config(**changes), out=folder)


def test_best_holds_the_weights_of_the_lowest_validation_loss(tmp_path):
    def worse_in_the_end(logits, ids, mask, calls=[]):  # noqa: B006
        calls.append(1)
        return masked_loss(logits, ids, mask) * (1 if len(calls) <= 9 else -1)

    model, data = tiny(), pair()
    settings = config(steps=18, eval_every=3, checkpoint_every=4)
    history = train(model, data, settings, tmp_path, worse_in_the_end)
    lowest = min(history["val_loss"])
    assert 0 < history["val_loss"].index(lowest) < 5
    assert history["val_loss"][-1] > lowest + 0.01
    other = tiny(seed=9)
    load_weights(other, tmp_path / "best.safetensors")
    assert evaluate(other, data[1]) == lowest
    load_weights(other, tmp_path / "last.safetensors")
    assert same(weights(other), weights(model))


def test_best_so_far_outlives_an_interruption(tmp_path):
    calls = []

    def ever_worse(logits, ids, mask):
        calls.append(1)
        if len(calls) == 4:
            signal.raise_signal(signal.SIGINT)
        return -masked_loss(logits, ids, mask)

    data, settings = pair(), config(eval_every=1)
    with pytest.raises(Interrupted):
        train(tiny(), data, settings, tmp_path, ever_worse)
    best = (tmp_path / "best.safetensors").read_bytes()
    history = train(tiny(), data, settings, tmp_path, ever_worse, resume=True)
    assert history["val_loss"] == sorted(history["val_loss"]) and len(history["val_loss"]) == 6
    assert (tmp_path / "best.safetensors").read_bytes() == best


def test_a_write_that_fails_leaves_the_old_file_whole(tmp_path, monkeypatch):
    finished(tmp_path)
    path = tmp_path / "last.safetensors"
    before = path.read_bytes()

    def fails(tensors, part, metadata):
        part.write_bytes(b"half a fi")
        raise OSError("disk full")

    monkeypatch.setattr("course_utils.training.files.save_file", fails)
    with pytest.raises(OSError, match="disk full"):
        train(tiny(), Windows(text(), 8), config(), out=tmp_path / "new")
    model, data = tiny(), Windows(text(), 8)
    state = TrainState(model, config(), data)
    with pytest.raises(OSError, match="disk full"):
        state.save(path)

    def full(tensors, part, metadata):
        part.write_bytes(b"half a fi")
        raise SafetensorError("I/O error: No space left on device")

    monkeypatch.setattr("course_utils.training.files.save_file", full)
    with pytest.raises(
        CourseError, match=r"could not be written .*No space left.*: check the disk"
    ):
        state.save(path)
    assert path.read_bytes() == before
    assert sorted(os.listdir(tmp_path)) == ["best.safetensors", "last.safetensors", "new"]


def test_nothing_is_overwritten(tmp_path):
    _, data, _ = finished(tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert sorted(before) == ["best.safetensors", "last.safetensors"]
    with pytest.raises(CourseError, match=r"already holds last.safetensors: go on with resume"):
        train(tiny(), data, config(), out=tmp_path)
    with pytest.raises(CourseError, match="is a file, not a folder"):
        train(tiny(), data, config(), out=tmp_path / "last.safetensors")
    assert before == {path.name: path.read_bytes() for path in tmp_path.iterdir()}


def test_resume_needs_a_run_of_the_same_settings_data_and_shapes(tmp_path):
    _, data, _ = finished(tmp_path)
    before, model = weights(tiny()), tiny()
    cases = [
        (model, data, config(batch_size=3), "made with batch_size=4, not 3"),
        (model, data, config(lr=0.5), "made with lr=None, not 0.5"),
        (model, Windows(text(seed=2), 8), config(), "other training data"),
        (tiny(n_embd=8), data, config(), "made with model.n_embd=16, not 8"),
    ]
    for a_model, a_set, settings, message in cases:
        with pytest.raises(CourseError, match=message):
            train(a_model, a_set, settings, out=tmp_path, resume=True)
    assert same(weights(model), before)
    with pytest.raises(CourseError, match="no checkpoint at"):
        train(model, data, config(), out=tmp_path / "nothing", resume=True)
    assert not (tmp_path / "nothing").exists()
    with pytest.raises(CourseError, match="give out="):
        train(model, data, config(), resume=True)
    (tmp_path / "last.safetensors").write_bytes((tmp_path / "best.safetensors").read_bytes())
    with pytest.raises(CourseError, match="weights only"):
        train(model, data, config(), out=tmp_path, resume=True)


@pytest.mark.parametrize("share", [0.0, 0.001, 0.5, 0.999])
def test_a_truncated_checkpoint_gives_one_line(tmp_path, share):
    _, data, _ = finished(tmp_path)
    path, model = tmp_path / "last.safetensors", tiny(seed=5)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    for attempt in (
        lambda: load_weights(model, path),
        lambda: train(model, data, config(), out=tmp_path, resume=True),
    ):
        with pytest.raises(CourseError, match="is damaged") as caught:
            attempt()
        assert "\n" not in str(caught.value)
    assert same(weights(model), weights(tiny(seed=5)))


def test_load_weights_refuses_other_files_and_shapes(tmp_path):
    finished(tmp_path)
    with pytest.raises(CourseError, match=r"wte\.weight"):
        load_weights(tiny(n_embd=8), tmp_path / "best.safetensors")
    save_file({"model.wte.weight": torch.zeros(2)}, tmp_path / "other.safetensors")
    with pytest.raises(CourseError, match="not a checkpoint of this course"):
        load_weights(tiny(), tmp_path / "other.safetensors")
    with pytest.raises(CourseError, match="no checkpoint at"):
        load_weights(tiny(), tmp_path / "missing.safetensors")


def test_no_pickle_is_ever_read_or_written():
    folder = os.path.dirname(loop_module.__file__)
    for name in os.listdir(folder):
        if name.endswith(".py"):
            with open(os.path.join(folder, name), encoding="utf-8") as file:
                source = file.read()
            assert "torch.load" not in source and "torch.save" not in source
            assert "import pickle" not in source


# --- what a run depends on ------------------------------------------------------------------


def changed(**what):
    """A run like that of `finished`, but for what is named."""
    parts = {"model": tiny(), "data": pair(), "config": config(), "loss": masked_loss}
    return parts | what


def other_heads():
    torch.manual_seed(0)
    return GPT(GPTConfig(11, 8, n_layer=2, n_head=4, n_embd=16))


def frozen():
    model = tiny()
    model.wpe.weight.requires_grad_(False)
    return model


def another_loss(logits, ids, mask):
    return masked_loss(logits, ids, mask)


@pytest.mark.parametrize(
    ("what", "named"),
    [
        ({"model": other_heads()}, "model.n_head=2, not 4"),
        ({"model": tiny(dropout=0.1)}, "model.dropout=0.0, not 0.1"),
        ({"model": frozen()}, "wpe.weight.requires_grad=True, not False"),
        ({"data": (pair()[0], Windows(text(seed=2), 8))}, "other validation data"),
        ({"data": pair()[0]}, "other validation data"),
        ({"data": (Windows(text(), 7), pair()[1])}, "other training data"),
        ({"loss": another_loss}, "loss='masked_loss', not 'another_loss'"),
        ({"config": config(seed=1)}, "seed=0, not 1"),
        ({"config": config(optimizer="adamw")}, "optimizer='muon', not 'adamw'"),
        ({"config": config(weight_decay=0.0)}, "weight_decay=0.1, not 0.0"),
    ],
)
def test_resume_refuses_whatever_another_result_belongs_to(tmp_path, what, named):
    finished(tmp_path)
    files = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    run = changed(**what)
    before = weights(run["model"])
    with pytest.raises(CourseError, match=f"was made with {named}.*: .*resume") as caught:
        train(**run, out=tmp_path, resume=True)
    assert "\n" not in str(caught.value)
    assert same(weights(run["model"]), before)
    assert files == {path.name: path.read_bytes() for path in tmp_path.iterdir()}


class OneOfMyOwn(torch.nn.Module):
    """A reader's model: its heads stand in an attribute, its output is tied to its input."""

    def __init__(self, heads=2, dropout=0.0):
        super().__init__()
        self.heads = heads
        self.embedding = torch.nn.Embedding(11, 4)
        self.drop = torch.nn.Dropout(dropout)
        self.head = torch.nn.Linear(4, 11, bias=False)
        self.head.weight = self.embedding.weight

    def forward(self, ids):
        return self.head(self.drop(self.embedding(ids)))


@pytest.mark.parametrize(
    ("other", "named"),
    [({"heads": 4}, "model.heads=2, not 4"), ({"dropout": 0.5}, "model.drop.p=0.0, not 0.5")],
)
def test_resume_refuses_another_model_of_ones_own(tmp_path, other, named):
    train(OneOfMyOwn(), pair(), config(), out=tmp_path)
    with pytest.raises(CourseError, match=named):
        train(OneOfMyOwn(**other), pair(), config(), out=tmp_path, resume=True)


def weighted(logits, ids, mask, weight):
    return weight * masked_loss(logits, ids, mask)


def test_a_part_of_a_loss_is_told_with_its_settings(tmp_path):
    light, heavy = (functools.partial(weighted, weight=weight) for weight in (2.0, 3.0))
    train(tiny(), pair(), config(), tmp_path, light)
    with pytest.raises(CourseError, match=r"{'weight': 2.0}.*{'weight': 3.0}"):
        train(tiny(), pair(), config(), tmp_path, heavy, resume=True)


def test_a_checkpoint_of_an_older_version_gives_one_line_and_its_weights(tmp_path):
    model, data, _ = finished(tmp_path)
    path = tmp_path / "last.safetensors"
    with safe_open(path, "pt") as file:
        metadata = file.metadata()
    old = '{"step": 6, "best": null, "history": {}, "config": {}, "data": 7}'
    save_file(load_file(path), path, metadata | {"facts": old})
    with pytest.raises(CourseError, match=r"older version .* load_weights, and start in a new"):
        train(tiny(), data, config(), out=tmp_path, resume=True)
    other = tiny(seed=5)
    load_weights(other, path)
    assert same(weights(other), weights(model))


# --- longer ---------------------------------------------------------------------------------


def test_a_run_can_be_made_longer_and_says_what_becomes_of_the_learning_rate(tmp_path, capsys):
    settings = {"lr": 0.5, "warmup": 2, "eval_every": 4}
    _, data, short = finished(tmp_path, **settings)
    assert capsys.readouterr().out == ""
    longer = config(steps=12, **settings)
    history = train(tiny(seed=3), data, longer, out=tmp_path, resume=True)
    assert capsys.readouterr().out == (
        "6 steps become 12: from step 7 on the learning rate is that of a run of 12 steps, "
        "so it goes from 0.125 to 0.3\n"
    )
    assert history["step"] == list(range(1, 13))
    assert history["loss"][:6] == short["loss"]
    assert history["lr"][5:8] == [0.125, 0.5 * (1 - 4 / 10), 0.5 * (1 - 5 / 10)]
    assert history["val_step"] == [4, 6, 8, 12]
    assert history["val_loss"][:2] == short["val_loss"]
    train(tiny(), data, longer, out=tmp_path, resume=True)  # now it is a run of 12 steps
    assert capsys.readouterr().out == ""


def test_a_longer_run_that_is_stopped_ends_where_it_would_have_ended(tmp_path):
    ends = []
    for name, stops in (("whole", ()), ("cut", (3,))):
        _, data, _ = finished(tmp_path / name, steps=4, eval_every=2)
        longer = config(steps=9, eval_every=2)
        for step in stops:
            with pytest.raises(Interrupted, match="stopped at step 7 of 9"):
                train(tiny(), data, longer, tmp_path / name, pressing_at(step), resume=True)
        train(tiny(seed=4), data, longer, out=tmp_path / name, resume=True)
        ends.append({f: load_file(tmp_path / name / f) for f in os.listdir(tmp_path / name)})
        ends[-1]["facts"] = facts_of(tmp_path / name / "last.safetensors")
    whole, cut = ends
    assert whole.pop("facts") == cut.pop("facts")
    assert whole.keys() == cut.keys() and all(same(whole[f], cut[f]) for f in whole)


def test_a_run_cannot_be_made_shorter_than_it_is(tmp_path):
    _, data, _ = finished(tmp_path)
    with pytest.raises(CourseError, match="has 6 steps behind it and is to have 5: give as many"):
        train(tiny(), data, config(steps=5), out=tmp_path, resume=True)


# --- files ----------------------------------------------------------------------------------


def test_a_run_that_died_in_its_first_step_can_go_on(tmp_path):
    """The first checkpoint is written before the first step."""
    expected = train(tiny(dropout=0.2), pair(), config(), out=tmp_path / "whole")

    @functools.wraps(masked_loss)
    def dies(logits, ids, mask):
        raise MemoryError

    with pytest.raises(MemoryError):
        train(tiny(dropout=0.2), pair(), config(), tmp_path / "cut", dies)
    assert facts_of(tmp_path / "cut" / "last.safetensors")["step"] == 0
    resumed = train(tiny(dropout=0.2, seed=8), pair(), config(), tmp_path / "cut", resume=True)
    assert timeless(resumed) == timeless(expected)


def test_what_cannot_be_written_shows_before_the_first_step(tmp_path, monkeypatch):
    def never(*what):
        raise AssertionError("a step was made")

    def full(tensors, part, metadata):
        raise SafetensorError("No space left on device")

    monkeypatch.setattr("course_utils.training.files.save_file", full)
    with pytest.raises(CourseError, match="could not be written"):
        train(tiny(), pair(), config(), tmp_path, loss=never)


@pytest.mark.parametrize("optimizer", ["muon", "adamw"])
def test_a_model_with_tied_weights_is_saved_and_goes_on(tmp_path, optimizer):
    settings = config(optimizer=optimizer, eval_every=2)
    whole = OneOfMyOwn()
    start = {name: tensor.clone() for name, tensor in whole.state_dict().items()}
    expected = train(whole, pair(), settings, out=tmp_path / "whole")
    cut = OneOfMyOwn()
    cut.load_state_dict(start)
    with pytest.raises(Interrupted):
        train(cut, pair(), settings, tmp_path / "cut", pressing_at(3))
    resumed = OneOfMyOwn()
    history = train(resumed, pair(), settings, out=tmp_path / "cut", resume=True)
    assert timeless(history) == timeless(expected)
    assert resumed.head.weight is resumed.embedding.weight
    assert same(weights(resumed), weights(whole))


def test_a_state_is_saved_under_any_name_and_restores_no_more_than_itself(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    torch.manual_seed(1)
    TrainState(tiny(), config(), pair()[0]).save("name")
    torch.manual_seed(2)
    before = torch.get_rng_state()
    state = TrainState(tiny(seed=9), config(), pair()[0])
    torch.set_rng_state(before)
    state.restore("name")
    assert torch.equal(torch.get_rng_state(), before)
    assert same(weights(state.model), weights(tiny()))
    assert not torch.equal(state.rng, before)
    state.save_weights("weights")
    load_weights(tiny(), "weights")
