"""story-gpt: tells the stories of `course_utils.lessons.corpora.StoryGrammar`."""

import torch

from course_utils.generation import generate
from course_utils.lessons.corpora import StoryGrammar
from course_utils.model import GPT, GPTConfig
from course_utils.runtime import set_seed
from course_utils.tokenizers import BPETokenizer
from course_utils.training import Rows, TrainConfig, evaluate, train

TEST_SEED = 2  # never a training seed
TESTED, SAMPLED = 2_000, 1_000
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

A GPT-2 of {parameters:,} parameters that tells the stories of
`course_utils.lessons.corpora.StoryGrammar`. It knows nothing else. Made by `make checkpoints`.

- Data: stories drawn with seed {seed}, each new ({seen:,} in all); a text begins and ends
  with `<eos>`. Tokens: byte-level BPE, {vocab_size:,} of them.
- Training: {steps} steps, Muon and AdamW (`tools/models/recipes/story_gpt.py`);
  {training_seconds} s on two cores.
- Loss on {tested:,} stories never seen: {loss:.4f} nats per token. The floor
  (exact entropy over the tokens of the same stories) is {floor:.4f}: **{over_floor:.2%} above**.
  Above the same stories' own -log p: {over_own:.2%}.
- Recommended sampling: {recommended}. Of {sampled:,} stories sampled so, {valid:.1%} parse
  and keep their facts, at temperature 1 {valid_plain:.1%}.
"""


def train_model(seed: int):
    """Return model and tokenizer, trained on stories drawn with the seed."""
    stories = StoryGrammar().sample(CONFIG.steps * CONFIG.batch_size, seed)
    tokenizer = BPETokenizer.train(stories[:20_000], vocab_size=VOCAB_SIZE)
    set_seed(seed)
    model = GPT(GPTConfig(tokenizer.vocab_size, block_size=128, n_layer=4, n_head=4, n_embd=128))
    train(model, story_rows(tokenizer, stories), CONFIG)
    return model, tokenizer


def story_rows(tokenizer, stories) -> Rows:
    """Return stories as training rows, each between two <eos>."""
    eos = tokenizer.eos_id
    return Rows.pad([[eos, *tokenizer.encode(story), eos] for story in stories], eos)


def measure(model, tokenizer) -> dict:
    """Return the figures of the card, measured on stories never trained on."""
    grammar = StoryGrammar()
    tests = grammar.sample(TESTED, TEST_SEED)
    targets = sum(len(tokenizer.encode(story)) + 1 for story in tests)
    loss = evaluate(model, story_rows(tokenizer, tests))
    floor = grammar.entropy() * len(tests) / targets
    own = -sum(map(grammar.log_prob, tests)) / targets
    return {
        "steps": CONFIG.steps,
        "seen": CONFIG.steps * CONFIG.batch_size,
        "tested": TESTED,
        "loss": loss,
        "floor": floor,
        "over_floor": loss / floor - 1,
        "over_own": loss / own - 1,
        "recommended": recommended(),
        "sampled": SAMPLED,
        "valid": valid_share(model, tokenizer, grammar, **RECOMMENDED),
        "valid_plain": valid_share(model, tokenizer, grammar),
    }


def recommended() -> str:
    """Say with which settings the model is to be sampled."""
    return ", ".join(f"{key} {value}" for key, value in RECOMMENDED.items())


def valid_share(model, tokenizer, grammar, **settings) -> float:
    """Return the share of sampled stories that parse and keep their facts."""
    eos = tokenizer.eos_id
    prompt, generator = torch.full((SAMPLED, 1), eos), torch.Generator().manual_seed(0)
    rows = generate(model, prompt, 126, eos_id=eos, generator=generator, **settings)
    return sum(grammar.is_valid(tokenizer.decode(row.tolist())) for row in rows) / SAMPLED
