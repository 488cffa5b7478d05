"""Tokenizers: text to token ids and back, by characters or by byte-level BPE.

Special tokens such as `<eos>` come from the program only. When the same letters stand in a
user's text they are ordinary characters, so that no text can end a document or play another role.
Left out: sentence pieces, normalisation (a text comes back exactly as it went in).

Sources: Sennrich et al. 2016, "Neural Machine Translation of Rare Words with Subword Units"
(arXiv:1508.07909); Radford et al. 2019, GPT-2, section 2.2, for bytes in place of characters.
"""

from course_utils.tokenizers.byte_pairs import BPETokenizer
from course_utils.tokenizers.characters import CharTokenizer

__all__ = ["BPETokenizer", "CharTokenizer"]
