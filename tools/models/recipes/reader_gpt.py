"""reader-gpt: answers questions about the stories of `lessons.corpora.StoryGrammar`."""

import random
from collections import defaultdict
from dataclasses import replace
from itertools import islice
from statistics import mean

import torch

from course_utils.attention import parts_layout
from course_utils.generation import generate
from course_utils.hf import load_pretrained
from course_utils.lessons import checkpoints
from course_utils.lessons.corpora.questions import (
    BEGINNING,
    KINDS,
    UNKNOWN,
    question_only,
    question_words,
    readings,
    word_questions,
)
from course_utils.lessons.corpora.words import WORDS as WORDS_OF
from course_utils.lessons.scores import exact_match, token_f1
from course_utils.model import GPT, GPTConfig
from course_utils.runtime import set_seed
from course_utils.tokenizers import BPETokenizer
from course_utils.training import Rows, TrainConfig, train

TEST_SEED = 2
PASSAGES, PER_PASSAGE = 500, 4  # tested
QUESTIONS, SPOILT = 12, 0.3  # in a row of training; a test has fewer that are spoilt
WORDS = 12  # in a row: "Mia?" yes or no, the shortest lesson in looking whether a word occurs
LONGEST_ANSWER = 5
KINDS_OF_WORDS = ("girls", "boys", "things", "places", "colours", "moods")
LESSONS = {  # what the passages are: most steps; but for the last, until it is learnt
    "one word": 320,
    "one to three words": 320,
    "two sentences": 480,
    "stories": 600,
}
CHUNK, LEARNT = 40, 0.96  # steps between two looks; a share of tokens
CONFIG = TrainConfig(
    steps=sum(LESSONS.values()),
    batch_size=12,
    lr=0.02,
    adamw_lr=4e-3,
    weight_decay=0.0,
    warmup=10,
    checkpoint_every=None,
)
CARD = """---
license: mit
language: en
pipeline_tag: question-answering
---
# reader-gpt

A GPT-2 of {parameters:,} parameters that answers questions about a passage: a story of
`course_utils.lessons.corpora.StoryGrammar`. Row: `<eos>` passage `<eos>` question answer `<eos>`.
Where the passage does not tell, it says "cannot be known". It knows nothing else. Made by
`make checkpoints`.

- Data: {seen_passages:,} passages with up to {questions} questions each, drawn with seed {seed}
  (`course_utils.lessons.corpora.readings`); a hash of the passage keeps training and test apart.
- Training: begun from `story-gpt`; four lessons, from passages of one word to whole stories, each
  but the last until it is learnt (at most {steps} steps in all); loss on the answers only, Muon
  and AdamW (`tools/models/recipes/reader_gpt.py`); {training_seconds} s with one thread.
- {tested:,} questions on {passages} passages never seen, greedy decoding: **{exact:.1%}** exact,
  F1 {f1:.1%}. Without the passage the best possible is {question_only:.1%}.
- Of the questions that the passage does not answer it declines {declined:.1%}; of the others it
  declines {wrongly_declined:.1%}.
"""


def train_model(seed: int):
    """Return model and tokenizer, trained on passages and questions drawn with the seed."""
    tokenizer = make_tokenizer()
    set_seed(seed)
    model = from_story_gpt(tokenizer)
    reader = ManyQuestions(model, tokenizer.eos_id)
    for name, most in LESSONS.items():
        if name != "stories":
            practise(reader, tokenizer, name, most, seed)
    rows = training_rows(tokenizer, lesson("stories", LESSONS["stories"] * CONFIG.batch_size, seed))
    train(reader, rows, replace(CONFIG, steps=LESSONS["stories"]))
    return model, tokenizer


def practise(reader, tokenizer, name: str, most: int, seed: int) -> None:
    """Train on a lesson, `CHUNK` steps at a time, until its answers are right, or to the end."""
    passages = lesson(name, (most + 2) * CONFIG.batch_size, seed)
    new = list(islice(passages, 2 * CONFIG.batch_size))[::2]  # without the plots
    for _ in range(most // CHUNK):
        rows = training_rows(tokenizer, islice(passages, CHUNK * CONFIG.batch_size))
        train(reader, rows, replace(CONFIG, steps=CHUNK, min_lr=1.0))
        if right(reader, training_rows(tokenizer, new)) > LEARNT:
            return


@torch.inference_mode()
def right(reader, rows) -> float:
    """Return the share of the scored tokens that are the likeliest."""
    said = reader(rows.ids)[:, :-1].argmax(-1)
    return (said == rows.ids[:, 1:])[rows.mask[:, 1:]].float().mean().item()


def lesson(name: str, n: int, seed: int):
    """Yield n passages, each with its questions and answers.

    Whether a word occurs has to be learnt before anything can be declined, and is not learnt from
    whole stories: 600 steps change nothing. With passages of one word it takes fifty, and then the
    passages may grow. Beside them, every second row asks whole stories about their plots.
    """
    rng = random.Random(f"{name} {seed}")
    for number, reading in enumerate(readings(n, QUESTIONS, seed, "train", spoilt=SPOILT)):
        story, questions = reading
        plot = [q for q in questions if q.fact not in BEGINNING]
        rest = [q for q in questions if q.fact in BEGINNING]
        if name == "stories":
            some = plot + [q for q in rest if rng.random() < 0.5]
            yield story.text, _pairs(some) + word_questions([*reading.words, story.friend], 4, rng)
        elif number % 2:
            yield story.text, _pairs(plot)
        elif name == "two sentences":
            yield reading.beginning, _pairs(rest) + word_questions(reading.words, WORDS, rng)
        else:
            few = [_pick(WORDS_OF[_pick(KINDS_OF_WORDS, rng)], rng) for _ in range(3)]
            few = few[: 1 if name == "one word" else 1 + int(rng.random() * 3)]
            yield " " + " ".join(few), word_questions(few, 2 * WORDS, rng)


def _pairs(questions) -> list[tuple[str, str]]:
    return [(question.text, question.answer) for question in questions]


def _pick(options, rng):
    return options[int(rng.random() * len(options))]


class ManyQuestions(torch.nn.Module):
    """A GPT that reads a passage once and several questions on it, as if each stood alone.

    A question sees the passage and itself, and begins where the first one begins. A row is
    <eos> passage <eos> question answer <eos> question answer <eos> ...

    Args:
        model: a `GPT`, which learns.
        eos_id: the token that begins each part of a row.
    """

    def __init__(self, model, eos_id: int):
        super().__init__()
        self.model, self.eos_id = model, eos_id

    def forward(self, ids):
        """Return logits, shape (B, T, V), for ids of shape (B, T); T may exceed block_size."""
        mask, places = parts_layout((ids == self.eos_id).cumsum(1) - 1)
        return self.model.think(self.model.wte(ids) + self.model.wpe(places), mask)


def make_tokenizer() -> BPETokenizer:
    """Return a tokenizer to which each word, with a space before it, is one token."""
    words = sorted(question_words())
    first = [word for word in words if word[0].isupper()]  # these begin sentences, too
    texts = [*(f" {word}" for word in words), *first, *'?.,!"']
    return BPETokenizer.train(2 * texts, None)


def from_story_gpt(tokenizer) -> GPT:
    """Return a model with the weights of story-gpt; tokens that it lacks are new."""
    old, words = load_pretrained(checkpoints.path("story-gpt"))
    c = old.config
    model = GPT(GPTConfig(tokenizer.vocab_size, c.block_size, c.n_layer, c.n_head, c.n_embd))
    mine, theirs = (t.tokenizer.get_vocab() for t in (tokenizer, words))
    common = [(i, theirs[token]) for token, i in mine.items() if token in theirs]
    new, known = (torch.tensor(ids) for ids in zip(*common, strict=True))
    weights = model.state_dict()
    with torch.no_grad():
        for name, value in old.state_dict().items():
            if name == "wte.weight":
                weights[name][new] = value[known]
            else:
                weights[name].copy_(value)
    return model


def prompt(tokenizer, passage: str, question: str) -> list[int]:
    """Return the ids of <eos> passage <eos> question."""
    eos = tokenizer.eos_id
    return [eos, *tokenizer.encode(passage), eos, *tokenizer.encode(question)]


def training_rows(tokenizer, drawn) -> Rows:
    """Return rows of a passage and questions on it; only the answers are scored."""
    eos, rows, masks = tokenizer.eos_id, [], []
    for passage, pairs in drawn:
        row = [eos, *tokenizer.encode(passage), eos]
        mask = [False] * len(row)
        for question, answer in pairs:
            asked, said = tokenizer.encode(question), [*tokenizer.encode(f" {answer}"), eos]
            row += asked + said
            mask += [False] * len(asked) + [True] * len(said)
        rows.append(row)
        masks.append(mask)
    return Rows.pad(rows, eos, masks)


def answers(model, tokenizer, pairs) -> list[str]:
    """Return the greedy answers to (passage, question) pairs; prompts of one length together."""
    by_length, said = defaultdict(list), [""] * len(pairs)
    for number, pair in enumerate(pairs):
        ids = prompt(tokenizer, *pair)
        by_length[len(ids)].append((number, ids))
    for length, group in by_length.items():
        numbers, ids = zip(*group, strict=True)
        rows = torch.tensor(ids)
        out = generate(model, rows, LONGEST_ANSWER, temperature=0, eos_id=tokenizer.eos_id)
        for number, row in zip(numbers, out.tolist(), strict=True):
            said[number] = tokenizer.decode(row[length:]).strip()
    return said


def measure(model, tokenizer) -> dict:
    """Return the figures of the card, measured on passages never trained on."""
    drawn = readings(PASSAGES, PER_PASSAGE, TEST_SEED, "test")
    cases = [(story.text, question) for story, questions in drawn for question in questions]
    said = answers(model, tokenizer, [(text, question.text) for text, question in cases])
    marked = [(question, answer) for (_, question), answer in zip(cases, said, strict=True)]
    return {
        "steps": CONFIG.steps,
        "seen_passages": LESSONS["stories"] * CONFIG.batch_size,
        "questions": QUESTIONS,
        "tested": len(cases),
        "passages": PASSAGES,
        "exact": _exact(marked),
        "f1": mean(token_f1(answer, question.answer) for question, answer in marked),
        "by_kind": {kind: _exact([m for m in marked if m[0].kind == kind]) for kind in KINDS},
        "declined": mean(answer == UNKNOWN for question, answer in marked if question.spoilt),
        "wrongly_declined": mean(a == UNKNOWN for question, a in marked if not question.spoilt),
        "question_only": question_only()["all"],
    }


def _exact(marked) -> float:
    questions, said = zip(*marked, strict=True)
    return exact_match(said, [question.answer for question in questions])
