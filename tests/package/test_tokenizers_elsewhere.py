"""Tokenizers made elsewhere give the tokens that they gave there, or are refused by name."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, processors
from tokenizers import pre_tokenizers as pre
from transformers import GPT2Tokenizer

from course_utils.hf.load import _read_tokenizer
from course_utils.hf.save import as_tokenizer
from course_utils.runtime import CourseError
from course_utils.tokenizers import BPETokenizer, CharTokenizer
from course_utils.tokenizers.elsewhere import accept_characters

TEXTS = ["low lower lowest " * 9]
OURS = BPETokenizer.train(TEXTS, vocab_size=262)
CHAR = CharTokenizer.train(["low er\n1abc"], special_tokens=["<eos>"])
TEXT = "low é  lower\n\n<eos> lowest 中"
any_text = st.text(st.characters(exclude_categories=("Cs",)))
BYTE_LEVEL = pre.ByteLevel(add_prefix_space=False)


def changed(change) -> Tokenizer:
    """Our tokenizer as another tool leaves it; it goes through its file."""
    tokenizer = Tokenizer.from_str(OURS.tokenizer.to_str())
    change(tokenizer)
    return Tokenizer.from_str(tokenizer.to_str())


def put(name, value):
    return lambda tokenizer: setattr(tokenizer, name, value)


def put_in_model(name, value):
    return lambda tokenizer: setattr(tokenizer.model, name, value)


def begins(tokenizer):
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<eos> $A", special_tokens=[("<eos>", 0)]
    )


HARMLESS = {
    "truncation": lambda t: t.enable_truncation(2),
    "padding": lambda t: t.enable_padding(length=40, pad_id=0),
    "dropout": put_in_model("dropout", 0.9),
    "no decoder": put("decoder", None),
    "unk_token": put_in_model("unk_token", "<eos>"),
    "byte_fallback": put_in_model("byte_fallback", True),
    "ignore_merges": put_in_model("ignore_merges", True),
    "empty prefix": put_in_model("continuing_subword_prefix", ""),
    "empty normalizer": put("normalizer", normalizers.Sequence([])),
    "trim_offsets": put("pre_tokenizer", pre.ByteLevel(add_prefix_space=False, trim_offsets=False)),
    "post-processor that adds nothing": put("post_processor", processors.ByteLevel()),
    "special token with lstrip": lambda t: t.add_special_tokens([AddedToken("<x>", lstrip=True)]),
}


@pytest.mark.parametrize("change", HARMLESS.values(), ids=HARMLESS)
def test_what_belongs_to_a_use_is_put_back_and_what_changes_nothing_stays(change):
    tokenizer = BPETokenizer(changed(change))
    for text in (TEXT, "", "low " * 50):
        assert tokenizer.encode(text) == OURS.encode(text) == tokenizer.encode(text)
        assert tokenizer.decode(tokenizer.encode(text)) == text
        assert "".join(tokenizer.decode_stream(tokenizer.encode(text))) == text


def cut_by(*others):
    return put("pre_tokenizer", pre.Sequence([*others, BYTE_LEVEL]))


REFUSED = {
    "normalizer NFC": put("normalizer", normalizers.NFC()),
    "normalizer Lowercase": put("normalizer", normalizers.Sequence([normalizers.Lowercase()])),
    "post_processor TemplateProcessing, which adds": begins,
    "pre_tokenizer ByteLevel with add_prefix_space": put("pre_tokenizer", pre.ByteLevel()),
    "pre_tokenizer Metaspace": put("pre_tokenizer", pre.Metaspace()),
    "pre_tokenizer WhitespaceSplit": cut_by(pre.WhitespaceSplit()),
    "pre_tokenizer ByteLevel": cut_by(BYTE_LEVEL),
    "pre_tokenizer Split that removes": cut_by(pre.Split(" ", "removed")),
    "pre_tokenizer null": put("pre_tokenizer", None),
    "decoder Metaspace": put("decoder", decoders.Metaspace()),
    "decoder ByteLevel . Strip": put(
        "decoder", decoders.Sequence([decoders.ByteLevel(), decoders.Strip(" ", 1, 0)])
    ),
    "continuing_subword_prefix '##'": put_in_model("continuing_subword_prefix", "##"),
    "end_of_word_suffix '</w>'": put_in_model("end_of_word_suffix", "</w>"),
    "'<b>', which takes blanks": lambda t: t.add_tokens([AddedToken("<b>", lstrip=True)]),
    "'<c>', which takes blanks": lambda t: t.add_tokens([AddedToken("<c>", rstrip=True)]),
    "'é', which is not decoded": lambda t: t.add_tokens(["é"]),
    "'low', which a text can spell": lambda t: t.add_special_tokens(["low"]),
}


@pytest.mark.parametrize(("words", "change"), REFUSED.items(), ids=REFUSED)
def test_what_would_give_other_tokens_or_lose_text_is_refused_by_name(words, change):
    tokenizer = Tokenizer.from_str(OURS.tokenizer.to_str())
    change(tokenizer)
    with pytest.raises(CourseError, match=words) as error:
        BPETokenizer(tokenizer)
    assert "\n" not in str(error.value)


def test_a_file_with_truncation_is_loaded_whole(tmp_path):
    file = tmp_path / "tokenizer.json"
    changed(HARMLESS["truncation"]).save(str(file))
    assert _read_tokenizer(file).encode(TEXT) == OURS.encode(TEXT)


@pytest.mark.parametrize("more", [[], [pre.Digits(individual_digits=True)]], ids=["cl100k", "1 2"])
@given(text=any_text | st.just("a b\n\nIt's 1234, " * 2000))
def test_other_patterns_for_words_are_honoured_as_the_library_does(more, text):
    pattern = r"\p{N}{1,3}| ?[^\s\p{N}]+[\r\n]*|\s*[\r\n]+|\s+"  # "!\n\n" is one word
    split = pre.Split(Regex(pattern), "isolated")
    their = changed(cut_by(*more, split))
    their.pre_tokenizer = pre.Sequence(
        [*more, split, pre.ByteLevel(add_prefix_space=False, use_regex=False)]
    )
    expected = their.encode(text).ids
    ours = BPETokenizer(their)
    assert ours.encode(text) == list(ours.encode_iterable(text.splitlines(True))) == expected
    assert ours.decode(expected) == text


def test_tokens_that_a_file_adds_to_texts_are_honoured_across_blanks():
    their = changed(lambda t: t.add_tokens(["low low", AddedToken("est", single_word=True)]))
    text = "low low est lowest " * 2000
    expected = their.encode(text).ids
    ours = BPETokenizer(their)
    assert max(expected) == ours.vocab_size - 1
    assert ours.encode(text) == list(ours.encode_iterable([text])) == expected
    assert ours.decode(expected) == text


def test_bytes_without_a_token_are_named_not_left_out():
    state = json.loads(OURS.tokenizer.to_str())
    state["model"]["vocab"] = {t: i for t, i in state["model"]["vocab"].items() if t != "Ã"}
    ours = BPETokenizer(Tokenizer.from_str(json.dumps(state)))
    assert ours.decode(ours.encode("low 中")) == "low 中"
    with pytest.raises(CourseError, match="unknown characters 'é': leave them out"):
        ours.encode("low é")


def characters(**changes):
    tokenizer = as_tokenizer(CHAR)
    for name, value in changes.items():
        setattr(tokenizer, name, value)
    return tokenizer


def test_a_tokenizer_of_characters_may_be_cut_as_others_cut_it():
    ours = accept_characters(characters(pre_tokenizer=pre.Split("", "isolated")))
    assert ours.vocab == CHAR.vocab


@pytest.mark.parametrize(
    ("words", "changes"),
    [
        ("normalizer Lowercase", {"normalizer": normalizers.Lowercase()}),
        ("pre_tokenizer Whitespace", {"pre_tokenizer": pre.Whitespace()}),
        (
            "post_processor TemplateProcessing",
            {
                "post_processor": processors.TemplateProcessing(
                    single="<eos> $A", special_tokens=[("<eos>", 0)]
                )
            },
        ),
    ],
)
def test_a_tokenizer_of_characters_that_changes_texts_is_refused_by_name(words, changes):
    with pytest.raises(CourseError, match=words):
        accept_characters(characters(**changes))


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """vocab.json and merges.txt as the library writes them."""
    trained = BPETokenizer.train(TEXTS, vocab_size=262, special_tokens=["<|endoftext|>"])
    folder = tmp_path_factory.mktemp("gpt2")
    trained.tokenizer.model.save(str(folder))
    return folder / "vocab.json", folder / "merges.txt"


def test_gpt2s_two_files_give_the_ids_that_transformers_gives(files):
    ours = BPETokenizer.from_files(*files)
    theirs = GPT2Tokenizer(*map(str, files))
    for text in (TEXT, "low low", "It's 12 lowest!"):
        assert ours.encode(text) == theirs(text).input_ids
    assert ours.special_tokens == {"<|endoftext|>": ours.eos_id}
    assert ours.eos_id == theirs.eos_token_id
    assert ours.vocab_size == len(theirs)
    assert not set(ours.encode("<|endoftext|>")) & {ours.eos_id}


def test_special_tokens_that_the_files_lack_come_behind_the_vocabulary(files):
    ours = BPETokenizer.from_files(*files, special_tokens=["<|endoftext|>", "<|user|>"])
    assert ours.special_id("<|user|>") == ours.vocab_size - 1 == 262
    assert BPETokenizer.from_files(*files, special_tokens=()).eos_id is None


def test_merges_are_read_as_bytes_in_the_order_in_which_they_were_learnt():
    assert OURS.merges[:3] == [(b"l", b"o"), (b"lo", b"w"), (b" ", b"low")]
    assert len(OURS.merges) == OURS.vocab_size - 257
    assert OURS.vocab[b"<eos>"] == 0
    assert OURS.vocab[b" low"] == OURS.encode(" low")[0]
    assert sorted(t[0] for t in OURS.vocab if len(t) == 1) == list(range(256))
    assert list(OURS.vocab.values()) == list(range(OURS.vocab_size))


@pytest.mark.parametrize("special", [("<eos>",), ("<ébut>", "<|a b|>"), ()])
def test_vocabulary_and_merges_make_the_same_tokenizer_again(special):
    first = BPETokenizer.train([*TEXTS, "中中 éé"], vocab_size=264, special_tokens=special)
    again = BPETokenizer.from_merges(first.vocab, first.merges, first.special_tokens)
    assert again.special_tokens == first.special_tokens
    assert (again.vocab, again.merges) == (first.vocab, first.merges)
    assert again.encode(TEXT) == first.encode(TEXT)


def test_files_and_merges_that_do_not_fit_are_refused(files, tmp_path):
    vocab, merges = files
    with pytest.raises(CourseError, match=r"vocab.json and merges.txt.*nowhere"):
        BPETokenizer.from_files(tmp_path / "nowhere", merges)
    with pytest.raises(CourseError, match=r"vocab.json and merges.txt"):
        BPETokenizer.from_files(merges, vocab)
    with pytest.raises(CourseError, match="merges do not fit the vocabulary"):
        BPETokenizer.from_merges(OURS.vocab, [(b"x", b"yz")])
    with pytest.raises(CourseError, match="ids 0, 1, 2"):
        BPETokenizer.from_merges(OURS.vocab | {b"new": 900}, OURS.merges)
    with pytest.raises(CourseError, match="end in </w>"):
        BPETokenizer.from_merges(OURS.vocab | {b"e</w>": OURS.vocab_size}, OURS.merges)
    with pytest.raises(CourseError, match="another kind, with a WordPiece model"):
        BPETokenizer(Tokenizer(models.WordPiece({"a": 0}, unk_token="a")))
