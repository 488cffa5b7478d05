"""A shop to talk in: lists of goods, simulated customers, scripted clerks, and a judge of replies.

The system message of each dialogue lists what one shop sells, drawn anew, so a right answer can
only be read there, and a wrong price can be told from a right one.
"""

from course_utils.lessons.corpora.shop.catalogue import GOODS, Catalogue, Good, draw_catalogue
from course_utils.lessons.corpora.shop.clerk import answer, can_offer
from course_utils.lessons.corpora.shop.customer import GOALS, Customer, Turn
from course_utils.lessons.corpora.shop.dialogues import (
    draw_customers,
    draw_dialogues,
    draw_pairs,
    scores,
    scripted_clerk,
    simulate,
)
from course_utils.lessons.corpora.shop.intents import Intent, right_move
from course_utils.lessons.corpora.shop.judge import FAULTS, find_fault, has_offer, prices_in
from course_utils.lessons.corpora.shop.notes import draw_notes
from course_utils.lessons.corpora.shop.vocabulary import all_texts
from course_utils.lessons.corpora.shop.wordings import CLERK, CUSTOMER, UNSEEN

__all__ = [
    "CLERK",
    "CUSTOMER",
    "FAULTS",
    "GOALS",
    "GOODS",
    "UNSEEN",
    "Catalogue",
    "Customer",
    "Good",
    "Intent",
    "Turn",
    "all_texts",
    "answer",
    "can_offer",
    "draw_catalogue",
    "draw_customers",
    "draw_dialogues",
    "draw_notes",
    "draw_pairs",
    "find_fault",
    "has_offer",
    "prices_in",
    "right_move",
    "scores",
    "scripted_clerk",
    "simulate",
]
