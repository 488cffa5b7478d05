"""Pages that work where the browser refuses to remember anything, as some private windows do.

The theme's first script reads `localStorage` and would stop there. So each page begins with a
script that puts a stand-in in its place, which forgets with the page.
"""

STAND_IN = """
<script>
  try { localStorage.getItem("mode"); } catch {
    const kept = new Map();
    Object.defineProperty(window, "localStorage", { value: {
      getItem: (name) => kept.get(name) ?? null,
      setItem: (name, text) => kept.set(name, String(text)),
      removeItem: (name) => kept.delete(name),
    } });
  }
</script>
"""


def begin_with_it(app, pagename, templatename, context, doctree) -> None:
    """Put the script where the theme has nothing yet: among the page's meta tags."""
    context["metatags"] = STAND_IN + context.get("metatags", "")


def setup(app):
    """Add the script to each page."""
    app.connect("html-page-context", begin_with_it)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
