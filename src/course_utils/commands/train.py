"""Train a GPT on a text file: a new one, or one that has learnt something already."""

import json
import math
import shlex
import sys
from pathlib import Path

import torch

from course_utils.hf import load_pretrained, save_pretrained
from course_utils.hf.save import as_tokenizer, write_settings
from course_utils.lessons import checkpoints
from course_utils.model import GPT, GPTConfig
from course_utils.runtime import CourseError, Interrupted, count_parameters, pick_device, set_seed
from course_utils.tokenizers import BPETokenizer, CharTokenizer
from course_utils.training import TrainConfig, Windows, load_weights, read_text, train

FILES = ("last.safetensors", "best.safetensors", "model.safetensors", "config.json")
BPE_SIZE = 512  # tokens, unless asked otherwise
BLOCK_SIZE = 64
SIZES = {"n_layer": (4, "blocks"), "n_head": (4, "heads a block"), "n_embd": (128, "channels")}
LR = TrainConfig().peak_lr
FINE_TUNING_LR = 0.128  # AdamW's, over the channels: the wider a model, the smaller its steps


def run(args, argv) -> int:
    """Train on the first nine tenths of a text, watch the last, and keep the best weights."""
    model, tokenizer, data = _read(args)
    config = _config(args, model)
    out = Path(args.out)
    _prepare_folder(out, model, tokenizer, args.resume)
    print(
        f"{count_parameters(model):,} parameters, {tokenizer.vocab_size} different tokens, "
        f"{len(data[0].ids):,} to learn from and {len(data[1].ids):,} to test on",
        flush=True,
    )
    try:
        history = train(
            model, data, config, out=out, resume=args.resume, report=_report(config.steps, out)
        )
    except Interrupted as stopped:
        _save_best(model, tokenizer, out)
        again = shlex.join([*argv, *([] if args.resume else ["--resume"])])
        where = f"stopped at step {len(stopped.history['step'])} of {config.steps}"
        print(f"{where}, go on with: python -m course_utils {again}", file=sys.stderr)
        return 130
    _save_best(model, tokenizer, out)
    print(f"best validation loss {min(history['val_loss']):.4f}, model saved in {out}")
    return 0


def _config(args, model):
    how = {}
    if args.base is not None:
        how = {"optimizer": "adamw", "lr": FINE_TUNING_LR / model.config.n_embd}
    if args.lr is not None:
        how["lr"] = args.lr
    return TrainConfig(
        steps=args.steps,
        batch_size=args.batch_size,
        seed=args.seed,
        eval_every=args.eval_every,
        eval_batches=50,
        progress=False,
        **how,
    )


def _read(args):
    """Return the model that is to learn, its tokenizer, and training and validation windows."""
    model, tokenizer = _load_base(args) if args.base is not None else (None, None)
    most = math.inf if model is None else model.config.block_size
    args.block_size = args.block_size or min(BLOCK_SIZE, most)
    if args.block_size > most:
        raise CourseError(f"--block-size is {args.block_size}, {args.base} reads {most} tokens")
    tokenizer, data = _read_data(args, tokenizer)
    set_seed(args.seed)
    if model is None:
        sizes = {name: getattr(args, name) or default for name, (default, _) in SIZES.items()}
        model = GPT(GPTConfig(tokenizer.vocab_size, args.block_size, **sizes))
    return model.to(pick_device()), tokenizer, data


def _load_base(args):
    """Load the model to train on, which has its sizes and its tokenizer already."""
    for name in ("tokenizer", "vocab_size", *SIZES):
        if getattr(args, name) is not None:
            flag = f"--{name.replace('_', '-')}"
            raise CourseError(f"{flag} is for a new model, {args.base} has its own: leave it out")
    return load_pretrained(checkpoints.find(args.base))


def _read_data(args, known):
    """Return the tokenizer of a text file, and its training and validation windows."""
    text = read_text(args.text)
    if known is not None:
        tokenizer = known
    elif args.tokenizer == "bpe":
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
        print(f"the text gives only {size} tokens: the vocabulary has {size}, not {BPE_SIZE}")
    return tokenizer


def _prepare_folder(out, model, tokenizer, resume):
    """Refuse to overwrite a model, or to go on with other tokens than the run began with.

    All but the weights is written before the first step, so that a run can be used at any moment.
    """
    file, mine = out / "tokenizer.json", as_tokenizer(tokenizer).to_str(pretty=True)
    if resume:
        if file.exists() and _json(file) != json.loads(mine):
            raise CourseError(f"{out} has another tokenizer: give the same text and --tokenizer")
        return
    if there := [name for name in FILES if (out / name).exists()]:
        how = "add --resume or name" if there[0] == FILES[0] else "name"
        raise CourseError(f"{out} already holds {there[0]}: {how} another folder")
    if out.exists() and not out.is_dir():
        raise CourseError(f"expected a folder, {out} is a file: name another --out")
    out.mkdir(parents=True, exist_ok=True)
    write_settings(model, tokenizer, out)


def _save_best(model, tokenizer, out):
    """Save the best weights so far in Hugging Face's format; before the first look, the last."""
    found = (out / name for name in ("best.safetensors", "last.safetensors"))
    load_weights(model, next(path for path in found if path.exists()))
    save_pretrained(model, tokenizer, out)


def _json(file):
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except ValueError:
        raise CourseError(f"{file} is damaged: delete it to make it anew") from None


def _report(steps, out):
    def report(history):
        # of a run that was made longer: the checkpoints are newer, and load in its place
        (out / "model.safetensors").unlink(missing_ok=True)
        print(
            f"step {history['step'][-1]:>{len(str(steps))}} of {steps}"
            f"   train {history['loss'][-1]:.3f}   validation {history['val_loss'][-1]:.3f}"
            f" nats per token   {history['seconds'][-1]:.0f} s",
            flush=True,
        )

    return report
