"""Replacement of ``$(...)`` references: without escaping; unknown references are kept. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

_REFERENCE = re.compile(r"\$\(([^()$\s][^()$]*)\)")


@dataclass(frozen=True)
class Variables:
    """The values of references.

    Attributes:
        strings: texts by reference (the text between the parentheses).
        arrays: items by reference; used only where the reference is a whole list item.
    """

    strings: Mapping[str, str] = field(default_factory=dict)
    arrays: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def merged(self, *others: Variables) -> Variables:
        """Return these and the others in one; later ones override earlier ones."""
        strings, arrays = dict(self.strings), dict(self.arrays)
        for other in others:
            strings.update(other.strings)
            arrays.update(other.arrays)
        return Variables(strings, arrays)


def substitute(text: str, variables: Variables) -> str:
    """Return a text with every known string reference replaced, once, from left to right."""

    def value(match: re.Match[str]) -> str:
        return variables.strings.get(match[1], match[0])

    return _REFERENCE.sub(value, text)


def substitute_list(items: Sequence[Any], variables: Variables) -> list[Any]:
    """Return a list with references replaced; an item that is just an array reference becomes its items."""
    result: list[Any] = []
    for item in items:
        whole = _REFERENCE.fullmatch(item) if isinstance(item, str) else None
        if whole and whole[1] in variables.arrays:
            result.extend(variables.arrays[whole[1]])
        else:
            result.append(substitute_tree(item, variables))
    return result


def substitute_tree(value: Any, variables: Variables) -> Any:
    """Return a copy of a JSON value with references in all its strings replaced, except in keys."""
    if isinstance(value, str):
        return substitute(value, variables)
    if isinstance(value, list):
        return substitute_list(value, variables)
    if isinstance(value, dict):
        return {key: substitute_tree(entry, variables) for key, entry in value.items()}
    return value
