"""Talk to a model in the terminal.

A model may bring system messages of its own, a list of texts in its folder's `systems.json`; a
conversation begins with one of them unless another is given.
"""

import json
import random
import sys
from pathlib import Path

from course_utils.chat import Chat
from course_utils.commands.sampling import sampling_settings
from course_utils.hf import load_pretrained
from course_utils.lessons import checkpoints
from course_utils.runtime import CourseError

SYSTEMS = "systems.json"
HELP = "/reset forgets what was said, /quit ends (so does Ctrl-D); Ctrl-C stops a reply"


def run(args, argv) -> int:
    """Read messages line by line and stream the replies, until /quit or the end of the input."""
    chat = _open(args)
    by_hand = sys.stdin.isatty()
    if by_hand:
        print(HELP + (f"\nsystem> {chat.system}" if chat.system else ""), flush=True)
    for line in _lines(by_hand):
        if line == "/quit":
            break
        if line == "/reset":
            chat.reset()
        elif line.startswith("/"):
            _tell(f"unknown command {line.split()[0]}: {HELP}")
        else:
            _answer(chat, line, by_hand)
    return 0


def _open(args):
    place = checkpoints.find(args.model)
    model, tokenizer = load_pretrained(place)
    chat = Chat(
        model,
        tokenizer,
        _draw_system(Path(place), args.seed) if args.system is None else args.system,
        max_new_tokens=args.max_new_tokens,
        **sampling_settings(args),
    )
    chat.send("?").close()  # bad settings show here, before anybody types
    return chat


def _draw_system(folder, seed):
    """Return one of the system messages that a model brings, or "" where it brings none."""
    path = folder / SYSTEMS
    if not path.exists():
        return ""
    try:
        return random.Random(seed).choice(_texts(json.loads(path.read_text(encoding="utf-8"))))
    except (OSError, ValueError, IndexError):
        raise CourseError(
            f"expected a list of texts in {path}: mend it, or give a message with --system"
        ) from None


def _texts(texts):
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise ValueError("no list of texts")
    return texts


def _lines(by_hand):
    """Yield what is typed, without blanks at the ends, until the input ends."""
    while True:
        try:
            yield input("you> " if by_hand else "").strip()
        except EOFError:
            if by_hand:
                print()
            return


def _answer(chat, message, by_hand):
    """Print the reply as it comes; by hand, Ctrl-C stops it and leaves the conversation open."""
    pieces = None
    try:
        pieces = chat.send(message)
        if chat.left_out:
            _tell(f"the first {chat.left_out} messages no longer fit and are left out")
        print("bot> " if by_hand else "", end="", flush=True)
        said = 0
        for piece in pieces:
            print(piece, end="", flush=True)
            said += len(piece)
        print("" if said else "(no answer)", flush=True)
    except CourseError as error:
        _tell(error)
    except KeyboardInterrupt:
        if pieces is not None:
            pieces.close()
        print(flush=True)
        if not by_hand:
            raise  # nobody is there to say something else
        _tell("stopped by Ctrl-C: say something else, or /quit")


def _tell(message):
    print("course_utils: " + " ".join(str(message).split()), file=sys.stderr, flush=True)
