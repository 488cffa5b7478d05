"""A chat box for the notebook: what was said, a line to type in, replies that stream.

It needs Python behind it. In a page without a kernel it shows the conversation as it was stored,
and says so. Works with ipywidgets 7.7 (Colab) and 8.
"""

import html
import warnings

import ipywidgets

from course_utils import arguments
from course_utils.chat import Chat
from course_utils.runtime import CourseError

NOTE = "Typing works where the notebook runs; on a page you see what was stored."
_COLOURS = {"system": "#555555", "user": "#00496f", "assistant": "#7a3500", "note": "#8b0000"}
_NAMES = {"system": "System", "user": "You", "assistant": "Model", "note": "Note"}


class ChatBox(ipywidgets.VBox):
    """Show a conversation and go on with it.

    Args:
        chat: whom to talk to.
        say: messages to begin with, or one, sent at once, so that there is something to see.

    Raises:
        CourseError: if there is nobody to talk to.
    """

    def __init__(self, chat: Chat, say: tuple[str, ...] | str = ()):
        arguments.instance("chat", chat, Chat, "make one with Chat(model, tokenizer)")
        self.chat, self.note = chat, ""
        self.history = ipywidgets.HTML()
        self.line = ipywidgets.Text(description="You:", placeholder="type, then press Enter")
        self.line.layout.width = "60%"
        send, reset = (ipywidgets.Button(description=name) for name in ("Send", "Reset"))
        send.on_click(lambda _: self._submit())
        reset.on_click(lambda _: self.reset())
        with warnings.catch_warnings():  # its successor would also send when the line loses focus
            warnings.simplefilter("ignore", DeprecationWarning)
            self.line.on_submit(lambda _: self._submit())
        row = ipywidgets.HBox([self.line, send, reset])
        super().__init__([self.history, row, ipywidgets.HTML(f"<small>{NOTE}</small>")])
        self._show()
        for message in [say] if isinstance(say, str) else say:
            self.say(message)

    def say(self, message: str) -> None:
        """Send a message and show the reply while it comes; bad input is shown as a note."""
        self.note, said = "", ""
        try:
            for piece in self.chat.send(message):
                said += piece
                self._show(message, said)
        except CourseError as error:
            self.note = str(error)
        self._show()

    def reset(self) -> None:
        """Begin the conversation again."""
        self.chat.reset()
        self.note = ""
        self._show()

    def _submit(self):
        message, self.line.value = self.line.value, ""
        self.say(message)

    def _show(self, *pending):
        """Draw all that was said, and what is being said now."""
        lines = [(m["role"], m["content"]) for m in self.chat.messages]
        lines += zip(("user", "assistant"), pending, strict=False)
        lines += [("note", self.note)] if self.note else []
        self.history.value = "".join(_line(role, text) for role, text in lines)

    def __repr__(self) -> str:  # the default holds all widgets inside
        return f"ChatBox({len(self.chat.messages)} messages), alive when run"


def _line(role, text):
    text = html.escape(text if len(text) <= 500 else text[:500] + " …")
    return f'<div style="color: {_COLOURS[role]}"><b>{_NAMES[role]}:</b> {text}</div>'
