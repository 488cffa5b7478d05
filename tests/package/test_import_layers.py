"""The package's layers: imports go down or sideways, never round, and importing does nothing."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "src" / "course_utils"
LAYERS = {
    0: "runtime arguments linear tokenizers attention losses optim",
    1: "model generation training chat",
    2: "hf vision",
    3: "serve commands __main__",
}
LAYER_OF = {name: layer for layer, names in LAYERS.items() for name in names.split()}
LESSONS = ["corpora", "scenes", "scores", "checkpoints", "plotting", "widgets", "checks"]
LESSONS += ["answers", "diagram", "engine", "intervals", "kernel"]
MAY_IMPORT_TRANSFORMERS = {"hf"}
PROGRAMS_MAY_ASK = "lessons.checkpoints"  # for a model by its name
FILES = sorted(PACKAGE.rglob("*.py"))


def module_name(path: Path) -> str:
    """Turn a path into a dotted name below the package."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


def public(name: str) -> str:
    """Return the module that a dotted name belongs to: one name, or two below lessons."""
    return ".".join(name.split(".")[: 2 if name.startswith("lessons.") else 1])


KNOWN = {module_name(path) for path in FILES}
PUBLIC = sorted({public(name) for name in KNOWN} - {""})


def imports(path: Path, top_level_only: bool = False) -> set[str]:
    """Return the dotted names below the package that a file imports."""
    tree = ast.parse(path.read_text(encoding="utf8"))
    nodes = tree.body if top_level_only else ast.walk(tree)
    found = set()
    for node in nodes:
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name}: write imports in full, from course_utils..."
            base = node.module
            found |= {f"{base}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
    own = {name.removeprefix("course_utils.") for name in found if name.startswith("course_utils.")}
    return {longest_known(name) for name in own} - {"", module_name(path)}


def longest_known(name: str) -> str:
    """Cut what is not a module off the end of a dotted name."""
    while name and name not in KNOWN:
        name = name.rpartition(".")[0]
    return name


def test_every_module_has_a_place():
    lessons = {f"lessons.{name}" for name in LESSONS} | {"lessons"}
    assert set(PUBLIC) == set(LAYER_OF) | lessons, "give the new module a place here and in design"


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.relative_to(PACKAGE).as_posix())
def test_imports_go_to_the_same_layer_or_a_lower_one(path):
    own = public(module_name(path))
    if own in ("", "lessons"):
        assert not imports(path), f"{own or 'course_utils'}/__init__.py imports nothing"
        return
    for other in map(public, imports(path)):
        may, where = allowed(own, other)
        assert may, f"{own} ({where}) imports {other}"


def allowed(own: str, other: str) -> tuple[bool, str]:
    """Say whether a module may import another, and where the first one stands."""
    if own.startswith("lessons"):
        return LAYER_OF.get(other, 0) < 3, "what lessons bring"
    if other.startswith("lessons"):
        return LAYER_OF[own] == 3 and other == PROGRAMS_MAY_ASK, "the GPT and its programs"
    return LAYER_OF[other] <= LAYER_OF[own], f"layer {LAYER_OF[own]}"


@pytest.mark.parametrize(
    ("own", "other", "may"),
    [
        ("model", "attention", True),
        ("attention", "model", False),
        ("training", "lessons.corpora", False),
        ("vision", "lessons.checkpoints", False),
        ("serve", "lessons.checkpoints", True),
        ("serve", "lessons.scenes", False),
        ("lessons.checks", "model", True),
        ("lessons.checks", "lessons.scenes", True),
        ("lessons.widgets", "serve", False),
    ],
)
def test_what_is_allowed(own, other, may):
    assert allowed(own, other)[0] == may


def circles(graph: dict[str, set[str]]) -> list[str]:
    """Return the nodes from which some path leads back to themselves."""

    def reachable(start: str) -> set[str]:
        seen, todo = set(), list(graph[start])
        while todo:
            name = todo.pop()
            if name not in seen:
                seen.add(name)
                todo += graph.get(name, ())
        return seen

    return sorted(name for name in graph if name in reachable(name))


def module_graph() -> dict[str, set[str]]:
    """Return who imports whom, by file; a package's __init__ and its files count as one."""
    graph = {}
    for path in FILES:
        own = public(module_name(path))
        others = {public(name) for name in imports(path)}
        graph.setdefault(own, set()).update(others - {own})
    return graph


def test_imports_have_no_circles():
    assert circles(module_graph()) == []


def test_files_of_a_folder_have_no_circles():
    graph = {module_name(p): imports(p) for p in FILES if p.name != "__init__.py"}
    assert circles(graph) == []


def test_circles_are_found():
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}}) == ["a", "b", "c"]


ALONE = """
import os, random, sys, numpy, torch

def state():
    return (random.getstate(), str(numpy.random.get_state()), torch.initial_seed(),
            torch.get_rng_state().tolist(), torch.get_default_dtype())

def look(name):
    before = state()
    __import__(f"course_utils.{name}")
    assert state() == before, f"{name}: a seed or a default was set"
    may = name in sys.argv[2].split()
    assert may or "transformers" not in sys.modules, f"{name}: transformers was imported"

for name in sys.argv[1].split():
    if not hasattr(os, "fork"):  # one after the other, those that load transformers last
        look(name)
    elif os.fork() == 0:  # a process of its own, in which only torch and numpy are loaded
        try:
            look(name)
        except BaseException as error:
            print(repr(error), flush=True)
            os._exit(1)
        sys.stdout.flush()
        os._exit(0)
    elif os.wait()[1]:
        sys.exit(f"{name} cannot be imported alone")
"""


def test_modules_import_alone_and_silently():
    names = sorted(set(PUBLIC) - {"__main__"}, key=lambda name: name in MAY_IMPORT_TRANSFORMERS)
    command = [sys.executable, "-W", "error::DeprecationWarning:course_utils", "-c", ALONE]
    words = [" ".join(names), " ".join(MAY_IMPORT_TRANSFORMERS)]
    done = subprocess.run([*command, *words], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def code_lines(path: Path) -> int:
    """Count the lines of a file that are neither blank, comment nor docstring."""
    text = path.read_text(encoding="utf8")
    skipped = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(
            node
        ):
            first = node.body[0]
            skipped |= set(range(first.lineno, first.end_lineno + 1))
    lines = enumerate(text.splitlines(), start=1)
    return sum(
        bool(line.strip()) and not line.strip().startswith("#") and number not in skipped
        for number, line in lines
    )


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.relative_to(PACKAGE).as_posix())
def test_files_and_functions_are_short(path):
    assert code_lines(path) <= 250
    for node in ast.walk(ast.parse(path.read_text(encoding="utf8"))):
        if isinstance(node, ast.FunctionDef):
            start = node.body[0].end_lineno if ast.get_docstring(node) else node.lineno
            assert node.end_lineno - start <= 40, f"{node.name} is longer than 40 lines"
