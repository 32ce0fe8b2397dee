"""Fill the ``$(...)$`` tags of a template. Pure; keys are visited in sorted order.

Source: Cartographer's templates package: tags are replaced once, a tag that is the whole string keeps the
type of its value, tags beside other text become text.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pkgops.formats import gojson
from pkgops.platform.carto.jsonpath import JsonPathError, evaluate

OPEN, CLOSE = "$(", ")$"


class InterpolationError(ValueError):
    """A tag cannot be filled; the text is the part of the condition's message after the resource's name."""


def interpolate(template: Any, context: Mapping[str, Any]) -> Any:
    """Return the template with all tags of its string values filled from ``context``.

    Raises:
        InterpolationError: at the first tag, in the order of sorted keys, that has no value.
    """
    return _fill(template, context, "")


def _fill(node: Any, context: Mapping[str, Any], path: str) -> Any:
    if isinstance(node, Mapping):
        # Upstream visits maps in random order and so reports a random failure; with a fixed order
        # the condition, and so the status, does not change between reconciles.
        filled = {key: _fill(node[key], context, f"{path}{key}.") for key in sorted(node)}
        return {key: filled[key] for key in node}
    if isinstance(node, list):
        return [_fill(item, context, f"{path}[{index}]") for index, item in enumerate(node)]
    if isinstance(node, str):
        return _fill_text(node, context, path.removesuffix("."))
    return node


def _fill_text(text: str, context: Mapping[str, Any], path: str) -> Any:
    try:
        if text.startswith(OPEN) and text.endswith(CLOSE) and text.count(OPEN) == 1:
            return _lone_tag(text, context)
        return _mixed(text, context)
    except JsonPathError as error:
        detail = f"failed to interpolate template at path [{path}]: {error}"
        raise InterpolationError(f"failed to recursively evaluate template: {detail}") from None


def _lone_tag(text: str, context: Mapping[str, Any]) -> Any:
    try:
        return evaluate(text[len(OPEN) : -len(CLOSE)], context)
    except JsonPathError as error:
        raise JsonPathError(f"evaluate tag {text}: {error}") from None


def _mixed(text: str, context: Mapping[str, Any]) -> str:
    done: list[str] = []
    rest = text
    while True:
        before, opened, after = rest.partition(OPEN)
        tag, closed, rest_after = after.partition(CLOSE)
        if not opened or not closed:
            return "".join(done) + rest
        done += [before, _as_text(tag, context)]
        rest = rest_after


def _as_text(tag: str, context: Mapping[str, Any]) -> str:
    try:
        value = evaluate(tag, context)
    except JsonPathError as error:
        raise JsonPathError(f"interpolate tag: evaluate jsonpath: {error}") from None
    if value is None:
        raise JsonPathError(f"interpolate tag: tag must not point to nil value: {tag}")
    return value if isinstance(value, str) else gojson.to_json(value)
