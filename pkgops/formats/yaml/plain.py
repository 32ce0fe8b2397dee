"""The plain part of YAML by libyaml's events, with positions; everything else is left to ruamel.

Plain are maps with string keys, lists, strings, and scalars that every reader of YAML 1.2 reads alike;
anchors only where no positions are kept. What is rare (tags, merges, dates, numbers of other bases)
or invalid is not read here, so that ruamel alone decides its value or its error.

It saves time: importing ruamel and reading a configuration with it takes at least 15
milliseconds of processor time more, a tenth of what ``pkgops status`` takes until its first request.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import yaml

from pkgops.formats.yaml.positions import Mark, Path, Positioned

_CONSTANTS: dict[str, Any] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]*)")
_FLOAT = re.compile(r"-?(?:0|[1-9][0-9]*)\.[0-9]+")
# What may be a number, a date, a merge or a default value to one reader or another.
_UNSURE = re.compile(
    r"[-+.]*[0-9][-+.0-9a-fA-FxXoO_:tTzZ ]*|[-+]_[0-9_]*"
    r"|[-+]?\.[0-9_]+(?:e[-+][0-9]+)?|[-+]?\.(?:inf|nan)|<<|=",
    re.IGNORECASE,
)


class _NotPlain(Exception):
    """The document contains something that is not read here."""


def read(text: str, source: str) -> Positioned | None:
    """Return the document and the positions of its keys; None where it is not plain, or not YAML."""
    loader = _loader(text)
    try:
        return _Reader(yaml.parse(text, Loader=loader), source).document() if loader else None
    except (yaml.YAMLError, _NotPlain):
        return None


def read_all(text: str) -> list[Any] | None:
    """Return all documents that are not empty; None where one of them is not plain, or not YAML."""
    loader = _loader(text)
    try:
        return list(_Reader(yaml.parse(text, Loader=loader), "").documents()) if loader else None
    except (yaml.YAMLError, _NotPlain):
        return None


def _loader(text: str) -> Any:
    """Return the parser of a text; None without libyaml, or where the text is not a usual one."""
    return getattr(yaml, "CLoader", None) if _usual(text) else None


def _usual(text: str) -> bool:
    """Return whether a text has no tabs, nor characters that only YAML 1.1 reads as line breaks or spaces."""
    return all(char == "\n" or char.isprintable() for char in set(text))


class _Reader:
    """Builds values from events."""

    def __init__(self, events: Iterator[Any], source: str) -> None:
        self._events = events
        self._source = source
        self._marks: dict[Path, Mark] = {}
        self._anchors: dict[str, Any] | None = None

    def document(self) -> Positioned:
        """Read the only document of the stream."""
        next(self._events)
        start = next(self._events)
        if isinstance(start, yaml.StreamEndEvent):
            return Positioned(None, {})
        if start.version or start.tags:
            raise _NotPlain
        value = self._value(next(self._events), (), marked=True)
        next(self._events)
        if not isinstance(next(self._events), yaml.StreamEndEvent):
            raise _NotPlain
        return Positioned(value, self._marks)

    def documents(self) -> Iterator[Any]:
        """Read the values of all documents of the stream that have one; marks are not kept."""
        next(self._events)
        while not isinstance(start := next(self._events), yaml.StreamEndEvent):
            if start.version or start.tags:
                raise _NotPlain
            self._anchors = {}
            value = self._value(next(self._events), (), marked=False)
            next(self._events)
            if value is not None:
                yield value

    def _value(self, event: Any, path: Path, *, marked: bool) -> Any:
        if not event.anchor:
            return self._content(event, path, marked=marked)
        alias = isinstance(event, yaml.AliasEvent)
        # An alias within the value of its own anchor, and an anchor that is defined twice, are left to
        # ruamel.
        if self._anchors is None or alias != (event.anchor in self._anchors):
            raise _NotPlain
        if not alias:
            self._anchors[event.anchor] = self._content(event, path, marked=marked)
        return self._anchors[event.anchor]

    def _content(self, event: Any, path: Path, *, marked: bool) -> Any:
        if event.tag:
            raise _NotPlain
        if isinstance(event, yaml.MappingStartEvent):
            return self._map(path, marked=marked)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._list(path, marked=marked)
        return _scalar(event)

    def _list(self, path: Path, *, marked: bool) -> list[Any]:
        items: list[Any] = []
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            here = (*path, str(len(items)))
            if marked:
                self._mark(here, event)
            items.append(self._value(event, here, marked=marked))
        return items

    def _mark(self, path: Path, event: Any) -> None:
        self._marks[path] = Mark(self._source, event.start_mark.line + 1, event.start_mark.column + 1)

    def _map(self, path: Path, *, marked: bool) -> dict[str, Any]:
        found: dict[str, Any] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            key = self._value(event, path, marked=False)
            if not isinstance(key, str) or key in found:
                raise _NotPlain
            here = (*path, key)
            if marked:
                self._mark(here, event)
            found[key] = self._value(next(self._events), here, marked=marked)
        return found


def _scalar(event: Any) -> Any:
    text = event.value
    if event.style:
        return text
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text):
        return float(text)
    if _UNSURE.fullmatch(text):
        raise _NotPlain
    return text
