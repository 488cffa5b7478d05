"""All widgets together, for a site that has no Python: their scripts, styles and models."""

import json

from course_utils.lessons.widgets._files import LINK, read, sources, style
from course_utils.lessons.widgets.attention_explorer import AttentionExplorer
from course_utils.lessons.widgets.chat_box import ChatBox
from course_utils.lessons.widgets.loss_explorer import LossExplorer
from course_utils.lessons.widgets.next_word import NextWordExplorer
from course_utils.lessons.widgets.number_box import NumberBox
from course_utils.lessons.widgets.patch_explorer import PatchExplorer
from course_utils.lessons.widgets.playground import Playground
from course_utils.lessons.widgets.question_box import QuestionBox
from course_utils.lessons.widgets.sampling_explorer import SamplingExplorer
from course_utils.lessons.widgets.scene_asker import SceneAsker
from course_utils.lessons.widgets.token_explorer import TokenExplorer
from course_utils.lessons.widgets.trainer import Trainer

__all__ = [
    "AttentionExplorer",
    "ChatBox",
    "LossExplorer",
    "NextWordExplorer",
    "NumberBox",
    "PatchExplorer",
    "Playground",
    "QuestionBox",
    "SamplingExplorer",
    "SceneAsker",
    "TokenExplorer",
    "Trainer",
    "models",
    "script",
]
ALL = (
    AttentionExplorer,
    ChatBox,
    LossExplorer,
    NextWordExplorer,
    NumberBox,
    PatchExplorer,
    Playground,
    QuestionBox,
    SamplingExplorer,
    SceneAsker,
    TokenExplorer,
    Trainer,
)


def models(*widgets) -> list[str]:
    """Return the names of the models that these widgets may load, without any: all widgets."""
    loading = (piece for piece in widgets or ALL if hasattr(piece, "loads"))
    return sorted({name for piece in loading for name in piece.loads})


def script() -> str:
    """Return one plain script that tells the site's host of all pieces (see live/host.js)."""
    texts = {LINK: read(LINK)}
    for piece in ALL:
        texts |= sources(f"widgets/{piece.piece}.js")
    styles = {piece.piece: style(piece.piece) for piece in ALL}
    told = {"sources": texts, "styles": styles}
    link = read(LINK).replace("export ", "")
    return f"{{\n{link}\nObject.assign(courseLive, {{ link }}, {json.dumps(told)});\n}}\n"
