"""The syntax tree. Every node knows the 1-based line of generated code where it starts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(slots=True)
class Node:
    """Base of all nodes."""

    line: int


@dataclass(slots=True)
class Literal(Node):
    """A number or a string."""

    value: Any


@dataclass(slots=True)
class Name(Node):
    """A use of a name."""

    name: str


@dataclass(slots=True)
class ListExpr(Node):
    """``[a, b]``."""

    items: list[Node]


@dataclass(slots=True)
class TupleExpr(Node):
    """``a, b`` or ``(a, b)``."""

    items: list[Node]


@dataclass(slots=True)
class DictExpr(Node):
    """``{a: b}``."""

    entries: list[tuple[Node, Node]]


@dataclass(slots=True)
class ForClause:
    """``for target in source`` of a comprehension."""

    target: Node
    source: Node


@dataclass(slots=True)
class IfClause:
    """``if condition`` of a comprehension."""

    condition: Node


@dataclass(slots=True)
class Comprehension(Node):
    """``[body for ...]``, or ``{body: value for ...}`` where ``value`` is set."""

    body: Node
    value: Node | None
    clauses: list[ForClause | IfClause]


@dataclass(slots=True)
class Conditional(Node):
    """``then if condition else otherwise``."""

    condition: Node
    then: Node
    otherwise: Node


@dataclass(slots=True)
class Unary(Node):
    """``-x``, ``+x``, ``~x``, ``not x``."""

    operator: str
    operand: Node


@dataclass(slots=True)
class Binary(Node):
    """``left operator right``; ``and`` and ``or`` too."""

    operator: str
    left: Node
    right: Node


@dataclass(slots=True)
class Dot(Node):
    """``target.name``."""

    target: Node
    name: str


@dataclass(slots=True)
class Index(Node):
    """``target[key]``."""

    target: Node
    key: Node


@dataclass(slots=True)
class Slice(Node):
    """``target[low:high:step]``."""

    target: Node
    low: Node | None
    high: Node | None
    step: Node | None


@dataclass(slots=True)
class Arguments:
    """What stands between the parentheses of a call."""

    positional: list[Node]
    named: list[tuple[str, Node]]
    star: Node | None = None
    star_star: Node | None = None


@dataclass(slots=True)
class Call(Node):
    """``function(arguments)``; ``line`` is that of the opening parenthesis."""

    function: Node
    arguments: Arguments


@dataclass(slots=True)
class Parameter:
    """One parameter. ``star`` is empty, ``*`` (also without a name) or ``**``."""

    name: str
    default: Node | None
    star: str
    line: int


@dataclass(slots=True)
class Lambda(Node):
    """``lambda parameters: body``."""

    parameters: list[Parameter]
    body: Node


@dataclass(slots=True)
class ExprStatement(Node):
    """An expression on its own."""

    value: Node


@dataclass(slots=True)
class Assign(Node):
    """``target = value``, or ``target operator= value`` where ``operator`` is set."""

    target: Node
    operator: str
    value: Node


@dataclass(slots=True)
class If(Node):
    """``if condition: then else: otherwise``; ``elif`` is an If within ``otherwise``."""

    condition: Node
    then: list[Node]
    otherwise: list[Node]


@dataclass(slots=True)
class For(Node):
    """``for target in source: body``."""

    target: Node
    source: Node
    body: list[Node]


@dataclass(slots=True)
class Def(Node):
    """``def name(parameters): body``."""

    name: str
    parameters: list[Parameter]
    body: list[Node]


@dataclass(slots=True)
class Return(Node):
    """``return value``."""

    value: Node | None


@dataclass(slots=True)
class Branch(Node):
    """``break`` or ``continue``."""

    kind: str


@dataclass(slots=True)
class Load(Node):
    """``load("module", to="from")``: pairs of local and original name."""

    module: str
    names: list[tuple[str, str]]


@dataclass(slots=True)
class Instruction(Node):
    """A step that the template compiler put between the code, with the expression it takes, if any."""

    number: int
    arguments: Arguments | None
