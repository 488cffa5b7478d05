"""The engine in the page computes what PyTorch computes: run in Chromium, compared here."""

import json
import random
from itertools import islice, product

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from course_utils.attention import attention
from course_utils.generation import generate
from course_utils.generation.sampling import next_probabilities
from course_utils.hf import load_pretrained
from course_utils.lessons import checkpoints
from course_utils.lessons.corpora import StoryGrammar
from course_utils.lessons.scenes import KINDS, ask, draw, scenes
from course_utils.model import GPT, GPTConfig
from course_utils.optim import Muon
from course_utils.vision import load_vision
from course_utils.vision.layout import prompt
from course_utils.vision.patches import patchify, to_floats

pytestmark = pytest.mark.usefixtures("one_thread")
TEXT_MODELS = ("story-gpt", "wish-gpt", "shop-gpt", "reader-gpt", "number-gpt")
LOAD = "const model = gpt.readModel(await bytes(name), await config(name));"
SEE = "const model = eyes.readVisionModel(await bytes('scene-gpt'), await config('scene-gpt'));"


@pytest.fixture(scope="module")
def story_gpt():
    return load_pretrained(checkpoints.path("story-gpt"))


@pytest.fixture(scope="module")
def prompts(story_gpt):
    """Return the first tokens of 20 new stories, 5 to 62 of them."""
    _, tokenizer = story_gpt
    texts = StoryGrammar().sample(20, seed=18)
    rows = [[tokenizer.eos_id, *tokenizer.encode(text)] for text in texts]
    return [row[: 5 + 3 * number] for number, row in enumerate(rows)]


def tensor(rows) -> torch.Tensor:
    return torch.tensor(rows, dtype=torch.float32)


def test_every_number_of_16_bits_is_read(page):
    bits = np.arange(65536, dtype=np.uint16)
    ours = page("return Array.from({ length: 65536 }, (_, b) => String(weights.half(b)));")
    assert np.array_equal(np.array(ours, float), bits.view(np.float16), equal_nan=True)


TEXTS = [
    *StoryGrammar().sample(10, seed=5),
    "where is the red star?",
    "twenty-one thousand, 二万一千",
    "Ünïcödé, naïve: ñ — “quotes” 😀👩‍👩‍👧",
    "  two blanks, a\ttab\r\nand lines\n\n",
    "it's 3.14, isn't it? <eos> is no mark here, nor <|user|>",
    "",
    " ",
]


@pytest.mark.parametrize("name", (*TEXT_MODELS, "scene-gpt"))
def test_tokens_of_any_text(page, name):
    load = load_vision if name == "scene-gpt" else load_pretrained
    _, python = load(checkpoints.path(name))
    program = """
        const { encode, decode, special } = await tokenizer(name);
        const rows = texts.map(encode);
        return { rows, special, back: rows.map((ids) => decode([...ids, special["<eos>"]])) };"""
    ours = page(program, name=name, texts=TEXTS)
    assert ours["rows"] == [python.encode(text) for text in TEXTS]
    assert ours["special"] == python.special_tokens
    assert ours["back"] == [python.decode(row) for row in ours["rows"]]


def test_logits_of_twenty_prompts(page, story_gpt, prompts):
    program = LOAD + (
        "return prompts.map((ids) =>"
        " gpt.read(model, gpt.newCache(model.blocks), ids).map((row) => [...row]));"
    )
    model, _ = story_gpt
    apart = []
    for ids, ours in zip(prompts, page(program, name="story-gpt", prompts=prompts), strict=True):
        with torch.no_grad():
            apart.append((model(torch.tensor([ids]))[0] - tensor(ours)).abs().flatten())
    apart = torch.cat(apart)
    assert apart.max() < 2e-5 and apart.median() < 4e-6


@pytest.mark.parametrize("name", TEXT_MODELS)
def test_greedy_text_of_a_hundred_tokens(page, name):
    """Token by token with the cache, beginning with each model's first ids."""
    program = (
        LOAD
        + """
        const cache = gpt.newCache(model.blocks);
        const out = [...ids];
        let scores = gpt.read(model, cache, ids).at(-1);
        for (let n = 0; n < more; n++) {
          const id = sampling.likeliest(scores);
          out.push(id);
          scores = gpt.read(model, cache, [id]).at(-1);
        }
        return out;"""
    )
    model, tokenizer = load_pretrained(checkpoints.path(name))
    ids = [tokenizer.eos_id, *range(20, 25)]
    more = min(100, model.config.block_size - len(ids))
    theirs = generate(model, torch.tensor([ids]), more, temperature=0)[0].tolist()
    assert page(program, name=name, ids=ids, more=more) == theirs


def test_attention_of_every_head_and_the_lens_of_every_layer(page, story_gpt, prompts):
    program = (
        LOAD
        + """
        const seen = {};
        gpt.read(model, gpt.newCache(model.blocks), ids, seen);
        const lens = seen.streams.map((rows) => [...gpt.toLogits(model, rows.at(-1))]);
        return { lens, attention: seen.attention.map((layer) =>
          layer.map((heads) => heads.map((weights) => [...weights]))) };"""
    )
    model, _ = story_gpt
    ids = torch.tensor([prompts[10]])
    ours = page(program, name="story-gpt", ids=prompts[10])
    x = model.embed(ids) + model.wpe.weight[: ids.shape[1]]
    for layer, block in enumerate(model.blocks):
        with torch.no_grad():
            weights = weights_of(block, x)
            x = block(x)
            lens = model.ln_f(x[0, -1]) @ model.wte.weight.T
        for t, heads in enumerate(ours["attention"][layer]):
            assert torch.allclose(tensor(heads), weights[:, t, : t + 1], atol=1e-5)
        assert torch.allclose(tensor(ours["lens"][layer]), lens, atol=1e-4)


def weights_of(block, x):
    """Return a block's attention weights (H, T, T) for one row of vectors (1, T, C)."""
    T, C, H = x.shape[1], x.shape[2], block.attn.n_head
    qkv = block.attn.qkv(block.ln_1(x))[0].split(C, dim=-1)
    q, k, v = (one.view(T, H, C // H).transpose(0, 1) for one in qkv)
    return attention(q, k, v, causal=True)[1]


SETTINGS = [
    dict(zip(("temperature", "top_k", "top_p", "repetition_penalty"), values, strict=True))
    for values in product((0.3, 1.0, 1.7), (None, 1, 5, 5000), (None, 0.4, 0.95, 1), (1.0, 1.3))
]


def test_probabilities_by_every_setting(page, story_gpt, prompts):
    model, _ = story_gpt
    ids = torch.tensor([prompts[3]])
    with torch.no_grad():
        logits = model(ids)[:, -1]
    names = ("temperature", "topK", "topP", "penalty")
    asked = [dict(zip(names, one.values(), strict=True)) for one in SETTINGS]
    program = "return asked.map((one) => [...sampling.probabilities(scores, ids, one)]);"
    ours = page(program, scores=logits[0].tolist(), ids=prompts[3], asked=asked)
    for settings, shares in zip(SETTINGS, ours, strict=True):
        theirs = next_probabilities(logits, ids, **settings)[0]
        assert torch.allclose(tensor(shares), theirs, atol=1e-5), settings


def test_the_softmax_does_not_overflow(page):
    assert page("return gpt.softmax([1e4, 1e4, -1e4]);") == [0.5, 0.5, 0.0]


def test_temperature_zero_puts_all_on_the_likeliest(page):
    program = "return [...sampling.probabilities([1, 3, 2], [1], { temperature: 0, penalty: 2 })];"
    assert page(program) == [0, 0, 1]


def test_a_token_is_drawn_as_often_as_its_share(page):
    program = """
        const counts = [0, 0, 0, 0];
        for (let n = 0; n < 1000; n++) counts[sampling.draw(shares, () => (n + 0.5) / 1000)]++;
        return counts;"""
    assert page(program, shares=[0.2, 0, 0.5, 0.3]) == [200, 0, 500, 300]
    assert page("return sampling.draw([0.3, 0.6], () => 0.99);") == 1  # rounding left a rest


def test_a_picture_is_cut_as_in_the_package(page):
    picture = torch.randint(0, 256, (3, 16, 16), dtype=torch.uint8)
    ours = page(
        "return eyes.patchify(pixels, 16, 8).map((patch) => [...patch]);", pixels=as_canvas(picture)
    )
    theirs = patchify(to_floats(picture[None]), 8)[0]
    assert torch.allclose(tensor(ours), theirs, atol=1e-6)


def as_canvas(picture) -> list[int]:
    """Return a picture (3, H, W) as a canvas gives it: red, green, blue, 255, pixel by pixel."""
    rest = torch.full_like(picture[:1], 255)
    return torch.cat([picture, rest]).permute(1, 2, 0).flatten().tolist()


def test_scene_gpt_answers_the_same_about_fifty_scenes(page):
    model, tokenizer = load_vision(checkpoints.path("scene-gpt"))
    rng = random.Random(18)
    asked = []
    for scene in islice(scenes(18, "test"), 50):
        kinds = rng.sample(list(KINDS), len(KINDS))  # not every kind can be asked of each scene
        question = next(filter(None, (ask(scene, kind, rng) for kind in kinds)))
        asked.append((draw(scene), prompt(tokenizer, question.text)))
    program = (
        SEE
        + """
        return asked.map(({ pixels, ids }) => {
          const cache = eyes.look(model, pixels);
          let scores = eyes.read(model, cache, ids).at(-1);
          const answer = [];
          for (let n = 0; n < 8; n++) {
            answer.push(sampling.likeliest(scores));
            scores = eyes.read(model, cache, [answer.at(-1)]).at(-1);
          }
          return answer;
        });"""
    )
    given = [{"pixels": as_canvas(picture), "ids": ids} for picture, ids in asked]
    for (picture, ids), ours in zip(asked, page(program, asked=given), strict=True):
        cache = model.cache(picture[None])
        theirs = generate(model.text, torch.tensor([ids]), 8, temperature=0, cache=cache)
        assert theirs[0, len(ids) :].tolist() == ours


def test_what_cannot_be_read_is_said(page):
    said = page(
        LOAD + "try { gpt.read(model, gpt.newCache(model.blocks), ids); }"
        "catch (error) { return error.message; }",
        name="story-gpt",
        ids=[0] * 129,
    )
    assert said == "expected at most 128 tokens, got 129: begin again, or shorten the text"
    header = json.dumps({"w": {"dtype": "BF16", "shape": [1], "data_offsets": [0, 2]}})
    said = page(
        "const head = new TextEncoder().encode(header);"
        "const all = new Uint8Array(8 + head.length + 2); all[0] = head.length; all.set(head, 8);"
        "try { weights.readTensors(all.buffer); } catch (error) { return error.message; }",
        header=header,
    )
    assert said == "expected F16 or F32 in w, got BF16"


def test_every_gradient_of_a_small_model(page):
    """Of the mean over three texts of different lengths, in one batch."""
    torch.manual_seed(0)
    config = GPTConfig(vocab_size=11, block_size=9, n_layer=2, n_head=2, n_embd=8)
    model = GPT(config)
    with torch.no_grad():
        for weight in model.parameters():  # larger than at the start, so that nothing is nearly 0
            weight.add_(0.2 * torch.randn_like(weight))
    texts = [torch.randint(11, (n,)).tolist() for n in (9, 4, 6)]
    targets = sum(len(text) - 1 for text in texts)
    loss = (
        sum(
            F.cross_entropy(
                model(torch.tensor([ids[:-1]]))[0], torch.tensor(ids[1:]), reduction="sum"
            )
            for ids in texts
        )
        / targets
    )
    loss.backward()
    program = """
        for (const one of Object.values(given_weights)) one.values = Float32Array.from(one.values);
        const model = gpt.makeGPT(given_weights, sizes, gpt.OURS(""));
        const grads = backprop.zerosLike(model);
        let nats = 0;
        for (const ids of texts) nats += backprop.learn(model, ids, grads, 1 / targets);
        const all = backprop.parameters(grads).map(([name, values]) => [name, [...values]]);
        return { loss: nats / targets, grads: Object.fromEntries(all) };"""
    sizes = {"n_layer": config.n_layer, "n_head": config.n_head}
    weights = as_weights(model.state_dict())
    ours = page(program, given_weights=weights, sizes=sizes, texts=texts, targets=targets)
    assert ours["loss"] == pytest.approx(loss.item(), rel=1e-6)
    theirs = {in_page_name(name): w.grad for name, w in model.named_parameters()}
    assert set(theirs) == set(ours["grads"])
    for name, grad in theirs.items():
        apart = (tensor(ours["grads"][name]) - grad.flatten()).abs().max()
        assert apart < 1e-5 * grad.abs().max(), name


def in_page_name(name: str) -> str:
    """Return where the engine keeps a parameter: blocks.0.attn.qkv.bias -> blocks.0.qkv.bias."""
    for ours, theirs in (
        ("norm1", "ln_1"),
        ("norm2", "ln_2"),
        ("norm", "ln_f"),
        ("qkv", "attn.qkv"),
        ("mix", "attn.proj"),
        ("widen", "mlp.fc"),
        ("narrow", "mlp.proj"),
        ("wte", "wte.weight"),
        ("wpe", "wpe.weight"),
    ):
        name = name.replace(theirs, ours)
    return name


@pytest.mark.parametrize("method", ["descent", "adamw", "muon"])
def test_three_steps_of_each_optimizer(page, method):
    """On gradients that are drawn, so that nothing depends on the forward pass."""
    torch.manual_seed(1)
    model = GPT(GPTConfig(vocab_size=7, block_size=5, n_layer=1, n_head=2, n_embd=8))
    gradients = [
        {name: torch.randn_like(w) for name, w in model.named_parameters()} for _ in range(3)
    ]
    before = as_weights(model.state_dict())
    optimizers = theirs(method, model)
    for gradient in gradients:
        for name, weight in model.named_parameters():
            weight.grad = gradient[name]
        for optimizer in optimizers:
            optimizer.step()
    program = """
        const floats = (all) => {
          for (const one of Object.values(all)) one.values = Float32Array.from(one.values);
          return gpt.makeGPT(all, { n_layer: 1, n_head: 2 }, gpt.OURS(""));
        };
        const model = floats(before), memory = {};
        const settings = { method, rate: 0.02, adamRate: 0.01, decay: 0.1 };
        for (const one of gradients) optimise.update(model, floats(one), memory, settings);
        return Object.fromEntries(backprop.parameters(model).map(([n, v]) => [n, [...v]]));"""
    ours = page(program, before=before, method=method, gradients=[as_weights(g) for g in gradients])
    for name, weight in model.named_parameters():
        apart = (tensor(ours[in_page_name(name)]) - weight.detach().flatten()).abs().max()
        assert apart < 1e-5, name


def theirs(method, model):
    """Return PyTorch's optimizers, or ours, with the same settings."""
    named = dict(model.named_parameters())
    matrices = {n: w for n, w in named.items() if w.ndim == 2}
    inside = {n: w for n, w in matrices.items() if n.startswith("blocks.")}
    rest = [w for n, w in named.items() if n not in matrices]
    if method == "descent":
        groups = [{"params": [*matrices.values()], "weight_decay": 0.1}, {"params": rest}]
        return [torch.optim.SGD(groups, lr=0.02)]
    outside = [w for n, w in matrices.items() if method == "adamw" or n not in inside]
    groups = [{"params": outside}, {"params": rest, "weight_decay": 0.0}]
    rate = 0.02 if method == "adamw" else 0.01
    adam = torch.optim.AdamW(groups, lr=rate, betas=(0.9, 0.99), weight_decay=0.1)
    if method == "adamw":
        return [adam]
    split = [{"params": [w], "split": 3 if "qkv" in n else 1} for n, w in inside.items()]
    return [adam, Muon(split, lr=0.02, momentum=0.95, weight_decay=0.1)]


def as_weights(tensors) -> dict:
    """Return tensors by name as the engine takes them, in JSON."""
    return {n: {"shape": [*w.shape], "values": w.flatten().tolist()} for n, w in tensors.items()}
