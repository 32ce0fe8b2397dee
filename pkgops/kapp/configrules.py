"""kapp's validation of a Config document before its rules are read, with its messages. Pure.

Source: ``pkg/kapp/config/config.go``.
"""

from __future__ import annotations

import re
from typing import Any

from pkgops.kapp.errors import KappError

API_VERSION = "kapp.k14s.io/v1alpha1"
KIND = "Config"
VERSION = "0.63.2"
"""The version of kapp that ``minimumRequiredVersion`` is compared with."""

LISTS = {
    "rebaseRules": "RebaseRule",
    "waitRules": "WaitRule",
    "ownershipLabelRules": "OwnershipLabelRule",
    "labelScopingRules": "LabelScopingRule",
    "templateRules": "TemplateRule",
    "diffMaskRules": "DiffMaskRule",
    "diffAgainstLastAppliedFieldExclusionRules": "DiffAgainstLastAppliedFieldExclusionRule",
    "diffAgainstExistingFieldExclusionRules": "DiffAgainstExistingFieldExclusionRule",
    "changeGroupBindings": "ChangeGroupBinding",
    "changeRuleBindings": "ChangeRuleBinding",
}
"""The rules, each with the name of its type in Go."""

_JSON = {str: "string", bool: "bool", int: "number", float: "number", list: "array", dict: "object"}


def check(raw: Any, what: str) -> None:
    """Make sure that a document is a Config.

    Args:
        raw: the document.
        what: kapp's description of the resource.

    Raises:
        KappError: it is not a Config, or requires a newer kapp.
    """
    raw = {} if raw is None else raw
    if not isinstance(raw, dict):
        wanted = "Go value of type map[string]interface {}"
        raise KappError(f"Parsing kapp config as resource:\n  {_unmarshaled(raw, wanted)}")
    for key, wanted in (("apiVersion", API_VERSION), ("kind", KIND)):
        if raw.get(key, "") != wanted:
            raise KappError(f"Expected kapp config to have {key} '{wanted}', but was '{raw.get(key, '')}'")
    for key, type_name in LISTS.items():
        _check_list(raw.get(key), key, type_name, what)
    _check_version(str(raw.get("minimumRequiredVersion") or ""))
    for index, rule in enumerate(raw.get("rebaseRules") or []):
        _check_rebase(rule, index)


def _check_list(given: Any, key: str, type_name: str, what: str) -> None:
    wrong = given if not isinstance(given, list | None) else None
    wanted = f"Go struct field Config.{key} of type []config.{type_name}"
    if isinstance(given, list):
        wrong = next((one for one in given if not isinstance(one, dict | None)), None)
        wanted = f"Go struct field Config.{key} of type config.{type_name}"
    if wrong is not None:
        raise KappError(f"Unmarshaling {what}: {_unmarshaled(wrong, wanted)}")


def _unmarshaled(value: Any, wanted: str) -> str:
    given = _JSON[type(value)]
    return f"error unmarshaling JSON: while decoding JSON: json: cannot unmarshal {given} into {wanted}"


def _check_version(wanted: str) -> None:
    if not wanted:
        return
    if wanted.startswith("v"):
        raise KappError(
            "Validating config:\n  Validating minimum version:\n    Must not have prefix 'v' (e.g. '0.8.0')"
        )
    match = re.fullmatch(r"([0-9]+(?:\.[0-9]+){0,2})(?:[-+].*)?", wanted)
    if match is None:
        raise KappError(
            f"Validating config:\n  Parsing minimum version constraint:\n    Malformed constraint: >={wanted}"
        )
    if _numbers(match[1]) > _numbers(VERSION):
        raise KappError(
            f"Validating config: kapp version '{VERSION}' does not meet the minimum required version "
            f"'{wanted}'"
        )


def _numbers(version: str) -> tuple[int, ...]:
    parts = [int(part) for part in version.split(".")]
    return (*parts, *[0] * (3 - len(parts)))


def _check_rebase(rule: dict[str, Any], index: int) -> None:
    if not rule or rule.get("ytt") is not None:
        return
    problem = ""
    if rule.get("path") and rule.get("paths"):
        problem = "Expected only one of path or paths specified"
    elif not (rule.get("path") or rule.get("paths")):
        problem = "Expected either path or paths to be specified"
    if problem:
        raise KappError(f"Validating config:\n  Validating rebase rule {index}:\n    {problem}")
