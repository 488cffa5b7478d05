"""The audit of the guide: a page made from a ledger, one YAML file, when the book is built.

    ```{ledger} guide_audit.yml
    ```

The file has two keys: `sections`, the names of the guide's sections in their order, and
`statements`, each with `id` (section, hyphen, number), `says`, `verdict`, `reason`, and `shown`
(cells, as lesson#cell-id), `cite` (keys of the bibliography) or both. `says` and `reason` are MyST.
`same` names earlier statements that claim the same: they must have the same verdict.

A fault in the ledger is a warning. Links to cells and citations are ordinary MyST, so the build
checks them as it checks all others. `audit.js` filters the statements, and without it all show;
it and `audit.css` are loaded on pages with a ledger only.
"""

import re
from collections import Counter
from html import escape
from pathlib import Path

import nbformat
import yaml
from docutils import nodes
from docutils.statemachine import StringList
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

LOGGER = logging.getLogger(__name__)

VERDICTS = {
    "holds": "true as it stands, or with the condition that the reason names",
    "corrected": "sound at its core, but something in it must change to be true",
    "refuted": "false: a cell or a source shows the opposite",
    "undisclosed": "cannot be checked, because OpenAI has not published it",
    "opinion": "a judgement or a forecast, which no cell can decide",
}
KEYS = {"id", "says", "verdict", "reason", "shown", "cite", "same"}
ID = re.compile(r"(\d+(?:\.\d+)*)-(\d+)")


def read_ledger(path: Path) -> tuple[list[str], list[dict]]:
    """Return the names of the sections and the statements of a ledger file."""
    data = yaml.safe_load(Path(path).read_text(encoding="utf8"))
    if not isinstance(data, dict) or set(data) != {"sections", "statements"}:
        raise ValueError("expected the two keys sections and statements")
    return data["sections"], data["statements"]


def place(name: str) -> tuple:
    """Return what statements are sorted by: ``4.1.1-3`` gives ``((4, 1, 1), 3)``."""
    match = ID.fullmatch(name)
    return tuple(map(int, match[1].split("."))), int(match[2])


def sentences(text: str) -> int:
    """Count the sentences of a text: ends of sentences outside of code and formulas."""
    plain = re.sub(r"`[^`]*`|\$[^$]*\$|\bet al\.", "x", text)
    return len(re.findall(r"[.!?](?=\s|$)", plain))


def faults_of(entry: dict) -> list[str]:
    """Say what is wrong with one statement, evidence and its form included."""
    faults = [f"has an unknown key, {key!r}" for key in set(entry) - KEYS]
    if entry.get("verdict") not in VERDICTS:
        faults.append(f"has the verdict {entry.get('verdict')!r}, expected {', '.join(VERDICTS)}")
    if not str(entry.get("says") or "").strip():
        faults.append("does not say what the guide states (says)")
    count = sentences(str(entry.get("reason") or ""))
    if count != 1:
        faults.append(f"needs a reason of one sentence, has {count}")
    if not entry.get("shown") and not entry.get("cite") and entry.get("verdict") != "opinion":
        faults.append("names neither a cell (shown) nor a source (cite)")
    if any(not re.fullmatch(r"\w+#[\w-]+", str(cell)) for cell in entry.get("shown") or []):
        faults.append("names a cell in another form than lesson#cell-id (shown)")
    return faults


def unequal(entry: dict, verdicts: dict[str, str]) -> list[str]:
    """Say where a statement and an earlier one that claims the same do not share a verdict."""
    faults = []
    for name in entry.get("same") or []:
        if name not in verdicts:
            faults.append(f"claims the same as {name}, which is no earlier statement (same)")
        elif verdicts[name] != entry.get("verdict"):
            mine, other = entry.get("verdict"), verdicts[name]
            faults.append(f"is {mine}, but {name}, which claims the same, is {other}")
    return faults


def faults(sections: list[str], statements: list[dict]) -> list[str]:
    """Return everything that is wrong with a ledger, one line each."""
    found, last, seen = [], None, {}
    for entry in statements:
        name = str(entry.get("id"))
        if not ID.fullmatch(name) or place(name)[0][0] >= len(sections):
            found.append(f"{name}: expected an id such as 4.1.1-3, in a section that has a name")
            continue
        if name in seen:
            found.append(f"{name}: the id occurs twice")
        elif last and place(name) < last:
            found.append(f"{name}: the id is out of order")
        last = place(name)
        found += [f"{name}: {fault}" for fault in faults_of(entry) + unequal(entry, seen)]
        seen[name] = entry.get("verdict")
    empty = set(range(len(sections))) - {place(name)[0][0] for name in seen}
    return found + [f"section {n} has no statement" for n in sorted(empty)]


def sound(sections: list[str], entry: dict) -> bool:
    """Say whether a statement has what it takes to be shown."""
    fits = ID.fullmatch(str(entry.get("id"))) and place(entry["id"])[0][0] < len(sections)
    return bool(fits) and entry.get("verdict") in VERDICTS


def tally(statements: list[dict]) -> str:
    """Return, for one section, how many statements have which verdict."""
    counts = Counter(entry["verdict"] for entry in statements)
    parts = [f"{counts[verdict]} {verdict}" for verdict in VERDICTS if counts[verdict]]
    noun = "statement" if len(statements) == 1 else "statements"
    return f"{len(statements)} {noun}: {', '.join(parts)}"


class Statement(nodes.General, nodes.Element):
    """One statement of the guide with its verdict, an <article> in HTML."""


class Ledger(SphinxDirective):
    """The counts, the filter and all statements of a ledger file (the argument)."""

    required_arguments = 1

    def run(self):
        _, path = self.env.relfn2path(self.arguments[0], self.env.docname)
        self.env.note_dependency(path)
        try:
            sections, statements = read_ledger(path)
        except (OSError, ValueError, yaml.YAMLError) as problem:
            raise self.error(f"{self.arguments[0]}: {problem}") from None
        for fault in faults(sections, statements):
            LOGGER.warning(f"{self.arguments[0]}, {fault}", location=self.get_location())
        statements = [entry for entry in statements if sound(sections, entry)]
        groups = [
            [e for e in statements if place(e["id"])[0][0] == n] for n in range(len(sections))
        ]
        whole = self.counts(sections, groups)
        form = nodes.raw("", filter_form(sections, len(statements)), format="html")
        parts = [self.section(n, sections[n], groups[n]) for n in range(len(sections))]
        return [*whole, form, *parts]

    def parse(self, text: str) -> list:
        """Return the nodes of a piece of MyST."""
        inside = nodes.container()
        lines = StringList(text.splitlines(), source=self.arguments[0])
        self.state.nested_parse(lines, self.content_offset, inside)
        return inside.children

    def counts(self, sections, groups) -> list:
        """Return two tables: what the verdicts mean and how often they occur, and by section."""
        everything = [entry for group in groups for entry in group]
        total = Counter(entry["verdict"] for entry in everything)
        lines = ["| verdict | statements | meaning |", "|:--|--:|:--|"]
        label = "[{0}]{{.verdict .verdict-{0}}}".format
        lines += [f"| {label(v)} | {total[v]} | {meaning} |" for v, meaning in VERDICTS.items()]
        lines += [f"| all | {len(everything)} | |", ""]
        lines += [f"| section | {' | '.join(VERDICTS)} | all |", "|:--" + "|--:" * 6 + "|"]
        for n, group in enumerate(groups):
            counts = Counter(entry["verdict"] for entry in group)
            row = " | ".join(str(counts[verdict]) for verdict in VERDICTS)
            lines.append(f"| [{n} {sections[n]}](#ledger-{n}) | {row} | {len(group)} |")
        return [nodes.container("", *self.parse("\n".join(lines)), classes=["ledger-counts"])]

    def section(self, n: int, name: str, group: list[dict]):
        """Return a section of the page: its title, its counts, its statements."""
        target = f"ledger-{n}"
        node = nodes.section(ids=[target], names=[target], classes=["ledger-section"])
        self.state.document.note_explicit_target(node, node)
        node += nodes.title("", f"{n} {name}")
        node += nodes.paragraph("", tally(group), classes=["ledger-tally"])
        node += [self.statement(entry) for entry in group]
        return node

    def statement(self, entry: dict):
        """Return one statement: id and verdict, what it says, why, and where that is shown."""
        target = f"statement-{entry['id']}"
        node = Statement(ids=[target], names=[target], **{k: entry[k] for k in ("id", "verdict")})
        self.state.document.note_explicit_target(node, node)
        link = nodes.reference("", entry["id"], refid=target, internal=True)
        verdict = nodes.inline("", entry["verdict"], classes=["verdict"])
        node += nodes.paragraph("", "", link, nodes.Text(" "), verdict, classes=["statement-head"])
        node += nodes.block_quote("", *self.parse(str(entry.get("says") or "")))
        node += self.parse(str(entry.get("reason") or ""))
        evidence = self.parse(self.evidence(entry))
        for paragraph in evidence:
            paragraph["classes"].append("statement-evidence")
        node += evidence
        return node

    def evidence(self, entry: dict) -> str:
        """Return, in MyST, links to statements of the same claim and to cells, and citations."""
        cells = {}
        for lesson, _, cell in (str(c).partition("#") for c in entry.get("shown") or []):
            cells.setdefault(lesson, []).append(cell)
        links = "; ".join(self.cell_links(lesson, found) for lesson, found in cells.items())
        keys = ",".join(entry.get("cite") or [])
        same = ", ".join(f"[{name}](#statement-{name})" for name in entry.get("same") or [])
        parts = [f"The same claim as {same}."] if same else []
        parts += [f"Shown in {links}."] if links else []
        return " ".join(parts + ([f"Source: {{cite}}`{keys}`."] if keys else []))

    def cell_links(self, lesson: str, cells: list[str]) -> str:
        """Return MyST links to a lesson and some of its cells, which the build checks."""
        path = Path(self.env.srcdir) / "notebooks" / f"{lesson}.ipynb"
        page = f"{'../' * self.env.docname.count('/')}notebooks/{lesson}.ipynb"
        links = ", ".join(f"[`{cell}`]({page}#{cell})" for cell in cells)
        return f"[{lesson_title(path)}]({page}): {links}"


def lesson_title(path: Path) -> str:
    """Return a lesson's title, or its file's name while it does not exist."""
    if not path.exists():
        return path.stem
    first = nbformat.read(path, as_version=4).cells[0].source
    return first.partition("\n")[0].removeprefix("# ").strip() or path.stem


def filter_form(sections: list[str], count: int) -> str:
    """Return the filter's HTML, hidden until the script that makes it work has run."""
    boxes = "".join(
        f'<label class="verdict-{verdict}"><input type="checkbox" name="verdict" '
        f'value="{verdict}" checked> <span class="verdict">{verdict}</span></label>'
        for verdict in VERDICTS
    )
    options = "".join(
        f'<option value="{n}">{n} {escape(name)}</option>' for n, name in enumerate(sections)
    )
    return (
        '<form class="ledger-filter" hidden>'
        f"<fieldset><legend>Verdicts to show</legend>{boxes}</fieldset>"
        '<p><label>Section <select name="section"><option value="">all</option>'
        f"{options}</select></label> "
        '<button type="reset">Show all</button></p>'
        f'<p role="status" aria-live="polite">{count} of {count} statements are shown.</p></form>\n'
    )


def visit_statement(self, node):
    """Open the article, with what the filter asks for."""
    data = {"data-verdict": node["verdict"], "data-section": place(node["id"])[0][0]}
    kind = f"statement verdict-{node['verdict']}"
    self.body.append(self.starttag(node, "article", CLASS=kind, **data))


def depart_statement(self, node):
    """Close it."""
    self.body.append("</article>\n")


def anchor_statements(app, doctree) -> None:
    """Let other pages link to a statement, as ``guide_audit.md#statement-4.1.1-6``."""
    for node in doctree.findall(Statement):
        slugs = app.env.metadata[app.env.docname].setdefault("myst_slugs", {})
        slugs[node["ids"][0]] = (0, node["ids"][0], node["id"])


def add_files(app, pagename, templatename, context, doctree) -> None:
    """Load style and script on the pages that have a ledger."""
    if doctree is not None and next(doctree.findall(Statement), None) is not None:
        app.add_css_file("audit.css")
        app.add_js_file("audit.js", loading_method="defer")


def setup(app):
    """Register the directive and what belongs to it."""
    app.add_node(Statement, html=(visit_statement, depart_statement))
    app.add_directive("ledger", Ledger)
    app.connect("doctree-read", anchor_statements)
    app.connect("html-page-context", add_files)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
