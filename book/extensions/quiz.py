"""Multiple-choice questions that need no script: every choice opens and explains itself.

    :::{quiz} What does a GPT see while it predicts the next token?
    :answer: 2

    The whole text
    : Then it would read the answer. ...

    The tokens so far
    : A causal mask hides the rest. ...
    :::

Each choice is a ``<details>`` element: it opens with a click, Enter or Space, and screen readers
know it. `answer` is the number of the right choice; each choice has its explanation.
"""

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.util.docutils import SphinxDirective


class Choice(nodes.General, nodes.Element):
    """One choice: its text in a `ChoiceText`, then its explanation."""


class ChoiceText(nodes.TextElement):
    """What stands beside the triangle."""


class Quiz(SphinxDirective):
    """A question (the argument), and a definition list of choices and explanations."""

    required_arguments = 1
    final_argument_whitespace = True
    has_content = True
    option_spec = {"answer": directives.positive_int}  # noqa: RUF012

    def run(self):
        items = self.choices()
        answer = self.options.get("answer", 0)
        if not 1 <= answer <= len(items):
            raise self.error(f"answer is {answer}, expected 1 to {len(items)}")
        text, _ = self.state.inline_text(self.arguments[0], self.lineno)
        question = nodes.paragraph("", "", *text, classes=["quiz-question"])
        choices = [self.choice(item, n == answer) for n, item in enumerate(items, 1)]
        return [nodes.container("", question, *choices, classes=["quiz"])]

    def choices(self):
        """Return the items of the definition list, or say what is wrong with it."""
        inside = nodes.container()
        self.state.nested_parse(self.content, self.content_offset, inside)
        if len(inside) != 1 or not isinstance(inside[0], nodes.definition_list):
            raise self.error("expected a definition list: a choice, then ': ' and why")
        items = list(inside[0].children)
        if len(items) < 2 or any(len(item) != 2 for item in items):
            raise self.error("expected two choices or more, each with one explanation")
        return items

    def choice(self, item, right):
        """Turn a term and its definition into a choice."""
        term, definition = item.children
        kind, word = ("quiz-right", "Right. ") if right else ("quiz-wrong", "No. ")
        verdict = nodes.strong(word, word, classes=["quiz-verdict"])
        definition[0].insert(0, verdict)
        return Choice("", ChoiceText("", "", *term.children), *definition.children, classes=[kind])


def visit_choice(self, node):
    """Open the element."""
    self.body.append(self.starttag(node, "details", CLASS="quiz-choice"))


def depart_choice(self, node):
    """Close the element."""
    self.body.append("</details>\n")


def visit_text(self, node):
    """Open the line that is always shown."""
    self.body.append("<summary>")


def depart_text(self, node):
    """Close it."""
    self.body.append("</summary>\n")


def setup(app):
    """Register the directive."""
    app.add_node(Choice, html=(visit_choice, depart_choice))
    app.add_node(ChoiceText, html=(visit_text, depart_text))
    app.add_directive("quiz", Quiz)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
