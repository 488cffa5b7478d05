"""The shop: lists that cannot leak, customers who react, and a judge that sees every fault."""

import random
import re

import pytest

from course_utils.lessons.corpora import shop
from course_utils.lessons.corpora.shop.catalogue import Good, _draw_good
from course_utils.lessons.corpora.shop.clerk import offer
from course_utils.lessons.corpora.shop.intents import made_up_word, noise
from course_utils.lessons.corpora.shop.judge import counts_in, goods_in
from course_utils.runtime import CourseError

SHOP = shop.Catalogue((Good("lamps", 7, 3), Good("cups", 12, 0), Good("pens", 2, 9)))


# --- lists of goods -----------------------------------------------------------------------------


def test_a_list_says_what_it_holds_and_can_be_read_back():
    assert SHOP.text == (
        "Stock, goods, price: 3 lamps 7 euros; 0 cups 12 euros; no kites for sale; "
        "no books for sale; 9 pens 2 euros; no hats for sale."
    )
    assert shop.Catalogue.parse(SHOP.text) == SHOP
    assert SHOP.find("cups").price == 12 and SHOP.find("kites") is None
    rng = random.Random(1)
    for part, shuffled in [("train", False), ("test", True)] * 50:
        drawn = shop.draw_catalogue(rng, part, shuffled)
        assert shop.Catalogue.parse(drawn.text) == drawn
        assert (drawn.order == shop.GOODS) is not shuffled


def test_no_shop_is_in_both_parts():
    train = {c.catalogue.text for seed in range(5) for c in shop.draw_customers(400, seed)}
    test = {c.catalogue.text for seed in range(5) for c in shop.draw_customers(400, seed, "test")}
    assert not train & test
    assert {shop.Catalogue.parse(text).part for text in train} == {"train"}
    assert {shop.Catalogue.parse(text).part for text in test} == {"test"}
    talks = shop.draw_dialogues(300, 0) + [talk for talk, _, _ in shop.draw_pairs(100, 2)]
    texts = [talk[0]["content"] for talk in talks]
    for text in texts + [note.splitlines()[0] for note in shop.draw_notes(300, 3)]:
        assert shop.Catalogue.parse(text).part == "train"  # all that is trained on begins so


def test_the_part_depends_on_the_text_alone_and_one_in_eight_is_a_test():
    rng = random.Random(3)
    shops = [
        shop.Catalogue(tuple(_draw_good(rng, name) for name in rng.sample(shop.GOODS, 4)))
        for _ in range(4000)
    ]
    share = sum(s.part == "test" for s in shops) / len(shops)
    assert 0.105 < share < 0.145
    assert [s.part for s in shops[:50]] == [shop.Catalogue.parse(s.text).part for s in shops[:50]]
    assert shop.draw_catalogue(random.Random(5), "test").text == (
        shop.draw_catalogue(random.Random(5), "test").text
    )


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (
            lambda: shop.draw_catalogue(random.Random(0), "exam"),
            "no part 'exam'",
        ),
        (lambda: shop.Catalogue(()), "different names"),
        (lambda: shop.Catalogue((Good("cups", 1, 1), Good("cups", 2, 2))), "different names"),
        (lambda: shop.Catalogue((Good("ships", 1, 1),)), "out of lamps, cups"),
        (lambda: shop.Catalogue.parse(""), "expected a list such as"),
        (lambda: shop.Catalogue.parse(SHOP.text + " And more."), "expected a list such as"),
        (lambda: shop.Catalogue.parse("Stock, goods, price: no maps for sale."), "such as"),
        (lambda: shop.draw_customers(0, 1), "n must be 1 or more"),
        (lambda: shop.draw_customers(2.0, 1), "n must be a whole number"),
        (lambda: shop.draw_customers(2, 1, n_goals=0), "n_goals must be 1 or more"),
        (lambda: shop.simulate(lambda c: [], shop.draw_customers(2, 1)), "expected 2 replies"),
    ],
)
def test_bad_input(make, words):
    with pytest.raises(CourseError, match=words) as error:
        make()
    assert "\n" not in str(error.value)


# --- the judge ----------------------------------------------------------------------------------

PRICE = shop.Intent("price", "lamps")
STOCK = shop.Intent("stock", "lamps")
GONE = shop.Intent("stock", "cups")
ORDER = shop.Intent("order", "lamps", 2)
MANY = shop.Intent("order", "lamps", 4)
NONE = shop.Intent("order", "kites", 2)
YES = shop.Intent("yes", "lamps", 2)
NO = shop.Intent("no", "lamps", 2)


@pytest.mark.parametrize(
    ("intent", "reply", "fault"),
    [
        (PRICE, "The lamps are 7 euros each.", ""),
        (PRICE, "7 €", ""),
        (PRICE, "That would be € 7.", ""),
        (PRICE, "The lamps are 8 euros each.", "invented price"),
        (PRICE, "The lamps are 7 euros, the cups 11 euros.", "invented price"),
        (PRICE, "The lamps are 12 euros each.", "invented price"),  # the price of something else
        (PRICE, "They cost 14 euros for 2.", "invented price"),  # nobody asked for two
        (PRICE, "Sorry, we do not sell lamps.", "refused"),
        (PRICE, "I do not know.", "no answer"),
        (PRICE, "", "no answer"),
        (PRICE, "7", "wrong number"),
        (STOCK, "There are 3 lamps left.", ""),
        (STOCK, "We have 3 lamps, at 7 euros each.", ""),
        (STOCK, "There are 4 lamps left.", "wrong number"),
        (STOCK, "There are 3 lamps left, 9 euros each.", "invented price"),
        (STOCK, "Sorry, the lamps are sold out.", "refused"),
        (STOCK, "Yes, we do.", "no answer"),
        (GONE, "Sorry, the cups are sold out.", ""),
        (GONE, "There are no cups left.", ""),
        (GONE, "We have 0 left.", ""),
        (GONE, "Sorry, the cups are sold out. We do have pens.", ""),
        (GONE, "Sorry, the cups are sold out. We do have kites.", "false offer"),
        (GONE, "There are 3 cups left.", "not refused"),
        (GONE, "I do not know.", "no answer"),
        (ORDER, "Good, 2 lamps at 7 euros each make 14 euros. Shall I wrap them?", ""),
        (ORDER, "2 lamps, 14 euros.", ""),
        (ORDER, "2 lamps, 15 euros.", "invented price"),
        (ORDER, "2 lamps at 7 euros each.", "no answer"),
        (ORDER, "3 lamps make 14 euros.", "wrong number"),
        (MANY, "Sorry, there are only 3 lamps left.", ""),
        (MANY, "We don't have 4, only 3 lamps.", "not refused"),  # a blind spot: it says 4
        (MANY, "Good, 4 lamps at 7 euros each make 28 euros.", "not refused"),
        (NONE, "Sorry, we do not sell kites.", ""),
        (NONE, "Sorry, we do not sell kites. May I show you our lamps?", ""),
        (NONE, "Sorry, we do not sell kites. May I show you our cups?", "false offer"),
        (NONE, "Good, 2 kites at 7 euros each make 14 euros.", "invented price"),
        (NONE, "We have 2 kites.", "not refused"),
        (YES, "Done, 2 lamps for 14 euros. Thank you!", ""),
        (YES, "Done, 2 lamps for 7 euros. Thank you!", "no answer"),
        (NO, "No problem.", ""),
        (NO, "Done, 2 lamps for 14 euros.", "invented price"),
        (shop.Intent("hello"), "Hello!", ""),
        (shop.Intent("hello"), "  ", "no answer"),
        (shop.Intent("noise"), "We have 3 lamps.", "wrong number"),
    ],
)
def test_what_the_judge_says(intent, reply, fault):
    assert shop.find_fault(reply, intent, SHOP) == fault
    assert fault in ("", *shop.FAULTS)


def test_what_is_read_from_a_reply():
    assert shop.prices_in("2 lamps at 7 euros each make 14 euro") == {7, 14}
    assert counts_in("2 lamps at 7 euros each, 3 left") == {2, 3}
    assert goods_in("Lamps, cups and laptops") == {"lamps", "cups"}
    assert shop.has_offer("We do have pens.", GONE) and not shop.has_offer("No cups left.", GONE)


# --- clerks and customers -----------------------------------------------------------------------


@pytest.mark.parametrize("offers", [0.0, 0.5, 1.0])
def test_a_truthful_clerk_meets_every_goal(offers):
    customers = shop.draw_customers(400, 7, "test")
    result = shop.scores(shop.simulate(shop.scripted_clerk(customers, offers), customers))
    assert result["success"] == 1 and result["invented"] == 0 and not result["faults"]
    assert set(result["goals"]) == set(shop.GOALS)
    assert all(share == 1 for share in result["goals"].values())
    assert result["replies"] == sum(len(c.turns) for c in customers) > 1200


def test_every_case_occurs():
    customers = shop.draw_customers(800, 1)
    shop.simulate(shop.scripted_clerk(customers), customers)
    moves = {shop.right_move(t.intent, c.catalogue)[0] for c in customers for t in c.turns}
    assert moves == set(shop.CLERK) - {"unknown", "offer"}
    replies = " ".join(t.reply for c in customers for t in c.turns)
    for wording in ("sell that.", "We do have", "May I show you", "Yes, of the"):
        assert wording in replies


def test_a_clerk_who_does_not_read_the_list_meets_few_goals_and_invents_prices():
    customers = shop.draw_customers(400, 7, "test")
    clerk = shop.scripted_clerk(customers, reads=False)
    result = shop.scores(shop.simulate(clerk, customers))
    assert result["success"] < 0.05 and result["invented"] > 200
    assert set(result["faults"]) == set(shop.FAULTS)
    assert result["goals"]["refusal"] > 0.4  # a word that nobody sells is refused in any shop


def test_prices_and_totals_are_of_the_range_that_the_vocabulary_holds():
    seen = {good.price for c in shop.draw_customers(600, 11) for good in c.catalogue.goods}
    assert seen == set(range(2, 16))
    words = " ".join(shop.all_texts()).split()
    assert {str(price * n) for price in seen for n in range(1, 6)} <= set(words)


def test_a_clerk_without_answers_meets_no_goal():
    customers = shop.simulate(lambda c: ["I do not know."] * len(c), shop.draw_customers(100, 3))
    result = shop.scores(customers)
    assert result["success"] == 0 and set(result["goals"].values()) == {0}
    assert result["invented"] == 0 and set(result["faults"]) == {"no answer"}


def test_a_guessing_clerk_invents_prices():
    customers = shop.draw_customers(200, 4)
    guesses = random.Random(0)
    shop.simulate(
        lambda talks: [
            f"{guesses.randint(2, 20)} euros, {guesses.randint(2, 9)} left" for _ in talks
        ],
        customers,
    )
    result = shop.scores(customers)
    assert result["success"] < 0.05 and result["invented"] > 0.5 * result["replies"]


def test_the_customer_takes_what_is_left():
    customers = shop.draw_customers(500, 5)
    shop.simulate(shop.scripted_clerk(customers), customers)
    seen = 0
    for customer in customers:
        for before, after in zip(customer.turns, customer.turns[1:], strict=False):
            good = customer.catalogue.find(before.intent.good)
            if before.intent.kind == "order" and good and 0 < good.left < before.intent.n:
                assert after.intent == shop.Intent("order", good.name, good.left)
                assert str(good.left) in after.message
                seen += 1
    assert seen > 20


def test_a_wrong_reply_loses_its_goal_and_the_others_go_on():
    customer = shop.draw_customers(1, 8)[0]
    first = True
    while customer.speak() is not None:
        turn = customer.turns[-1]
        lose = first and turn.goal is not None
        first = first and not lose
        customer.hear(
            "I do not know."
            if lose
            else shop.answer(turn.intent, customer.catalogue, random.Random(0))
        )
    lost = next(turn.goal for turn in customer.turns if turn.fault)
    assert customer.met == [goal != lost for goal in range(3)]


@pytest.mark.parametrize("nothing", ["", " ", "\n"])
def test_an_empty_reply_is_a_fault_and_no_message(nothing):
    customers = shop.simulate(lambda talks: [nothing] * len(talks), shop.draw_customers(60, 8))
    result = shop.scores(customers)
    assert set(result["faults"]) == {"no answer"}
    assert result["faults"]["no answer"] == result["replies"] and result["success"] == 0
    assert {m["role"] for c in customers for m in c.messages} == {"system", "user"}


def test_new_sentences_have_the_old_meanings():
    assert set(shop.UNSEEN) == set(shop.CUSTOMER)
    for kind in ("price", "stock", "order"):
        assert not set(shop.UNSEEN[kind]) & set(shop.CUSTOMER[kind])
        for one in shop.UNSEEN[kind]:
            assert "{good}" in one and ("{n}" in one) is (kind == "order")
    customers = shop.draw_customers(100, 3, wordings=shop.UNSEEN)
    assert shop.scores(shop.simulate(shop.scripted_clerk(customers), customers))["success"] == 1


def test_an_unfinished_conversation_meets_nothing():
    customer = shop.draw_customers(1, 8)[0]
    customer.speak()
    assert not any(customer.met)


def test_only_the_history_says_what_they_are():
    messages = [c for c in shop.draw_dialogues(600, 9) if any("of them" in m["content"] for m in c)]
    assert len(messages) > 40


def test_pairs_differ_in_the_offer_alone():
    pairs = shop.draw_pairs(150, 3)
    assert len(pairs) == 150
    for messages, longer, shorter in pairs:
        assert messages[0]["role"] == "system" and messages[-1]["role"] == "user"
        assert longer.startswith(shorter) and longer != shorter
        listed = shop.Catalogue.parse(messages[0]["content"])
        offered = goods_in(longer[len(shorter) :])
        assert len(offered) == 1 and listed.find(offered.pop()).left > 0
        assert longer.endswith(f"{first_in_stock(listed)}." if "do have" in longer else "?")
    assert offer(PRICE, SHOP, random.Random(0)) == ""


def first_in_stock(listed):
    """Return the first row of a list, in its text, of which something is left."""
    rows = re.findall(r" (\d+) (\w+) \d+ euros", listed.text)
    return next(name for left, name in rows if left != "0")


def test_the_first_good_in_stock_is_offered_in_the_order_of_the_list():
    gone_first = shop.Catalogue((Good("lamps", 7, 0), Good("pens", 2, 9), Good("hats", 3, 3)))
    turned = shop.Catalogue((Good("hats", 3, 3), Good("pens", 2, 9)), ("hats", "pens"))
    for seed in range(20):
        assert " pens" in offer(shop.Intent("price", "cups"), gone_first, random.Random(seed))
        assert " pens" in offer(shop.Intent("stock", "lamps"), gone_first, random.Random(seed))
        assert " hats" in offer(shop.Intent("price", "cups"), turned, random.Random(seed))


@pytest.mark.parametrize(
    ("intent", "expected"),
    [(PRICE, False), (ORDER, False), (MANY, False), (NO, False), (GONE, True), (NONE, True)],
)
def test_when_something_can_be_offered(intent, expected):
    assert shop.can_offer(intent, SHOP) is expected
    empty = shop.Catalogue((Good("lamps", 7, 0), Good("cups", 12, 0)))
    assert shop.can_offer(intent, empty) is False


def test_draws_depend_on_the_seed_alone():
    for draw in (shop.draw_dialogues, shop.draw_pairs, shop.draw_notes):
        assert draw(5, 1) == draw(5, 1) != draw(5, 2)


def test_notes_are_true_sentences_about_their_list():
    kinds = set()
    for note in shop.draw_notes(200, 5):
        text, *sentences = note.splitlines()
        listed = shop.Catalogue.parse(text)
        for sentence in sentences:
            (good,) = map(listed.find, goods_in(sentence))
            counts, prices = counts_in(sentence), shop.prices_in(sentence)
            kinds.add(sentence.split()[0])
            if good is None:
                assert not counts and not prices and sentence.startswith("Sorry, we ")
                continue
            assert prices <= {good.price, *(n * good.price for n in counts)}
            assert prices or counts == ({good.left} if good.left else set())
            assert ("sold out" not in sentence) or good.left == 0
    assert kinds == {"We", "You", "Of", "Yes,", "Sorry,", "Good,"}


def test_words_that_no_shop_sells():
    rng = random.Random(0)
    words = {made_up_word(rng) for _ in range(500)}
    assert not words & set(shop.GOODS) and len(words) > 450
    assert all(noise(rng).strip() for _ in range(200))


def test_all_texts_hold_every_word_of_the_dialogues():
    from tokenizers import pre_tokenizers

    cut = pre_tokenizers.ByteLevel(add_prefix_space=False).pre_tokenize_str
    known = {word for text in shop.all_texts() for word, _ in cut(text)}
    customers = shop.draw_customers(500, 6)
    shop.simulate(shop.scripted_clerk(customers), customers)
    for customer in customers:
        for turn in customer.turns:
            words = {word for word, _ in cut(turn.reply)}
            if turn.intent.kind != "noise" and turn.intent.good in (*shop.GOODS, ""):
                words |= {word for word, _ in cut(turn.message)}
            assert words <= known, words - known
