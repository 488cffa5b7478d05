"""shop-gpt: a shop assistant, in three stages: plain text, dialogues, preferences."""

import json
from copy import deepcopy

import torch

from course_utils.chat import (
    SPECIAL_TOKENS,
    chat_template,
    encode_chat,
    reply_all,
    training_row,
)
from course_utils.hf import load_pretrained, save_pretrained
from course_utils.lessons.corpora import shop
from course_utils.losses import dpo_loss, log_probabilities
from course_utils.model import GPT, GPTConfig
from course_utils.runtime import set_seed
from course_utils.tokenizers import BPETokenizer
from course_utils.training import Rows, TrainConfig, train
from tools.models.recipes.initial_weights import start_stronger

TEST_SEED, TESTED = 2, 600  # dialogues of the card; the seed is never one of training
STAGE_TESTED = 300  # dialogues after each stage
COMMON = {"batch_size": 16, "weight_decay": 0.0, "checkpoint_every": None}
PRETRAIN = TrainConfig(steps=250, lr=0.01, adamw_lr=3e-3, min_lr=1.0, **COMMON)
FINETUNE = TrainConfig(steps=2_200, lr=0.02, adamw_lr=4e-3, **COMMON)
PAIRS, PAIRS_A_STEP, BETA = 320, 16, 0.3
PREFER_LR = 8e-5
SHOPS = 40  # lists of goods that come with the model
CARD = """---
license: mit
language: en
pipeline_tag: text-generation
---
# shop-gpt

A GPT-2 of {parameters:,} parameters that sells what its system message lists: it tells prices and
stock, takes orders, adds up, and refuses what is not there. It knows nothing else. Made by
`make checkpoints`.

- Layout: `<|system|>` list `<eos><|user|>` message `<eos><|assistant|>` reply `<eos>` …; the
  template is saved in the tokenizer. Greedy decoding.
- Data: `course_utils.lessons.corpora.shop` with seed {seed}, shops of the training part only.
- Training (`tools/models/recipes/shop_gpt.py`), {training_seconds} s: {pretrain_steps:,} steps of
  plain text about shops, {finetune_steps:,} steps of dialogues with the loss on the replies, then
  {pairs} pairs of replies that differ in an offer, with DPO.
- {tested} dialogues in shops never seen, with a simulated customer of three goals:
  **{success:.1%}** with every goal met, {invented} invented prices in {replies:,} replies. A
  scripted clerk who knows what is meant: {possible:.1%}; the same clerk with another shop's list:
  {baseline:.1%}.
- Of the refusals after which something could be offered, {offers:.1%} offer it
  ({stages[fine-tuned][offers]:.1%} before the preferences).
- Words in new sentences: {unseen:.1%}. Lists in another order: {shuffled:.1%}. Do not use it there.
"""


def save_with_shops(model, tokenizer, folder, dtype) -> None:
    """Save a model with lists of goods, of which a chat in the terminal begins with one."""
    save_pretrained(model, tokenizer, folder, dtype)
    shops = [customer.catalogue.text for customer in shop.draw_customers(SHOPS, TEST_SEED, "test")]
    (folder / "systems.json").write_text(json.dumps(shops, indent=0) + "\n", encoding="utf8")


FILES = (save_with_shops, load_pretrained)


def train_model(seed: int):
    """Return model, tokenizer, and what was measured after each stage."""
    tokenizer = make_tokenizer()
    set_seed(seed)
    model = GPT(GPTConfig(tokenizer.vocab_size, block_size=256, n_layer=3, n_head=4, n_embd=128))
    start_stronger(model)
    stages = {}
    for name, stage in (("pretrained", pretrain), ("fine-tuned", finetune), ("preferred", prefer)):
        stage(model, tokenizer, seed)
        stages[name] = after_stage(model, tokenizer)
        print(name, stages[name], flush=True)
    return model, tokenizer, {"stages": stages}


def make_tokenizer() -> BPETokenizer:
    """Return a tokenizer in which each word of the shop is one token, with the chat template."""
    tokenizer = BPETokenizer.train(2 * list(shop.all_texts()), None, SPECIAL_TOKENS)
    tokenizer.chat_template = chat_template()
    return tokenizer


def pretrain(model, tokenizer, seed: int) -> None:
    """Train on plain text about shops, every token scored."""
    notes = shop.draw_notes(PRETRAIN.steps * PRETRAIN.batch_size, seed)
    rows = [[tokenizer.eos_id, *tokenizer.encode(note), tokenizer.eos_id] for note in notes]
    train(model, Rows.pad(rows, tokenizer.eos_id), PRETRAIN)


def finetune(model, tokenizer, seed: int) -> None:
    """Train on dialogues; only the clerk's replies are scored."""
    dialogues = shop.draw_dialogues(FINETUNE.steps * FINETUNE.batch_size, seed)
    rows, masks = zip(*(training_row(tokenizer, d) for d in dialogues), strict=True)
    train(model, Rows.pad(rows, tokenizer.eos_id, masks), FINETUNE)


def prefer(model, tokenizer, seed: int) -> None:
    """Make refusals with an offer likelier than the same without, by DPO."""
    reference = deepcopy(model).eval()
    optimizer = torch.optim.AdamW(model.parameters(), PREFER_LR, weight_decay=0.0)
    pairs = shop.draw_pairs(PAIRS, seed)
    for start in range(0, PAIRS, PAIRS_A_STEP):
        ids, mask = pair_rows(tokenizer, pairs[start : start + PAIRS_A_STEP])
        with torch.no_grad():
            before = log_probabilities(reference(ids), ids, mask).chunk(2)
        now = log_probabilities(model(ids), ids, mask).chunk(2)
        optimizer.zero_grad()
        dpo_loss(*now, *before, BETA).backward()
        optimizer.step()


def pair_rows(tokenizer, pairs):
    """Return ids and mask: the preferred replies first, then the rejected ones."""
    rows, masks = [], []
    for which in (1, 2):
        for pair in pairs:
            prompt = encode_chat(tokenizer, pair[0])
            reply = [*tokenizer.encode(pair[which]), tokenizer.eos_id]
            rows.append(prompt + reply)
            masks.append([False] * len(prompt) + [True] * len(reply))
    batch = Rows.pad(rows, tokenizer.eos_id, masks)
    return batch.ids, batch.mask


def talk(model, tokenizer, n: int, **shops) -> list:
    """Let simulated customers of the test part talk to the model, and return them."""
    customers = shop.draw_customers(n, TEST_SEED, "test", **shops)
    return shop.simulate(lambda said: reply_all(model, tokenizer, said), customers)


def script(reads: bool) -> float:
    """Return the success of a scripted clerk who knows what is meant, and reads the list or not."""
    customers = shop.draw_customers(TESTED, TEST_SEED, "test")
    clerk = shop.scripted_clerk(customers, reads=reads)
    return shop.scores(shop.simulate(clerk, customers))["success"]


def offers(customers) -> float:
    """Return the share with an offer of all refusals that could have one."""
    refusals = [
        turn
        for customer in customers
        for turn in customer.turns
        if shop.can_offer(turn.intent, customer.catalogue)
    ]
    return sum(shop.has_offer(turn.reply, turn.intent) for turn in refusals) / len(refusals)


def after_stage(model, tokenizer) -> dict:
    """Return what a stage of training achieved."""
    customers = talk(model.eval(), tokenizer, STAGE_TESTED)
    found = shop.scores(customers)
    return {key: found[key] for key in ("success", "invented", "replies")} | {
        "offers": offers(customers)
    }


def measure(model, tokenizer) -> dict:
    """Return the figures of the card, measured in shops never trained on."""
    customers = talk(model, tokenizer, TESTED)
    return {
        "pretrain_steps": PRETRAIN.steps,
        "finetune_steps": FINETUNE.steps,
        "pairs": PAIRS,
        "tested": TESTED,
        **shop.scores(customers),
        "offers": offers(customers),
        "possible": script(reads=True),
        "baseline": script(reads=False),
        "unseen": shop.scores(talk(model, tokenizer, TESTED, wordings=shop.UNSEEN))["success"],
        "shuffled": shop.scores(talk(model, tokenizer, TESTED, shuffled=True))["success"],
    }
