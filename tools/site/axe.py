"""What axe-core finds in a page: violations of WCAG 2.1, levels A and AA."""

from axe_playwright_python.sync_playwright import Axe

RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"],
    "resultTypes": ["violations"],
}
OPEN_ALL = "document.querySelectorAll('details').forEach((part) => (part.open = true))"
DARK = "document.documentElement.dataset.theme = 'dark'"


def violations(page) -> list[str]:
    """Return a line for each element of a page that axe-core objects to.

    Args:
        page: Playwright's, opened.
    """
    found = Axe().run(page, options=RULES).response
    assert len(found["passes"]) > 20, "axe-core did not look at the page"
    return [
        f"{rule['id']}: {node['target']} {node['html'][:120]}"
        for rule in found["violations"]
        for node in rule["nodes"]
    ]


def in_both_themes(page) -> list[str]:
    """Return what it objects to: all unfolded, then in the dark with the live pieces used."""
    page.evaluate(OPEN_ALL)
    light = violations(page)
    for piece in page.locator(".live-piece").all():
        piece.scroll_into_view_if_needed()  # it starts when it is looked at
        piece.locator("button:enabled").first.click()
    page.evaluate(DARK)
    return light + violations(page)
