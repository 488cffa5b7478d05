"""How the search cuts text into words: English as Sphinx does it, Chinese without a dictionary.

Chinese is written without spaces. The index gets each character and each pair of neighbours, and
a query is cut into its pairs: 预训练 becomes 预训 and 训练, and is found in a run of any length.
A name of code is cut at its underscores, in the index and in a query: top_p is found by top and p,
and has no entry of its own. Words of digits alone are not indexed, because Sphinx leaves them out
of a query.

The excerpts of a result come from its page. A site opened as a file may not read its pages: there,
a result is a title alone.
"""

import re

from sphinx.search.en import SearchEnglish

CHINESE = re.compile(r"[\u3400-\u9fff]+")
SPLIT_QUERY = r"""
var splitQuery = (query) => query
  .replace(/[\u3400-\u9fff]{2,}/g, (run) =>
    ` ${[...run].slice(1).map((character, i) => run[i] + character).join(" ")} `)
  .split(/[^\p{Letter}\p{Number}]+/u)
  .filter((word) => word);
"""
WITHOUT_EXCERPTS = """
if (location.protocol === "file:") DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;
"""


def spaced(run: str) -> str:
    """Return the characters of a run, and its pairs of neighbours.

    >>> spaced("预训练")
    ' 预 训 练 预训 训练 '
    """
    pairs = [run[i : i + 2] for i in range(len(run) - 1)]
    return f" {' '.join([*run, *pairs])} "


class SearchBook(SearchEnglish):
    """English, with Chinese inside; `lang` is the language that this one stands in for."""

    lang = "en"
    js_splitter_code = SPLIT_QUERY

    def split(self, input: str) -> list[str]:
        words = CHINESE.sub(lambda found: spaced(found[0]), input)
        return super().split(words.replace("_", " "))

    def word_filter(self, word: str) -> bool:
        return super().word_filter(word) and not word.isdigit()


def add_script(app, page, template, context, doctree) -> None:
    """Have the page of the search ask how it was opened."""
    if page == "search":
        app.add_js_file(None, body=WITHOUT_EXCERPTS)


def setup(app):
    """Take the place of Sphinx's English."""
    app.add_search_language(SearchBook)
    app.connect("html-page-context", add_script)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
