"""Collects the part of the engine's source that a program needs, as a package of its own.

The networks of an exported model are the engine's: what the program and everything that it refers
to define is copied, module by module, and the rest is left out. Nothing is written by hand, so
there is one definition.

A statement at the top level of a module is the unit. It is needed if the program, or a needed
statement, uses one of the names that it binds.
"""

import ast
import importlib.util
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from engine.errors import EncoderMissingError

ROOT = "engine"
_MAX_LINE = 100


@dataclass(frozen=True)
class _Imported:
    """A name that a module imports."""

    module: str
    name: str
    """Name in ``module``; empty if it is the module itself."""


@dataclass(frozen=True, eq=False)
class _Unit:
    """A statement at the top level of a module, with its comment and the docstring below it."""

    text: str
    binds: tuple[str, ...]
    uses: frozenset[str]
    late: tuple[_Imported, ...]
    """What it imports from the engine when it runs."""
    lines: range
    """Of the source."""
    is_definition: bool


@dataclass(frozen=True, eq=False)
class _Module:
    docstring: str
    units: tuple[_Unit, ...]
    imports: Mapping[str, _Imported]
    """By name in the module, in the order of the source."""

    def binding(self, name: str) -> Iterator[_Unit]:
        """Yield the statements that bind a name."""
        return (unit for unit in self.units if name in unit.binds)


def standalone_source(
    program: str, package: str, methods: Mapping[str, frozenset[str]]
) -> dict[str, str]:
    """Collect a program and what it needs of the engine.

    Args:
        program: name of its module.
        package: name of the package that takes the engine's place.
        methods: by class, the only methods that are kept of it.

    Returns:
        Python source by relative path; that of the program is ``program.py``.

    Raises:
        EncoderMissingError: the source is not there, as in a frozen program.
    """
    kept = tuple(sorted((name, tuple(sorted(names))) for name, names in methods.items()))
    found = _Search(kept)
    for unit in _parsed(program, kept).units:
        found.need(program, unit)
    texts = {}
    for module, units in found.needed.items():
        path = Path(*module.split(".")[1:]).with_suffix(".py")
        place = Path("program.py") if module == program else Path(package) / path
        texts[place.as_posix()] = _written(_parsed(module, kept), units, package)
    folders = {parent for place in texts for parent in Path(place).parents if parent.name}
    for folder in sorted(folders):
        texts[(folder / "__init__.py").as_posix()] = '"""Part of the networks of this model."""\n'
    return texts


class _Search:
    """Finds what is needed, module by module."""

    def __init__(self, methods: tuple[tuple[str, tuple[str, ...]], ...]) -> None:
        self._methods = methods
        self.needed: dict[str, list[_Unit]] = {}

    def need(self, module: str, unit: _Unit) -> None:
        """Add a statement and all that it refers to."""
        waiting = [(module, unit)]
        while waiting:
            name, one = waiting.pop()
            units = self.needed.setdefault(name, [])
            if one not in units:
                units.append(one)
                waiting.extend(self._referred(name, one))

    def _referred(self, module: str, unit: _Unit) -> Iterator[tuple[str, _Unit]]:
        known = _parsed(module, self._methods)
        wanted = list(unit.late)
        for name in unit.uses:
            yield from ((module, each) for each in known.binding(name))
            if name in known.imports:
                wanted.append(known.imports[name])
        for each in wanted:
            if _is_own(each.module):
                found = _parsed(each.module, self._methods).binding(each.name)
                yield from ((each.module, one) for one in found)


def _written(module: _Module, needed: list[_Unit], package: str) -> str:
    """Write a module with its needed statements, in their order in the source."""
    uses = frozenset[str]().union(*(unit.uses for unit in needed))
    lines = [module.docstring, ""] if module.docstring else []
    imports = _import_lines({n: i for n, i in module.imports.items() if n in uses}, package)
    text = "\n".join([*lines, *imports, ""] if imports else lines)
    before: _Unit | None = None
    for unit in (unit for unit in module.units if unit in needed):
        text += "\n" * _blank_lines(before, unit) + unit.text + "\n"
        before = unit
    return text.replace(f"from {ROOT}.", f"from {package}.")


def _blank_lines(before: _Unit | None, unit: _Unit) -> int:
    if unit.is_definition or (before is not None and before.is_definition):
        return 2
    return 0 if before is not None and before.lines.stop == unit.lines.start else 1


def _import_lines(imports: Mapping[str, _Imported], package: str) -> list[str]:
    by_module: dict[str, list[str]] = {}
    lines: dict[str, None] = {}
    for name, found in imports.items():
        if found.name:
            same = name == found.name
            by_module.setdefault(found.module, []).append(
                found.name if same else f"{found.name} as {name}"
            )
            lines.setdefault(found.module)
        else:
            same = name == found.module
            lines.setdefault(f"import {found.module}" + ("" if same else f" as {name}"))
    written: list[str] = []
    group = 0
    for line in lines:
        if written and _import_group(line) != group:
            written.append("")
        group = _import_group(line)
        names = by_module.get(line)
        if names is None:
            written.append(line)
            continue
        source = line.replace(f"{ROOT}.", f"{package}.", 1) if _is_own(line) else line
        whole = f"from {source} import {', '.join(names)}"
        if len(whole) > _MAX_LINE:
            whole = f"from {source} import (\n    " + ",\n    ".join(names) + ",\n)"
        written.append(whole)
    return written


def _import_group(line: str) -> int:
    """Return the place of an import: of the standard library, of others, of the package."""
    module = line.removeprefix("import ").split()[0]
    if _is_own(module):
        return 2
    return 0 if module.partition(".")[0] in sys.stdlib_module_names else 1


def _is_own(module: str) -> bool:
    return module == ROOT or module.startswith(f"{ROOT}.")


@cache
def _parsed(module: str, methods: tuple[tuple[str, tuple[str, ...]], ...]) -> _Module:
    """Read and split a module.

    Raises:
        EncoderMissingError: its source is not there.
    """
    spec = importlib.util.find_spec(module)
    if spec is None or spec.origin is None or not Path(spec.origin).is_file():
        raise EncoderMissingError("sample.py", f"the source of {module}, which is not installed")
    source = Path(spec.origin).read_text(encoding="utf-8")
    tree = ast.parse(source)
    kept = {name: frozenset(names) for name, names in methods}
    units: list[_Unit] = []
    imports: dict[str, _Imported] = {}
    lines, docstring, end = source.splitlines(), "", 0
    for place, node in enumerate(tree.body):
        if _is_text(node):
            if place == 0:
                docstring = _segment(lines, node.lineno, node.end_lineno or 0)
            end = node.end_lineno or 0
            continue
        if isinstance(node, ast.Import | ast.ImportFrom):
            imports.update(_imported(node))
            end = node.end_lineno or 0
            continue
        follower = tree.body[place + 1] if place + 1 < len(tree.body) else None
        documented = follower is not None and _is_text(follower) and not _is_definition(node)
        units.append(_unit(lines, end, node, follower if documented else None, kept))
        end = node.end_lineno or 0
    return _Module(docstring, tuple(units), imports)


def _unit(
    lines: list[str],
    end: int,
    node: ast.stmt,
    docstring: ast.stmt | None,
    kept: Mapping[str, frozenset[str]],
) -> _Unit:
    """Build a unit; ``end`` is the last line of the statement before."""
    decorators = getattr(node, "decorator_list", [])
    start = min([node.lineno, *(each.lineno for each in decorators)])
    while start - 1 > end and lines[start - 2].startswith("#"):
        start -= 1
    last = (docstring or node).end_lineno or node.lineno
    text = _segment(lines, start, last)
    if isinstance(node, ast.ClassDef) and node.name in kept:
        dropped = [
            each
            for each in node.body
            if isinstance(each, ast.FunctionDef) and each.name not in kept[node.name]
        ]
        node.body = [each for each in node.body if each not in dropped]
        text = _without(lines, start, last, dropped)
    lines_of = range(start, last + 1)
    return _Unit(text, _bound(node), _used(node), _late(node), lines_of, _is_definition(node))


def _without(lines: list[str], start: int, last: int, dropped: list[ast.FunctionDef]) -> str:
    """Return lines without those of the functions, and the blank line before each."""
    gone: set[int] = set()
    for each in dropped:
        first = min([each.lineno, *(one.lineno for one in each.decorator_list)])
        gone.update(range(first - 1, (each.end_lineno or first) + 1))
    kept = (lines[number - 1] for number in range(start, last + 1) if number not in gone)
    return "\n".join(kept).rstrip()


def _segment(lines: list[str], start: int, last: int) -> str:
    return "\n".join(lines[start - 1 : last])


def _is_text(node: ast.stmt) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def _is_definition(node: ast.stmt) -> bool:
    return isinstance(node, ast.FunctionDef | ast.ClassDef)


def _imported(node: ast.Import | ast.ImportFrom) -> dict[str, _Imported]:
    if isinstance(node, ast.Import):
        return {each.asname or each.name: _Imported(each.name, "") for each in node.names}
    module = node.module or ""
    return {each.asname or each.name: _Imported(module, each.name) for each in node.names}


def _late(node: ast.stmt) -> tuple[_Imported, ...]:
    inner = (each for each in ast.walk(node) if isinstance(each, ast.ImportFrom))
    found = (one for each in inner for one in _imported(each).values())
    return tuple(each for each in found if _is_own(each.module))


def _bound(node: ast.stmt) -> tuple[str, ...]:
    """Return the names that a statement at the top level binds."""
    match node:
        case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
            return (name,)
        case ast.Assign(targets=targets):
            places = targets
        case ast.AnnAssign(target=target) | ast.AugAssign(target=target):
            places = [target]
        case _:
            places = []
    return tuple(
        each.id for place in places for each in ast.walk(place) if isinstance(each, ast.Name)
    )


def _used(node: ast.stmt) -> frozenset[str]:
    """Return the names in a statement, those in texts that are annotations among them."""
    names: set[str] = set()
    for each in ast.walk(node):
        if isinstance(each, ast.Name):
            names.add(each.id)
            continue
        text = _annotation_in(each)
        if text:
            parsed = ast.parse(text, mode="eval")
            names.update(one.id for one in ast.walk(parsed) if isinstance(one, ast.Name))
    # ``import a.b`` binds ``a.b`` here, and is used as ``a.b.c``.
    names |= {ast.unparse(each) for each in ast.walk(node) if isinstance(each, ast.Attribute)}
    return frozenset(names)


def _annotation_in(node: ast.AST) -> str:
    """Return a forward reference: an annotation, or the first argument of ``cast``, as a text."""
    value: ast.expr | None = None
    match node:
        case ast.arg(annotation=annotation) | ast.AnnAssign(annotation=annotation):
            value = annotation
        case ast.FunctionDef(returns=annotation):
            value = annotation
        case ast.Call(func=ast.Name(id="cast"), args=[kind, *_]):
            value = kind
        case _:
            pass
    is_text = isinstance(value, ast.Constant) and isinstance(value.value, str)
    return str(value.value) if is_text and isinstance(value, ast.Constant) else ""
