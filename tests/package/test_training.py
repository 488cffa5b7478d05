"""Training: data, schedule, loop, evaluation, and checkpoints that resume bit for bit."""

import inspect
import json
import math
import os
import signal
import subprocess
import sys
import textwrap

import pytest
import torch
import torch.nn.functional as F
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from course_utils.losses import masked_loss, next_token_loss
from course_utils.model import GPT, GPTConfig
from course_utils.optim import Muon
from course_utils.runtime import CourseError
from course_utils.training import Order, Rows, TrainConfig, Windows, evaluate, load_weights, train
from course_utils.training import loop as loop_module
from course_utils.training.loop import bf16_pays
from course_utils.training.optimizers import lr_factor, make_optimizers


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


# --- the settings ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("steps", 0),
        ("steps", 2.5),
        ("steps", True),
        ("batch_size", -1),
        ("lr", 0.0),
        ("lr", math.inf),
        ("adamw_lr", None),
        ("adamw_lr", "fast"),
        ("optimizer", "sgd"),
        ("decay", "none"),
        ("weight_decay", -0.1),
        ("momentum", 1.0),
        ("betas", (0.9,)),
        ("betas", (0.9, 1.0)),
        ("warmup", -1),
        ("min_lr", 1.5),
        ("grad_clip", 0),
        ("eval_every", 0),
        ("eval_batches", 0),
        ("checkpoint_every", 0),
        ("seed", -1),
    ],
)
def test_bad_settings_are_named(name, value):
    with pytest.raises(CourseError, match=f"^{name} must be .*: change it$"):
        TrainConfig(**{name: value})


def test_every_setting_is_explained():
    lines = inspect.cleandoc(TrainConfig.__doc__)  # 3.13 strips indentation, 3.11 does not
    for name in TrainConfig.__dataclass_fields__:
        assert f"\n    {name}: " in lines


def test_learning_rate_rises_falls_and_ends_at_its_floor():
    cosine = TrainConfig(steps=110, warmup=10, decay="cosine", min_lr=0.1)
    assert lr_factor(0, cosine) == pytest.approx(0.1)
    assert lr_factor(9, cosine) == lr_factor(10, cosine) == 1.0
    assert lr_factor(60, cosine) == pytest.approx(0.55)
    assert lr_factor(110, cosine) == pytest.approx(0.1)
    linear = TrainConfig(steps=100, warmup=0, decay="linear", min_lr=0.0)
    assert lr_factor(0, linear) == 1.0
    assert lr_factor(25, linear) == pytest.approx(0.75)
    assert lr_factor(99, linear) == pytest.approx(0.01)


# --- data -----------------------------------------------------------------------------------


def test_windows_are_stretches_of_the_text_from_first_to_last():
    ids, mask = Windows(torch.arange(7), 4).batch(200, Order(0))
    assert torch.equal(ids, ids[:, :1] + torch.arange(4))
    assert set(ids[:, 0].tolist()) == {0, 1, 2, 3}
    assert mask.all() and mask.shape == ids.shape


@pytest.mark.parametrize("n", [4, 7, 8, 9, 23])
@pytest.mark.parametrize("batch_size", [1, 3])
def test_windows_in_order_score_each_token_but_the_first_once(n, batch_size):
    targets = []
    for ids, mask in Windows(torch.arange(n), 4).in_order(batch_size):
        assert ids.shape[1] == 4
        targets += ids[:, 1:][mask[:, 1:]].tolist()
    assert sorted(targets) == list(range(1, n))


def test_a_text_shorter_than_a_block_is_refused():
    with pytest.raises(CourseError, match="block_size is 8 but the text has 7 tokens"):
        Windows(torch.arange(7), 8)
    with pytest.raises(CourseError, match="block_size of 2 or more"):
        Windows(torch.arange(7), 1)


def test_rows_come_once_an_epoch_and_the_order_changes():
    rows, order = Rows(torch.arange(20).view(10, 2)), Order(0)
    seen = torch.cat([rows.batch(4, order)[0][:, 0] for _ in range(5)])  # two epochs
    first, second = seen[:10], seen[10:]
    assert sorted(first.tolist()) == sorted(second.tolist()) == list(range(0, 20, 2))
    assert first.tolist() != second.tolist()


def test_rows_are_cut_behind_the_last_target():
    mask = torch.tensor([[0, 1, 0, 1, 0], [0, 1, 0, 0, 0]]).bool()
    ((ids, cut),) = Rows(torch.arange(10).view(2, 5), mask).in_order(2)
    assert ids.tolist() == [[0, 1, 2, 3], [5, 6, 7, 8]]
    assert torch.equal(cut, mask[:, :4])


def test_rows_refuse_what_does_not_fit():
    with pytest.raises(CourseError, match="one shape"):
        Rows(torch.zeros(2, 3), torch.ones(2, 2))
    with pytest.raises(CourseError, match="one shape"):
        Rows(torch.zeros(0, 3))
    with pytest.raises(CourseError, match="row 1 has no target"):
        Rows(torch.zeros(2, 3), torch.tensor([[0, 1, 0], [1, 0, 0]]))


def test_an_order_goes_on_from_its_state():
    rows, order = Rows(torch.arange(20).view(10, 2)), Order(3)
    rows.batch(7, order)
    other = Order(0)
    other.restore({name: tensor.clone() for name, tensor in order.state().items()})
    for _ in range(4):
        assert torch.equal(rows.batch(4, order)[0], rows.batch(4, other)[0])


# --- evaluation -----------------------------------------------------------------------------


def test_evaluate_is_the_mean_over_all_targets_whatever_the_batches():
    model = tiny(dropout=0.5).train()
    ids = text(6 * 8).view(6, 8)
    mask = torch.rand(6, 8, generator=torch.Generator().manual_seed(1)) < 0.5
    mask[:, 1] = True
    got = [evaluate(model, Rows(ids, mask), batch_size=n) for n in (1, 4, 6)]
    assert model.training
    with torch.no_grad():
        logits = model.eval()(ids)
    nats = F.cross_entropy(logits[:, :-1].flatten(0, 1), ids[:, 1:].flatten(), reduction="none")
    expected = nats[mask[:, 1:].flatten()].mean().item()
    assert got == pytest.approx([expected] * 3, abs=1e-6)


def test_evaluate_windows_takes_in_the_short_last_one():
    model, ids = tiny().eval(), text(8 + 4)
    with torch.no_grad():
        first = F.cross_entropy(model(ids[None, :8])[0, :-1], ids[1:8], reduction="sum")
        last = F.cross_entropy(model(ids[None, 7:])[0, :-1], ids[8:], reduction="sum")
    assert evaluate(model, Windows(ids, 8)) == pytest.approx((first + last).item() / 11, abs=1e-6)
    assert evaluate(model, Windows(ids, 8), batch_size=1, max_batches=1) == pytest.approx(
        first.item() / 7, abs=1e-6
    )
    assert not model.training


# --- the loop -------------------------------------------------------------------------------


@pytest.mark.parametrize("optimizer", ["muon", "adamw"])
def test_training_learns(optimizer):
    model = tiny()
    data = (Windows(text(), 8), Windows(text(seed=1), 8))
    before = evaluate(model, data[1])
    fast = {"lr": 0.02, "adamw_lr": 0.02, "batch_size": 16, "eval_every": 20}
    history = train(model, data, config(steps=60, optimizer=optimizer, **fast))
    assert before == pytest.approx(math.log(11), abs=0.1)
    assert history["val_step"] == [20, 40, 60]
    assert history["val_loss"][-1] == evaluate(model, data[1])
    assert history["val_loss"][-1] < 0.85  # log 2 = 0.69 is the floor
    assert history["step"] == list(range(1, 61))
    assert history["seconds"] == sorted(history["seconds"])
    assert len(history["loss"]) == len(history["lr"]) == 60
    assert "stopped" not in history


def test_rows_and_a_loss_of_ones_own():
    ids = text(32).view(4, 8)
    model = tiny()
    history = train(model, Rows(ids), config(), loss=lambda logits, ids, mask: logits.sum() * 0 + 3)
    assert history["loss"] == [3.0] * 6
    assert history["val_loss"] == []


def test_the_first_step_of_adamw_is_torchs():
    model, twin = tiny(), tiny()
    data, settings = Windows(text(), 8), config(steps=1, optimizer="adamw", lr=0.01, warmup=0)
    history = train(model, data, settings)
    ids, mask = data.batch(4, Order(0))
    loss = masked_loss(twin(ids), ids, mask)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(twin.parameters(), 1.0)
    decay, keep = [[p for p in twin.parameters() if (p.ndim > 1) == is_2d] for is_2d in (1, 0)]
    groups = [{"params": decay, "weight_decay": 0.1}, {"params": keep, "weight_decay": 0.0}]
    torch.optim.AdamW(groups, lr=0.01, betas=settings.betas).step()
    assert history["loss"] == pytest.approx([loss.item()], abs=1e-6)
    for a, b in zip(model.parameters(), twin.parameters(), strict=True):
        torch.testing.assert_close(a, b, rtol=0, atol=1e-5)


def test_the_learning_rates_follow_the_schedule():
    settings = config(steps=4, lr=0.5, adamw_lr=0.25, warmup=2)
    history = train(tiny(), Windows(text(), 8), settings)
    assert history["lr"] == [0.25, 0.5, 0.5, 0.25]
    muon, adamw = make_optimizers(tiny(), settings)
    assert {group["peak_lr"] for group in muon.param_groups} == {0.5}
    assert {group["peak_lr"] for group in adamw.param_groups} == {0.25}


def test_muon_takes_the_matrices_in_blocks_and_adamw_the_rest():
    model = tiny()
    model.ln_f.weight.requires_grad_(False)
    muon, adamw = make_optimizers(model, config())
    names = {p: name for name, p in model.named_parameters()}
    taken = [[{names[p] for p in g["params"]} for g in o.param_groups] for o in (muon, adamw)]
    joint, single = taken[0]
    assert isinstance(muon, Muon) and muon.param_groups[0]["split"] == 3
    assert joint == {f"blocks.{i}.attn.qkv.weight" for i in (0, 1)}
    parts = ("attn.proj", "mlp.fc", "mlp.proj")
    assert single == {f"blocks.{i}.{part}.weight" for i in (0, 1) for part in parts}
    assert taken[1][0] == {"wte.weight", "wpe.weight"}
    assert all("bias" in name or ".ln_" in f".{name}" for name in taken[1][1])
    assert sum(map(len, taken[0] + taken[1])) == len(names) - 1
    model.requires_grad_(False)
    with pytest.raises(CourseError, match="no weight is trainable"):
        train(model, Windows(text(), 8), config())


def test_muon_takes_the_matrices_of_a_projector():
    between = torch.nn.ModuleDict(
        {"projector": torch.nn.Linear(4, 6), "head": torch.nn.Linear(6, 2)}
    )
    muon, adamw = make_optimizers(between, config())
    [group] = muon.param_groups
    assert [p.shape for p in group["params"]] == [(6, 4)] and group["split"] == 1
    assert sum(len(g["params"]) for g in adamw.param_groups) == 3
    (alone,) = make_optimizers(between, config(optimizer="adamw"))
    assert sum(len(g["params"]) for g in alone.param_groups) == 4


def test_frozen_weights_stay():
    model = tiny()
    model.blocks[0].requires_grad_(False)
    before = weights(model)
    train(model, Windows(text(), 8), config())
    after = weights(model)
    moved = {name for name in before if not torch.equal(before[name], after[name])}
    assert moved and not any(name.startswith("blocks.0.") for name in moved)


def test_gradients_are_clipped():
    a, b = tiny(), tiny()
    loss = lambda logits, ids, mask: 1e3 * next_token_loss(logits, ids)  # noqa: E731
    seen = []
    step = torch.optim.AdamW.step
    for model, clip in ((a, 0.5), (b, None)):
        with pytest.MonkeyPatch.context() as patch:

            def look(self, *args, model=model):
                norms = [p.grad.norm() for p in model.parameters()]
                seen.append(torch.stack(norms).norm().item())
                return step(self, *args)

            patch.setattr(torch.optim.AdamW, "step", look)
            train(model, Windows(text(), 8), config(steps=1, grad_clip=clip), loss=loss)
    assert seen[0] == pytest.approx(0.5, rel=1e-4)
    assert seen[1] > 100


def test_the_run_depends_on_the_seed_alone_and_leaves_random_state_and_mode_alone():
    models = [tiny(dropout=0.3).eval() for _ in range(3)]
    runs = []
    for model, outside, seed in zip(models, (1, 2, 1), (5, 5, 6), strict=True):
        torch.manual_seed(outside)
        before = torch.get_rng_state()
        runs.append(train(model, Windows(text(), 8), config(seed=seed))["loss"])
        assert torch.equal(torch.get_rng_state(), before)
        assert not model.training
    assert runs[0] == runs[1] != runs[2]
    assert same(weights(models[0]), weights(models[1]))


def test_bf16_is_used_when_asked_for_and_by_itself_only_where_it_pays(monkeypatch):
    seen = []

    def loss(logits, ids, mask):
        seen.append(logits.dtype)
        return masked_loss(logits, ids, mask)

    for bf16 in (True, False, None):
        train(tiny(), Windows(text(), 8), config(steps=1, bf16=bf16), loss=loss)
    assert seen == [torch.bfloat16, torch.float32, torch.float32]
    wide = torch.nn.Linear(384, 384)
    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: "AVX512")
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: True, raising=False)
    assert bf16_pays(wide) and not bf16_pays(torch.nn.Linear(384, 383))
    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: "AVX2")
    assert not bf16_pays(wide)


def not_a_number(logits, ids, mask):
    return masked_loss(logits, ids, mask) * math.nan


def steep(logits, ids, mask):
    """Return 0, with a gradient of 1/0."""
    return (logits - logits.detach()).abs().sum().sqrt()


@pytest.mark.parametrize(
    ("bad", "what"), [(not_a_number, "loss is nan"), (steep, "length of the gradient is nan")]
)
def test_what_is_not_finite_stops_the_run_before_it_does_harm(tmp_path, bad, what):
    calls = []

    def loss(logits, ids, mask):
        calls.append(1)
        return (masked_loss if len(calls) < 4 else bad)(logits, ids, mask)

    model, settings = tiny(), config(lr=0.5, checkpoint_every=1)
    with pytest.raises(CourseError, match=f"{what} at step 4 with learning rate 0.375: use a"):
        train(model, Windows(text(), 8), settings, out=tmp_path, loss=loss)
    kept = load_file(tmp_path / "last.safetensors")
    assert facts_of(tmp_path / "last.safetensors")["step"] == 3
    assert all(t.isfinite().all() for t in kept.values() if t.is_floating_point())
    assert torch.equal(kept["model.wte.weight"], model.wte.weight)


def test_progress_is_shown_only_when_asked_for(capsys):
    train(tiny(), Windows(text(), 8), config(steps=1, progress=None))  # pytest is no terminal
    assert capsys.readouterr() == ("", "")
    train(tiny(), Windows(text(), 8), config(steps=1, progress=True))
    assert "1/1" in capsys.readouterr().err


# --- checkpoints ----------------------------------------------------------------------------


def interrupted_at(step, settings, folder, model, data):
    """Train, and press Ctrl-C while the given step is computed."""
    calls = []

    def loss(logits, ids, mask):
        calls.append(1)
        if len(calls) == step:
            signal.raise_signal(signal.SIGINT)
        return masked_loss(logits, ids, mask)

    return train(model, data, settings, out=folder, loss=loss)


@pytest.mark.parametrize("optimizer", ["muon", "adamw"])
@pytest.mark.parametrize("kind", ["windows", "rows"])
def test_ctrl_c_saves_and_the_run_goes_on_as_if_nothing_had_been(tmp_path, optimizer, kind):
    sets = [text(160), text(160, seed=1)]
    data = [Windows(t, 8) if kind == "windows" else Rows(t.view(20, 8)) for t in sets]
    settings = config(steps=9, optimizer=optimizer, eval_every=2, checkpoint_every=None, seed=3)
    whole = tiny(dropout=0.2)
    expected = train(whole, data, settings, out=tmp_path / "whole")

    handler = signal.getsignal(signal.SIGINT)
    history = interrupted_at(4, settings, tmp_path / "cut", tiny(dropout=0.2), data)
    assert history["step"] == [1, 2, 3, 4]
    assert history["stopped"] == "stopped by Ctrl-C after step 4 of 9"
    assert signal.getsignal(signal.SIGINT) is handler

    resumed = tiny(dropout=0.2, seed=7)  # other weights: all comes from the file
    history = train(resumed, data, settings, out=tmp_path / "cut", resume=True)
    assert timeless(history) == timeless(expected)
    assert len(history["seconds"]) == 9
    for name in ("last", "best"):
        a, b = (load_file(tmp_path / run / f"{name}.safetensors") for run in ("whole", "cut"))
        assert same(a, b)
    again = train(tiny(), data, settings, out=tmp_path / "cut", resume=True)  # nothing left to do
    assert timeless(again) == timeless(expected)


CHILD = """
    import os, signal, sys, torch
    sys.path.insert(0, {tests!r})
    from test_training import killable, masked_loss
    torch.set_num_threads(1)
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
    data = (Windows(text(), 8), Windows(text(seed=1), 8))
    settings = config(steps=12, optimizer=optimizer, eval_every=3, checkpoint_every=2)
    model = tiny(dropout=0.2, seed=int(resume))  # resumed: all comes from the file
    return train(model, data, settings, folder, loss, resume)


@pytest.fixture
def one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def facts_of(path):
    with safe_open(path, "pt") as file:
        facts = json.loads(file.metadata()["facts"])
    return facts | {"history": timeless(facts["history"])}


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
    data = (Windows(text(), 8), Windows(text(seed=1), 8))
    model = tiny()
    return model, data, train(model, data, config(**changes), out=folder)


def test_best_holds_the_weights_of_the_lowest_validation_loss(tmp_path):
    def worse_in_the_end(logits, ids, mask, calls=[]):  # noqa: B006
        calls.append(1)
        return masked_loss(logits, ids, mask) * (1 if len(calls) <= 9 else -1)

    model, data = tiny(), (Windows(text(), 8), Windows(text(seed=1), 8))
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

    data, settings = (Windows(text(), 8), Windows(text(seed=1), 8)), config(eval_every=1)
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
    state = loop_module.TrainState(model, config(), data)
    with pytest.raises(OSError, match="disk full"):
        state.save(path)
    assert path.read_bytes() == before


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
        (model, data, config(steps=7), "made with steps=6, not 7"),
        (model, data, config(lr=0.5), "made with lr=None, not 0.5"),
        (model, Windows(text(seed=2), 8), config(), "other training data"),
        (tiny(n_embd=8), data, config(), r"wte.weight is \(11, 16\) in the file and \(11, 8\)"),
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
