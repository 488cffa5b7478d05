"""wish-gpt: story-gpt, fine-tuned to grant wishes (`course_utils.lessons.corpora.wishes`)."""

from dataclasses import replace

import torch

from course_utils.generation import generate
from course_utils.hf import load_pretrained
from course_utils.lessons import checkpoints
from course_utils.lessons.corpora import StoryGrammar, grants, wish_exam, wish_examples, wish_text
from course_utils.lessons.corpora.wishes import KINDS, wish_kind
from course_utils.runtime import set_seed
from course_utils.training import Rows, train
from tools.models.recipes import story_gpt

EXAM_SEED, TESTED = 2, 1_000
CONFIG = replace(story_gpt.CONFIG, steps=600, warmup=20)
CARD = """---
license: mit
language: en
pipeline_tag: text-generation
---
# wish-gpt

`story-gpt`, fine-tuned to grant wishes: up to three words before a story (a name, a thing, an
ending) must appear in it. Made by `make checkpoints`.

- Layout: `<eos> Mia, kite, heard.<eos>`, then the story, then `<eos>`; only the story is scored.
- Data: {seen:,} stories drawn with seed {seed}, each with wishes taken from its own facts
  (`course_utils.lessons.corpora.wishes`). One pair of name and thing in eight is never among them.
- Training: {steps} steps from `story-gpt` (`tools/models/recipes/wish_gpt.py`);
  {training_seconds} s.
- {parameters:,} parameters, {vocab_size:,} tokens, both as in `story-gpt`.
- Exam: {tested:,} lists of three wishes, each with a held-out pair, one story each, sampled with
  {recommended}. **{granted:.1%}** parse, keep their facts and grant all three wishes.
  {valid:.1%} parse; the name is granted in {name:.1%}, the thing in {thing:.1%}, the ending in
  {ending:.1%}. Without control ({tested:,} stories of `story-gpt`, each held against each
  list): {baseline:.3%}.
"""


def train_model(seed: int):
    """Return model and tokenizer, fine-tuned on examples drawn with the seed."""
    model, tokenizer = load_pretrained(checkpoints.path("story-gpt"))
    examples = wish_examples(CONFIG.steps * CONFIG.batch_size, seed)
    set_seed(seed)
    train(model, wish_rows(tokenizer, examples), CONFIG)
    return model, tokenizer


def wish_prompt(tokenizer, wishes) -> list[int]:
    """Return <eos> wishes <eos>."""
    return [tokenizer.eos_id, *tokenizer.encode(wish_text(wishes)), tokenizer.eos_id]


def wish_rows(tokenizer, examples) -> Rows:
    """Return <eos> wishes <eos> story <eos> as training rows; the story and its end are scored."""
    prompts = [wish_prompt(tokenizer, wishes) for wishes, _ in examples]
    answers = [[*tokenizer.encode(story), tokenizer.eos_id] for _, story in examples]
    pairs = list(zip(prompts, answers, strict=True))
    masks = [[False] * len(prompt) + [True] * len(answer) for prompt, answer in pairs]
    return Rows.pad([prompt + answer for prompt, answer in pairs], tokenizer.eos_id, masks)


def measure(model, tokenizer) -> dict:
    """Return the figures of the card, measured on wishes never trained on."""
    exam, eos = wish_exam(TESTED, EXAM_SEED), tokenizer.eos_id
    told = tell(model, tokenizer, [wish_prompt(tokenizer, wishes) for wishes in exam])
    alone = tell(*load_pretrained(checkpoints.path("story-gpt")), [[eos]] * TESTED)
    return {
        "steps": CONFIG.steps,
        "seen": CONFIG.steps * CONFIG.batch_size,
        "tested": TESTED,
        "recommended": story_gpt.recommended(),
        **shares_granted(told, exam),
        "baseline": by_chance(alone, exam),
    }


def tell(model, tokenizer, prompts) -> list[str]:
    """Return one sampled story for each prompt, all of one length."""
    eos, generator = tokenizer.eos_id, torch.Generator().manual_seed(0)
    ids = torch.tensor(prompts)
    most = model.config.block_size - ids.shape[1]
    rows = generate(model, ids, most, eos_id=eos, generator=generator, **story_gpt.RECOMMENDED)
    return [tokenizer.decode(row) for row in rows[:, ids.shape[1] :].tolist()]


def shares_granted(texts, exam) -> dict:
    """Return shares of all texts: valid, valid with each kind of wish granted, and with all."""
    grammar = StoryGrammar()
    counts = dict.fromkeys(("granted", "valid", *KINDS), 0)
    for text, wishes in zip(texts, exam, strict=True):
        if grammar.is_valid(text):
            story = grammar.parse(text)
            kept = {wish_kind(wish): grants(story, wish) for wish in wishes}
            for key, value in (kept | {"valid": True, "granted": all(kept.values())}).items():
                counts[key] += value
    return {key: value / len(texts) for key, value in counts.items()}


def by_chance(texts, exam) -> float:
    """Return the share of pairs of a text and a list in which the text is valid and grants all."""
    grammar = StoryGrammar()
    stories = [grammar.parse(text) for text in texts if grammar.is_valid(text)]
    hits = sum(all(grants(story, w) for w in wishes) for story in stories for wishes in exam)
    return hits / len(texts) / len(exam)
