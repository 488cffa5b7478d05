"""Training: settings, schedule, evaluation and the loop."""

import inspect
import math

import pytest
import torch
import torch.nn.functional as F
from runs import config, facts_of, same, text, tiny, weights
from safetensors.torch import load_file

from course_utils.losses import masked_loss, next_token_loss
from course_utils.optim import Muon
from course_utils.runtime import CourseError
from course_utils.training import Order, Rows, TrainConfig, Windows, evaluate, train
from course_utils.training.loop import bf16_pays
from course_utils.training.optimizers import lr_factor, make_optimizers

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


def test_the_warm_up_is_counted_from_1():
    """CS336 and others count from 0: our step n has their step n + 1's learning rate."""
    settings = TrainConfig(steps=20, warmup=4)
    assert [lr_factor(step, settings) for step in range(5)] == [0.25, 0.5, 0.75, 1.0, 1.0]
    assert "counted from 1" in lr_factor.__doc__ and "counted from 1" in TrainConfig.__doc__


@pytest.mark.parametrize("decay", ["linear", "cosine"])
def test_beyond_the_last_step_the_floor_holds(decay):
    settings = TrainConfig(steps=10, warmup=2, decay=decay, min_lr=0.125)
    assert [lr_factor(step, settings) for step in (10, 11, 15, 1000)] == [0.125] * 4
    with pytest.raises(CourseError, match="counted from 0, got -1"):
        lr_factor(-1, settings)


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


def test_what_cannot_be_trained_gets_one_clear_line():
    data = Windows(text(), 8)
    with torch.inference_mode():
        frozen_for_ever = tiny()
    for model, settings, message in (
        ("gpt2", config(), r"expected a model \(torch.nn.Module\), got str"),
        (tiny(), {"steps": 6}, "expected a TrainConfig, got dict"),
        (frozen_for_ever, config(), "made under torch.inference_mode"),
    ):
        with pytest.raises(CourseError, match=message):
            train(model, data, settings)
    with torch.no_grad(), pytest.raises(CourseError, match=r"called under torch.no_grad\(\)"):
        train(tiny(), data, config())
