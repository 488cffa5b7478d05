"""Still pictures of the widgets: a table in HTML, for what one sees before a piece runs."""

from html import escape


def table(caption: str, head, rows) -> str:
    """Return a table as HTML.

    Args:
        caption: what it shows.
        head: a text for each column.
        rows: texts, as many a row as there are columns; the first names the row.

    >>> table("letters", ["", "code"], [("a<", "97")]).partition("<tbody>")[2]
    '<tr><th scope="row">a&lt;</th><td>97</td></tr></tbody></table>'
    """
    columns = "".join(f'<th scope="col">{escape(name)}</th>' for name in head)
    body = "".join(_row(*row) for row in rows)
    return (
        f"<table><caption>{escape(caption)}</caption><thead><tr>{columns}</tr></thead>"
        f"<tbody>{body}</tbody></table>"
    )


def _row(name, *cells) -> str:
    texts = "".join(f"<td>{escape(cell)}</td>" for cell in cells)
    return f'<tr><th scope="row">{escape(name)}</th>{texts}</tr>'


def visible(name: str) -> str:
    """Return a token with its blanks and line ends made visible, as in page.js.

    >>> visible(" boat")
    '␣boat'
    """
    return name.replace(" ", "␣").replace("\n", "⏎")


def percent(share: float) -> str:
    """Return a share as the pieces write it.

    >>> percent(0.1234)
    '12.3 %'
    """
    return f"{100 * share:.1f} %"
