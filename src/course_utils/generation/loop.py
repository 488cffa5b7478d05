"""Generate token after token, each drawn from what the model says of the text so far.

With a cache each step feeds one token; without, the whole text again. Both give the same
tokens. Past `block_size` the cache's positions no longer fit, and the last `block_size` tokens
are fed afresh at every step.

Source: the shape of the code (logits, probabilities, token) follows gpt-fast's `generate.py`.
"""

import contextlib
import functools
import inspect

import torch

from course_utils import arguments
from course_utils.attention import KVCache
from course_utils.generation.sampling import check_settings, pick
from course_utils.runtime import CourseError


def generate(
    model,
    ids,
    max_new_tokens,
    temperature=1.0,
    top_k=None,
    top_p=None,
    repetition_penalty=1.0,
    num_return_sequences=1,
    eos_id=None,
    generator=None,
    use_cache=True,
    cache=None,
):
    """Continue prompts, and return them with their continuations.

    Args:
        model: a `GPT`.
        ids: int64 (or another integer type), shape (B, T), the prompts, all of one length, T at
            least 1.
        max_new_tokens: most tokens to add, 0 or more.
        temperature: 0 is greedy. Default 1.0.
        top_k: draw from the k likeliest only. Default None: all.
        top_p: draw from the likeliest that add to p. Default None: all.
        repetition_penalty: above 1 makes what has occurred less likely. Default 1.0.
        num_return_sequences: continuations N of each prompt. Default 1.
        eos_id: a row that draws it is finished, and padded with it; of several, in a list, each
            ends a row, and the first pads. Default None: no token ends a row.
        generator: source of randomness. Default: PyTorch's global one.
        use_cache: keep keys and values instead of computing them again. Default True.
        cache: a cache filled with what comes before `ids` (an image, an earlier turn).
            Copied, never changed. Default None: nothing comes before.

    Returns:
        int64, shape (B * N, T + up to max_new_tokens), prompt first; the N rows of a prompt
        stand together.

    Raises:
        CourseError: if the prompt or a setting does not fit, or the model gives nan.
    """
    steps = stream(**locals())  # every argument, by its name
    prompt = ids.long().repeat_interleave(num_return_sequences, dim=0)
    return torch.cat([prompt, *(step[:, None] for step in steps)], dim=1)


def _arguments_of(other):
    """Let a function be called as another one is; it gets every argument by its name."""
    signature = inspect.signature(other)

    def decorate(function):
        @functools.wraps(function)
        def called(*args, **named):
            given = signature.bind(*args, **named)
            given.apply_defaults()
            return function(**given.arguments)

        called.__signature__ = signature
        return called

    return decorate


@_arguments_of(generate)
def stream(
    model,
    ids,
    max_new_tokens,
    num_return_sequences,
    eos_id,
    generator,
    use_cache,
    cache,
    **settings,
):
    """Give the next tokens as soon as they are drawn; arguments and errors as in `generate`.

    Returns:
        An iterator of int64, shape (B * N,), one token a row; a finished row repeats eos_id, or
        the first of several.
    """
    check_settings(**settings)
    check_prompt(model, ids, max_new_tokens)
    _check_draws(num_return_sequences, settings["temperature"], generator)
    ids, ends = ids.long(), end_ids(eos_id, model.config.vocab_size)
    if cache is not None:
        _check_cache(model, ids, max_new_tokens, cache, use_cache)
    begin = functools.partial(_reader, model, ids, num_return_sequences, use_cache, cache)
    draw = functools.partial(pick, **settings, generator=generator)
    tokens = ids.repeat_interleave(num_return_sequences, dim=0)
    return _for_use(_steps(model, begin, draw, tokens, max_new_tokens, ends))


def _for_use(steps):
    """Hand out copies that can be trained on: what was made in inference mode cannot."""
    with contextlib.closing(steps):
        for step in steps:
            yield step.clone()


@torch.inference_mode()
def _steps(model, begin, draw, tokens, max_new_tokens, ends):
    """Yield tokens: what `begin` returns gives the logits of the next, `draw` chooses from them."""
    done = torch.zeros(len(tokens), dtype=torch.bool, device=tokens.device)
    with evaluating(model):
        read = begin()
        for _ in range(max_new_tokens):
            next_ids = draw(read(tokens), tokens)
            if ends:
                next_ids = torch.where(done, ends[0], next_ids)
                done = is_end(next_ids, ends)  # padding is an end too: who is done stays so
            yield next_ids
            if ends and done.all():
                return
            tokens = torch.cat([tokens, next_ids[:, None]], dim=1)


def is_end(ids, ends):
    """Say of each id whether it is one of the end tokens, of which there is at least one."""
    found = ids == ends[0]
    for end in ends[1:]:
        found = found | (ids == end)
    return found


def end_ids(eos_id, vocab_size: int) -> list[int]:
    """Return the end tokens as a list: of one, of several, or none.

    Args:
        eos_id: an id, a list or tuple of some, or None.
        vocab_size: V of the model.

    Raises:
        CourseError: if one is no id of the model.

    >>> end_ids(None, 9), end_ids(3, 9), end_ids((3, 4), 9)
    ([], [3], [3, 4])
    """
    several = eos_id if isinstance(eos_id, list | tuple) else [] if eos_id is None else [eos_id]
    also = ", a list of some, or None"
    return [arguments.whole("eos_id", end, 0, vocab_size - 1, also) for end in several]


@contextlib.contextmanager
def evaluating(model):
    """Switch dropout off for a while, and back to what it was."""
    was_training = model.training
    model.eval()
    try:
        yield
    finally:
        model.train(was_training)


def _reader(model, ids, n, use_cache, cache):
    """Return a function from all tokens so far, (B * N, T), to the logits of the next, (B * N, V).

    Each prompt is read once, not N times. `unread` counts the tokens that the cache lacks.
    """
    block_size = model.config.block_size
    cache = cache.repeat(1) if cache is not None else model.new_cache(len(ids))
    before = cache.length

    def read(tokens):
        nonlocal cache
        unread = before + tokens.shape[1] - cache.length
        if not use_cache or before + tokens.shape[1] > block_size:
            return model(tokens[:, -block_size:])[:, -1]
        if cache.length > before:
            return model(tokens[:, -unread:], cache=cache)[:, -1]
        logits = model(ids, cache=cache)[:, -1]
        if n > 1:
            cache, logits = cache.repeat(n), logits.repeat_interleave(n, dim=0)
        return logits

    return read


def _check_draws(n, temperature, generator):
    arguments.whole("num_return_sequences", n, 1)
    if temperature == 0 and n > 1:
        raise CourseError(
            f"greedy decoding would give the same sequence {n} times: "
            "set temperature above 0, or use beam_search"
        )
    if generator is not None:
        fix = "make one with torch.Generator().manual_seed(0), or leave it out"
        arguments.instance("generator", generator, torch.Generator, fix)


def check_prompt(model, ids, max_new_tokens) -> None:
    """Raise a CourseError if a prompt cannot be continued by this model."""
    config = getattr(model, "config", None)
    if not hasattr(config, "block_size"):
        fix = "of a VisionGPT take model.text, of transformers its own generate"
        raise CourseError(f"expected a GPT of this course, got a {type(model).__name__}: {fix}")
    _check_ids(ids)
    block_size, vocab_size = config.block_size, config.vocab_size
    if ids.shape[1] > block_size:
        raise CourseError(
            f"block_size is {block_size} but the prompt has {ids.shape[1]} tokens: "
            "shorten it or use a model with a larger block_size"
        )
    if ids.min() < 0 or ids.max() >= vocab_size:
        raise CourseError(
            f"expected ids from 0 to {vocab_size - 1}, got {ids.min()} to {ids.max()}: "
            "encode the prompt with the model's own tokenizer"
        )
    arguments.whole("max_new_tokens", max_new_tokens)


def _check_ids(ids):
    expected = "expected an int64 prompt of shape (B, T) with B and T at least 1, got "
    if isinstance(ids, str):
        encode = "encode it, torch.tensor([tokenizer.encode(text)])"
        raise CourseError(f"{expected}the text {arguments.shortened(ids)}: {encode}")
    if not isinstance(ids, torch.Tensor):
        wrong = arguments.shortened(ids)
        raise CourseError(f"{expected}{wrong}: make a tensor, torch.tensor([ids])")
    no_ids = ids.is_floating_point() or ids.is_complex() or ids.dtype == torch.bool
    if no_ids or ids.dim() != 2 or ids.numel() == 0:
        raise CourseError(
            f"{expected}{ids.dtype} of shape {tuple(ids.shape)}: "
            "start with at least one token, such as <eos>"
        )


def _check_cache(model, ids, max_new_tokens, cache, use_cache):
    arguments.instance("cache", cache, KVCache, "make one with model.new_cache()")
    if cache.keys[0].shape[0] != len(ids):
        raise CourseError(
            f"the cache holds {cache.keys[0].shape[0]} sequences but there are {len(ids)} prompts: "
            "give as many"
        )
    needed = cache.length + ids.shape[1] + max_new_tokens - 1  # the last token is never fed
    if not use_cache:
        raise CourseError("a filled cache came with use_cache=False: leave one of them out")
    if needed > model.config.block_size:
        raise CourseError(
            f"block_size is {model.config.block_size} but the cache and the new tokens need "
            f"{needed}: generate fewer tokens"
        )
