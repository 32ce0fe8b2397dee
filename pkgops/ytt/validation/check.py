"""Checking a tree against the rules on its nodes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pkgops.ytt.errors import YttError
from pkgops.ytt.starlark.errors import StarlarkError
from pkgops.ytt.starlark.function import call
from pkgops.ytt.tree.base import Collection, Item, Node, walk
from pkgops.ytt.tree.nodes import ArrayItem, MapItem
from pkgops.ytt.tree.output import key_text
from pkgops.ytt.validation.rules import Rule, Rules, read_rules
from pkgops.ytt.values import from_host

VALIDATE = "assert/validate"
_META = "validations"


def set_rules(node: Node, rules: list[Rules]) -> None:
    """Attach rules to a node in place of those that it has."""
    node.set_meta(_META, rules)


def check_values(root: Node) -> str:
    """Check a tree against its annotations ``@assert/validate`` and the rules attached to its nodes.

    Returns:
        What is wrong, node by node; empty if nothing is.

    Raises:
        YttError: an annotation is malformed.
    """
    _attach_annotations(root)
    return "".join(_failures(node, parent, root, path) for node, parent, path in _with_paths(root, None, ""))


def _attach_annotations(root: Node) -> None:
    for node in walk(root):
        annotation = node.annotations.get(VALIDATE)
        if annotation is None:
            continue
        if isinstance(node, Collection):
            where = f"{node.display} at {node.position.compact()}"
            raise YttError(f"Invalid @{VALIDATE} annotation - not supported on {where}")
        try:
            rules = read_rules(annotation)
        except YttError as error:
            raise YttError(f"Invalid @{VALIDATE} annotation - {error.text}") from None
        set_rules(node, [*(node.get_meta(_META) or []), rules])


def _with_paths(node: Node, parent: Node | None, path: str) -> Iterator[tuple[Node, Node | None, str]]:
    yield node, parent, path
    for index, child in enumerate(node.children()):
        if isinstance(child, Node):
            yield from _with_paths(child, node, _path(path, child, index))


def _path(path: str, child: Node, index: int) -> str:
    if isinstance(child, MapItem):
        key = key_text(child.key)
        return f"{path}.{key}" if path else key
    return f"{path}[{index}]" if isinstance(child, ArrayItem) else path


def _failures(node: Node, parent: Node | None, root: Node, path: str) -> str:
    """Return the rules of a node that are not satisfied."""
    all_rules: list[Rules] = node.get_meta(_META) or []
    text = ""
    for rules in all_rules:
        value = _value(node)
        if not _applies(rules, value, _value(parent), _value(root), path):
            continue
        found = _violations(rules, value)
        if found:
            shown = path or f"({node.display})"
            text += f"  {shown}\n    from: {node.position.compact()}\n{found}\n"
    return text


def _applies(rules: Rules, value: Any, parent: Any, root: Any, path: str) -> bool:
    try:
        return rules.apply_to(value, parent, root)
    except YttError as error:
        raise YttError(f"Validating {path}: {error.text}") from None
    except StarlarkError as error:
        raise YttError(f"Validating {path}: Failure evaluating when=: {error.message}") from None


def _violations(rules: Rules, value: Any) -> str:
    text = ""
    for rule in rules.rules:
        reason = _reason(rule, value)
        if reason is None:
            continue
        text += f"    - must be: {rule.description} (by: {rules.position.compact()})\n"
        text += f"      found: {reason}\n" if reason else ""
        if rule.critical:
            break
    return text


def _reason(rule: Rule, value: Any) -> str | None:
    """Why a value does not meet a rule; None if it does, empty if there is no reason."""
    try:
        return None if call(rule.check, (value,), {}) is True else ""
    except StarlarkError as error:
        return error.message.removeprefix("fail: ").removeprefix("check: ")


def _value(node: Node | None) -> Any:
    if node is None:
        return None
    return from_host(node.value if isinstance(node, Item) else node)
