"""The difference of two objects as a ytt overlay, which changes the one into the other when it is rendered.

An overlay contains only what changes: a text of many lines is changed by its lines, so that the
rest of it may still come from data values.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pkgops.formats import yaml
from pkgops.kube import Obj

LOAD = '#@ load("@ytt:overlay", "overlay")'
REPLACE_LINES = '#@overlay/replace via=lambda left, right: left.replace(right["these"], right["with"])'
_INDENT = "  "


def overlay(before: Obj, after: Obj, comment: Sequence[str] = ()) -> str:
    """Return the overlay that changes ``before`` into ``after``; it matches the object by its kind and name.

    Args:
        before: an object as it is rendered.
        after: the desired object, of the same name.
        comment: lines with the reason.
    """
    notes = [f"#! {line}" for line in comment]
    return "\n".join(
        [*notes, f"#@overlay/match by=overlay.subset({_identity(before)})", "---", *_map(before, after)]
    )


def _identity(obj: Obj) -> str:
    meta = obj["metadata"]
    names = {key: meta[key] for key in ("name", "namespace") if meta.get(key)}
    return _literal({"apiVersion": obj["apiVersion"], "kind": obj["kind"], "metadata": names})


def _literal(value: Any) -> str:
    """A value as Starlark writes it."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_literal(key)}: {_literal(item)}" for key, item in value.items()) + "}"
    return '"' + str(value).replace("\\", "\\\\").replace('"', '\\"') + '"'


def _map(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    lines: list[str] = []
    for key, old in before.items():
        if key not in after:
            lines += ["#@overlay/remove", f"{_key(key)}:"]
        elif old != after[key]:
            lines += _change(key, old, after[key])
    for key in after:
        if key not in before:
            lines += ["#@overlay/match missing_ok=True", *_entry(key, after[key])]
    return lines


def _change(key: str, old: Any, new: Any) -> list[str]:
    if isinstance(old, Mapping) and isinstance(new, Mapping) and old and new:
        return [f"{_key(key)}:", *_below(_map(old, new))]
    if isinstance(old, list) and isinstance(new, list):
        items = _items(old, new)
        if items is not None:
            return [f"{_key(key)}:", *items]
    if isinstance(old, str) and isinstance(new, str) and "\n" in old:
        lines = _lines(old, new)
        if lines is not None:
            return [REPLACE_LINES, *_entry(key, {"these": lines[0], "with": lines[1]})]
    return ["#@overlay/replace", *_entry(key, new)]


def _items(old: list[Any], new: list[Any]) -> list[str] | None:
    """The changes of a list whose items are identified by name or by place; None where it is replaced."""
    if len(old) > len(new) or not all(isinstance(item, Mapping) for item in [*old, *new]):
        return None
    names = [item.get("name") for item in old]
    named = all(isinstance(name, str) for name in names) and len(set(names)) == len(names)
    lines: list[str] = []
    for place, (before, after) in enumerate(zip(old, new, strict=False)):
        if before == after:
            continue
        if named and before.get("name") == after.get("name"):
            found, kept = '"name"', [f"name: {_scalar(before['name'])}"]
        else:
            found, kept = f"overlay.index({place})", []
        first, *rest = _below([*kept, *_map(before, after)])
        lines += _item(f"#@overlay/match by={found}", [first, *rest])
    for item in new[len(old) :]:
        lines += _item("#@overlay/append", _below(_dump(item)))
    return lines


def _item(annotation: str, lines: list[str]) -> list[str]:
    """A list's item: annotations of its first key are above the dash only where that key has none."""
    first, *rest = lines
    if first.strip().startswith("#@"):
        return [annotation, "-", *lines]
    return [annotation, f"- {first.strip()}", *rest]


def _lines(old: str, new: str) -> tuple[str, str] | None:
    """The lines that change, with as many before them as make them occur once; None where that fails."""
    before, after = old.splitlines(keepends=True), new.splitlines(keepends=True)
    start = 0
    while start < min(len(before), len(after)) and before[start] == after[start]:
        start += 1
    end = 0
    while end < min(len(before), len(after)) - start and before[-1 - end] == after[-1 - end]:
        end += 1
    for first in range(start, -1, -1):
        these = "".join(before[first : len(before) - end])
        by = "".join(after[first : len(after) - end])
        if these and old.count(these) == 1 and old.replace(these, by) == new:
            return these, by
    return None


def _entry(key: str, value: Any) -> list[str]:
    if isinstance(value, Mapping | list) and value:
        return [f"{_key(key)}:", *_below(_dump(value))]
    first, *rest = _dump({key: value})
    return [first, *rest]


def _dump(value: Any) -> list[str]:
    return yaml.dump_all([value]).rstrip("\n").removeprefix("---\n").splitlines()


def _scalar(text: str) -> str:
    return "\n".join(_dump({"x": text})).partition(": ")[2]


def _key(key: str) -> str:
    (line,) = _dump({key: 0})
    return line.removesuffix(": 0")


def _below(lines: Sequence[str]) -> list[str]:
    return [f"{_INDENT}{line}" if line else line for line in lines]


def document(parts: Iterator[str] | Sequence[str]) -> str:
    """Return overlays as one file."""
    return "\n".join([LOAD, "", *(f"{part}\n" for part in parts)])
