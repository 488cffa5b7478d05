"""A piece alive in a page without Python, and its scripts run one by one, in headless Chromium."""

from contextlib import contextmanager

from tools.site.in_page import LESSONS, programs
from tools.site.live_pages import write_page
from tools.site.serve import serve


@contextmanager
def living(chromium, folder, *widgets):
    """Yield a function that opens a page with these widgets, each time a new one.

    It notes in `complaints` what the page complains of. With `as_file=True` the page is opened
    from the disk; other settings are of Playwright's context, such as
    ``viewport={"width": 390, "height": 800}``.

    Args:
        chromium: the fixture.
    """
    path = write_page(folder, *widgets)
    with serve(folder) as address:

        def opened(as_file=False, **settings):
            page = chromium.new_context(**settings).new_page()
            page.set_default_timeout(60_000)
            page.complaints = []
            page.on("pageerror", lambda error: page.complaints.append(str(error)))
            page.on("console", lambda m: m.type == "error" and page.complaints.append(m.text))
            page.goto(path.as_uri() if as_file else f"{address}/{path.name}")
            return page

        yield opened


@contextmanager
def alive(chromium, folder, *widgets, **settings):
    """Yield a page, a file, with these widgets alive in it, and see that it complains of nothing.

    Args:
        chromium: the fixture.
        settings: as above.
    """
    with living(chromium, folder, *widgets) as opened:
        page = opened(as_file=True, **settings)
        for place in page.locator(".live-piece").all():
            place.scroll_into_view_if_needed()
        page.locator(".live-piece[data-live]").nth(len(widgets) - 1).wait_for()
        yield page
        assert page.complaints == []
        page.context.close()


@contextmanager
def modules(chromium, *names):
    """Yield a function that computes an expression about the scripts of these widgets.

    A number that JSON lacks comes as a text.
    """
    load = "".join(f'const {name} = await import("/widgets/{name}.js");' for name in names)
    exact = "(_, x) => Number.isFinite(x) || typeof x != 'number' ? x : String(x)"
    with serve(LESSONS) as address:
        page = chromium.new_page()
        page.goto(address)
        run = programs(page)
        yield lambda expression, **given: run(
            f"{load} return JSON.parse(JSON.stringify({expression}, {exact}));", **given
        )
        page.close()
