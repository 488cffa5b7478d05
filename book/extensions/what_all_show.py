"""Write all pages again when something has changed that all of them show, and none that is gone.

Every page shows the titles and the order of all others; many link to headings, cells and functions
elsewhere, or cite, and each names the version of the course's own styles. Sphinx writes the pages
whose own source has changed. So a fingerprint of what is shown everywhere is kept with the
environment.
"""

import hashlib
from pathlib import Path

from sphinx import addnodes

HERE = Path(__file__).parent


def fingerprint(parts: list) -> str:
    """Return a hash of some values, by what they print as."""
    return hashlib.sha256("\0".join(map(repr, parts)).encode()).hexdigest()


def code() -> str:
    """Return a fingerprint of the extensions: they decide what a page's source becomes."""
    return fingerprint([(path.name, path.read_bytes()) for path in sorted(HERE.glob("*.py"))])


def files(app) -> list:
    """Return the files that many pages show: styles and scripts, whose hashes stand in each page,
    and the bibliography, from which citations take names and years.
    """
    folders = [Path(app.confdir, folder) for folder in app.config.html_static_path]
    paths = [path for folder in folders for path in sorted(folder.glob("*.[cj]s*"))]
    paths += [Path(app.confdir, name) for name in getattr(app.config, "bibtex_bibfiles", [])]
    return [(path.name, path.read_bytes()) for path in paths if path.is_file()]


def shown(app) -> str:
    """Return a fingerprint of what pages show of each other."""
    env, order = app.env, []
    for name in sorted(env.tocs):
        for tree in env.tocs[name].findall(addnodes.toctree):
            order.append((name, tree["caption"], tree["entries"]))
    titles = sorted((name, title.astext()) for name, title in env.titles.items())
    cells = sorted((name, sorted(env.metadata[name].get("myst_slugs", {}))) for name in env.titles)
    names = [sorted(env.domaindata["std"][kind].items()) for kind in ("labels", "anonlabels")]
    objects = sorted(env.domaindata.get("py", {}).get("objects", {}))
    return fingerprint([order, titles, cells, names, objects, files(app)])


def read_all(app, env, added, changed, removed) -> set[str]:
    """Have all pages read again if an extension has changed."""
    before, env.extensions_code = getattr(env, "extensions_code", None), code()
    return set(env.found_docs) if before != env.extensions_code else set()


def write_all(app, env) -> set[str]:
    """Have all pages written again if what all show has changed."""
    before, env.shown_by_all = getattr(env, "shown_by_all", None), shown(app)
    return set(env.found_docs) if before != env.shown_by_all else set()


def remove_gone(app, error) -> None:
    """Remove the pages whose sources are gone from the folders of pages."""
    if error is not None or app.builder.name != "html":
        return
    there = {Path(app.builder.get_outfilename(name)) for name in app.env.found_docs}
    for folder in {path.parent for path in there} - {Path(app.outdir)}:
        for page in set(folder.glob("*.html")) - there:
            page.unlink()


def setup(app):
    """Connect the functions above to Sphinx's events."""
    app.connect("env-get-outdated", read_all)
    app.connect("env-updated", write_all)
    app.connect("build-finished", remove_gone)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
