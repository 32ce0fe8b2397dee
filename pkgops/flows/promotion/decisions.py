"""Decisions of users on versions (approve, reject, unreject): their format, and which are in effect."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from pkgops.flows.releases import recordmap
from pkgops.flows.releases.recordmap import Unreadable, moment_of
from pkgops.kube import Obj

LABEL = "pkgops.dev/decision"
"""The label of the ConfigMaps that are decisions; its value is the version of their format."""
BY = "pkgops.dev/by"
"""The annotation with who decided, which an admission policy can compare with the requesting user."""
FORM = "v1"
FILE = "decision.json"
KIND = "Decision"
_NAME = 40
"""How much of a workload's name is in the name of a decision; the rest is a digest of its content."""


class Kind(StrEnum):
    """What was decided of a version."""

    APPROVE = "approve"
    REJECT = "reject"
    UNREJECT = "unreject"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One decision on one version in one environment; it is immutable, a later one replaces its effect.

    Attributes:
        kind: what was decided.
        workload: namespace and name.
        environment: its name in the configuration that the command had.
        version: the package version.
        image: the application's image by digest that the version had then; empty where it was not read.
        by: the user, as the environment's API server authenticated it.
        groups: the groups of the user, from the same.
        at: when, by the clock of the machine that did it.
        reason: why.
        name: of its ConfigMap; empty before that.
        created: when its ConfigMap was created, by the cluster's clock; None before that.
    """

    kind: Kind
    workload: str
    environment: str
    version: str
    image: str
    by: str
    groups: tuple[str, ...]
    at: datetime
    reason: str = ""
    name: str = ""
    created: datetime | None = None

    @property
    def moment(self) -> tuple[datetime, datetime]:
        """When, by the cluster's clock, to its second; within that second by the machine's."""
        return self.created or self.at, self.at


def config_map(decision: Decision, namespace: str) -> Obj:
    """Return the ConfigMap of a decision; it is immutable."""
    document = {**recordmap.document(KIND, asdict(decision)), "decision": str(decision.kind)}
    text = json.dumps(document, indent=2, sort_keys=True)
    obj = recordmap.config_map(
        _named(decision.workload, text), namespace, {LABEL: FORM}, {FILE: text}, immutable=True
    )
    obj["metadata"]["annotations"] = {BY: decision.by}
    return obj


def parse(obj: Obj) -> Decision:
    """Return the decision in a ConfigMap.

    Raises:
        Unreadable: it contains none, one of another format, or one that was edited.
    """
    decision = recordmap.parsed(obj, FILE, KIND, _decision)
    by = (obj["metadata"].get("annotations") or {}).get(BY)
    # The name has the digest of the original content: an edited copy does not match it.
    if decision.name != _named(decision.workload, obj["data"][FILE]) or decision.by != by:
        raise Unreadable(decision.name)
    return decision


def _decision(fields: dict[str, Any]) -> Decision:
    return Decision(
        kind=Kind(fields["decision"]),
        workload=str(fields["workload"]),
        environment=str(fields["environment"]),
        version=str(fields["version"]),
        image=str(fields["image"]),
        by=str(fields["by"]),
        groups=tuple(map(str, fields["groups"])),
        at=moment_of(fields["at"]),
        reason=str(fields["reason"]),
        name=fields["name"],
        created=fields["created"],
    )


def in_order(decisions: Iterable[Decision]) -> list[Decision]:
    """Return decisions with the oldest first."""
    return sorted(decisions, key=lambda one: (*one.moment, one.name))


def rejection(decisions: Sequence[Decision], version: str) -> Decision | None:
    """Return the rejection of a version that no later decision revokes."""
    standing = None
    for one in in_order(decisions):
        if one.version == version and one.kind is not Kind.APPROVE:
            standing = one if one.kind is Kind.REJECT else None
    return standing


def rejected(decisions: Sequence[Decision]) -> frozenset[str]:
    """Return the versions that are rejected."""
    versions = {one.version for one in decisions}
    return frozenset(version for version in versions if rejection(decisions, version))


def approvals(decisions: Sequence[Decision], version: str) -> list[Decision]:
    """Return the last approval of each user; a rejection revokes the earlier ones."""
    by_person: dict[str, Decision] = {}
    for one in in_order(decisions):
        if one.version != version:
            continue
        if one.kind is Kind.REJECT:
            by_person.clear()
        elif one.kind is Kind.APPROVE:
            by_person[one.by] = one
    return list(by_person.values())


def _named(workload: str, text: str) -> str:
    digest = hashlib.sha256(text.encode()).hexdigest()[:16]
    return recordmap.name_of(workload, _NAME, "decision", digest)
