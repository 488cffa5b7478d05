"""Buttons that work with the repository's host, and none that cannot.

The theme knows a host by its name, warns of buttons that it cannot make there, and writes links to
Binder that hold for GitHub and for GitLab's projects without subgroups.
"""

from tools.site.repository import binder, colab, provider


def fit_host(app, config) -> None:
    """Choose the buttons by the address that stands in _config.yml."""
    options = config.html_theme_options
    address = options["repository_url"]
    options.setdefault("repository_provider", provider(address) or "gitlab")  # it knows three
    if provider(address) not in ("github", "gitlab"):
        options["use_issues_button"] = False
    if not colab(address):
        options["launch_buttons"] = {**options["launch_buttons"], "colab_url": ""}


def name_rightly(app, page, template, context, doctree) -> None:
    """Write Binder's links as Binder reads them, and no other host's mark on an unknown host."""
    options = app.config.html_theme_options
    address = options["repository_url"]
    for button in context.get("header_buttons", []):
        for link in button.get("buttons", []):
            if link.get("text") == "Binder":
                link["url"] = binder_link(link["url"], address, options["repository_branch"])
        if button.get("label") == "source-repository-button" and not provider(address):
            button["icon"] = "fab fa-git-alt"


def binder_link(link: str, address: str, branch: str) -> str:
    """Put Binder's own name of a repository into a link of the theme's.

    >>> binder_link("https://b.org/v2/git/https%3A//x.org/a/b/main?urlpath=lab/tree/c",
    ...             "https://x.org/a/b", "main")
    'https://b.org/v2/git/https%3A%2F%2Fx.org%2Fa%2Fb/main?urlpath=lab/tree/c'
    """
    hub, path = link.partition("/v2/")[0], link.partition("?")[2]
    return f"{hub}/v2/{binder(address)}/{branch}?{path}"


def setup(app):
    """Connect the functions above to Sphinx's events, the second after the theme's own."""
    app.connect("config-inited", fit_host)
    app.connect("html-page-context", name_rightly, priority=510)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
