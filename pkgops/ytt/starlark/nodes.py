"""The syntax tree. Every node contains the 1-based line of generated code where it starts."""

from __future__ import annotations

from typing import Any

from pkgops.values import Value


class Node(Value, frozen=False):
    """Base of all nodes."""

    line: int


class Literal(Node, frozen=False):
    """A number or a string."""

    value: Any


class Name(Node, frozen=False):
    """A use of a name."""

    name: str


class ListExpr(Node, frozen=False):
    """``[a, b]``."""

    items: list[Node]


class TupleExpr(Node, frozen=False):
    """``a, b`` or ``(a, b)``."""

    items: list[Node]


class DictExpr(Node, frozen=False):
    """``{a: b}``."""

    entries: list[tuple[Node, Node]]


class ForClause(Value, frozen=False):
    """``for target in source`` of a comprehension."""

    target: Node
    source: Node


class IfClause(Value, frozen=False):
    """``if condition`` of a comprehension."""

    condition: Node


class Comprehension(Node, frozen=False):
    """``[body for ...]``, or ``{body: value for ...}`` where ``value`` is set."""

    body: Node
    value: Node | None
    clauses: list[ForClause | IfClause]


class Conditional(Node, frozen=False):
    """``then if condition else otherwise``."""

    condition: Node
    then: Node
    otherwise: Node


class Unary(Node, frozen=False):
    """``-x``, ``+x``, ``~x``, ``not x``."""

    operator: str
    operand: Node


class Binary(Node, frozen=False):
    """``left operator right``; ``and`` and ``or`` too."""

    operator: str
    left: Node
    right: Node


class Dot(Node, frozen=False):
    """``target.name``."""

    target: Node
    name: str


class Index(Node, frozen=False):
    """``target[key]``."""

    target: Node
    key: Node


class Slice(Node, frozen=False, kw_only=True):
    """``target[low:high:step]``."""

    target: Node
    low: Node | None
    high: Node | None
    step: Node | None


class Arguments(Value, frozen=False):
    """The arguments of a call."""

    positional: list[Node]
    named: list[tuple[str, Node]]
    star: Node | None = None
    star_star: Node | None = None


class Call(Node, frozen=False):
    """``function(arguments)``; ``line`` is that of the opening parenthesis."""

    function: Node
    arguments: Arguments


class Parameter(Value, frozen=False):
    """One parameter. ``star`` is empty, ``*`` (also without a name) or ``**``."""

    name: str
    default: Node | None
    star: str
    line: int


class Lambda(Node, frozen=False):
    """``lambda parameters: body``."""

    parameters: list[Parameter]
    body: Node


class ExprStatement(Node, frozen=False):
    """An expression on its own."""

    value: Node


class Assign(Node, frozen=False):
    """``target = value``, or ``target operator= value`` where ``operator`` is set."""

    target: Node
    operator: str
    value: Node


class If(Node, frozen=False):
    """``if condition: then else: otherwise``; ``elif`` is an If within ``otherwise``."""

    condition: Node
    then: list[Node]
    otherwise: list[Node]


class For(Node, frozen=False):
    """``for target in source: body``."""

    target: Node
    source: Node
    body: list[Node]


class While(Node, frozen=False):
    """``while condition: body``."""

    condition: Node
    body: list[Node]


class Def(Node, frozen=False):
    """``def name(parameters): body``."""

    name: str
    parameters: list[Parameter]
    body: list[Node]


class Return(Node, frozen=False):
    """``return value``."""

    value: Node | None


class Branch(Node, frozen=False):
    """``break`` or ``continue``."""

    kind: str


class Load(Node, frozen=False):
    """``load("module", to="from")``: pairs of local and original name."""

    module: str
    names: list[tuple[str, str]]


class Instruction(Node, frozen=False):
    """A step that the template compiler inserted into the code, with its expression, if any."""

    number: int
    arguments: Arguments | None
