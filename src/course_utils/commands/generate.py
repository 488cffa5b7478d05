"""Continue a prompt."""

from itertools import chain, islice

import torch

from course_utils.commands.sampling import sampling_settings
from course_utils.generation import stream
from course_utils.hf import load_pretrained
from course_utils.lessons import checkpoints
from course_utils.runtime import CourseError


def run(args, argv) -> int:
    """Continue a prompt, printing each piece as soon as it is drawn."""
    model, tokenizer = load_pretrained(checkpoints.find(args.model))
    ids = _prompt_ids(args.prompt, tokenizer, model.config.block_size)
    steps = stream(
        model,
        torch.tensor([ids]),
        args.max_new_tokens,
        eos_id=tokenizer.eos_id,
        **sampling_settings(args),
    )
    first = list(islice(steps, 1))  # bad settings show here, before anything is printed
    print(args.prompt, end="", flush=True)
    for piece in tokenizer.decode_stream(chain(first, steps)):
        print(piece, end="", flush=True)
    print()
    return 0


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
