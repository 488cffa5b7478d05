"""Text survives both tokenizers, and no text turns into a special token."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer, models, pre_tokenizers, trainers

from course_utils.runtime import CourseError
from course_utils.tokenizers import BPETokenizer, CharTokenizer

TEXTS = ["the cat sat on the mat. the cat ate. <eos> <|assistant|> hello, hello\n"] * 20
SPECIAL = ("<eos>", "<|assistant|>")
CHAR = CharTokenizer.train(TEXTS, special_tokens=SPECIAL)
BPE = BPETokenizer.train(TEXTS, vocab_size=274, special_tokens=SPECIAL)
BOTH = pytest.mark.parametrize("tokenizer", [CHAR, BPE], ids=["char", "bpe"])
any_text = st.text(st.characters(exclude_categories=("Cs",)))  # all but lone surrogates


@given(any_text)
def test_bpe_any_text_survives(text):
    assert BPE.decode(BPE.encode(text), skip_special_tokens=False) == text


@given(any_text.filter(bool))
def test_char_any_text_survives_its_own_tokenizer(text):
    tokenizer = CharTokenizer.train([text], special_tokens=SPECIAL)
    ids = tokenizer.encode(text)
    assert len(ids) == len(text) and min(ids) >= len(SPECIAL)
    assert tokenizer.decode(ids, skip_special_tokens=False) == text


@BOTH
@pytest.mark.parametrize("text", ["<eos>", "<|assistant|>", "a<eos> the<|assistant|>\n<eos>"])
def test_a_text_never_yields_special_tokens(tokenizer, text):
    ids = tokenizer.encode(text)
    assert not set(ids) & set(tokenizer.special_tokens.values())
    assert tokenizer.decode(ids) == text


@BOTH
def test_special_tokens_by_name(tokenizer):
    assert tokenizer.eos_id == tokenizer.special_id("<eos>") == 0
    assert tokenizer.special_id("<|assistant|>") == 1
    ids = [0, *tokenizer.encode("the cat"), 1, 0]
    assert tokenizer.decode(ids) == "the cat"
    kept = tokenizer.decode(ids, skip_special_tokens=False)
    assert kept == "<eos>the cat<|assistant|><eos>"
    with pytest.raises(CourseError, match="no special token '<user>'"):
        tokenizer.special_id("<user>")


def test_eos_id_may_be_missing():
    assert CharTokenizer.train("ab").eos_id is None
    gpt2 = BPETokenizer.train(TEXTS, vocab_size=260, special_tokens=["<|endoftext|>"])
    assert gpt2.eos_id == gpt2.special_id("<|endoftext|>")


def test_char_ids_are_in_code_order_and_texts_may_be_one_text():
    tokenizer = CharTokenizer.train("cab\n")
    assert tokenizer.vocab == {"\n": 0, "a": 1, "b": 2, "c": 3}
    assert tokenizer.vocab_size == 4


def test_char_names_unknown_characters():
    with pytest.raises(CourseError, match=r"'q' 'é'.*leave them out"):
        CHAR.encode("éq the")
    with pytest.raises(CourseError, match="…"):
        CHAR.encode("0123456789")


def test_bpe_merges_what_is_frequent_and_keeps_spaces_in_front():
    assert BPE.vocab_size == 274
    assert BPE.encode("the cat the")[-1] == BPE.encode(" the")[0]
    assert BPE.encode("the") != BPE.encode(" the")  # no space is put before a text
    assert len(BPE.encode("hello, hello")) < 7


def test_training_twice_gives_the_same_tokenizer():
    again = BPETokenizer.train(iter(TEXTS), vocab_size=274, special_tokens=SPECIAL)
    assert again.tokenizer.to_str() == BPE.tokenizer.to_str()


def test_a_special_token_that_text_could_spell_is_refused():
    with pytest.raises(CourseError, match="'END' could come out of a text"):
        BPETokenizer.train(["END END END"], vocab_size=300, special_tokens=("END",))
    with pytest.raises(CourseError, match="'#' is no longer than a character"):
        CharTokenizer.train("#a", special_tokens=("#",))


@BOTH
@pytest.mark.parametrize("wrong", ["<eos>", ["<eos>", "<eos>"], ["<eos>", ""]])
def test_special_token_names_are_different_words(tokenizer, wrong):
    if wrong == "<eos>":  # one name instead of a list of names
        made = type(tokenizer).train(TEXTS, special_tokens=wrong, **_size(tokenizer))
        assert made.special_tokens == {"<eos>": 0}
    else:
        with pytest.raises(CourseError, match="different names"):
            type(tokenizer).train(TEXTS, special_tokens=wrong, **_size(tokenizer))


def _size(tokenizer):
    return {"vocab_size": 260} if isinstance(tokenizer, BPETokenizer) else {}


@pytest.mark.parametrize("size", [0, 100, 256, 2.5])
def test_bpe_vocabulary_too_small(size):
    with pytest.raises(CourseError, match="at least 257"):
        BPETokenizer.train(TEXTS, vocab_size=size)


def test_bpe_vocabulary_too_large_names_what_is_possible():
    with pytest.raises(CourseError, match=r"give only 2[67]. tokens"):
        BPETokenizer.train(["hello hello hello, the the"], vocab_size=5000)


def test_bpe_without_a_size_makes_each_word_that_comes_twice_one_token():
    words = [" star", " start", " 星", " once"]
    tokenizer = BPETokenizer.train([*words, *words[:3]], None)
    assert [len(tokenizer.encode(word)) for word in words[:3]] == [1, 1, 1]
    assert len(tokenizer.encode(words[3])) > 1
    known = tokenizer.tokenizer.get_vocab_size()
    assert BPETokenizer.train([*words, *words[:3]], known).tokenizer.to_str() == (
        tokenizer.tokenizer.to_str()
    )


def test_bpe_without_a_size_may_be_given_a_largest_one():
    words = [" star", " start", " 星"] * 2
    assert BPETokenizer.train(words, None, at_most=260).vocab_size == 260
    assert BPETokenizer.train(words, None, at_most=900).vocab_size == (
        BPETokenizer.train(words, None).vocab_size
    )
    assert BPETokenizer.train(words, 262, at_most=260).vocab_size == 262
    with pytest.raises(CourseError, match="at least 257"):
        BPETokenizer.train(words, None, at_most=256)


def test_ties_go_to_the_pair_whose_ids_come_first_as_in_the_library():
    texts = ["zy", "bc", "ba", " c"] * 2
    tied = BPETokenizer.train(texts, 260, special_tokens=())
    blank_behind_ascii = (b" ", b"c")  # the letter for a blank is Ġ
    assert tied.merges == [(b"b", b"a"), (b"b", b"c"), (b"z", b"y"), blank_behind_ascii]
    library = Tokenizer(models.BPE())
    library.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=260, min_frequency=2, initial_alphabet=alphabet, show_progress=False
    )
    library.train_from_iterator(texts, trainer)
    assert library.get_vocab() == tied.tokenizer.get_vocab()


def test_separators_in_the_texts_teach_no_pieces_of_themselves():
    story = "the cat sat on the mat. "
    joined = BPETokenizer.train("<|endoftext|>".join([story] * 9), None, ["<|endoftext|>"])
    apart = BPETokenizer.train([story] * 9, None, ["<|endoftext|>"])
    assert joined.tokenizer.to_str() == apart.tokenizer.to_str()
    name = joined.encode("<|endoftext|>")
    assert [joined.decode([i]) for i in name] == list("<|endoftext|>")
    ab = BPETokenizer.train(["<a><a>b" * 9], None, special_tokens=["<a>", "<a>b"])
    assert ab.merges == []  # the longer of two names that begin alike is found first


def test_names_of_special_tokens_are_written_as_they_are():
    names = ("<début>", "<|Schüler 中|>")
    tokenizer = BPETokenizer.train(TEXTS, 262, special_tokens=names)
    ids = [1, *tokenizer.encode("the é"), 0, 0]
    assert tokenizer.decode(ids, skip_special_tokens=False) == ("<|Schüler 中|>the é<début><début>")
    assert tokenizer.decode(ids) == "the é"


def test_char_without_text():
    with pytest.raises(CourseError, match="at least one character"):
        CharTokenizer.train(["", ""])
    with pytest.raises(CourseError, match="ids 0, 1, 2"):
        CharTokenizer({"a": 0, "b": 5})


@BOTH
@pytest.mark.parametrize("i", [280, -1, 10**12])
def test_decode_refuses_ids_it_does_not_know(tokenizer, i):
    with pytest.raises(CourseError, match=f"from 0 to {tokenizer.vocab_size - 1}, got {i}"):
        tokenizer.decode([0, i])
    with pytest.raises(CourseError, match=f"got {i}"):
        list(tokenizer.decode_stream([0, i]))


@BOTH
@pytest.mark.parametrize("text", ["a\ud800", b"bytes", None])
def test_encode_refuses_what_is_no_text(tokenizer, text):
    with pytest.raises(CourseError, match=r"UTF-8|pass a str"):
        tokenizer.encode(text)
    with pytest.raises(CourseError, match=r"UTF-8|pass a str"):
        type(tokenizer).train([text], **_size(tokenizer))


@given(any_text)
def test_stream_yields_whole_characters(text):
    pieces = list(BPE.decode_stream(iter(BPE.encode(text))))
    assert "".join(pieces) == text
    if "\ufffd" not in text:
        assert not any("\ufffd" in piece for piece in pieces)


@settings(max_examples=300)
@given(st.lists(st.integers(0, BPE.vocab_size - 1)))
def test_stream_of_any_ids_equals_decode(ids):
    assert "".join(BPE.decode_stream(ids)) == BPE.decode(ids)


def test_stream_comes_as_it_goes():
    seen = []

    def ids(tokenizer):
        for i in tokenizer.encode("the cat"):
            seen.append(i)
            yield i

    for tokenizer in (CHAR, BPE):
        seen.clear()
        next(tokenizer.decode_stream(ids(tokenizer)))
        assert len(seen) == 1
    assert list(CHAR.decode_stream([0, 5, 1, 6])) == [CHAR.decode([5]), CHAR.decode([6])]
