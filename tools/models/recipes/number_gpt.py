"""number-gpt: translates numbers and dates between English and Chinese, one model both ways."""

from itertools import groupby

import torch

from course_utils.generation import generate
from course_utils.lessons.corpora import numerals
from course_utils.lessons.corpora.dates import MONTHS
from course_utils.lessons.corpora.pairs import (
    TRAINED_LENGTHS,
    Pair,
    all_numbers,
    date_pairs,
    number_pairs,
)
from course_utils.model import GPT, GPTConfig
from course_utils.runtime import set_seed
from course_utils.tokenizers import BPETokenizer
from course_utils.training import Rows, TrainConfig, train

EXAM = 200  # held-out numbers of each length from four digits on
TEST_SEED = 2  # never a training seed; no test pair is a training pair anyway
SPECIAL = ("<eos>", "<to-zh>", "<to-en>")
LENGTHS = (1, 2, 3, 4, 4, 5, 5, 6, 6, 7, 7)  # the long ones twice as often
DATES = 1 / 8  # share of dates among the training pairs
CONFIG = TrainConfig(
    steps=500,
    batch_size=128,
    lr=0.02,
    adamw_lr=4e-3,
    weight_decay=0.0,
    warmup=50,
    checkpoint_every=None,
)
CARD = """---
license: mit
language:
- en
- zh
pipeline_tag: translation
---
# number-gpt

A GPT-2 of {parameters:,} parameters that translates numbers and dates between English and
Chinese, one decoder-only model both ways. It knows nothing else. Made by `make checkpoints`.

- Layout: source, `<to-zh>` or `<to-en>`, target, `<eos>`; greedy decoding.
- Data: `course_utils.lessons.corpora.pairs` with seed {seed}, {rows:,} rows: numbers of one to
  seven digits, the long ones more often, and dates. A hash of the number holds out a tenth of those
  with one to six digits and of the dates, nine tenths of those with seven, and all with eight.
- Tokens: byte-level BPE, {vocab_size:,} of them; each English word and each Chinese character
  is one.
- Training: {steps:,} steps, Muon and AdamW (`tools/models/recipes/number_gpt.py`);
  {training_seconds} s.
- Exact match on {cases:,} cases held out, of one to seven digits, both ways: **{score:.1%}**
  (to Chinese {to_zh:.1%}, to English {to_en:.1%}; seven digits alone {seven_digits:.1%}).
  Dates: {dates:.1%}. A rule does all of this without an error.
- Eight digits, a length never trained on: {eight_digits:.1%}. Do not use it for these.
"""


def train_model(seed: int):
    """Return model and tokenizer, trained on pairs drawn with the seed."""
    tokenizer = make_tokenizer()
    n = CONFIG.steps * CONFIG.batch_size // 2  # each pair both ways
    pairs = date_pairs(round(n * DATES), seed, "train")
    pairs += number_pairs(n - len(pairs), seed, "train", LENGTHS)
    set_seed(seed)
    model = GPT(GPTConfig(tokenizer.vocab_size, block_size=64, n_layer=3, n_head=4, n_embd=96))
    train(model, pair_rows(tokenizer, pairs), CONFIG)
    return model, tokenizer


def make_tokenizer() -> BPETokenizer:
    """Return a tokenizer in which each word and each Chinese character is one token."""
    words = [*numerals.ONES, *numerals.TENS, "hundred", "thousand", "million", *MONTHS]
    words += [" " + word for word in words]
    words += [*numerals.DIGITS, *"〇十百千万年月日"]
    return BPETokenizer.train(2 * words, None, SPECIAL)


def pair_rows(tokenizer, pairs) -> Rows:
    """Return pairs as training rows, each both ways: source, direction, target, <eos>."""
    rows, masks = [], []
    for pair in pairs:
        texts = pair.english, pair.chinese
        for (source, target), mark in zip((texts, texts[::-1]), SPECIAL[1:], strict=True):
            read = prompt(tokenizer, source, mark)
            written = [*tokenizer.encode(target), tokenizer.eos_id]
            rows.append(read + written)
            masks.append([False] * len(read) + [True] * len(written))
    return Rows.pad(rows, tokenizer.eos_id, masks)


def prompt(tokenizer, source, mark) -> list[int]:
    """Return what is given to the model: the source and the direction."""
    return [*tokenizer.encode(source), tokenizer.special_id(mark)]


def translate(model, tokenizer, sources, mark) -> list[str]:
    """Translate texts greedily, those of one length together."""
    prompts = [prompt(tokenizer, source, mark) for source in sources]
    order = sorted(range(len(prompts)), key=lambda i: len(prompts[i]))
    found = {}
    for T, alike in groupby(order, key=lambda i: len(prompts[i])):
        alike = list(alike)
        ids = torch.tensor([prompts[i] for i in alike])
        rows = generate(model, ids, 24, temperature=0, eos_id=tokenizer.eos_id)
        found |= {i: tokenizer.decode(row[T:].tolist()) for i, row in zip(alike, rows, strict=True)}
    return [found[i] for i in range(len(prompts))]


def exam(digits: int) -> list[Pair]:
    """Return the held-out pairs of one length: all of the short ones, 200 of the long ones."""
    if digits <= 3:
        return all_numbers(digits, "test")
    drawn = number_pairs(2 * EXAM, TEST_SEED, "test", [digits])
    return list(dict.fromkeys(drawn))[:EXAM]


def exact(model, tokenizer, pairs) -> dict[str, int]:
    """Count the pairs that are translated exactly, by direction."""
    english, chinese = [pair.english for pair in pairs], [pair.chinese for pair in pairs]
    counts = {}
    for mark, sources, targets in (
        ("<to-zh>", english, chinese),
        ("<to-en>", chinese, english),
    ):
        outputs = translate(model, tokenizer, sources, mark)
        counts[mark] = sum(a == b for a, b in zip(outputs, targets, strict=True))
    return counts


def measure(model, tokenizer) -> dict:
    """Return the figures of the card, measured on pairs never trained on."""
    pairs = {str(digits): exam(digits) for digits in (*TRAINED_LENGTHS, 8)}
    pairs["dates"] = list(dict.fromkeys(date_pairs(2 * EXAM, TEST_SEED, "test")))[:EXAM]
    right = {name: exact(model, tokenizer, some) for name, some in pairs.items()}
    trained = [str(digits) for digits in TRAINED_LENGTHS]
    cases = sum(len(pairs[name]) for name in trained)
    shares = {
        mark: sum(right[name][mark] for name in trained) / cases for mark in ("<to-zh>", "<to-en>")
    }
    both = {name: sum(right[name].values()) / (2 * len(some)) for name, some in pairs.items()}
    return {
        "steps": CONFIG.steps,
        "rows": CONFIG.steps * CONFIG.batch_size,
        "cases": 2 * cases,
        "score": sum(shares.values()) / 2,
        "to_zh": shares["<to-zh>"],
        "to_en": shares["<to-en>"],
        "by_length": {name: both[name] for name in trained},
        "seven_digits": both["7"],
        "eight_digits": both["8"],
        "dates": both["dates"],
    }
