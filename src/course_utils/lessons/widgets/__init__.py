"""Interactive pieces of the lessons; those with their logic in the page live on the site too.

Left out: anything a figure can show as well.
"""

from course_utils.lessons.widgets.attention_explorer import AttentionExplorer
from course_utils.lessons.widgets.chat_box import ChatBox
from course_utils.lessons.widgets.next_word import NextWordExplorer
from course_utils.lessons.widgets.picture_picker import PicturePicker

__all__ = ["AttentionExplorer", "ChatBox", "NextWordExplorer", "PicturePicker"]
