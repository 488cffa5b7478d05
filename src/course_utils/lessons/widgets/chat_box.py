"""shop-gpt behind its counter: what was said so far, and a line to go on with it in the page.

Python holds the first conversation; the rest happens in `chat_box.js`, by the rules of
`course_utils.chat`, once the reader has loaded the model. What is said there is in `messages`
afterwards. Left out: other models, and lists whose rows stand in another order, which shop-gpt
has not learnt to read.
"""

import html
import json

import traitlets

from course_utils import arguments
from course_utils.chat import MAX_REPLY, Chat
from course_utils.hf import load_pretrained
from course_utils.lessons import checkpoints
from course_utils.lessons.corpora import shop
from course_utils.lessons.corpora.shop.catalogue import PREAMBLE, PRICES, STOCK
from course_utils.lessons.widgets._models import ModelWidget
from course_utils.runtime import CourseError

MODEL = "shop-gpt"
OTHERS = 4  # shops to choose from beside the first
FIRST = shop.Catalogue((shop.Good("lamps", 12, 3), shop.Good("books", 4, 9)))
_NAMES = {"system": "System", "user": "You", "assistant": "Model"}


class ChatBox(ModelWidget):
    """Show a conversation with shop-gpt and go on with it.

    Args:
        catalogue: what the shop sells, in the order of `shop.GOODS`. Default: lamps and books.
        say: messages to begin with, or one: their replies stand there from the start.

    Raises:
        CourseError: if this is no such catalogue, or a message is none.

    >>> ChatBox(say="How much are the lamps?").messages[-1]["content"]
    'We ask for the lamps 12 euros each.'
    """

    piece = "chat_box"
    loads = (MODEL,)
    shops = traitlets.List().tag(sync=True)  # each {good: [left, price]}
    form = traitlets.Dict().tag(sync=True)  # how their lists are written
    asks = traitlets.Dict(shop.CUSTOMER).tag(sync=True)  # what customers of its training said
    room = traitlets.Int(MAX_REPLY).tag(sync=True)  # tokens of the longest reply
    messages = traitlets.List().tag(sync=True)

    def __init__(self, catalogue: shop.Catalogue = FIRST, say: tuple[str, ...] | str = ()):
        fix = "make one with shop.Catalogue(goods)"
        arguments.instance("catalogue", catalogue, shop.Catalogue, fix)
        if catalogue.order != shop.GOODS:
            raise CourseError(
                f"expected the goods in the order {', '.join(shop.GOODS)}, got "
                f"{', '.join(catalogue.order)}: shop-gpt has learnt to read that order alone"
            )
        super().__init__(
            shops=[_rows(one) for one in (catalogue, *_others())],
            form={
                "preamble": PREAMBLE,
                "goods": [*shop.GOODS],
                "prices": [*PRICES],
                "stock": [0, *STOCK],
            },
            messages=_talk(catalogue.text, [say] if isinstance(say, str) else say),
        )

    def still(self) -> str:
        """The conversation so far."""
        return "".join(
            f"<p><b>{_NAMES[message['role']]}:</b> {html.escape(message['content'])}</p>"
            for message in self.messages
        )

    def __repr__(self) -> str:  # the default holds an address, which no stored output may
        return f"ChatBox({len(self.messages)} messages), alive when run"


def _talk(system, said) -> list[dict]:
    chat = Chat(*load_pretrained(checkpoints.path(MODEL)), system)
    for text in said:
        list(chat.send(text))
    return chat.messages


def _others() -> list[shop.Catalogue]:
    texts = json.loads((checkpoints.path(MODEL) / "systems.json").read_text("utf-8"))
    return [shop.Catalogue.parse(text) for text in texts[:OTHERS]]


def _rows(catalogue) -> dict[str, list[int]]:
    return {good.name: [good.left, good.price] for good in catalogue.goods}
