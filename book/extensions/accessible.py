"""What the theme leaves out for readers who hear a page or use it by keyboard.

The triangles of the sidebar get a name, and so does a link whose text the theme has shortened to
nothing; works of the bibliography are items of a list. Styles of this kind: `accessible.css`.
"""

from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform


class NameLinks(SphinxPostTransform):
    """Give a link without text its address as text: the theme cuts ``https://github.com/`` off."""

    default_priority = 401  # the theme shortens links at 400
    formats = ("html",)

    def run(self, **kwargs) -> None:
        for link in self.document.findall(nodes.reference):
            if link.get("refuri") and not link.astext() and not any(link.findall(nodes.image)):
                link[:] = [nodes.Text(link["refuri"])]


def name_toggles(tree):
    """Name each triangle in the sidebar's tree after the page whose lessons it shows."""
    for summary in tree.select("details > summary"):
        link = summary.parent.find_previous_sibling("a")
        if link is not None:
            summary["aria-label"] = f"Lessons of {link.get_text(strip=True)}"
    return tree


def wrap_tree(app, pagename, templatename, context, doctree) -> None:
    """Have the function that the theme's templates call give a tree with names."""
    make = context.get("generate_toctree_html")
    if make is not None:
        context["generate_toctree_html"] = lambda *args, **kwargs: name_toggles(
            make(*args, **kwargs)
        )


def visit_citation(self, node):
    """Open a work of the bibliography; docutils gives it a role that is not to be used now."""
    if not isinstance(node.previous_sibling(), nodes.citation):
        self.body.append('<div role="list" class="citation-list">\n')
    self.body.append(self.starttag(node, "div", CLASS="citation", role="listitem"))


def setup(app):
    """Connect the functions above to Sphinx's events; the theme makes its function before."""
    app.add_node(nodes.citation, override=True, html=(visit_citation, None))
    app.add_post_transform(NameLinks)
    app.connect("html-page-context", wrap_tree, priority=900)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
