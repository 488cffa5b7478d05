"""What those see who meet the site from outside: its address, descriptions, a sitemap, a 404 page.

The address follows from the repository's, which `make publish-address` sets. A site that lies
elsewhere (a domain of its own, a host that we do not know) says where in _config.yml:

    html: {baseurl: "https://course.example/"}

A page's description is the text with which it begins.
"""

import textwrap
from html import escape
from urllib.parse import urlsplit

from docutils import nodes

from tools.site.repository import pages

LENGTH = 200  # letters that a search engine shows at most
MADE = {  # pages that stand on no text of ours
    "404": "There is no page at this address",
    "genindex": "Every function and class by its first letter",
    "py-modindex": "Every module of the package",
    "search": "Search the book",
}


def set_address(app, config) -> None:
    """Tell the extensions where the site will lie; without an address there is no sitemap."""
    repository = config.html_theme_options["repository_url"]
    address = (config.html_baseurl or pages(repository)).rstrip("/") + "/"
    config.notfound_urls_prefix = urlsplit(address).path
    config.ogp_site_name = config.html_title
    if urlsplit(address).netloc:
        config.html_baseurl = config.ogp_site_url = address
        config.sitemap_url_scheme = "{link}"
        config.sitemap_excludes = [f"{name}.html" for name in MADE]
        app.setup_extension("sphinx_sitemap")


def opening(doctree) -> str:
    """Return the first words of a page, list items included, and no more than fit."""
    said = " ".join(paragraph.astext() for paragraph in doctree.findall(nodes.paragraph))
    return textwrap.shorten(said, LENGTH, placeholder=" …")


def describe(app, page, template, context, doctree) -> None:
    """Give a page its description, for search engines and for Open Graph."""
    text = opening(doctree) if doctree else f"{MADE[page]}. {app.config.html_title}."
    tag = f'\n<meta name="description" content="{escape(text)}">\n'
    context["metatags"] = context.get("metatags", "") + tag
    context["meta"] = {**(context.get("meta") or {}), "og:description": escape(text)}


def setup(app):
    """Set the address before the extensions read it, and describe before opengraph does."""
    app.connect("config-inited", set_address, priority=900)
    app.connect("html-page-context", describe, priority=400)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
