"""A small grammar engine in which every choice can be seen in the text.

A grammar is a set of rules, ``{"name": [template, template, ...]}``. In a template

- ``<name>`` is replaced by one template of the rule ``name``, each equally likely;
- ``{slot}`` is, the first time, a word drawn from the slot's list, each equally likely; every later
  time it repeats that word;
- ``{slot.form}`` is a form of the slot's word, looked up: ``{hero.He}`` becomes "She" for Mia;
- ``{fact=value}`` writes nothing and notes a fact: the value, or the slot's word if it names one.

The method ``Grammar._options`` says how a story can go on. Sampling, parsing, enumerating, counting
and the entropy are five walks over it. A list may depend on an earlier word ("a boy's name if the
hero is a girl"), if such lists have the same length: else the entropy would depend on which word it
was. Left out: unequal weights, and a rule inside itself.

Source: C. E. Shannon, A Mathematical Theory of Communication (1948), section 6: the entropy of
choices made one after the other.
"""

import math
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from course_utils import arguments
from course_utils.runtime import CourseError


class Piece(NamedTuple):
    """One part of a template: ``kind`` is "text", "rule", "slot", "form" or "fact"."""

    kind: str
    name: str
    value: str = ""


class Mention(NamedTuple):
    """A place in a text where a fact is said: ``text[start:end]`` is the word."""

    fact: str
    start: int
    end: int


@dataclass(frozen=True)
class Derivation:
    """How a text came about: the facts, where each is mentioned, and ln of its probability."""

    facts: dict[str, str]
    mentions: tuple[Mention, ...] = ()
    log_prob: float = 0.0


PIECE = re.compile(r"<(\w+)>|\{(\w+)(?:([.=])([\w ]+))?\}")


def split_template(template: str) -> tuple[Piece, ...]:
    """Cut a template into its pieces.

    >>> split_template("<when> {hero} ran.")[1:]
    (Piece(kind='text', name=' ', value=''), Piece(kind='slot', name='hero', value=''), \
Piece(kind='text', name=' ran.', value=''))
    """
    kinds = {None: "slot", ".": "form", "=": "fact"}
    pieces, end = [], 0
    for match in PIECE.finditer(template):
        rule, slot, mark, value = match.groups()
        if match.start() > end:
            pieces.append(Piece("text", template[end : match.start()]))
        pieces.append(Piece("rule", rule) if rule else Piece(kinds[mark], slot, value or ""))
        end = match.end()
    return (*pieces, Piece("text", template[end:])) if end < len(template) else tuple(pieces)


class Grammar:
    """A probabilistic grammar with memory: draws texts, and knows the probability of each.

    Args:
        rules: templates by rule name; a text is an expansion of the rule "story".
        slots: for each slot the name of its word list, or "other.form" for the list named by that
            form of another slot's word.
        words: the word lists by name.
        forms: for each form a table from word to text, as ``{"He": {"Mia": "She"}}``. Default none.

    >>> rules = {"story": ["{hero} had a {thing}. {hero} lost the {thing}.", "{hero} ran."]}
    >>> words = {"names": ["Mia"], "toys": ["kite", "hat"]}
    >>> grammar = Grammar(rules, {"hero": "names", "thing": "toys"}, words)
    >>> list(grammar.stories())  # doctest: +NORMALIZE_WHITESPACE
    [('Mia had a kite. Mia lost the kite.', 0.25), ('Mia had a hat. Mia lost the hat.', 0.25),
     ('Mia ran.', 0.5)]
    >>> grammar.entropy() == math.log(2) + math.log(2) / 2
    True
    """

    def __init__(self, rules, slots, words, forms=None):
        self.rules = {name: [split_template(t) for t in rule] for name, rule in rules.items()}
        self.slots, self.words, self.forms = dict(slots), dict(words), dict(forms or {})
        self._start = (Piece("rule", "story"),)

    def told(self) -> dict:
        """Return the grammar as lists and texts, which `engine/grammar.js` reads in a page."""
        rules = {
            name: [[list(piece) for piece in template] for template in rule]
            for name, rule in self.rules.items()
        }
        return {"rules": rules, "slots": self.slots, "words": self.words, "forms": self.forms}

    def _list(self, slot: str, facts: dict[str, str]) -> list[str]:
        other, _, form = self.slots[slot].partition(".")
        return self.words[self.forms[form][facts[other]] if form else other]

    def _options(self, rest: tuple[Piece, ...], facts: dict[str, str]) -> list[tuple]:
        """List the equally likely ways to go on: (text, what remains, newly known fact or None)."""
        (kind, name, value), rest = rest[0], rest[1:]
        if kind == "text":
            return [(name, rest, None)]
        if kind == "rule":
            return [("", template + rest, None) for template in self.rules[name]]
        if kind == "form":
            return [(self.forms[value][facts[name]], rest, None)]
        if kind == "fact":
            return [("", rest, (name, facts[value] if value in self.slots else value))]
        if name in facts:
            return [(facts[name], rest, None)]
        return [(word, rest, (name, word)) for word in self._list(name, facts)]

    def sample(self, n: int, seed: int) -> list[str]:
        """Draw texts; the same seed gives the same texts on every machine.

        Args:
            n: how many, 0 or more.
            seed: any integer from 0; other seeds give independent texts.

        Returns:
            A list of n texts.

        Raises:
            CourseError: if n or seed is no such number.
        """
        n, seed = arguments.whole("n", n), arguments.whole("seed", seed)
        rng = random.Random(seed)
        return [self._draw(rng) for _ in range(n)]

    def _draw(self, rng: random.Random) -> str:
        rest, facts, said = self._start, {}, []
        while rest:
            options = self._options(rest, facts)
            # random() is the one method whose sequence Python promises never to change
            choice = int(rng.random() * len(options)) if len(options) > 1 else 0
            text, rest, fact = options[choice]
            said.append(text)
            if fact:
                facts[fact[0]] = fact[1]
        return "".join(said)

    def stories(self) -> Iterator[tuple[str, float]]:
        """Enumerate all texts with their probabilities; for cut-down grammars only, see `count`."""
        todo = [("", self._start, {}, 1.0)]
        while todo:
            said, rest, facts, p = todo.pop()
            if not rest:
                yield said, p
                continue
            options = self._options(rest, facts)
            for text, tail, fact in reversed(options):
                known = {**facts, fact[0]: fact[1]} if fact else facts
                todo.append((said + text, tail, known, p / len(options)))

    def _fold(self, leaf, combine):
        """Compute a number for the whole tree of choices without visiting it all.

        What can follow depends on which facts are known, not on their values, so a result is kept
        for each (what remains, names of the known facts).
        """
        kept = {}

        def visit(rest, facts):
            if not rest:
                return leaf
            key = (rest, frozenset(facts))
            if key not in kept:
                options = self._options(rest, facts)
                followers = [(t, {**facts, f[0]: f[1]} if f else facts) for _, t, f in options]
                kept[key] = combine([visit(*follower) for follower in followers])
            return kept[key]

        return visit(self._start, {})

    def entropy(self) -> float:
        """Return the exact entropy, in nats per text: each choice adds ln(number of options)."""
        return self._fold(0.0, lambda after: math.log(len(after)) + sum(after) / len(after))

    def count(self) -> int:
        """Return how many texts there are."""
        return self._fold(1, sum)

    def derivations(self, text: str) -> tuple[list[Derivation], list[tuple]]:
        """Find every way to derive a text; an unambiguous grammar has one for each of its texts.

        Returns:
            The derivations, and the dead ends: (position, piece, facts, texts that would fit).

        Raises:
            CourseError: it is no text at all.
        """
        arguments.text("story", text)
        found, dead_ends = [], []
        todo = [(self._start, 0, Derivation({}))]
        while todo:
            rest, at, so_far = todo.pop()
            if not rest and at == len(text):
                found.append(so_far)
                continue
            options = self._options(rest, so_far.facts) if rest else []
            fits = [option for option in options if text.startswith(option[0], at)]
            for option in fits:
                longer = self._extend(so_far, rest[0], option, at, len(options))
                todo.append((option[1], at + len(option[0]), longer))
            if not fits:
                stuck = at + max((_shared(text[at:], said) for said, _, _ in options), default=0)
                start = _word_start(text, stuck, at)
                expected = [said[start - at :] for said, _, _ in options]
                dead_ends.append((start, rest[0] if rest else None, so_far.facts, expected))
        return found, dead_ends

    def _extend(self, so_far, piece, option, at, n_options) -> Derivation:
        said, _, fact = option
        facts = {**so_far.facts, fact[0]: fact[1]} if fact else so_far.facts
        mentions = so_far.mentions
        if piece.kind in ("slot", "form"):
            mentions = (*mentions, Mention(piece.name, at, at + len(said)))
        return Derivation(facts, mentions, so_far.log_prob - math.log(n_options))

    def derive(self, text: str) -> Derivation:
        """Return the derivation of a text.

        Raises:
            CourseError: the text is not of this grammar; the message says where and why.
        """
        found, dead_ends = self.derivations(text)
        if not found:
            raise CourseError(explain(text, dead_ends))
        return found[0]

    def is_valid(self, text: str) -> bool:
        """Say whether the text is one of this grammar: well formed, and true to its own facts."""
        return bool(self.derivations(text)[0])

    def log_prob(self, text: str) -> float:
        """Return ln of the text's probability in nats: minus the sum of ln(options)."""
        return self.derive(text).log_prob

    def vocabulary(self) -> set[str]:
        """Return all words that can occur in a text."""
        pieces = {piece for rule in self.rules.values() for template in rule for piece in template}
        said = [piece.name for piece in pieces if piece.kind == "text"]
        slots = {piece.name for piece in pieces if piece.kind == "slot"}
        lists = {self.slots[slot] for slot in slots & set(self.slots)}
        said += [word for name in lists if "." not in name for word in self.words[name]]
        told = [piece.value for piece in pieces if piece.kind == "fact" and piece.name in slots]
        said += [value for value in told if value not in self.slots]
        said += [form for p in pieces if p.kind == "form" for form in self.forms[p.value].values()]
        return set(re.findall(r"\w+", " ".join(said)))


def _shared(a: str, b: str) -> int:
    """Return the length of the longest common beginning."""
    pairs = enumerate(zip(a, b, strict=False))
    return next((i for i, (x, y) in pairs if x != y), min(len(a), len(b)))


def _word_start(text: str, position: int, least: int) -> int:
    while position > least and text[position - 1].isalnum():
        position -= 1
    return position


def explain(text: str, dead_ends: list[tuple]) -> str:
    """Say in one line what does not fit in a text, from where the furthest attempt stuck."""
    start = max(position for position, *_ in dead_ends)
    furthest = [rest for position, *rest in dead_ends if position == start]
    piece, facts, expected = furthest[0]
    got = (re.findall(r"\w+|\W", text[start:]) or ["the end of the text"])[0]
    where = f"got {got!r} after {text[max(0, start - 30) : start]!r}"
    if piece is None:
        return f"expected the story to end, {where}: remove what follows"
    if piece.kind == "form":
        return f"expected {expected[0]!r} for {facts[piece.name]}, {where}: make them agree"
    if piece.kind == "slot" and piece.name in facts:
        return f"expected the {piece.name} to be {expected[0]!r}, {where}: keep what is said first"
    if piece.kind == "slot":
        return f"expected a word for the {piece.name}, {where}: use one such as {expected[0]!r}"
    words = sorted(
        {repr(re.findall(r"\w+|\W", text)[0]) for *_, texts in furthest for text in texts}
    )
    return f"expected {' or '.join(words)}, {where}: keep to the grammar's sentences"
