"""Bytes as the letters that GPT-2's files write for them, such as Ġ for a blank.

Source: Radford et al. 2019, `bytes_to_unicode` in the code of GPT-2: printable characters of
Latin-1 stand for themselves, the other bytes for the letters from U+0100 on, both in order.
"""

from functools import cache

from tokenizers import pre_tokenizers


@cache
def letters() -> dict[int, str]:
    """Return the letter of each byte."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    own = {ord(letter): letter for letter in alphabet if ord(letter) < 256}
    others = (byte for byte in range(256) if byte not in own)
    return own | dict(zip(others, alphabet[len(own) :], strict=True))


@cache
def _bytes():
    return {letter: byte for byte, letter in letters().items()}


def spell(token: bytes) -> str:
    """Write bytes as letters.

    >>> spell(b" the")
    'Ġthe'
    """
    return "".join(letters()[byte] for byte in token)


def read(token: str) -> bytes:
    """Read the bytes that letters stand for; what is not spelled so stands for itself.

    >>> read("Ġthe")
    b' the'
    """
    try:
        return bytes(_bytes()[letter] for letter in token)
    except KeyError:
        return token.encode("utf-8")
