"""Resources that get a new name with each change (``kapp.k14s.io/versioned``), and references to them. Pure.

Each content has its own ``NAME-ver-N``; references to ``NAME`` are changed to the newest, so that a
Deployment is rolled out when its ConfigMap changes. The newest versions are kept: five, or the number in
``num-versions``.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from pkgops.formats import goyaml, yaml
from pkgops.kapp import fields
from pkgops.kapp.errors import KappError
from pkgops.kapp.identity import (
    Obj,
    annotations_of,
    description,
    group,
    is_transient,
    kind,
    name,
    namespace,
    unique_key,
)
from pkgops.kapp.matchers import Matcher, any_of

VERSIONED = "kapp.k14s.io/versioned"
KEEP_ORIGINAL = "kapp.k14s.io/versioned-keep-original"
NUM_VERSIONS = "kapp.k14s.io/num-versions"
EXPLICIT_REF = "kapp.k14s.io/versioned-explicit-ref"
DEFAULT_KEPT = 5
_NAME = re.compile(r"(.*)-ver-(\d+)")
IsChanged = Callable[[Obj, Obj], bool]


@dataclass(frozen=True, slots=True)
class ReferenceRule:
    """The path at which some resources refer to others by name."""

    matches: Matcher
    path: fields.Path
    name_key: str


@dataclass(frozen=True, slots=True)
class TemplateRule:
    """The references to the resources that ``matches`` accepts."""

    matches: Matcher
    references: tuple[ReferenceRule, ...]


def parse_template_rule(raw: Any) -> TemplateRule:
    """Return the rule of a ``templateRules`` entry.

    Raises:
        KappError: an unknown matcher or path.
    """
    references = (raw.get("affectedResources") or {}).get("objectReferences") or []
    return TemplateRule(any_of(raw.get("resourceMatchers")), tuple(_reference(item) for item in references))


def _reference(raw: Any) -> ReferenceRule:
    path = fields.parse_path(raw.get("path"))
    return ReferenceRule(any_of(raw.get("resourceMatchers")), path, str(raw.get("nameKey") or "name"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Versions:
    """The resources of a deployment with versioned ones.

    Attributes:
        plain: the new resources that have no versions, with their references set.
        plain_existing: the existing ones without versions.
        created: new versions.
        unchanged: the newest versions where nothing has changed.
        removed: versions beyond those that are kept.
    """

    plain: list[Obj]
    plain_existing: list[Obj]
    created: list[Obj]
    unchanged: list[Obj]
    removed: list[Obj]


def is_versioned(obj: Obj) -> bool:
    """Return whether a new resource is versioned."""
    return VERSIONED in annotations_of(obj)


def versions(
    new: Iterable[Obj], existing: Iterable[Obj], rules: tuple[TemplateRule, ...], changed: IsChanged
) -> Versions:
    """Return the resources with names of versioned ones and the references to them set.

    Args:
        new: the desired resources; not changed.
        existing: those of the cluster.
        rules: the references.
        changed: returns whether a new resource differs from an existing one.

    Raises:
        KappError: an annotation is not valid.
    """
    wanted = copy.deepcopy(list(new))
    plain = [obj for obj in wanted if not is_versioned(obj)]
    plain += [
        copy.deepcopy(obj) for obj in wanted if is_versioned(obj) and KEEP_ORIGINAL in annotations_of(obj)
    ]
    fresh = [obj for obj in wanted if is_versioned(obj)]
    known, rest = _grouped(existing)
    keys = [unique_key(obj) for obj in fresh]
    for obj, key in zip(fresh, keys, strict=True):
        number = _number(known[key][-1]) + 1 if key in known else 1
        obj["metadata"]["name"] = f"{name(obj)}-ver-{number}"
    used: dict[str, Obj] = {}
    # Twice, as versioned resources may refer to one another: a changed reference is a change.
    for _ in range(2):
        for obj, key in zip(fresh, keys, strict=True):
            latest = known[key][-1] if key in known else None
            used[key] = obj if latest is None or changed(obj, latest) else latest
            _set_references(used[key], rules, [*plain, *fresh])
    kept = {key: _kept(obj) for obj, key in zip(fresh, keys, strict=True)}
    removed = [
        obj for key, objects in known.items() for obj in objects[: max(0, len(objects) - kept.get(key, 0))]
    ]
    created = [obj for obj, key in zip(fresh, keys, strict=True) if used[key] is obj]
    unchanged = [used[key] for obj, key in zip(fresh, keys, strict=True) if used[key] is not obj]
    return Versions(plain=plain, plain_existing=rest, created=created, unchanged=unchanged, removed=removed)


def _grouped(existing: Iterable[Obj]) -> tuple[dict[str, list[Obj]], list[Obj]]:
    groups: dict[str, list[Obj]] = {}
    rest: list[Obj] = []
    for obj in existing:
        if is_versioned(obj) and _NAME.fullmatch(name(obj)) and not is_transient(obj):
            key = f"{namespace(obj)}/{group(obj)}/{kind(obj)}/{_base(obj)}"
            groups.setdefault(key, []).append(obj)
        else:
            rest.append(obj)
    return {key: sorted(objects, key=_number) for key, objects in groups.items()}, rest


def _base(obj: Obj) -> str:
    match = _NAME.fullmatch(name(obj))
    return match[1] if match else name(obj)


def _number(obj: Obj) -> int:
    match = _NAME.fullmatch(name(obj))
    return int(match[2]) if match else 0


def _kept(obj: Obj) -> int:
    text = annotations_of(obj).get(NUM_VERSIONS, str(DEFAULT_KEPT))
    if not re.fullmatch(r"[+-]?\d+", text):
        raise KappError(f"Expected annotation '{NUM_VERSIONS}' value to be an integer")
    if int(text) < 1:
        raise KappError(f"Expected annotation '{NUM_VERSIONS}' value to be a >= 1")
    return int(text)


def _set_references(versioned: Obj, rules: tuple[TemplateRule, ...], resources: list[Obj]) -> None:
    for rule in rules:
        if not rule.matches(versioned):
            continue
        for reference in rule.references:
            for obj in resources:
                if reference.matches(obj):
                    _set_below(versioned, obj, reference)
    for obj in resources:
        for key, text in annotations_of(obj).items():
            if key == EXPLICIT_REF or key.startswith(f"{EXPLICIT_REF}."):
                _set_explicit(versioned, obj, key, text)


def _set_below(versioned: Obj, obj: Obj, rule: ReferenceRule) -> None:
    for place in list(fields.concrete(obj, rule.path)):
        value = fields.lookup(obj, place)
        if isinstance(value, dict):
            _set_name(versioned, value, rule.name_key)


def _set_explicit(versioned: Obj, obj: Obj, key: str, text: str) -> None:
    reference = yaml.parse(text, f"{key} of {description(obj)}")
    if not isinstance(reference, dict) or not {"apiVersion", "kind", "name"} <= set(reference):
        raise KappError(
            f"Parsing versioned explicit ref on resource '{description(obj)}': Expected versioned explicit "
            "reference to specify non-empty apiVersion, kind and name keys"
        )
    if _set_name(versioned, reference, "name"):
        obj["metadata"]["annotations"][key] = goyaml.dump(reference, goyaml.V2)


def _set_name(versioned: Obj, reference: dict[str, Any], key: str) -> bool:
    """Set a reference to the base name to the version; return whether it was one."""
    facts = {
        "namespace": namespace(versioned),
        "kind": kind(versioned),
        "apiVersion": versioned["apiVersion"],
    }
    same = all(not reference.get(fact) or reference[fact] == value for fact, value in facts.items())
    if not same or reference.get(key) != _base(versioned):
        return False
    reference[key] = name(versioned)
    return True
