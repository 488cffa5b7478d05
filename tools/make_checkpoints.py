"""Train the small models that come with the package, and write their cards.

    python tools/make_checkpoints.py [NAME …]

Run by `make checkpoints`. Every figure in a card is measured here, on stories never trained on.
"""

import argparse
import time

import torch

import course_utils.checkpoints
from course_utils.corpora import StoryGrammar
from course_utils.generation import generate
from course_utils.hf import load_pretrained, save_pretrained
from course_utils.model import GPT, GPTConfig
from course_utils.runtime import count_parameters, set_seed
from course_utils.tokenizers import BPETokenizer
from course_utils.training import Rows, TrainConfig, evaluate, train

TRAIN_SEED, TEST_SEED = 1, 2
VOCAB_SIZE = 1161  # every word of the stories is one token then, and no pair is left to join
RECOMMENDED = {"temperature": 0.7, "top_p": 0.95}
CONFIG = TrainConfig(
    steps=700,
    batch_size=32,
    lr=0.02,
    adamw_lr=4e-3,
    weight_decay=0.0,
    warmup=30,
    checkpoint_every=None,
)
CARD = """---
license: mit
language: en
pipeline_tag: text-generation
---
# story-gpt

A GPT-2 of {parameters:,} parameters ({n_layer} layers, {n_embd} wide) that tells the stories of
`course_utils.corpora.StoryGrammar`. It knows nothing else. Made by `make checkpoints`.

- Data: stories drawn with seed {train_seed}, each new ({seen:,} in all); a text begins and ends
  with `<eos>`. Tokens: byte-level BPE, {vocab_size} of them.
- Training: {steps} steps of {batch_size} stories, Muon at {lr} and AdamW at {adamw_lr}, falling
  linearly; {seconds:.0f} s on two cores.
- Loss on {tested:,} stories never seen (seed {test_seed}): {loss:.4f} nats per token. The floor
  (exact entropy over the tokens of the same stories) is {floor:.4f}: **{over_floor:.2%} above**.
  Above the same stories' own -log p: {over_own:.2%}.
- Recommended sampling: {recommended}. Of {sampled:,} stories sampled so, {valid:.1%} parse
  and keep their facts, at temperature 1 {valid_plain:.1%}.
"""


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", choices=[[], *MAKERS], default=[], help="default: all")
    for name in parser.parse_args().names or MAKERS:
        print(f"making {name}", flush=True)
        MAKERS[name](course_utils.checkpoints.__path__[0] + "/" + name)


def make_story_gpt(folder):
    """Train story-gpt, save it in fp16, and measure what was saved."""
    grammar = StoryGrammar()
    stories = grammar.sample(CONFIG.steps * CONFIG.batch_size, TRAIN_SEED)
    tokenizer = BPETokenizer.train(stories[:20_000], vocab_size=VOCAB_SIZE)
    set_seed(TRAIN_SEED)
    model = GPT(GPTConfig(tokenizer.vocab_size, block_size=128, n_layer=4, n_head=4, n_embd=128))
    history = train(model, story_rows(tokenizer, stories), CONFIG)
    save_pretrained(model, tokenizer, folder, dtype=torch.float16)
    model, tokenizer = load_pretrained(folder)
    write_card(folder, model, tokenizer, grammar, history["seconds"][-1], len(stories))


def story_rows(tokenizer, stories):
    eos = tokenizer.eos_id
    return Rows.pad([[eos, *tokenizer.encode(story), eos] for story in stories], eos)


def write_card(folder, model, tokenizer, grammar, seconds, seen):
    tests = grammar.sample(2_000, TEST_SEED)
    rows = story_rows(tokenizer, tests)
    targets = sum(len(tokenizer.encode(story)) + 1 for story in tests)
    loss, floor = evaluate(model, rows), grammar.entropy() * len(tests) / targets
    own = -sum(map(grammar.log_prob, tests)) / targets
    c = model.config
    card = CARD.format(
        parameters=count_parameters(model), n_layer=c.n_layer, n_embd=c.n_embd,
        vocab_size=c.vocab_size, train_seed=TRAIN_SEED, test_seed=TEST_SEED, seen=seen,
        steps=CONFIG.steps, batch_size=CONFIG.batch_size, lr=CONFIG.lr,
        adamw_lr=CONFIG.adamw_lr, seconds=seconds, tested=len(tests), loss=loss, floor=floor,
        over_floor=loss / floor - 1, over_own=loss / own - 1, sampled=1_000,
        recommended=", ".join(f"{k} {v}" for k, v in RECOMMENDED.items()),
        valid=valid_share(model, tokenizer, grammar, **RECOMMENDED),
        valid_plain=valid_share(model, tokenizer, grammar),
    )  # fmt: skip
    with open(f"{folder}/README.md", "w", encoding="utf-8") as file:
        file.write(card)
    print(card)


def valid_share(model, tokenizer, grammar, n=1_000, **settings):
    eos = tokenizer.eos_id
    prompt, generator = torch.full((n, 1), eos), torch.Generator().manual_seed(0)
    rows = generate(model, prompt, 126, eos_id=eos, generator=generator, **settings)
    return sum(grammar.is_valid(tokenizer.decode(row.tolist())) for row in rows) / n


MAKERS = {"story-gpt": make_story_gpt}

if __name__ == "__main__":
    started = time.perf_counter()
    main()
    print(f"{time.perf_counter() - started:.0f} s in all")
