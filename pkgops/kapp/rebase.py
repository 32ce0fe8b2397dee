"""Rebase rules: which fields of the new resource are copied from the existing one."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pkgops.kapp import fields
from pkgops.kapp.errors import KappError
from pkgops.kapp.identity import HISTORY, IDENTITY, Obj, description
from pkgops.kapp.matchers import Matcher, any_of

Overlay = Callable[[str, Obj, Obj, Obj], Obj]
"""Applies an overlay text to (current, new, existing); ``ytt.overlayContractV1`` of a rule."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RebaseRule:
    """One rule, for the resources that ``matches`` accepts."""

    matches: Matcher
    paths: tuple[fields.Path, ...]
    type: str
    sources: tuple[str, ...] = ()
    overlay: str = field(default="", repr=False)


def parse_rule(raw: Mapping[str, Any]) -> RebaseRule:
    """Return the rule of a ``rebaseRules`` entry.

    Raises:
        KappError: an unknown type, source or matcher.
    """
    matches = any_of(raw.get("resourceMatchers"))
    if raw.get("ytt") is not None:
        return RebaseRule(matches=matches, paths=(), type="overlay", overlay=_overlay_of(raw))
    paths = [raw["path"]] if raw.get("path") else list(raw.get("paths") or [])
    if raw.get("type") not in ("copy", "remove"):
        raise KappError(f"Unknown rebase rule type: {raw.get('type')} (supported: copy, remove)")
    sources = tuple(str(source) for source in raw.get("sources") or ())
    unknown = [source for source in sources if source not in ("new", "existing")]
    if unknown:
        raise KappError(f"Unknown rebase rule source: {unknown[0]} (supported: new, existing)")
    return RebaseRule(
        matches=matches,
        paths=tuple(fields.parse_path(path) for path in paths),
        type=str(raw["type"]),
        sources=sources,
    )


def _overlay_of(raw: Mapping[str, Any]) -> str:
    if any(raw.get(key) for key in ("path", "paths", "type", "sources")):
        raise KappError("Expected only resourceMatchers specified with ytt configuration")
    contract = raw["ytt"].get("overlayContractV1")
    if contract is None:
        raise KappError("Unknown rebase rule ytt contract (supported: overlayContractV1)")
    return str(contract.get("overlay.yml") or "")


def rebase(
    new: Obj, existing: Obj | None, rules: tuple[RebaseRule, ...], overlay: Overlay | None = None
) -> Obj:
    """Return a copy of ``new`` with the rules applied against ``existing``; neither is changed.

    Raises:
        KappError: a rule has an overlay that fails, or that cannot be applied; names the resource.
    """
    result = copy.deepcopy(new)
    if existing is None:
        return result
    sources = {"new": new, "existing": existing}
    for rule in rules:
        if not rule.matches(result):
            continue
        if rule.type == "overlay":
            try:
                result = _overlaid(rule, result, sources, overlay)
            except KappError as error:
                raise KappError(f"Applying rebase rule to {description(new)}: {error.what}") from error
        else:
            _edit(result, rule, sources)
    return result


def _edit(result: Obj, rule: RebaseRule, sources: Mapping[str, Obj]) -> None:
    for path in rule.paths:
        if rule.type == "remove":
            fields.remove(result, path)
        else:
            fields.copy_field(result, path, [sources[name] for name in rule.sources])


def _overlaid(rule: RebaseRule, result: Obj, sources: Mapping[str, Obj], overlay: Overlay | None) -> Obj:
    if overlay is None:
        raise KappError("ytt overlays are not supported here")
    return overlay(rule.overlay, result, sources["new"], sources["existing"])


def without_history(obj: Obj, excluded: tuple[fields.Path, ...] = ()) -> Obj:
    """Return a copy without kapp's own annotations and the excluded fields."""
    result = copy.deepcopy(obj)
    notes = result.get("metadata", {}).get("annotations")
    if isinstance(notes, dict):
        for key in (*HISTORY, IDENTITY):
            notes.pop(key, None)
    for path in excluded:
        fields.remove(result, path)
    return result
