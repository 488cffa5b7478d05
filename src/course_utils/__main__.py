"""The command line: train a GPT on a text file, let it write, and say what a model is.

python -m course_utils train --text FILE --out DIR
python -m course_utils generate --model DIR --prompt "…"
python -m course_utils info --model DIR

Bad input gives one line on stderr and exit code 2; Ctrl-C gives 130.
Left out: sampling several texts, fine-tuning, and every setting that the defaults cover.
"""

import argparse
import math
import os
import shlex
import sys
from itertools import chain, islice
from pathlib import Path

import torch

from course_utils import checkpoints
from course_utils.corpora import read_text
from course_utils.generation import stream
from course_utils.hf import load_pretrained, save_pretrained
from course_utils.hf.save import as_tokenizer
from course_utils.model import GPT, GPTConfig
from course_utils.runtime import CourseError, count_parameters, pick_device, set_seed
from course_utils.tokenizers import BPETokenizer, CharTokenizer
from course_utils.training import TrainConfig, Windows, load_weights, train

FILES = ("last.safetensors", "best.safetensors", "model.safetensors", "config.json")
BPE_SIZE = 512  # tokens, unless asked otherwise


def main(argv: list[str] | None = None) -> int:
    """Run one command.

    Args:
        argv: words after `python -m course_utils`. Default None: those of this process.

    Returns:
        The exit code: 0, 2 after bad input, 130 after Ctrl-C.
    """
    argv = sys.argv[1:] if argv is None else argv
    try:
        args = _parser().parse_args(argv)
        return args.run(args, argv)
    except CourseError as error:
        return _fail(error)
    except BrokenPipeError:  # the reader of our output, such as head, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        return _fail(f"{error.strerror or error}: {error.filename or 'check the disk'}")
    except KeyboardInterrupt:
        print("\nstopped by Ctrl-C", file=sys.stderr)
        return 130


def train_command(args, argv) -> int:
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


def generate_command(args, argv) -> int:
    """Continue a prompt, printing each piece as soon as it is drawn."""
    model, tokenizer = load_pretrained(_place(args.model))
    ids = _prompt_ids(args.prompt, tokenizer, model.config.block_size)
    generator = torch.Generator()
    generator.manual_seed(args.seed) if args.seed is not None else generator.seed()
    steps = stream(
        model,
        torch.tensor([ids]),
        args.max_new_tokens,
        temperature=args.temperature,
        top_k=args.top_k,
        top_p=args.top_p,
        repetition_penalty=args.repetition_penalty,
        eos_id=tokenizer.eos_id,
        generator=generator,
    )
    first = list(islice(steps, 1))  # bad settings show here, before anything is printed
    print(args.prompt, end="", flush=True)
    for piece in tokenizer.decode_stream(chain(first, steps)):
        print(piece, end="", flush=True)
    print()
    return 0


def info_command(args, argv) -> int:
    """Print a model's sizes, its tokenizer and the beginning of its card."""
    place = _place(args.model)
    model, tokenizer = load_pretrained(place)
    c, is_char = model.config, isinstance(tokenizer, CharTokenizer)
    special = " ".join(tokenizer.special_tokens) or "none"
    print(f"model       {args.model}")
    print(f"sizes       {c.n_layer} layers, {c.n_head} heads, {c.n_embd} wide")
    print(f"block       {c.block_size} tokens")
    print(f"parameters  {count_parameters(model):,}")
    print(f"tokenizer   {'characters' if is_char else 'byte-level BPE'}, {c.vocab_size} tokens")
    print(f"special     {special}")
    if (folder := Path(place)).is_dir():
        size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
        print(f"on disk     {size / 1e6:.2f} MB")
        print("".join(f"\n{line}" for line in _card(folder / "README.md")), end="\n")
    return 0


def _read_data(args):
    """Return the tokenizer of a text file, and its training and validation windows."""
    text = read_text(args.text)
    if args.tokenizer == "bpe":
        # no <eos>: the file is one text, in which it would never be seen
        tokenizer = BPETokenizer.train([text], args.vocab_size or BPE_SIZE, special_tokens=())
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


def _prepare_folder(out, tokenizer, resume):
    """Refuse to overwrite a model, or to go on with other tokens than the run began with."""
    file, mine = out / "tokenizer.json", as_tokenizer(tokenizer).to_str()
    there = [name for name in FILES if (out / name).exists()]
    if resume:
        if file.exists() and file.read_text(encoding="utf-8") != mine:
            raise CourseError(f"{out} has another tokenizer: give the same text and --tokenizer")
        return
    if there:
        raise CourseError(f"{out} already holds {there[0]}: add --resume or name another folder")
    if out.exists() and not out.is_dir():
        raise CourseError(f"expected a folder, {out} is a file: name another --out")
    out.mkdir(parents=True, exist_ok=True)
    file.write_text(mine, encoding="utf-8")


def _report(steps):
    def report(history):
        print(
            f"step {history['step'][-1]:>{len(str(steps))}} of {steps}"
            f"   train {history['loss'][-1]:.3f}   validation {history['val_loss'][-1]:.3f}"
            f" nats per token   {history['seconds'][-1]:.0f} s",
            flush=True,
        )

    return report


def _place(name):
    """A folder wins over a checkpoint of the package, and that over the hub."""
    if not name:
        raise CourseError("expected a folder or a name, --model is empty: name a model")
    if not Path(name).exists() and name in checkpoints.names():
        return checkpoints.path(name)
    return name


def _prompt_ids(prompt, tokenizer, block_size):
    """Encode a prompt as the beginning of a document, if the model knows documents."""
    ids, eos = tokenizer.encode(prompt), tokenizer.eos_id
    if eos is not None:
        return [eos, *ids] if len(ids) < block_size else ids
    if ids:
        return ids
    try:
        return tokenizer.encode("\n")
    except CourseError:
        raise CourseError("this model knows neither <eos> nor a newline: give a --prompt") from None


def _card(path, most=5):
    """Return the first lines with text of a model's card, without its YAML head."""
    if not path.exists():
        return []
    text = path.read_text(encoding="utf-8", errors="replace")
    if text.startswith("---\n"):
        text = text.partition("\n---\n")[2]
    return [line for line in text.splitlines() if line.strip()][:most]


class _Parser(argparse.ArgumentParser):
    def error(self, message):
        raise CourseError(f"{message}: see {self.prog} --help")


def _parser():
    parser = _Parser("python -m course_utils", description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_train(commands.add_parser("train", help="train a GPT on a text file"))
    _add_generate(commands.add_parser("generate", help="continue a prompt"))
    info = commands.add_parser("info", help="say what a model is")
    _add_model(info)
    info.set_defaults(run=info_command)
    return parser


def _add_train(parser):
    parser.set_defaults(run=train_command)
    add = parser.add_argument
    add("--text", required=True, metavar="FILE", help="UTF-8 text to learn from")
    add("--out", required=True, metavar="DIR", help="folder for the model and its checkpoints")
    add("--tokenizer", choices=("char", "bpe"), default="char", help="default: char")
    add("--vocab-size", type=_whole(1), metavar="V", help=f"with bpe; default {BPE_SIZE}")
    add("--steps", type=_whole(1), default=600, help="updates of the weights; default 600")
    add("--batch-size", type=_whole(1), default=32, help="windows a step; default 32")
    add("--block-size", type=_whole(2), default=64, help="tokens in view; default 64")
    add("--n-layer", type=_whole(1), default=4, help="blocks; default 4")
    add("--n-head", type=_whole(1), default=4, help="heads a block; default 4")
    add("--n-embd", type=_whole(1), default=128, help="channels; default 128")
    add("--eval-every", type=_whole(1), default=100, help="steps between two looks; default 100")
    add("--seed", type=_whole(0, 2**32 - 1), default=0, help="default 0")
    add("--resume", action="store_true", help="go on with the run in DIR, same settings")


def _add_generate(parser):
    parser.set_defaults(run=generate_command)
    _add_model(parser)
    add = parser.add_argument
    add("--prompt", default="", help="text to continue; default: none")
    add("--max-new-tokens", type=_whole(0), default=200, help="default 200")
    add("--temperature", type=_finite, default=0.8, help="0 is greedy; default 0.8")
    add("--top-k", type=_whole(1), help="draw from the k likeliest tokens; default: all")
    add("--top-p", type=_finite, help="draw from the likeliest that add to p; default: all")
    add("--repetition-penalty", type=_finite, default=1.0, help="above 1: repeat less; default 1")
    add("--seed", type=_whole(0, 2**32 - 1), help="default: another text each time")


def _add_model(parser):
    have = ", ".join(checkpoints.names()) or "none"
    text = f"a folder, a model of this package ({have}), or a GPT-2 on the hub"
    parser.add_argument("--model", required=True, help=text)


def _whole(least, most=math.inf):
    def whole(text):
        value = int(text) if text.lstrip("-").isdecimal() else None
        if value is None or not least <= value <= most:
            limit = f"{least} or more" if most == math.inf else f"from {least} to {most}"
            raise argparse.ArgumentTypeError(f"expected a whole number, {limit}, got {text!r}")
        return value

    return whole


def _finite(text):
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise argparse.ArgumentTypeError(f"expected a number, got {text!r}")
    return value


def _fail(message):
    print("course_utils: " + " ".join(str(message).split()), file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.stdout.reconfigure(errors="replace")  # terminals that are not UTF-8
    sys.exit(main())
