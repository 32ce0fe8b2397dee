"""The order of changes: change groups, change rules, and their graph."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pkgops.kapp.change import Change
from pkgops.kapp.changegroups import check_group, filled, rule_words
from pkgops.kapp.config import Config
from pkgops.kapp.errors import KappError
from pkgops.kapp.identity import Obj, annotations_of, description

GROUP_ANNOTATION = "kapp.k14s.io/change-group"
RULE_ANNOTATION = "kapp.k14s.io/change-rule"

_THEIRS = {"upserting": "upsert", "deleting": "delete"}
_KIND_OF_OP = {"create": "upsert", "update": "upsert", "exists": "upsert", "delete": "delete", "noop": "noop"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One ordering rule, with its placeholders filled in."""

    mine: str
    order: str
    theirs: str
    group: str
    ignore_if_cyclical: bool


def blocked_by(changes: list[Change], config: Config) -> list[set[int]]:
    """Return for each change the indexes of the changes that must be done before it.

    Raises:
        KappError: a rule that cannot be read, or rules that contradict each other.
    """
    waits: list[set[int]] = [set() for _ in changes]
    groups = [_groups(change.resource, config) for change in changes]
    edges = [edge for index in range(len(changes)) for edge in _edges(index, changes, groups, config)]
    for before, after, optional in sorted(edges, key=lambda edge: edge[2]):
        if not _reaches(waits, before, after):
            waits[after].add(before)
        elif not optional:
            cycle = f"{changes[before].text} -> {changes[after].text}"
            raise KappError(f"Detected cycle while ordering changes: [{cycle}] (found repeated: {cycle})")
    return waits


def _edges(
    index: int, changes: list[Change], groups: list[frozenset[str]], config: Config
) -> Iterable[tuple[int, int, bool]]:
    mine = changes[index]
    for rule in _rules(mine.resource, config):
        if _KIND_OF_OP[mine.op] != rule.mine:
            continue
        for other, change in enumerate(changes):
            fits = _KIND_OF_OP[change.op] == _THEIRS[rule.theirs] and rule.group in groups[other]
            if fits and other != index:
                pair = (other, index) if rule.order == "after" else (index, other)
                yield (*pair, rule.ignore_if_cyclical)


def _reaches(waits: list[set[int]], start: int, goal: int) -> bool:
    """Return whether ``start`` waits, directly or indirectly, for ``goal``."""
    seen: set[int] = set()
    open_ = [start]
    while open_:
        current = open_.pop()
        if current == goal:
            return True
        if current not in seen:
            seen.add(current)
            open_ += waits[current]
    return False


def _groups(obj: Obj, config: Config) -> frozenset[str]:
    bound = [binding.name for binding in config.group_bindings if binding.matches(obj)]
    names = [filled(text, obj) for text in _annotated(obj, GROUP_ANNOTATION) + bound]
    for text in names:
        check_group(text)
    return frozenset(names)


def _rules(obj: Obj, config: Config) -> list[Rule]:
    texts = [(text, False) for text in _annotated(obj, RULE_ANNOTATION)]
    for binding in config.rule_bindings:
        if binding.matches(obj):
            texts += [(text, binding.ignore_if_cyclical) for text in binding.rules]
    return [_rule(filled(text, obj), optional, obj) for text, optional in texts]


def _rule(text: str, optional: bool, obj: Obj) -> Rule:
    try:
        mine, order, theirs, group = rule_words(text)
    except KappError as error:
        raise KappError(f"Resource {description(obj)}:\n  {error.what}") from error
    return Rule(mine=mine, order=order, theirs=theirs, group=group, ignore_if_cyclical=optional)


def _annotated(obj: Obj, key: str) -> list[str]:
    notes = annotations_of(obj)
    return [value for found, value in sorted(notes.items()) if found == key or found.startswith(f"{key}.")]
