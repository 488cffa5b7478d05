"""The command line: train a GPT on a text file, let it write, talk to it, serve one, describe one.

python -m course_utils train --text FILE --out DIR
python -m course_utils generate --model DIR --prompt "…"
python -m course_utils chat --model DIR
python -m course_utils serve --model DIR
python -m course_utils info --model DIR

Bad input gives one line on stderr and exit code 2; Ctrl-C gives 130.
Left out: every setting that the defaults cover.
"""

import argparse
import math
import os
import sys

from course_utils.commands import chat, generate, info, serve, train
from course_utils.lessons import checkpoints
from course_utils.runtime import CourseError


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
    except KeyboardInterrupt as stopped:
        print(f"\n{str(stopped) or 'stopped by Ctrl-C'}", file=sys.stderr)
        return 130


class _Parser(argparse.ArgumentParser):
    def error(self, message):
        raise CourseError(f"{message}: see {self.prog} --help")


def _parser():
    parser = _Parser("python -m course_utils", description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_train(commands.add_parser("train", help="train a GPT on a text file"))
    _add_generate(commands.add_parser("generate", help="continue a prompt"))
    _add_chat(commands.add_parser("chat", help="talk to a model made for it"))
    _add_serve(commands.add_parser("serve", help="answer about pictures, as OpenAI's API does"))
    _add_info(commands.add_parser("info", help="say what a model is"))
    return parser


def _add_train(parser):
    parser.set_defaults(run=train.run)
    add = parser.add_argument
    add("--text", required=True, metavar="FILE", help="UTF-8 text to learn from")
    add("--out", required=True, metavar="DIR", help="folder for the model and its checkpoints")
    text = "model to train on: a folder, a model of this package, or a GPT-2 on the hub"
    add("--from", dest="base", metavar="MODEL", help=f"{text}; default: a new one")
    add("--tokenizer", choices=("char", "bpe"), help="default: char, or what MODEL has")
    text = f"with bpe; default {train.BPE_SIZE}, or as many as the text gives"
    add("--vocab-size", type=_whole(1), metavar="V", help=text)
    add("--steps", type=_whole(1), default=600, help="updates of the weights; default 600")
    add("--batch-size", type=_whole(1), default=32, help="windows a step; default 32")
    text = "tokens in view, with --from at most MODEL's; default 64"
    add("--block-size", type=_whole(2), help=text)
    for name, (default, text) in train.SIZES.items():
        flag = f"--{name.replace('_', '-')}"
        add(flag, type=_whole(1), help=f"{text}; default {default}, or what MODEL has")
    text = (
        f"peak learning rate; default {train.LR:g}, with --from {train.FINE_TUNING_LR:g} / channels"
    )
    add("--lr", type=_finite, help=text)
    add("--eval-every", type=_whole(1), default=100, help="steps between two looks; default 100")
    add("--seed", type=_whole(0, 2**32 - 1), default=0, help="default 0")
    text = "go on with the run in DIR, same settings; --steps may be more"
    add("--resume", action="store_true", help=text)


def _add_generate(parser):
    parser.set_defaults(run=generate.run)
    _add_model(parser)
    add = parser.add_argument
    add("--prompt", default="", help="text to continue; default: none")
    add("--max-new-tokens", type=_whole(0), default=200, help="default 200")
    add("--samples", type=_whole(1), default=1, metavar="N", help="texts to write; default 1")
    text = "the text ends before it; may be repeated; default: none"
    add("--stop", action="append", default=[], metavar="TEXT", help=text)
    _add_sampling(parser, temperature=0.8)


def _add_chat(parser):
    parser.set_defaults(run=chat.run)
    _add_model(parser)
    text = "what the model is told first; default: what it brings (systems.json), else nothing"
    parser.add_argument("--system", metavar="TEXT", help=text)
    text = "longest reply; default 32"
    parser.add_argument("--max-new-tokens", type=_whole(1), default=32, help=text)
    _add_sampling(parser, temperature=0.0)


def _add_serve(parser):
    parser.set_defaults(run=serve.run)
    _add_model(parser, "a folder, or a model of this package, that sees")
    add = parser.add_argument
    add("--host", default="127.0.0.1", help="default 127.0.0.1: this machine only")
    add("--port", type=_whole(0, 65535), default=8000, help="0 takes a free one; default 8000")
    add("--api-key", metavar="KEY", help=f"asked of clients; default: what {serve.KEY} says")
    text = "most requests that wait; default 32"
    add("--queue", type=_whole(0), default=32, metavar="N", help=text)
    text = "another name for the model, as clients have it; may be repeated"
    add("--alias", action="append", default=[], metavar="NAME", help=text)
    text = "pages that may read replies (CORS), or *; may be repeated; default: none"
    add("--allow-origin", action="append", default=[], metavar="ORIGIN", help=text)


def _add_sampling(parser, temperature):
    add, text = parser.add_argument, f"0 is greedy; default {temperature:g}"
    add("--temperature", type=_finite, default=temperature, help=text)
    add("--top-k", type=_whole(1), help="draw from the k likeliest tokens; default: all")
    add("--top-p", type=_finite, help="draw from the likeliest that add to p; default: all")
    add("--repetition-penalty", type=_finite, default=1.0, help="above 1: repeat less; default 1")
    add("--seed", type=_whole(0, 2**32 - 1), help="default: another text each time")


def _add_info(parser):
    parser.set_defaults(run=info.run)
    _add_model(parser)


def _add_model(parser, text=None):
    have = ", ".join(checkpoints.names()) or "none"
    text = text or f"a folder, a model of this package ({have}), or a GPT-2 on the hub"
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
    sys.stdin.reconfigure(errors="replace")  # terminals and files that are not UTF-8
    sys.stdout.reconfigure(errors="replace")
    sys.exit(main())
