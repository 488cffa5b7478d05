"""Continue a prompt, once or several times."""

from contextlib import closing
from itertools import chain, islice

import torch

from course_utils.commands.sampling import sampling_settings
from course_utils.generation import stream, until_stop
from course_utils.hf import load_pretrained
from course_utils.lessons import checkpoints
from course_utils.runtime import CourseError


def run(args, argv) -> int:
    """Continue a prompt, printing each piece as soon as it is drawn; samples one by one."""
    if args.temperature == 0 and args.samples > 1:
        raise CourseError(
            f"--temperature 0 would give the same text {args.samples} times: raise it, or leave "
            "--samples out"
        )
    until_stop([], args.stop)  # an empty one shows here, before a model is loaded
    model, tokenizer = load_pretrained(checkpoints.find(args.model))
    ids = torch.tensor([_prompt_ids(args.prompt, tokenizer, model.config.block_size)])
    settings = sampling_settings(args) | {"eos_id": tokenizer.eos_ids}
    for number in range(1, args.samples + 1):
        with closing(stream(model, ids, args.max_new_tokens, **settings)) as steps:
            first = list(islice(steps, 1))  # bad settings show here, before anything is printed
            if args.samples > 1:
                print(f"--- {number} of {args.samples}", flush=True)
            _print(args.prompt, tokenizer.decode_stream(chain(first, steps)), args.stop)
    return 0


def _print(prompt, pieces, stops):
    print(prompt, end="", flush=True)
    for piece in until_stop(pieces, stops):
        print(piece, end="", flush=True)
    print()


def _prompt_ids(prompt, tokenizer, block_size):
    """Encode a prompt as the beginning of a document, if the model knows documents."""
    ids, begin = tokenizer.encode(prompt), tokenizer.bos_id
    if begin is not None:
        return [begin, *ids] if len(ids) < block_size else ids
    if ids:
        return ids
    try:
        return tokenizer.encode("\n")
    except CourseError:
        raise CourseError("this model knows neither <eos> nor a newline: give a --prompt") from None
