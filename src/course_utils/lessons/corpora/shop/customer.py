"""A simulated customer with goals, who reads each reply and goes on accordingly."""

import random
from dataclasses import dataclass, field

from course_utils import arguments
from course_utils.lessons.corpora.shop.catalogue import GOODS, Catalogue
from course_utils.lessons.corpora.shop.intents import Intent, made_up_word, noise
from course_utils.lessons.corpora.shop.judge import find_fault
from course_utils.lessons.corpora.shop.wordings import CUSTOMER
from course_utils.runtime import CourseError

GOALS = ("price", "stock", "order", "refusal")
N_GOALS = 3


@dataclass
class Turn:
    """One exchange: what was meant, said and replied, and the fault of the reply ("": none)."""

    goal: int | None
    intent: Intent
    message: str
    reply: str = ""
    fault: str = ""


@dataclass
class Customer:
    """Somebody with a few goals in one shop.

    Args:
        catalogue: what the shop sells; the customer checks replies against it.
        rng: decides goals and words.
        n_goals: 1 or more. Default 3; at most one of them is an order.
        wordings: as in `wordings.CUSTOMER`. Default: that.

    Raises:
        CourseError: if an argument is none of these.
    """

    catalogue: Catalogue
    rng: random.Random
    n_goals: int = N_GOALS
    wordings: dict = field(default_factory=lambda: CUSTOMER)

    def __post_init__(self):
        self._check()
        self.turns: list[Turn] = []
        self.goals = self._draw_goals()
        self._plan = self._draw_plan()

    def speak(self) -> str | None:
        """Return the next message, or None when there is nothing more to say."""
        if not self._plan:
            return None
        goal, intent, wording = self._plan.pop(0)
        message = noise(self.rng) if wording == "noise" else self._say(wording, intent)
        self.turns.append(Turn(goal, intent, message))
        return message

    def hear(self, reply: str) -> None:
        """Check the reply to the last message, and decide how to go on.

        Raises:
            CourseError: if it is no text, or nothing was said yet.
        """
        if not self.turns:
            raise CourseError("nothing was said yet: let the customer speak() first")
        turn = self.turns[-1]
        turn.reply, turn.fault = reply, find_fault(reply, turn.intent, self.catalogue)
        if turn.fault:  # the goal is lost: go on with the next one
            self._plan = [step for step in self._plan if step[0] != turn.goal or step[0] is None]
        elif turn.intent.kind == "order":
            self._go_on_ordering(turn)

    @property
    def messages(self) -> list[dict]:
        """The conversation so far with roles, the system message first."""
        result = [{"role": "system", "content": self.catalogue.text}]
        for turn in self.turns:
            result.append({"role": "user", "content": turn.message})
            if turn.reply.strip():  # an empty one is no message
                result.append({"role": "assistant", "content": turn.reply})
        return result

    @property
    def met(self) -> list[bool]:
        """Whether each goal was met: all its replies came and had no fault."""
        done = not self._plan
        return [
            done and all(not turn.fault and turn.reply for turn in self.turns if turn.goal == g)
            for g in range(len(self.goals))
        ]

    @property
    def invented_prices(self) -> int:
        """Number of replies with a price that the list does not give."""
        return sum(turn.fault == "invented price" for turn in self.turns)

    def _check(self):
        fix = "draw one with draw_catalogue(rng)"
        arguments.instance("catalogue", self.catalogue, Catalogue, fix)
        arguments.chance("rng", self.rng)
        arguments.whole("n_goals", self.n_goals, 1)
        arguments.instance("wordings", self.wordings, dict, "change a copy of CUSTOMER")
        if lacks := [name for name in CUSTOMER if not self.wordings.get(name)]:
            raise CourseError(f"wordings lacks {', '.join(lacks)}: change a copy of CUSTOMER")

    def _say(self, wording, intent):
        return self.rng.choice(self.wordings[wording]).format(good=intent.good, n=intent.n)

    def _draw_goals(self):
        goals = ["order"] if self.rng.random() < 0.75 else []
        while len(goals) < self.n_goals:
            goals.append(self.rng.choice(("price", "stock", "refusal")))
        self.rng.shuffle(goals)
        return goals[: self.n_goals]

    def _draw_plan(self):
        """Return steps (goal, intent, wording), with some talk that is no goal around them."""
        plan = [step for i, goal in enumerate(self.goals) for step in self._steps(i, goal)]
        if self.rng.random() < 0.3:
            plan.insert(0, (None, Intent("hello"), "hello"))
        if self.rng.random() < 0.3:
            plan.append((None, Intent("bye"), "bye"))
        if self.rng.random() < 0.15:
            plan.insert(self.rng.randrange(len(plan)), (None, Intent("noise"), "noise"))
        return plan

    def _steps(self, i, goal):
        rng, kind = self.rng, goal
        good = rng.choice(self.catalogue.goods).name
        if goal == "refusal":
            kind = rng.choice(("price", "stock", "order"))
            others = [name for name in GOODS if self.catalogue.find(name) is None]
            known = others and rng.random() < 0.6
            good = rng.choice(others) if known else made_up_word(rng)
        n = rng.randint(2, 5) if kind == "order" else 0
        if goal == "order" and rng.random() < 0.4:  # a question first, then "three of them"
            first = rng.choice(("price", "stock"))
            if first == "price" or self.catalogue.find(good).left:
                ask = (i, Intent(first, good), first)
                return [ask, (i, Intent("order", good, n), "order them")]
        return [(i, Intent(kind, good, n), kind)]

    def _go_on_ordering(self, turn):
        """After an order: accept the smaller number there is, or say yes or no to the total."""
        intent, good = turn.intent, self.catalogue.find(turn.intent.good)
        if good is None or good.left == 0:
            return
        if intent.n > good.left:
            step = (turn.goal, Intent("order", good.name, good.left), "order fewer")
        else:
            kind = "yes" if self.rng.random() < 0.75 else "no"
            step = (turn.goal, Intent(kind, good.name, intent.n), kind)
        self._plan.insert(0, step)
