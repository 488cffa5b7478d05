"""Time to loss: how much sooner our default recipe is where nanoGPT's recipe ends.

Characters of tiny Shakespeare, 90/10 split, nanoGPT's CPU model (4 layers, 4 heads, 128 wide,
block 64). Both recipes run in our own loop, so that only the recipes differ: in one process, in
turns, evaluation not counted. Run it on a machine that does nothing else.

Source of the peer's recipe: nanoGPT, README ("I only have a macbook") and
config/train_shakespeare_char.py.
"""

import argparse
import statistics
import sys

import torch

from course_utils.lessons.corpora import tiny_shakespeare
from course_utils.model import GPT, GPTConfig
from course_utils.runtime import CourseError
from course_utils.tokenizers import CharTokenizer
from course_utils.training import TrainConfig, Windows, read_text, train

BLOCK = 64
RECIPES = {
    "nanoGPT": TrainConfig(
        steps=2000,
        batch_size=12,
        optimizer="adamw",
        lr=1e-3,
        betas=(0.9, 0.99),
        weight_decay=0.1,
        warmup=100,
        decay="cosine",
        min_lr=0.1,
        grad_clip=1.0,
        progress=False,
    ),
    "ours": TrainConfig(progress=False),
}


def load(file):
    """Return the vocabulary size, the training windows and the validation windows of a text."""
    text = read_text(file) if file else tiny_shakespeare()
    tokenizer = CharTokenizer.train([text])
    ids = torch.tensor(tokenizer.encode(text))
    cut = int(0.9 * len(ids))
    return tokenizer.vocab_size, (Windows(ids[:cut], BLOCK), Windows(ids[cut:], BLOCK))


def run(config, vocab_size, data, seed):
    """Train a new model; return seconds and validation loss in nats per character."""
    torch.manual_seed(seed)
    model = GPT(GPTConfig(vocab_size, BLOCK, n_layer=4, n_head=4, n_embd=128))
    history = train(model, data, config)
    return history["seconds"][-1], history["val_loss"][-1]


def main(argv=None):
    """Run both recipes in turns and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--text", metavar="FILE", help="default: tiny Shakespeare, downloaded")
    parser.add_argument("--rounds", type=int, default=3, help="runs of each recipe; default 3")
    args = parser.parse_args(argv)
    vocab_size, data = load(args.text)
    runs = {name: [] for name in RECIPES}
    for seed in range(args.rounds):
        for name, config in RECIPES.items():
            runs[name].append(run(config, vocab_size, data, seed))
    median = {n: [statistics.median(c) for c in zip(*r, strict=True)] for n, r in runs.items()}
    print(f"{'recipe':<10}{'steps':>7}{'batch':>7}{'seconds':>9}{'val loss':>10}{'speed-up':>10}")
    for name, (seconds, loss) in median.items():
        config, ratio = RECIPES[name], median["nanoGPT"][0] / seconds
        print(
            f"{name:<10}{config.steps:>7}{config.batch_size:>7}"
            f"{seconds:>9.1f}{loss:>10.3f}{ratio:>9.2f}×"
        )


if __name__ == "__main__":
    try:
        main()
    except CourseError as error:
        print(error, file=sys.stderr)
        sys.exit(2)
