"""Checks of the lesson "Hugging Face": a tokenizer that fits, `generate`'s settings, sizes.

The oracles are small tokenizers whose faults are known, a run of the library's own `generate`,
and the tensors of a real model; never the answer itself.
"""

from collections.abc import Mapping

import numpy as np
import torch

from course_utils.lessons.checks._answers import counted, fresh, unlike, whole
from course_utils.lessons.checks._report import Wrong, check, expect
from course_utils.model import GPT, GPTConfig
from course_utils.runtime import count_parameters

TEXT = "the cat sat on the mat"


@check("it tells a tokenizer that works from one that only loads.")
def check_fits(fits) -> None:
    """Check a test of whether tokenizer and model belong together.

    Args:
        fits: tokenizer, model, text -> bool.
    """
    words = ["the", " ", "cat", "sat", "on", "mat"]
    all_words = _tokenizer(words)
    for tokenizer, rows, right, hint in (
        (all_words, 6, True, "6 tokens for 6 rows, and the text comes back: nothing is wrong here"),
        (all_words, 9, True, "a model may have more rows than the tokenizer has tokens"),
        (
            all_words,
            4,
            False,
            "ids that have no row: what is the largest id that a table can look up?",
        ),
        (all_words, 5, False, "the largest id of the text is 5, and a table of 5 rows ends at 4"),
        (_tokenizer([*words, "dog"]), 6, True, "a token without a row that the text does not use"),
        (_tokenizer(words, lose="mat"), 6, False, "the text does not survive: a word is lost"),
        (_tokenizer(words, lower=True), 6, False, "it changes the text: T becomes t on the way"),
        (_tokenizer(words, begin="cat"), 6, True, "a mark in front of each text is no fault"),
        (_silent(), 6, False, "the text becomes no ids at all, as with the guide's tokenizer"),
    ):
        text = TEXT.replace("the", "The", 1) if "T becomes t" in hint else TEXT
        got = _truth(fits(tokenizer, _model(rows), text))
        expect(got is right, f"you say {got}: {hint}")
    size = 8 + torch.randint(50, (1,), generator=fresh()).item()
    letters = [chr(0x4E00 + i) for i in range(size)]  # Chinese characters
    text = "".join(letters)
    for rows in (size, size - 1):
        expect(
            _truth(fits(_tokenizer(letters), _model(rows), text)) is (rows == size),
            f"wrong for {size} different characters and {rows} rows: nothing may be fixed",
        )


def _truth(answer) -> bool:
    """Expect True or False, alone in a tensor or an array too; return it."""
    if not isinstance(answer, bool | np.bool_):
        single = getattr(answer, "shape", None) in ((), (1,)) and "bool" in str(answer.dtype)
        if not single:
            raise unlike("True or False", answer, "a comparison gives one, and bool() makes one")
    return bool(answer)


def _tokenizer(tokens, lower=False, lose=None, begin=None):
    """Return a tokenizer whose tokens are exactly these, with a fault if asked for one."""
    from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers
    from tokenizers.processors import TemplateProcessing
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.WordLevel({token: i for i, token in enumerate(tokens)}))
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex("[a-zA-Z]+| |."), "isolated")
    tokenizer.decoder = decoders.Fuse()
    if lower:
        tokenizer.normalizer = normalizers.Lowercase()
    if lose:
        tokenizer.normalizer = normalizers.Replace(lose, "")
    if begin:
        tokenizer.post_processor = TemplateProcessing(
            single=f"{begin} $A", special_tokens=[(begin, tokens.index(begin))]
        )
    made = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, clean_up_tokenization_spaces=False, add_prefix_space=False
    )
    made.in_words = f"a tokenizer of {counted(len(tokens), 'token')}"
    return made


def _silent():
    from transformers import GPT2Tokenizer

    return GPT2Tokenizer()


def _model(rows, **sizes):
    """Return a tiny GPT-2 of the library, without touching the reader's random numbers."""
    from transformers import GPT2Config, GPT2LMHeadModel

    sizes = {"n_embd": 8, "n_layer": 1, "n_head": 2, "n_positions": 64} | sizes
    with torch.random.fork_rng(devices=[]):
        config = GPT2Config(vocab_size=rows, bos_token_id=None, eos_token_id=None, **sizes)
        model = GPT2LMHeadModel(config).eval()
    model.in_words = f"a model of {counted(rows, 'row')}"
    return model


@check("the library itself wrote as many texts, and as long, as were asked.")
def check_settings(settings) -> None:
    """Check arguments of `generate`.

    Args:
        settings: prompt, new, texts -> dict, given to the library's `generate`.
    """
    model = _model(40)
    prompt, new = (3 + torch.randint(9, (2,), generator=fresh())).tolist()
    for case in ((5, 4, 3), (5, 4, 1), (9, 2, 4), (1, 20, 2), (prompt, new, 5)):
        _try_settings(settings, model, *case)


def _try_settings(settings, model, prompt, new, texts) -> None:
    case = f"prompt {prompt}, {new} new, {counted(texts, 'text')}"
    given = settings(prompt, new, texts)
    if not isinstance(given, Mapping):
        raise unlike("a dictionary", given, "return a dict of arguments by their names")
    expect(
        "max_new_tokens" not in given,
        "you use max_new_tokens, and the exercise asks for the guide's two parameters: max_length "
        "is one of them",
    )
    expect("max_length" in given, "no max_length: the library would choose a length by itself")
    ids = torch.ones(1, prompt, dtype=torch.long)
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        try:
            output = model.generate(ids, pad_token_id=0, **given)
        except Exception as error:
            line = (str(error).splitlines() or [type(error).__name__])[0][:160]
            raise Wrong(f"{case}: the library refuses, {line}") from None
    expect(
        output.shape[1] - prompt == new,
        f"{case}: the library wrote {counted(output.shape[1] - prompt, 'new token')}: "
        "what does max_length count?",
    )
    expect(
        len(output) == texts,
        f"{case}: the library wrote {len(output)}: which parameter is the number of texts?",
    )


@check("exactly the numbers that a real model has, whatever its size.")
def check_parameters(parameters) -> None:
    """Check a count of parameters from the sizes alone.

    Args:
        parameters: dict with vocab_size, n_positions, n_embd, n_layer -> int.
    """
    for sizes in ((50, 16, 12, 3), (50, 16, 12, 1), (11, 64, 8, 2)):
        _compare_count(parameters, *sizes)
    random = torch.randint(1, 30, (4,), generator=fresh()).tolist()
    _compare_count(parameters, *random)


def _compare_count(parameters, V, T, C, L) -> None:
    config = {"vocab_size": V, "n_positions": T, "n_embd": C, "n_layer": L}
    ours, right = whole(parameters(dict(config))), _count(V, T, C, L)
    if ours != right:
        raise Wrong(_what_is_wrong(ours - right, V, T, C, L))


def _what_is_wrong(off, V, T, C, L) -> str:
    """Name the part that explains a difference, if one does."""
    for amount, reason in (
        (V * C, "the output layer is counted: GPT-2 uses the table of token vectors again"),
        (V * C + V, "the output layer is counted: it has no numbers of its own, and no bias"),
        (-V * C, "the token vectors are missing: C numbers for each token"),
        (-T * C, "the position vectors are missing: GPT-2 has a table of them too"),
        (-2 * C, "the layer norm after the last block is missing"),
        (-C, "the last layer norm has a bias too"),
        (-4 * C * L, "the two layer norms of each block are missing"),
        (-2 * C * L, "in each block, is there one layer norm or two, with or without bias?"),
        (-(2 * L + 1) * C, "a layer norm has a weight and a bias for each channel"),
        (-(4 * L + 2) * C, "all layer norms are missing"),
        (-9 * C * L, "the linear layers have biases: 3C, C, 4C and C in each block"),
        (-C * C * L - C * L, "attention ends in a projection from C to C"),
        (-4 * C * C * L - C * L, "the feed-forward part has two layers: C to 4C, and back"),
        (-8 * C * C * L - 5 * C * L, "the feed-forward layers are missing"),
    ):
        if off == amount:
            return reason
    where = f"V = {V}, T = {T}, C = {C}, {counted(L, 'block')}: "
    if (L > 1) and off % (L - 1) == 0 and off == (1 - L) * _per_block(C):
        return where + "only one block is counted"
    word = "more" if off > 0 else "fewer"
    return where + f"{abs(off)} {word} than a real model has: go through the hint's list"


def _per_block(C) -> int:
    return _count(1, 1, C, 2) - _count(1, 1, C, 1)


def _count(V, T, C, L) -> int:
    """Count the tensors of a real GPT, made without memory."""
    with torch.device("meta"):
        return count_parameters(GPT(GPTConfig(V, T, n_layer=L, n_head=1, n_embd=C)))
