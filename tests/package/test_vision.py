"""Patches, the encoder and VisionGPT: exact shapes, the same numbers as PyTorch, who sees whom."""

import math

import pytest
import torch
import torch.nn as nn
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st

from course_utils.generation import generate
from course_utils.losses import masked_loss
from course_utils.runtime import CourseError
from course_utils.tokenizers import CharTokenizer
from course_utils.training import Rows, TrainConfig, evaluate, train
from course_utils.vision import (
    ImageEncoder,
    ManyTexts,
    PictureRows,
    Shown,
    VisionConfig,
    VisionGPT,
    layout,
    load_vision,
    patchify,
    save_vision,
    shown_loss,
    to_floats,
    unpatchify,
)

SIDE, PATCH, N = 12, 4, 9
TOKENIZER = CharTokenizer.train(["abcdefg"], special_tokens=("<eos>",))


@pytest.fixture
def model():
    torch.manual_seed(0)
    sizes = {"image_size": SIDE, "patch_size": PATCH, "n_layer_image": 2, "n_layer": 2}
    config = VisionConfig(TOKENIZER.vocab_size, text_size=10, n_head=2, n_embd=16, **sizes)
    model = VisionGPT(config).eval()
    for p in model.parameters():  # biases begin at 0: a swap of two of them would not be seen
        p.data.add_(torch.randn_like(p) * 0.1)
    return model


@pytest.fixture
def images():
    return torch.randint(0, 256, (3, 3, SIDE, SIDE), dtype=torch.uint8)


@given(
    st.integers(1, 3), st.integers(1, 4), st.integers(1, 4), st.integers(1, 4), st.integers(1, 5)
)
def test_patchify_and_back_is_exact(B, C, rows, columns, size):
    pictures = torch.rand(B, C, rows * size, columns * size)
    patches = patchify(pictures, size)
    assert patches.shape == (B, rows * columns, C * size * size)
    assert torch.equal(unpatchify(patches, size, rows * size, columns * size), pictures)


def test_patchify_agrees_with_unfold():
    pictures = torch.rand(2, 3, 8, 12)
    theirs = F.unfold(pictures, kernel_size=4, stride=4).transpose(1, 2)
    assert torch.equal(patchify(pictures, 4), theirs)


@pytest.mark.parametrize("shape, size", [((3, 8, 8), 4), ((1, 3, 8, 9), 4), ((1, 3, 8, 8), 0)])
def test_pictures_that_cannot_be_cut(shape, size):
    with pytest.raises(CourseError):
        patchify(torch.zeros(shape), size)


def test_patches_that_make_no_picture():
    with pytest.raises(CourseError, match="4 patches"):
        unpatchify(torch.zeros(1, 5, 12), 2, 4, 4)


def test_bytes_become_numbers_around_zero_and_floats_stay():
    assert to_floats(torch.tensor([0, 51, 255], dtype=torch.uint8)).tolist() == pytest.approx(
        [-1, -0.6, 1]
    )
    floats = torch.rand(4)
    assert to_floats(floats) is floats


def reference(encoder: ImageEncoder) -> nn.TransformerEncoder:
    """Return PyTorch's own encoder with the same weights."""
    C = encoder.positions.shape[1]
    layer = nn.TransformerEncoderLayer(
        C, encoder.blocks[0].attn.n_head, 4 * C, dropout=0.0, batch_first=True, norm_first=True,
        activation=lambda x: F.gelu(x, approximate="tanh"),
    )  # fmt: skip
    norm, depth = nn.LayerNorm(C), len(encoder.blocks)
    theirs = nn.TransformerEncoder(layer, depth, norm=norm, enable_nested_tensor=False)
    for mine, other in zip(encoder.blocks, theirs.layers, strict=True):
        other.self_attn.in_proj_weight.data = mine.attn.qkv.weight.data
        other.self_attn.in_proj_bias.data = mine.attn.qkv.bias.data
        pairs = [(mine.attn.proj, other.self_attn.out_proj), (mine.mlp.fc, other.linear1)]
        pairs += [
            (mine.mlp.proj, other.linear2),
            (mine.ln_1, other.norm1),
            (mine.ln_2, other.norm2),
        ]
        for a, b in pairs:
            b.load_state_dict(a.state_dict())
    theirs.norm.load_state_dict(encoder.ln.state_dict())
    return theirs.eval()


def test_the_encoder_equals_pytorchs(model, images):
    encoder = model.encoder
    patches = F.unfold(to_floats(images), PATCH, stride=PATCH).transpose(1, 2)
    x = patches @ encoder.embed.weight.T + encoder.embed.bias + encoder.positions
    torch.testing.assert_close(encoder(images), reference(encoder)(x), atol=1e-5, rtol=1e-5)


def test_every_patch_sees_every_other(model, images):
    floats = to_floats(images[:1]).requires_grad_()
    model.encoder(floats)[0, 0].sum().backward()
    assert patchify(floats.grad, PATCH)[0].abs().sum(1).gt(0).all()


def sensitivity(model, images, ids, position):
    """Return how the input of the GPT at each place moves its output at one place, (N + T,)."""
    seen = model.look(images)
    both = torch.cat([seen, F.embedding(ids, model.text.wte.weight)], 1).detach().requires_grad_()
    from course_utils.attention import prefix_mask

    out = model.text(embeddings=both, mask=prefix_mask(both.shape[1], N))
    out[0, position].square().sum().backward()
    return both.grad[0].abs().sum(1)


def test_image_tokens_see_no_text_and_text_sees_the_image(model, images):
    ids = torch.tensor([[1, 2, 3, 4]])
    moved = sensitivity(model, images[:1], ids, position=0)  # the first image token
    assert moved[:N].gt(0).all() and moved[N:].eq(0).all()
    moved = sensitivity(model, images[:1], ids, position=N + 1)  # the second text token
    assert moved[: N + 2].gt(0).all() and moved[N + 2 :].eq(0).all()


def test_forward_uses_that_very_mask(model, images):
    ids = torch.tensor([[1, 2, 3, 4]])
    changed = torch.tensor([[1, 2, 5, 6]])
    before, after = (model(Shown(images[:1], x)) for x in (ids, changed))
    torch.testing.assert_close(before[:, :2], after[:, :2], atol=1e-6, rtol=0)
    assert not torch.allclose(before[:, 2:], after[:, 2:])
    other = model(Shown(images[1:2], ids))
    assert (before - other).abs().amax(-1).gt(1e-4).all(), "each text token sees the picture"


def test_text_moves_no_image_token_through_the_gradient(model, images):
    model.zero_grad()
    floats = to_floats(images[:1]).requires_grad_()
    model(Shown(floats, torch.tensor([[1]]))).sum().backward()
    assert patchify(floats.grad, PATCH)[0].abs().sum(1).gt(0).all()


def test_many_texts_are_read_as_if_each_stood_alone(model, images):
    """Three texts of different lengths, in other orders for other pictures, longer in all than
    the model's text_size."""
    eos = TOKENIZER.eos_id
    texts = [torch.tensor([eos, *ids]) for ids in ((1, 2, 3), (4,), (5, 6, 7, 1, 2, 3))]
    orders = [(0, 1, 2), (2, 0, 1), (1, 2, 0)]
    ids = torch.stack([torch.cat([texts[i] for i in order]) for order in orders])
    assert ids.shape[1] > model.config.text_size
    together = ManyTexts(model, eos)(Shown(images, ids))
    assert together.shape == (*ids.shape, TOKENIZER.vocab_size)
    for row, (order, picture) in enumerate(zip(orders, images, strict=True)):
        start = 0
        for i in order:
            alone = model(Shown(picture[None], texts[i][None]))[0]
            found = together[row, start : start + len(texts[i])]
            torch.testing.assert_close(found, alone, atol=1e-5, rtol=1e-5)
            start += len(texts[i])


def test_many_texts_teach_the_model_itself(model, images):
    many = ManyTexts(model, TOKENIZER.eos_id)
    many(Shown(images, torch.tensor([[TOKENIZER.eos_id, 1]] * 3))).sum().backward()
    assert {id(p) for p in many.parameters()} == {id(p) for p in model.parameters()}
    assert all(p.grad is not None for p in model.encoder.parameters())


def test_generate_goes_on_from_a_picture(model, images):
    ids = torch.tensor([[1, 2], [3, 4], [2, 2]])
    with torch.inference_mode():
        rows = generate(model.text, ids, 5, temperature=0, cache=model.cache(images))
        expected = ids
        for _ in range(5):
            last = model(Shown(images, expected))[:, -1].argmax(-1)
            expected = torch.cat([expected, last[:, None]], 1)
    assert torch.equal(rows, expected)


def test_wrong_pictures_get_one_line(model, images):
    for wrong in (images[0], images[:, :1], images[:, :, 1:]):
        with pytest.raises(CourseError, match=r"\(B, 3, 12, 12\)"):
            model.look(wrong)


@pytest.mark.parametrize(
    "wrong", [{"image_size": 13}, {"patch_size": 0}, {"text_size": 2.5}, {"n_head": 3}]
)
def test_sizes_that_do_not_fit(wrong):
    sizes = {"vocab_size": 9, "text_size": 8, "image_size": 12, "patch_size": 4, **wrong}
    with pytest.raises(CourseError, match=next(iter(wrong))):
        VisionConfig(**sizes)


def rows_of(texts):
    return Rows.pad([[TOKENIZER.eos_id, *TOKENIZER.encode(t)] for t in texts], TOKENIZER.eos_id)


SHOWN = Shown(torch.zeros(2, 3, SIDE, SIDE), torch.ones(2, 4, dtype=torch.int64))


@pytest.mark.parametrize("call", ["look", "cache", "encoder"])
@pytest.mark.parametrize(
    ("images", "message"),
    [
        (SHOWN.images[0], r"got \(3, 12, 12\): add a batch, images\[None\]"),
        (SHOWN.images.permute(0, 2, 3, 1), r"put the colours in front"),
        (torch.zeros(1, 3, 24, 24), "scale them to this size"),
        (torch.zeros(1, 1, SIDE, SIDE), "scale them"),
        (SHOWN.images.numpy(), "images must be a tensor"),
        ("cat.png", "images must be a tensor .* got 'cat.png'"),
        (torch.full((1, 3, SIDE, SIDE), 255.0), "floats from -1 to 1, got one of size 255"),
    ],
)
def test_a_picture_in_the_wrong_form_is_said(model, call, images, message):
    with pytest.raises(CourseError, match=message):
        getattr(model, call)(images)


@pytest.mark.parametrize(
    ("shown", "message"),
    [
        (tuple(SHOWN), r"shown must be a Shown, got .* write Shown\(images, ids\)"),
        (SHOWN.images, "shown must be a Shown"),
        (SHOWN._replace(ids=SHOWN.ids[:1]), "a text for each picture, got 1 and 2"),
        (SHOWN._replace(ids="what is it?"), "ids must be a tensor"),
        (SHOWN._replace(ids=SHOWN.ids[0]), "a text for each picture|ids of shape"),
        (SHOWN._replace(ids=SHOWN.ids + 99), "expected ids from 0 to 7, got 100 to 100"),
        (SHOWN._replace(images=SHOWN.images[:, :, 1:]), r"\(B, 3, 12, 12\)"),
        (SHOWN._replace(ids=torch.ones(2, 40, dtype=torch.int64)), "block_size is 19"),
    ],
)
@pytest.mark.parametrize("many", [False, True])
def test_pictures_and_texts_that_do_not_fit_are_said(model, shown, message, many):
    with pytest.raises(CourseError, match=message):
        (ManyTexts(model, TOKENIZER.eos_id) if many else model)(shown)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: patchify([[1]], 4), "images must be a tensor"),
        (lambda: patchify(SHOWN.images, 2.5), "size must be a whole number, got 2.5"),
        (lambda: patchify(SHOWN.images, "4"), "size must be a whole number"),
        (lambda: patchify(SHOWN.images, -4), "size must be 0 or more|cannot be cut"),
        (lambda: unpatchify(torch.zeros(1, 4, 12), 0, 4, 4), "size must be 1 or more, got 0"),
        (lambda: unpatchify(torch.zeros(1, 4, 12), 2, 4.0, 4), "height must be a whole number"),
        (lambda: unpatchify([[1]], 2, 4, 4), "patches must be a tensor"),
        (lambda: to_floats("cat.png"), "images must be a tensor"),
        (lambda: ImageEncoder(48, 8, 1, 3, 64), "n_head, got 64 and 3"),
        (lambda: ImageEncoder(50, 8, 1, 4, 64), "image_size must be a multiple of patch_size"),
        (lambda: ImageEncoder(48, 0, 1, 4, 64), "patch_size must be a positive integer"),
        (lambda: ImageEncoder(48, 8, 0, 4, 64), "n_layer must be a positive integer"),
        (lambda: VisionConfig(9, 8, n_layer_image=True), "n_layer_image"),
        (lambda: PictureRows("cats", rows_of(["ab"])), "images must be a tensor"),
        (lambda: PictureRows(SHOWN.images, [[1, 2]]), "rows must be a Rows"),
        (lambda: shown_loss(torch.zeros(2, 4, 9), SHOWN.ids, SHOWN.ids > 0), "must be a Shown"),
        (lambda: layout.prompt(TOKENIZER, 7), "question must be a text, got 7"),
        (lambda: layout.prompt(CharTokenizer.train(["a? "]), "?"), "no special token"),
    ],
)
def test_what_vision_cannot_take_is_said(call, message):
    with pytest.raises(CourseError, match=message):
        call()


def test_it_learns_to_name_what_it_sees(model):
    """Two pictures, the same beginning, different ends: only eyes can tell."""
    dark, light = torch.zeros(3, SIDE, SIDE), torch.full((3, SIDE, SIDE), 255)
    images = torch.stack([dark, light] * 8).to(torch.uint8)
    data = PictureRows(images, rows_of(["ab", "ac"] * 8))
    config = TrainConfig(steps=150, batch_size=8, lr=0.02, adamw_lr=4e-3, weight_decay=0.0)
    train(model, data, config, loss=shown_loss)
    blind = math.log(2) / 2  # a coin for one of the two letters, the other is always "a"
    assert evaluate(model, data, loss=shown_loss) < 0.1 * blind


def test_batches_keep_pictures_and_texts_together():
    images = torch.arange(6, dtype=torch.uint8).view(6, 1, 1, 1).expand(6, 3, 4, 4)
    rows = Rows(torch.arange(6)[:, None].expand(6, 3))
    data = PictureRows(images, rows)
    from course_utils.training.data import Order

    shown, mask = data.batch(4, Order(seed=3))
    assert torch.equal(shown.images[:, 0, 0, 0].long(), shown.ids[:, 0]) and mask.all()
    assert len(set(shown.ids[:, 0].tolist())) == 4
    again = torch.cat([shown.ids[:, 0] for shown, _ in data.in_order(4)])
    assert again.tolist() == list(range(6))
    darker = PictureRows(images.flip(0) + 1, rows)
    assert data.fingerprint() != darker.fingerprint()
    with pytest.raises(CourseError, match="5 and 6"):
        PictureRows(images[:5], rows)


def test_the_loss_is_the_masked_loss():
    logits, ids = torch.randn(2, 4, 7), torch.randint(0, 7, (2, 4))
    mask = torch.rand(2, 4) > 0.3
    shown = Shown(torch.zeros(2, 3, 4, 4), ids)
    assert shown_loss(logits, shown, mask) == masked_loss(logits, ids, mask)


def test_save_and_load(model, images, tmp_path):
    save_vision(model, TOKENIZER, tmp_path / "m")
    again, tokenizer = load_vision(tmp_path / "m")
    shown = Shown(images, torch.tensor([[1, 2]] * 3))
    assert torch.equal(again(shown), model(shown)) and not again.training
    assert tokenizer.encode("gab") == TOKENIZER.encode("gab")
    assert {p.suffix for p in (tmp_path / "m").iterdir()} == {".json", ".safetensors"}
    save_vision(model, TOKENIZER, tmp_path / "m", dtype=torch.float16)  # the same kind: replaced
    half, _ = load_vision(tmp_path / "m")
    assert half.text.wte.weight.dtype == torch.float32
    torch.testing.assert_close(half(shown), model(shown), atol=0.02, rtol=0.02)


def test_saving_over_another_kind_loses_nothing(model, tmp_path):
    (tmp_path / "config.json").write_text('{"model_type": "gpt2"}', encoding="utf8")
    with pytest.raises(CourseError, match="gpt2"):
        save_vision(model, TOKENIZER, tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["config.json"]
    small = CharTokenizer.train(["ab"])
    with pytest.raises(CourseError, match="belong together"):
        save_vision(model, small, tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_folders_that_are_no_model(model, tmp_path):
    with pytest.raises(CourseError, match=r"no config\.json"):
        load_vision(tmp_path)
    save_vision(model, TOKENIZER, tmp_path)
    weights = (tmp_path / "model.safetensors").read_bytes()
    (tmp_path / "model.safetensors").write_bytes(weights[: len(weights) // 2])
    with pytest.raises(CourseError, match="does not fit"):
        load_vision(tmp_path)
    (tmp_path / "model.safetensors").unlink()
    with pytest.raises(CourseError, match=r"no model\.safetensors"):
        load_vision(tmp_path)
    for text in ("{", "[]", '{"model_type": "course_utils.vision", "colour": 1}'):
        (tmp_path / "config.json").write_text(text, encoding="utf8")
        with pytest.raises(CourseError, match=r"config\.json"):
            load_vision(tmp_path)
