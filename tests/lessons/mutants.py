"""Break a function in one place at a time: the slips that are made while typing it.

Loops of a mutant stop after some thousand rounds, so that none hangs.
"""

import ast
import copy
from collections.abc import Iterator
from functools import singledispatch
from itertools import pairwise, zip_longest

OTHER = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq,
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult,
    ast.BitAnd: ast.BitOr, ast.And: ast.Or, ast.Or: ast.And,
}  # fmt: skip
NAMES = {
    "max": "min", "mean": "sum", "sum": "mean", "argmax": "argmin", "tril": "triu", "triu": "tril",
    "softmax": "log_softmax", "log_softmax": "softmax", "logsigmoid": "sigmoid", "log": "log2",
}  # fmt: skip
ROUNDS = 5000


def mutants(source: str) -> Iterator[tuple[str, str]]:
    """Yield the first line that is changed and the source, for a cell that defines a function."""
    tree = ast.parse(source)
    seen = {ast.unparse(tree)}
    for changed in _all_changes(tree):
        text = ast.unparse(ast.fix_missing_locations(changed))
        if text not in seen:
            seen.add(text)
            pairs = zip_longest(ast.unparse(tree).splitlines(), text.splitlines(), fillvalue="")
            yield next(new.strip() for old, new in pairs if new != old), text


def build(text: str, names: dict, function: str):
    """Run a mutant's source among a lesson's names; return its function."""
    names = {**names, "_fuel": iter(range(1, ROUNDS)).__next__}
    tree = _Fuelled().visit(ast.parse(text))
    exec(compile(ast.fix_missing_locations(tree), "mutant", "exec"), names)
    return names[function]


class _Fuelled(ast.NodeTransformer):
    """Let each round of a `while` use up some of a limited supply."""

    def visit_While(self, node):
        self.generic_visit(node)
        fuel = ast.parse("_fuel()", mode="eval").body
        node.test = ast.BoolOp(ast.And(), [fuel, node.test])
        return node


def _all_changes(tree):
    nodes = list(ast.walk(tree))
    for number, node in enumerate(nodes):
        for new in changes(node):
            yield _with(tree, number, new)
    arguments = next(node for node in nodes if isinstance(node, ast.FunctionDef)).args.args
    for a, b in pairwise(arguments):
        yield _Renamed(a.arg, b.arg).visit(copy.deepcopy(tree))


def _with(tree, number, new):
    """Return a copy of a tree whose node of that number is another one."""
    tree = copy.deepcopy(tree)
    return _Replaced(list(ast.walk(tree))[number], copy.deepcopy(new)).visit(tree)


class _Replaced(ast.NodeTransformer):
    def __init__(self, old, new):
        self.old, self.new = old, new

    def visit(self, node):
        return self.new if node is self.old else self.generic_visit(node)


class _Renamed(ast.NodeTransformer):
    def __init__(self, a, b):
        self.names = {a: b, b: a}

    def visit_Name(self, node):
        return ast.Name(self.names.get(node.id, node.id), node.ctx)


@singledispatch
def changes(node: ast.AST) -> Iterator[ast.AST]:
    """Yield what may stand in place of a node."""
    return iter(())


def _new(node, **fields):
    """Return a copy of a node with other fields."""
    return type(node)(**{name: getattr(node, name, None) for name in node._fields} | fields)


@changes.register
def _(node: ast.Compare):
    if type(node.ops[0]) in OTHER:
        yield _new(node, ops=[OTHER[type(node.ops[0])]()])


@changes.register
def _(node: ast.BinOp):
    if type(node.op) in OTHER:
        yield _new(node, op=OTHER[type(node.op)]())
    if isinstance(node.op, ast.MatMult):
        yield _new(node, left=node.right, right=node.left)
    yield node.left
    yield node.right


@changes.register
def _(node: ast.BoolOp):
    yield _new(node, op=OTHER[type(node.op)]())
    yield from node.values


@changes.register
def _(node: ast.Constant):
    if isinstance(node.value, bool):
        yield ast.Constant(not node.value)
    elif isinstance(node.value, int):
        yield ast.Constant(node.value + 1)
        yield ast.Constant(node.value - 1)
    elif isinstance(node.value, float):
        yield ast.Constant(node.value + 1)


@changes.register
def _(node: ast.UnaryOp):
    yield node.operand


@changes.register
def _(node: ast.Slice):
    for end in ("lower", "upper"):
        if getattr(node, end) is not None:
            yield _new(node, **{end: None})


@changes.register
def _(node: ast.Call):
    if isinstance(node.func, ast.Attribute):
        yield from _changes_of_name(node)
    for i in range(len(node.keywords)):
        yield _new(node, keywords=node.keywords[:i] + node.keywords[i + 1 :])
    if len(node.args) > 1:
        yield _new(node, args=[*node.args[1::-1], *node.args[2:]])


def _changes_of_name(node):
    if ast.unparse(node.func.value) not in ("torch", "F", "math"):
        yield node.func.value
    elif node.args:
        yield node.args[0]
    if node.func.attr in NAMES:
        yield _new(node, func=_new(node.func, attr=NAMES[node.func.attr]))


@changes.register
def _(node: ast.IfExp):
    yield node.body
    yield node.orelse


@changes.register(ast.Assign | ast.AugAssign | ast.Break | ast.If)
def _(node):
    yield ast.Pass()


@changes.register
def _(node: ast.Return):
    yield ast.Expr(node.value)
    yield ast.Return(ast.UnaryOp(ast.USub(), node.value))
    yield ast.Return(ast.BinOp(node.value, ast.Mult(), ast.Constant(2)))
