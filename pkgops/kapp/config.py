"""kapp's configuration: its defaults and the ``kapp.k14s.io/v1alpha1`` Config documents among resources."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from functools import cache
from importlib import resources as package_files
from typing import Any, TypeVar

from pkgops.formats import yaml
from pkgops.kapp.configrules import API_VERSION, check
from pkgops.kapp.errors import KappError
from pkgops.kapp.fields import Path, parse_path
from pkgops.kapp.identity import CONFIG_LABEL, Obj, description, labels
from pkgops.kapp.matchers import Matcher, any_of
from pkgops.kapp.rebase import RebaseRule, parse_rule
from pkgops.kapp.versioned import TemplateRule, parse_template_rule
from pkgops.kapp.waitrules import WaitRule, parse_wait_rule

CONFIG_KEY = "config.yml"
LABELED = "labeled as kapp config"
_KNOWN = frozenset(
    {
        "apiVersion",
        "kind",
        "metadata",
        "minimumRequiredVersion",
        "rebaseRules",
        "waitRules",
        "ownershipLabelRules",
        "labelScopingRules",
        "templateRules",
        "diffMaskRules",
        "preflightRules",
        "additionalLabels",
        "diffAgainstLastAppliedFieldExclusionRules",
        "diffAgainstExistingFieldExclusionRules",
        "changeGroupBindings",
        "changeRuleBindings",
    }
)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class FieldRule:
    """A path that a rule names, for the resources that ``matches`` accepts."""

    matches: Matcher
    path: Path


@dataclass(frozen=True, slots=True)
class GroupBinding:
    """Puts resources into a change group; the name may contain ``{placeholders}``."""

    matches: Matcher
    name: str


@dataclass(frozen=True, slots=True)
class RuleBinding:
    """Gives resources ordering rules, such as ``upsert after upserting <group>``."""

    matches: Matcher
    rules: tuple[str, ...]
    ignore_if_cyclical: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """All rules of a deployment, in the order in which they apply."""

    rebase_rules: tuple[RebaseRule, ...] = ()
    wait_rules: tuple[WaitRule, ...] = ()
    ownership_labels: tuple[FieldRule, ...] = ()
    label_scoping: tuple[FieldRule, ...] = ()
    applied_exclusions: tuple[FieldRule, ...] = ()
    existing_exclusions: tuple[FieldRule, ...] = ()
    group_bindings: tuple[GroupBinding, ...] = ()
    rule_bindings: tuple[RuleBinding, ...] = ()
    additional_labels: tuple[tuple[str, str], ...] = ()
    template_rules: tuple[TemplateRule, ...] = ()

    def __add__(self, other: Config) -> Config:
        return Config(
            **{item.name: getattr(self, item.name) + getattr(other, item.name) for item in fields(self)}
        )


@cache
def defaults() -> Config:
    """Return kapp's default rules."""
    text = package_files.files("pkgops.kapp").joinpath("defaults.yaml").read_text(encoding="utf-8")
    # As a stream, where anchors are read without ruamel.
    (document,) = yaml.parse_all(text, "kapp defaults")
    return parse(document, lenient=True)


def split(objects: Iterable[Obj]) -> tuple[list[Obj], Config]:
    """Separate Config documents from resources; the rules are the defaults followed by theirs.

    Raises:
        KappError: a Config document has an unknown field, or a document is no resource.
    """
    plain: list[Obj] = []
    config = defaults()
    for obj in objects:
        if not isinstance(obj, dict):
            raise KappError(f"Expected each resource to be a map, but found a {type(obj).__name__}: {obj!r}")
        if obj.get("apiVersion") == API_VERSION:
            config += _read(obj, obj, "as kapp config")
            continue
        if CONFIG_LABEL in labels(obj):
            # It is deployed too, so that the rules are on the cluster.
            config += _read(obj, _of_config_map(obj), LABELED)
        plain.append(obj)
    return plain, config


def _read(obj: Obj, raw: Any, how: str) -> Config:
    """Return the Config that a resource is or contains; errors name the resource."""
    try:
        check(raw, description(obj))
        return parse(raw)
    except KappError as error:
        raise _parse_error(obj, how, error.what) from error


def _parse_error(obj: Obj, how: str, text: str) -> KappError:
    lines = text.replace("\n", "\n  ")
    return KappError(f"Parsing resource '{description(obj)}' {how}:\n  {lines}")


def _of_config_map(obj: Obj) -> Any:
    """Return the Config in a ConfigMap."""
    if (obj.get("apiVersion"), obj.get("kind")) != ("v1", "ConfigMap"):
        text = "Expected kapp config to be within v1/ConfigMap but apiVersion or kind do not match"
        raise _parse_error(obj, LABELED, text)
    given = (obj.get("data") or {}).get(CONFIG_KEY)
    if given is None:
        raise _parse_error(obj, LABELED, f"Expected to find field 'data.\"{CONFIG_KEY}\"', but did not")
    return yaml.parse(str(given), f"{CONFIG_KEY} of {description(obj)}")


def parse(raw: Obj, *, lenient: bool = False) -> Config:
    """Return the parsed Config document.

    Raises:
        KappError: an unknown field, matcher or rule.
    """
    unknown = sorted(set(raw) - _KNOWN)
    if unknown and not lenient:
        raise KappError(f"Unmarshaling config: unknown field {unknown[0]!r}")
    more = raw.get("additionalLabels") or {}
    return Config(
        rebase_rules=_each(raw, "rebaseRules", parse_rule),
        wait_rules=_each(raw, "waitRules", parse_wait_rule),
        ownership_labels=_each(raw, "ownershipLabelRules", _field_rule),
        label_scoping=_each(raw, "labelScopingRules", _field_rule),
        applied_exclusions=_each(raw, "diffAgainstLastAppliedFieldExclusionRules", _field_rule),
        existing_exclusions=_each(raw, "diffAgainstExistingFieldExclusionRules", _field_rule),
        group_bindings=_each(raw, "changeGroupBindings", _group_binding),
        rule_bindings=_each(raw, "changeRuleBindings", _rule_binding),
        additional_labels=tuple((str(key), str(value)) for key, value in more.items()),
        template_rules=_each(raw, "templateRules", parse_template_rule),
    )


def _each(raw: Obj, key: str, read: Callable[[Any], T]) -> tuple[T, ...]:
    return tuple(read(item) for item in raw.get(key) or [])


def _field_rule(raw: Any) -> FieldRule:
    return FieldRule(any_of(raw.get("resourceMatchers")), parse_path(raw.get("path")))


def _group_binding(raw: Any) -> GroupBinding:
    return GroupBinding(any_of(raw.get("resourceMatchers")), str(raw.get("name", "")))


def _rule_binding(raw: Any) -> RuleBinding:
    rules = tuple(str(rule) for rule in raw.get("rules") or ())
    return RuleBinding(any_of(raw.get("resourceMatchers")), rules, bool(raw.get("ignoreIfCyclical")))
