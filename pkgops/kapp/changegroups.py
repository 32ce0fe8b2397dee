"""Names of change groups and texts of change rules: their placeholders, and kapp's validation. Pure.

Source: ``pkg/kapp/diffgraph/change_group.go``, ``change_group_name.go`` and ``change_rule.go``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from pkgops.kapp.errors import KappError
from pkgops.kapp.identity import Obj, group, kind, name, namespace

_PLACEHOLDER = re.compile(r"\{.+?\}")
_NAME = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"
_DOMAIN = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*"
_NAME_RULE = (
    "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric "
    f"character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '{_NAME}')"
)
_DOMAIN_RULE = (
    "prefix part a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or "
    "'.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for "
    f"validation is '{_DOMAIN}')"
)
_OPTIONAL_DOMAIN = " with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"
_FORMAT = "(upsert|delete) (before|after) (upserting|deleting) (change-group)"
_WORDS = (
    ("Action", ("upsert", "delete")),
    ("Order", ("before", "after")),
    ("TargetAction", ("upserting", "deleting")),
)


def filled(text: str, obj: Obj) -> str:
    """Return a name or rule with its ``{placeholders}`` replaced by the resource's values.

    Raises:
        KappError: one has no value.
    """
    if "{" not in text:
        return text
    values = _values(obj)

    def value(match: re.Match[str]) -> str:
        found = values.get(match[0], "")
        if not found:
            raise KappError(
                f"Placeholder {match[0]} does not have a value for target resource "
                "(hint: placeholders with the 'crd-' prefix can only be used with CRDs)"
            )
        return found

    return _PLACEHOLDER.sub(value, text)


def check_group(text: str) -> None:
    """Make sure that a text is the name of a change group.

    Raises:
        KappError: it is not, with kapp's message.
    """
    if not text:
        raise KappError("Expected non-empty group name")
    faults = _faults(text)
    if faults:
        quoted = json.dumps(text, ensure_ascii=False)
        raise KappError(f"Expected change group name {quoted} to be a qualified name: {'; '.join(faults)}")


def rule_words(text: str) -> tuple[str, str, str, str]:
    """Return the four words of a change rule.

    Raises:
        KappError: the rule is invalid, with kapp's message.
    """
    pieces = text.split(" ")
    if len(pieces) != len(_FORMAT.split()):
        raise KappError(f"Expected change rule annotation value to have format '{_FORMAT}', but was '{text}'")
    mine, order, theirs, target = pieces
    check_group(target)
    for given, (what, known) in zip((mine, order, theirs), _WORDS, strict=True):
        if given not in known:
            raise KappError(f"Unknown change rule {what}")
    return mine, order, theirs, target


def _faults(text: str) -> list[str]:
    """Return why a text is no qualified name, without the limit of its length, with Kubernetes' messages."""
    prefix, slash, last = text.rpartition("/")
    if "/" in prefix:
        return [f"a qualified name {_NAME_RULE}{_OPTIONAL_DOMAIN}"]
    faults = []
    if slash and not prefix:
        faults.append("prefix part must be non-empty")
    elif slash and not re.fullmatch(_DOMAIN, prefix):
        faults.append(_DOMAIN_RULE)
    if not last:
        faults.append("name part must be non-empty")
    if not re.fullmatch(_NAME, last):
        faults.append(f"name part {_NAME_RULE}")
    return faults


def _values(obj: Obj) -> Mapping[str, str]:
    spec: dict[str, Any] = obj.get("spec") or {}
    names: dict[str, Any] = spec.get("names") or {} if kind(obj) == "CustomResourceDefinition" else {}
    return {
        "{api-group}": group(obj),
        "{kind}": kind(obj),
        "{name}": name(obj),
        "{namespace}": namespace(obj),
        "{crd-group}": str(spec.get("group", "")) if names else "",
        "{crd-kind}": str(names.get("kind", "")),
    }
