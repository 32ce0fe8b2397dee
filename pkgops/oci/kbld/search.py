"""Find the images in a document, and replace them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

from pkgops.formats import yaml
from pkgops.oci.kbld.config import SearchRule, matches_value

Replace = Callable[[str], str]
Path = tuple[str | int, ...]


def replace_images(document: Any, rules: Iterable[SearchRule], replace: Replace) -> Any:
    """Return the document with every image that a rule finds passed through ``replace``.

    The first rule that matches a place decides; values are non-empty strings.
    """
    return _visit(document, (), tuple(rules), replace)


def _visit(value: Any, path: Path, rules: tuple[SearchRule, ...], replace: Replace) -> Any:
    if isinstance(value, dict):
        return {key: _visit(item, (*path, key), rules, replace) for key, item in value.items()}
    if isinstance(value, list):
        return [_visit(item, (*path, index), rules, replace) for index, item in enumerate(value)]
    if not isinstance(value, str) or not value:
        return value
    rule = next((rule for rule in rules if _fits(rule, path, value)), None)
    return _apply(rule, value, rules, replace) if rule else value


def _fits(rule: SearchRule, path: Path, value: str) -> bool:
    if rule.key and (not path or path[-1] != rule.key):
        return False
    if rule.path and not _on_path(rule.path, path):
        return False
    if rule.image or rule.repository:
        return matches_value(value, rule.image, rule.repository)
    return True


def _on_path(wanted: tuple[str | int | None, ...], path: Path) -> bool:
    if len(wanted) != len(path):
        return False
    pairs = zip(wanted, path, strict=True)
    return all(step == here or (step is None and isinstance(here, int)) for step, here in pairs)


def _apply(rule: SearchRule, value: str, rules: tuple[SearchRule, ...], replace: Replace) -> str:
    if rule.strategy == "none":
        return value
    if rule.strategy == "json":
        return json.dumps(_visit(json.loads(value), (), rules, replace), sort_keys=True)
    if rule.strategy == "yaml":
        documents = yaml.parse_all(value, "a value with updateStrategy yaml")
        return yaml.dump_all([_visit(document, (), rules, replace) for document in documents])
    return replace(value)
