"""Whether a notebook's stored outputs are those of today's code, without running it.

A stamp is a hash of what outputs depend on: the notebook's code, the files of `src/` that this
code imports, directly or through others, with the data beside them, and the versions of the other
packages that all of these import. `make execute` writes it into the notebook's metadata; `make
book` shows the outputs of a notebook whose stamp fits, and runs the others.

It sees imports, also those inside functions, what `import_extra` names, and the name `course_utils`
in a string of the notebook, which is how a cell starts the command line. It does not see a module
imported by a name that is put together while the program runs: `src/` has none (a test holds it).
"""

import ast
import hashlib
import sys
from functools import cache
from importlib import metadata
from pathlib import Path

from IPython.core.inputtransformer2 import TransformerManager

SOURCE = Path(__file__).parents[2] / "src"
PACKAGE = "course_utils"
DISTRIBUTIONS = {"PIL": "pillow", "sklearn": "scikit-learn"}  # not called as what one imports
SKIPPED = {"__pycache__", ".ipynb_checkpoints", ".DS_Store"}


def fits(notebook, today: str | None = None) -> bool:
    """Say whether the stamp in a notebook is that of today, which is computed if not given."""
    return notebook.metadata.get("course", {}).get("stamp") == (today or stamp(notebook))


def stamp(notebook, source: Path = SOURCE) -> str:
    """Return a notebook's stamp: 16 hexadecimal digits."""
    program = parsed(notebook)
    inside = files(program, source)
    parts = code(notebook)
    parts += [f"{path.relative_to(source).as_posix()} {_hash(path)}" for path in inside]
    parts += versions(program, [path for path in inside if path.suffix == ".py"])
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


def parsed(notebook) -> ast.Module:
    """Return the program that a notebook's cells make, the setup cell left out."""
    cells = [c for c in notebook.cells if c.cell_type == "code" and c.get("id") != "setup"]
    try:
        return ast.parse("\n".join(cell.source for cell in cells))
    except SyntaxError:  # `%timeit` and the like become calls
        transform = TransformerManager().transform_cell
        return ast.parse("\n".join(transform(cell.source) for cell in cells))


def files(program: ast.Module, source: Path = SOURCE) -> list[Path]:
    """Return the package's files that a program stands on: modules, and the data beside them."""
    paths = [_file(name, source) for name in sorted(modules(program, source))]
    return [file for path in paths for file in [path, *data_of(path)]]


def code(notebook) -> list[str]:
    """Return what is run, with the tags that change how.

    The setup cell is left out: it prints nothing here, and in a fork it has another address.
    """
    cells = [c for c in notebook.cells if c.cell_type == "code" and c.get("id") != "setup"]
    return [f"{cell.metadata.get('tags', [])} {cell.source}" for cell in cells]


def modules(program: ast.Module, source: Path = SOURCE) -> set[str]:
    """Return the package's modules that a program imports, and all that these import."""
    found, todo = set(), [*imports(program), *_started(program)]
    while todo:
        for name in _with_parents(todo.pop()):
            if name not in found and (path := _file(name, source)):
                found.add(name)
                todo += _imported_by(path)
    return found


def data_of(path: Path) -> list[Path]:
    """Return what lies in or below a package and is no Python; `path` is its __init__.py.

    Folders that are packages have their own, and a module that is one file has none.
    """
    return _data(path.parent) if path.name == "__init__.py" else []


def _data(folder: Path) -> list[Path]:
    found = []
    for path in sorted(folder.iterdir()):
        if path.is_dir() and path.name not in SKIPPED and not (path / "__init__.py").exists():
            found += _data(path)
        elif path.is_file() and path.suffix != ".py" and path.name not in SKIPPED:
            found.append(path)
    return found


def versions(program: ast.Module, paths: list[Path]) -> list[str]:
    """Return names and versions of the other packages that a program and some files import.

    Raises:
        PackageNotFoundError: no such package is installed; perhaps DISTRIBUTIONS lacks its name.
    """
    names = imports(program).union(*(_imported_by(path) for path in paths))
    tops = {name.partition(".")[0] for name in names} - {PACKAGE} - sys.stdlib_module_names
    found = {DISTRIBUTIONS.get(name, name) for name in tops}
    return [f"{dist}=={metadata.version(dist).partition('+')[0]}" for dist in sorted(found)]


def imports(program: ast.Module) -> set[str]:
    """Return the dotted names that a program imports; of `from a import b` both a and a.b.

    >>> sorted(imports(ast.parse("from a.b import c as d")))
    ['a.b', 'a.b.c']
    """
    names = set()
    for node in ast.walk(program):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Call) and getattr(node.func, "id", "") == "import_extra":
            names |= {arg.value for arg in node.args if isinstance(arg, ast.Constant)}
    return names


def _started(program: ast.Module) -> list[str]:
    """Return the command line's module if a string names it: `python -m course_utils`."""
    strings = (node.value for node in ast.walk(program) if isinstance(node, ast.Constant))
    return [f"{PACKAGE}.__main__"] if PACKAGE in strings else []


def _with_parents(name: str) -> list[str]:
    """Return a dotted name and all packages that it lies in, as importing it runs them too."""
    parts = name.split(".")
    return [".".join(parts[:n]) for n in range(1, len(parts) + 1)] if parts[0] == PACKAGE else []


def _file(module: str, source: Path) -> Path | None:
    """Return a module's file, or None: it belongs to another package, or is a function's name."""
    place = source.joinpath(*module.split("."))
    for path in (place / "__init__.py", place.with_name(f"{place.name}.py")):
        if path.exists():
            return path
    return None


def _imported_by(path: Path) -> set[str]:
    return _read(path, path.stat().st_mtime_ns)[1]


def _hash(path: Path) -> str:
    return _read(path, path.stat().st_mtime_ns)[0]


@cache
def _read(path: Path, changed: int) -> tuple[str, set[str]]:
    """Return a file's hash, and what it imports if it is Python; lines may end as on Windows."""
    data = path.read_bytes().replace(b"\r\n", b"\n")
    names = imports(ast.parse(data)) if path.suffix == ".py" else set()
    return hashlib.sha256(data).hexdigest(), names
