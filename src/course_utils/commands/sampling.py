"""What the command line's sampling options mean to `generate` and its kind."""

import torch


def sampling_settings(args) -> dict:
    """Return temperature, top_k, top_p, repetition_penalty and a generator, by name.

    Args:
        args: with these options and `seed`; None seeds from the system.
    """
    generator = torch.Generator()
    generator.manual_seed(args.seed) if args.seed is not None else generator.seed()
    names = ("temperature", "top_k", "top_p", "repetition_penalty")
    return {name: getattr(args, name) for name in names} | {"generator": generator}
