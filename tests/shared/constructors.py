"""Constructors of our own record classes and the calls of them, read from the sources."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

MANY = 4
"""So many values may be given by their positions; whoever reads more cannot tell them apart."""
BASES = {"pkgops.values.Value", "typing.NamedTuple"}


@dataclass(frozen=True)
class Call:
    """A call of a class of many fields: where, and the positional arguments with the fields that they are."""

    file: Path
    name: str
    arguments: tuple[tuple[str, ast.expr], ...]

    def __str__(self) -> str:
        line = self.arguments[0][1].lineno
        return f"{self.file}:{line}: {self.name} is given {len(self.arguments)} values by their positions"


class Sources:
    """The modules of a package."""

    def __init__(self, root: Path) -> None:
        self._modules = {_module(root, path): path for path in sorted(root.rglob("*.py"))}
        self._nodes = {name: [*ast.walk(ast.parse(path.read_text()))] for name, path in self._modules.items()}
        self._names = {name: dict(self._imports(nodes)) for name, nodes in self._nodes.items()}
        self._classes = {
            f"{name}.{node.name}": (name, node)
            for name, nodes in self._nodes.items()
            for node in nodes
            if isinstance(node, ast.ClassDef)
        }

    def calls(self) -> Iterator[Call]:
        """Every call of a class of more than ``MANY`` fields that gives some of them by their positions."""
        for module, nodes in self._nodes.items():
            for node in nodes:
                if not isinstance(node, ast.Call) or not node.args:
                    continue
                found = self._resolved(module, node.func)
                fields = self.fields(found) if found else []
                if len(fields) > MANY and not any(isinstance(one, ast.Starred) for one in node.args):
                    pairs = tuple(zip(fields, node.args, strict=False))
                    yield Call(self._modules[module], found.rpartition(".")[2], pairs)

    def positional(self) -> list[str]:
        """The classes of more than ``MANY`` fields whose constructor takes them by their positions too.

        A tuple with names does so by its nature.
        """
        return [
            name
            for name, (_, node) in self._classes.items()
            if len(self.fields(name)) > MANY and not self._is_tuple(name) and not _keyword_only(node)
        ]

    def _is_tuple(self, name: str) -> bool:
        module, node = self._classes[name]
        return "typing.NamedTuple" in [self._resolved(module, base) for base in node.bases]

    def fields(self, name: str) -> list[str]:
        """The fields of a class in the order of its constructor; none where it writes one itself."""
        if name not in self._classes:
            return []
        module, node = self._classes[name]
        bases = [self._resolved(module, base) for base in node.bases]
        inherited = [field for base in bases for field in self.fields(base)]
        record = any("dataclass" in ast.unparse(one) for one in node.decorator_list)
        if not (record or inherited or BASES & set(bases)) or _has_own(node):
            return []
        return inherited + [one for one in map(_field, node.body) if one]

    def _resolved(self, module: str, node: ast.expr) -> str:
        """The full name that an expression stands for; empty where that is nothing of ours."""
        text = _dotted(node)
        first, _, rest = text.partition(".")
        if f"{module}.{text}" in self._classes:
            return f"{module}.{text}"
        known = self._names[module].get(first, "")
        return self._origin(f"{known}.{rest}".rstrip(".")) if known else ""

    def _origin(self, name: str) -> str:
        """Where a name that a package gives on was defined."""
        package, _, last = name.rpartition(".")
        if name in self._classes or package not in self._names or name in BASES:
            return name
        further = self._names[package].get(last, "")
        return self._origin(further) if further and further != name else name

    def _imports(self, nodes: list[ast.AST]) -> Iterator[tuple[str, str]]:
        for node in nodes:
            if isinstance(node, ast.ImportFrom) and node.module and not node.level:
                yield from ((one.asname or one.name, f"{node.module}.{one.name}") for one in node.names)
            elif isinstance(node, ast.Import):
                yield from (
                    (one.asname, one.name) if one.asname else (one.name.partition(".")[0],) * 2
                    for one in node.names
                )


def _module(root: Path, path: Path) -> str:
    parts = path.relative_to(root.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _dotted(node: ast.expr) -> str:
    """A name with its attributes as it is written; empty for any other expression."""
    if isinstance(node, ast.Attribute):
        before = _dotted(node.value)
        return f"{before}.{node.attr}" if before else ""
    return node.id if isinstance(node, ast.Name) else ""


def _keyword_only(node: ast.ClassDef) -> bool:
    said = [*node.keywords, *(one for call in node.decorator_list for one in getattr(call, "keywords", ()))]
    return any(one.arg == "kw_only" and ast.unparse(one.value) == "True" for one in said)


def _has_own(node: ast.ClassDef) -> bool:
    return any(isinstance(one, ast.FunctionDef) and one.name == "__init__" for one in node.body)


def _field(node: ast.stmt) -> str:
    named = isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)
    if not named or "ClassVar" in ast.unparse(node.annotation):
        return ""
    return "" if node.value is not None and "init=False" in ast.unparse(node.value) else node.target.id
