"""Corpora: the grammar's probabilities are exact, its parser is strict, files fail in one line."""

import hashlib
import math
import statistics
import threading
from collections import Counter
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pooch
import pytest

from course_utils.lessons.corpora import StoryGrammar, tiny_shakespeare
from course_utils.lessons.corpora.grammar import Grammar
from course_utils.lessons.corpora.shakespeare import SHAKESPEARE_MIRRORS, SHAKESPEARE_SHA256
from course_utils.lessons.corpora.stories import RULES, SLOTS, STYLE
from course_utils.lessons.corpora.words import FORMS, WORDS
from course_utils.runtime import CourseError

SNAPSHOT = (
    "One warm day, Ivy took a pink puzzle to the theatre. She was proud and sang a song. "
    'Soon Luca came with a carrot. "Will you trade it for the puzzle?" asked Luca. '
    "So Ivy got the carrot, and Luca got the puzzle. "
    "That night Ivy was still proud and dreamed of the theatre. "
    "Ivy had traded the puzzle, and the pink puzzle lay beside Luca."
)


@pytest.fixture(scope="module")
def grammar():
    return StoryGrammar()


@pytest.fixture(scope="module")
def texts(grammar):
    return grammar.sample(2000, seed=0)


@pytest.fixture(scope="module")
def stories(grammar, texts):
    return [grammar.parse(text) for text in texts]


# --- probabilities ---------------------------------------------------------------------------


@pytest.fixture(scope="module")
def enumerated():
    """All stories of the smallest grammar, with their probabilities."""
    return list(StoryGrammar(size=2).stories())


def test_entropy_equals_enumeration(enumerated):
    by_hand = -math.fsum(p * math.log(p) for _, p in enumerated)
    assert StoryGrammar(size=2).entropy() == pytest.approx(by_hand, abs=1e-9)


def test_every_story_has_one_path_and_probabilities_add_to_one(enumerated):
    assert math.fsum(p for _, p in enumerated) == pytest.approx(1, abs=1e-12)
    assert len({text for text, _ in enumerated}) == len(enumerated) == StoryGrammar(2).count()


def test_log_prob_is_that_of_the_enumeration(enumerated):
    small = StoryGrammar(size=2)
    for text, p in enumerated[::199]:
        assert small.log_prob(text) == pytest.approx(math.log(p), abs=1e-12)


@pytest.mark.parametrize(
    "rules",
    [
        {"story": ["<a><b>"], "a": ["", "{hero} "], "b": ["{hero} ran.", "{x} and {x}!", "Stop."]},
        {"story": ["{x} ", "{hero} {friend} {x}", "{x} {hero}."]},
        {"story": ["{hero}<a>"], "a": [" ran.", "{last=hero} {last.He}<b>"], "b": ["", "?", "{x}"]},
    ],
)
def test_entropy_with_branches_and_optional_parts(rules):
    slots = {"hero": "names", "friend": "hero.friends", "x": "toys"}
    words = {"names": ["Mia", "Tom", "Ana", "Leo"], "toys": ["kite", "ball", "drum"]}
    words |= {"girls": ["Mia", "Ana"], "boys": ["Tom", "Leo"]}
    small = Grammar(rules, slots, words, FORMS)
    told = Counter()
    for text, p in small.stories():
        told[text] += p
    assert math.fsum(told.values()) == pytest.approx(1, abs=1e-12)
    assert len(told) == small.count()  # were the rules ambiguous, entropy() would be too high
    by_hand = -math.fsum(p * math.log(p) for p in told.values())
    assert small.entropy() == pytest.approx(by_hand, abs=1e-9)


def test_monte_carlo_agrees_with_the_exact_entropy(grammar, stories):
    nats = [-story.log_prob for story in stories]
    error = statistics.stdev(nats) / math.sqrt(len(nats))
    assert abs(statistics.mean(nats) - grammar.entropy()) < 4 * error < 0.2


def test_every_full_size_story_has_exactly_one_derivation(grammar, texts):
    assert all(len(grammar.derivations(text)[0]) == 1 for text in texts)


def test_each_option_is_drawn_as_often_as_it_should():
    small = StoryGrammar(size=2)
    drawn = Counter(small.parse(text).plot for text in small.sample(1800, seed=3))
    assert len(drawn) == 6
    assert all(abs(n - 300) < 4 * math.sqrt(300 * 5 / 6) for n in drawn.values())


# --- sampling --------------------------------------------------------------------------------


def test_the_same_seed_gives_this_story_everywhere(grammar):
    assert grammar.sample(1, seed=1) == [SNAPSHOT]
    assert StoryGrammar().sample(3, seed=1) == grammar.sample(3, seed=1)


def test_seeds_give_different_stories(grammar, texts):
    assert not set(texts) & set(grammar.sample(2000, seed=1))
    assert len(set(texts)) == len(texts)


def test_sample_refuses_negative_numbers(grammar):
    assert grammar.sample(0, seed=0) == []
    for n, seed in [(-1, 0), (1, -1)]:
        with pytest.raises(CourseError, match="must be 0 or more"):
            grammar.sample(n, seed)


def test_a_cut_down_grammar_needs_a_girl_and_a_boy():
    with pytest.raises(CourseError, match="2 or more"):
        StoryGrammar(size=1)
    assert StoryGrammar(size=4).words["names"] == [*WORDS["girls"][:2], *WORDS["boys"][:2]]


# --- words -----------------------------------------------------------------------------------


def test_vocabulary_is_large_and_holds_every_word_said(grammar, texts):
    said = {word for text in texts for word in "".join(_letters(text)).split()}
    assert len(said) >= 300
    assert said <= grammar.vocabulary()


def test_vocabulary_holds_no_word_that_is_never_said(enumerated):
    said = {word for text, _ in enumerated for word in "".join(_letters(text)).split()}
    assert said == StoryGrammar(size=2).vocabulary()


def _letters(text):
    return (c if c.isalnum() else " " for c in text)


def test_word_lists_hold_no_word_twice_and_fit_an_article():
    for listed in WORDS.values():
        assert len(set(listed)) == len(listed)
    after_a = WORDS["things"] + WORDS["colours"] + WORDS["animals"] + WORDS["treats"]
    assert not [word for word in after_a if word[0] in "aeiou"]
    assert len(WORDS["girls"]) == len(WORDS["boys"])  # or the entropy would not be exact


def test_stories_are_of_moderate_length(texts):
    lengths = [len("".join(_letters(text)).split()) for text in texts]
    assert min(lengths) >= 50
    assert max(lengths) <= 80


# --- parsing ---------------------------------------------------------------------------------


def test_facts_are_where_the_mentions_say(stories):
    for story in stories:
        facts = story.facts
        for fact, start, end in story.mentions:
            assert story.text[start:end] in {
                facts[fact],
                *(FORMS[f].get(facts[fact]) for f in FORMS),
            }
        counts = Counter(m.fact for m in story.mentions)
        assert all(counts[slot] >= 2 for slot in SLOTS if slot in facts)


def test_facts_are_those_of_the_snapshot(grammar):
    assert grammar.parse(SNAPSHOT).facts == {
        "hero": "Ivy",
        "friend": "Luca",
        "thing": "puzzle",
        "treat": "carrot",
        "colour": "pink",
        "place": "theatre",
        "mood": "proud",
        "plot": "traded",
        "doer": "Ivy",
        "deed": "traded",
        "keeper": "Luca",
        "ending": "dream",
    }


def test_the_facts_follow_from_the_plot(stories):
    hero, friend = "hero", "friend"
    truth = {  # plot: who did it, what, and who has the thing in the end
        "lost": (friend, "found", hero),
        "taken": (friend, "saved", hero),
        "broken": (friend, "mended", hero),
        "lent": (friend, "returned", hero),
        "given": (hero, "given away", friend),
        "traded": (hero, "traded", friend),
    }
    for story in stories:
        doer, deed, keeper = truth[story.plot]
        told = (story.doer, story.deed, story.keeper)
        assert told == (getattr(story, doer), deed, getattr(story, keeper))
        assert {story.hero in WORDS["girls"], story.friend in WORDS["girls"]} == {True, False}


NAMES = WORDS["girls"] + WORDS["boys"]


def _words_for(fact):
    if fact == "deed":
        return ["found", "saved", "mended", "returned", "given away", "traded"]
    return WORDS.get(SLOTS.get(fact), NAMES)


def _other_words(story, fact, said):
    """Other legal words for a mention: two of its list, the cast, all deeds, all pronouns."""
    for table in FORMS.values():
        if said in table.values():
            return set(table.values()) - {said}
    words = _words_for(fact)
    some = words if fact == "deed" else words[:2]
    return {*some, *({story.hero, story.friend} if words is NAMES else ())} - {said}


def test_a_story_with_one_mention_changed_is_rejected(grammar, stories):
    tried = 0
    for story in stories[:120]:
        for fact, start, end in story.mentions:
            for word in _other_words(story, fact, story.text[start:end]):
                changed = story.text[:start] + word + story.text[end:]
                assert not grammar.is_valid(changed), changed
                tried += 1
    assert tried > 4_000


def test_every_word_of_a_fact_is_refused_in_place_of_the_right_one(grammar, stories):
    one_of_each_plot = {story.plot: story for story in stories}.values()
    assert len(one_of_each_plot) == 6
    for story in one_of_each_plot:
        for fact, start, end in story.mentions:
            said = story.text[start:end]
            for word in set(_words_for(fact)) - {said}:
                assert not grammar.is_valid(story.text[:start] + word + story.text[end:])


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("pink puzzle lay", "blue puzzle lay", "colour to be 'pink', got 'blue'"),
        ("beside Luca", "beside Ivy", "keeper to be 'Luca', got 'Ivy'"),
        ("She was", "He was", "'She' for Ivy, got 'He'"),
        ("theatre. She", "moon. She", "a word for the place, got 'moon'"),
        ("sang a", "sung a", "'sang' or .*got 'sung'"),
        ("beside Luca.", "beside Luca", "expected '.', got 'the end of the text'"),
        ("beside Luca.", "beside Luca. Hi", "expected the story to end"),
        ("One warm", " One warm", "expected 'On' or 'Once' or 'One'"),
        ("Soon Luca came", "Soon Rex came", "a word for the friend, got 'Rex'"),
    ],
)
def test_the_message_says_what_does_not_fit(grammar, old, new, message):
    assert SNAPSHOT.count(old) == 1
    with pytest.raises(CourseError, match=message) as caught:
        grammar.parse(SNAPSHOT.replace(old, new))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["", " ", "Hello.", SNAPSHOT + SNAPSHOT, SNAPSHOT[:-20], "\0é🙂"])
def test_what_is_no_story_is_refused(grammar, text):
    assert not grammar.is_valid(text)
    with pytest.raises(CourseError):
        grammar.log_prob(text)


def test_every_rule_and_slot_is_used():
    templates = " ".join(t for rule in RULES.values() for t in rule)
    assert all(f"<{name}>" in templates for name in {**RULES, **STYLE} if name != "story")
    assert all(f"{{{slot}}}" in templates for slot in SLOTS)


# --- downloads, from a server on the loopback ------------------------------------------------

PLAY = b"First Citizen:\nBefore we proceed any further, hear me speak.\n"


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *args):
        self.server.asked.append(self.path)


@pytest.fixture
def server(tmp_path, monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    folder = tmp_path / "site"
    folder.mkdir()
    (folder / "good.txt").write_bytes(PLAY)
    (folder / "wrong.txt").write_bytes(PLAY.replace(b"Citizen", b"Senator"))
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder)))
    server.asked = []
    server.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def _get(server, names, cache):
    mirrors = tuple(f"{server.url}/{name}" for name in names)
    return tiny_shakespeare(mirrors, hashlib.sha256(PLAY).hexdigest(), cache)


def test_a_download_happens_once(server, tmp_path, caplog, capfd):
    pooch.get_logger().addHandler(caplog.handler)
    for _ in range(2):
        assert _get(server, ["good.txt"], tmp_path / "cache") == PLAY.decode()
    assert len([line for line in server.asked if "good" in line]) == len(server.asked) == 1
    pooch.get_logger().removeHandler(caplog.handler)
    assert not caplog.records
    assert capfd.readouterr() == ("", "")


def test_mirrors_are_tried_in_order_until_the_checksum_fits(server, tmp_path):
    names = ["missing.txt", "wrong.txt", "good.txt", "never.txt"]
    assert _get(server, names, tmp_path / "cache") == PLAY.decode()
    asked = [line.lstrip("/") for line in server.asked if "." in line]
    assert list(dict.fromkeys(asked)) == names[:3]


def test_a_spoilt_file_in_the_cache_is_fetched_again(server, tmp_path):
    (tmp_path / "tinyshakespeare.txt").write_bytes(b"spoilt")
    assert _get(server, ["good.txt"], tmp_path) == PLAY.decode()


def test_when_all_mirrors_fail_one_line_says_what_to_do(server, tmp_path):
    cache = tmp_path / "cache"
    with pytest.raises(CourseError, match="read_text") as caught:
        _get(server, ["missing.txt", "wrong.txt"], cache)
    assert "\n" not in str(caught.value)
    assert not list(cache.iterdir())
    with pytest.raises(CourseError, match="connect to the internet"):
        tiny_shakespeare(("http://127.0.0.1:9/",), cache=cache)


def test_the_default_addresses_are_safe():
    assert len(SHAKESPEARE_SHA256) == 64 and len(SHAKESPEARE_MIRRORS) >= 2
    assert all(url.startswith("https://") for url in SHAKESPEARE_MIRRORS)
