"""Long texts: the same ids in pieces, ids as texts come, and training that Ctrl-C ends."""

import _thread
import random
import threading
from itertools import count, islice

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import models, pre_tokenizers, trainers

from course_utils.runtime import CourseError, Interrupted
from course_utils.tokenizers import BPETokenizer, CharTokenizer, byte_pairs, learning
from course_utils.tokenizers.pieces import SIZE, pieces, rejoined

TEXTS = ["It's the cat, isn't it?\n\n\n'Twas  the \t cat's: 12 mats…\n"] * 3
BPE = BPETokenizer.train(TEXTS, None, special_tokens=["<eos>"])
CHAR = CharTokenizer.train(TEXTS, special_tokens=["<eos>"])
BOTH = pytest.mark.parametrize("tokenizer", [CHAR, BPE], ids=["char", "bpe"])
LEARNER = "learning a tokenizer"  # the name of its thread
# white space in Python, in the library or in neither, halves of contractions, letters, marks
crumbs = [*" \n\t\r'’.!aé中1²", "'s", "'ll", "  ", "\n\n", *map(chr, (0x85, 0xA0, 0x1C, 0x1F))]
crumbs += map(chr, (0x0B, 0x180E, 0x200B, 0x2003, 0x2028, 0x202F, 0x3000, 0x301, 0xFEFF, 0x1F642))
crumbly = st.lists(st.sampled_from(crumbs) | st.characters(exclude_categories=("Cs",))).map("".join)


def whole(text):
    """The ids that the library gives for a text in one piece."""
    return BPE.tokenizer.encode(text, add_special_tokens=False).ids


@given(crumbly, st.integers(0, 5))
def test_pieces_have_the_ids_of_the_whole(text, size):
    cut = list(pieces(text, size))
    assert "".join(cut) == text
    assert [i for piece in cut for i in whole(piece)] == whole(text)


@given(st.lists(crumbly), st.integers(0, 5))
def test_parts_of_a_text_have_its_ids_when_they_are_put_together_again(texts, size):
    cut = list(rejoined(texts, size))
    assert "".join(cut) == "".join(texts)
    assert [i for piece in cut for i in whole(piece)] == whole("".join(texts))


@pytest.mark.parametrize(
    ("text", "cuts"),
    [
        ("".join(TEXTS) * 900, 18),
        ("a\n" * 2 * SIZE, 3),
        ("é, " * SIZE, 2),
        ("a" * 3 * SIZE, 0),
        (" " * 3 * SIZE, 0),
        ("a b" * (SIZE // 2), 0),
    ],
)
def test_a_long_text_is_encoded_in_pieces_with_the_same_ids(text, cuts, monkeypatch):
    noted = []
    monkeypatch.setattr(
        byte_pairs, "pieces", lambda text: (noted.append(p) or p for p in pieces(text))
    )
    assert BPE.encode(text) == whole(text)
    assert max(len(noted) - 1, 0) == cuts
    assert BPE.decode(BPE.encode(text)) == text


@BOTH
def test_the_lines_of_a_file_give_the_ids_of_the_file(tokenizer, tmp_path):
    file = tmp_path / "text.txt"
    file.write_text("".join(TEXTS) * 200, encoding="utf8")
    with file.open(encoding="utf8") as lines:
        ids = list(tokenizer.encode_iterable(lines))
    assert ids == tokenizer.encode("".join(TEXTS) * 200)
    assert list(tokenizer.encode_iterable("cat")) == tokenizer.encode("cat")


@BOTH
def test_documents_are_encoded_each_for_itself_with_their_end(tokenizer):
    documents = ["the cat", "", " mats\n"]
    ids = list(tokenizer.encode_iterable(iter(documents), end_id=tokenizer.eos_id))
    assert ids == [i for d in documents for i in [*tokenizer.encode(d), tokenizer.eos_id]]


@BOTH
@pytest.mark.parametrize("end", [None, 0], ids=["lines", "documents"])
def test_ids_come_before_the_last_text_is_there(tokenizer, end):
    taken, many = count(), 10_000
    texts = ("the cat\n" for _ in range(many) if next(taken) >= 0)
    ids = list(islice(tokenizer.encode_iterable(texts, end), 9))
    assert ids[:3] == tokenizer.encode("the cat\n")[:3]
    assert next(taken) < many


@BOTH
def test_what_is_no_text_is_refused_in_its_turn(tokenizer):
    ids = tokenizer.encode_iterable(["the", b"cat"], end_id=0)
    assert list(islice(ids, len(tokenizer.encode("the")))) == tokenizer.encode("the")
    with pytest.raises(CourseError, match="expected a text, got bytes"):
        list(ids)


def test_long_texts_are_learnt_in_pieces_as_if_whole():
    text = "".join(TEXTS) * 300
    assert len(text) > 2 * SIZE
    library = learning.byte_level(models.BPE())
    trainer = trainers.BpeTrainer(
        vocab_size=275, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False
    )
    library.train_from_iterator([text], trainer)
    learnt = BPETokenizer.train([text], 275, special_tokens=())
    assert learnt.tokenizer.to_str() == library.to_str()


def test_a_word_without_an_end_is_cut_while_learning():
    word = "ab" * 4 * learning.LONGEST
    merges = BPETokenizer.train([word], None, special_tokens=()).merges
    assert max(len(a + b) for a, b in merges) <= learning.LONGEST


def join_learner():
    """Wait for the thread that a test has left behind, and say whether there was one."""
    left = [thread for thread in threading.enumerate() if thread.name == LEARNER]
    for thread in left:
        thread.join(20)
    return bool(left) and not any(thread.is_alive() for thread in left)


def test_ctrl_c_is_heard_while_texts_are_read(monkeypatch):
    ended = threading.Event()

    def many(text):
        yield from (text for _ in range(99))
        _thread.interrupt_main()
        yield from (text for _ in range(1_000_000))
        ended.set()

    monkeypatch.setattr(learning, "pieces", many)
    with pytest.raises(Interrupted, match="the tokenizer was learnt: train it"):
        BPETokenizer.train(["the cat"], 300)
    assert join_learner()
    assert not ended.is_set(), "nothing more is read after Ctrl-C"


def test_ctrl_c_is_heard_while_the_library_computes(monkeypatch):
    computing, enough = threading.Event(), threading.Event()

    class Library:
        pre_tokenizer = learning.byte_level(learning.models.BPE()).pre_tokenizer

        def train_from_iterator(self, *args):
            computing.set()
            _thread.interrupt_main()
            enough.wait(60)

    monkeypatch.setattr(learning, "byte_level", lambda model: Library())
    with pytest.raises(Interrupted):
        BPETokenizer.train(["the cat"], 300)
    assert computing.is_set()
    enough.set()
    assert join_learner()


def test_the_library_lets_others_compute_while_it_joins_pairs(monkeypatch):
    def letters(text):
        yield "".join(random.Random(0).choices("abcdefghijklmnopqrstuvwxyz", k=300_000))
        _thread.interrupt_main()  # all is read: from here on the library joins pairs

    monkeypatch.setattr(learning, "pieces", letters)
    with pytest.raises(Interrupted):
        BPETokenizer.train(["the cat"], 1024)
    assert join_learner(), "the library was still at work"


def test_an_error_while_learning_is_not_lost(monkeypatch):
    def broken(text):
        raise CourseError("a broken text")
        yield

    monkeypatch.setattr(learning, "pieces", broken)
    with pytest.raises(CourseError, match="a broken text"):
        BPETokenizer.train(["the cat"], 300)
