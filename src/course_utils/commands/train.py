"""Train a GPT on a text file."""

import json
import shlex
import sys
from pathlib import Path

import torch

from course_utils.hf import save_pretrained
from course_utils.hf.save import as_tokenizer
from course_utils.model import GPT, GPTConfig
from course_utils.runtime import CourseError, count_parameters, pick_device, set_seed
from course_utils.tokenizers import BPETokenizer, CharTokenizer
from course_utils.training import TrainConfig, Windows, load_weights, read_text, train

FILES = ("last.safetensors", "best.safetensors", "model.safetensors", "config.json")
BPE_SIZE = 512  # tokens, unless asked otherwise


def run(args, argv) -> int:
    """Train on the first nine tenths of a text, watch the last, and keep the best weights."""
    tokenizer, data = _read_data(args)
    set_seed(args.seed)
    sizes = {n: getattr(args, n) for n in ("block_size", "n_layer", "n_head", "n_embd")}
    model = GPT(GPTConfig(tokenizer.vocab_size, **sizes)).to(pick_device())
    config = TrainConfig(
        steps=args.steps,
        batch_size=args.batch_size,
        seed=args.seed,
        eval_every=args.eval_every,
        eval_batches=50,
        progress=False,
    )
    out = Path(args.out)
    _prepare_folder(out, tokenizer, args.resume)
    print(
        f"{count_parameters(model):,} parameters, {tokenizer.vocab_size} different tokens, "
        f"{len(data[0].ids):,} to learn from and {len(data[1].ids):,} to test on",
        flush=True,
    )
    history = train(model, data, config, out=out, resume=args.resume, report=_report(config.steps))
    if (out / "best.safetensors").exists():  # Ctrl-C may come before the first look
        load_weights(model, out / "best.safetensors")
    save_pretrained(model, tokenizer, out)
    if "stopped" in history:
        again = shlex.join([*argv, *([] if args.resume else ["--resume"])])
        print(f"{history['stopped']}: python -m course_utils {again}", file=sys.stderr)
        return 130
    print(f"best validation loss {min(history['val_loss']):.4f}, model saved in {out}")
    return 0


def _read_data(args):
    """Return the tokenizer of a text file, and its training and validation windows."""
    text = read_text(args.text)
    if args.tokenizer == "bpe":
        tokenizer = _learn_pairs(text, args.vocab_size)
    elif args.vocab_size is not None:
        raise CourseError("--vocab-size goes with --tokenizer bpe: leave one out or give both")
    else:
        tokenizer = CharTokenizer.train([text])
    ids = torch.tensor(tokenizer.encode(text))
    cut = int(0.9 * len(ids))
    if len(ids) - cut < args.block_size:
        raise CourseError(
            f"block_size is {args.block_size} but {args.text} has {len(ids)} tokens, "
            f"{len(ids) - cut} in its last tenth: use a longer text or a smaller --block-size"
        )
    return tokenizer, tuple(Windows(part, args.block_size) for part in (ids[:cut], ids[cut:]))


def _learn_pairs(text, vocab_size):
    """Learn a tokenizer of the size that was asked for, or of the usual one if the text has it."""
    # no <eos>: the file is one text, in which it would never be seen
    tokenizer = BPETokenizer.train([text], vocab_size, special_tokens=(), at_most=BPE_SIZE)
    if vocab_size is None and (size := tokenizer.vocab_size) < BPE_SIZE:
        print(f"the text gives {size} tokens, fewer than the usual {BPE_SIZE}: so many it is")
    return tokenizer


def _prepare_folder(out, tokenizer, resume):
    """Refuse to overwrite a model, or to go on with other tokens than the run began with."""
    file, mine = out / "tokenizer.json", as_tokenizer(tokenizer).to_str(pretty=True)
    there = [name for name in FILES if (out / name).exists()]
    if resume:
        if file.exists() and _json(file) != json.loads(mine):
            raise CourseError(f"{out} has another tokenizer: give the same text and --tokenizer")
        return
    if there:
        raise CourseError(f"{out} already holds {there[0]}: add --resume or name another folder")
    if out.exists() and not out.is_dir():
        raise CourseError(f"expected a folder, {out} is a file: name another --out")
    out.mkdir(parents=True, exist_ok=True)
    file.write_text(mine, encoding="utf-8")


def _json(file):
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except ValueError:
        raise CourseError(f"{file} is damaged: delete it to make it anew") from None


def _report(steps):
    def report(history):
        print(
            f"step {history['step'][-1]:>{len(str(steps))}} of {steps}"
            f"   train {history['loss'][-1]:.3f}   validation {history['val_loss'][-1]:.3f}"
            f" nats per token   {history['seconds'][-1]:.0f} s",
            flush=True,
        )

    return report
