"""The result of a verification, its format as a record, and the result of several of them for a version."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from pkgops.flows.releases import recordmap
from pkgops.flows.releases.recordmap import moment_of
from pkgops.kube import Obj

LABEL = "pkgops.dev/verification"
"""The label of the ConfigMaps that are results; its value is the version of their format."""
FORM = "v1"
FILE = "verification.json"
KIND = "Verification"


class Outcome(StrEnum):
    """How a check, or all of them, ended.

    Unknown is a check that could not be carried out: neither a pass nor a failure.
    """

    RUNNING = "running"
    PASSED = "passed"
    FAILED = "failed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """How one check ended.

    Attributes:
        name: of the check.
        outcome: how.
        evidence: what was observed, in one line.
        seconds: how long it took.
        log: the last lines of the log of what failed; they are shown, and not stored.
    """

    name: str
    outcome: Outcome
    evidence: str
    seconds: float = 0.0
    log: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """The checks of what one version does in one environment.

    Attributes:
        name: of its ConfigMap.
        workload: namespace and name.
        environment: its name in the configuration that the command had.
        by: the user name on the environment's cluster; empty where it does not return one.
        begun: when, by the clock of the machine that did it.
        version: the package version that was verified.
        image: the application's image by digest.
        package: the package bundle by digest; empty where that is unknown.
        outcome: running until it has ended.
        checks: how each ended, in their order.
        ended: when; None while it runs.
        message: why it is unknown, where no check shows it.
        created: when its ConfigMap was made, by the cluster's clock; None before that.
    """

    name: str
    workload: str
    environment: str
    by: str
    begun: datetime
    version: str
    image: str
    package: str = ""
    outcome: Outcome = Outcome.RUNNING
    checks: tuple[Checked, ...] = ()
    ended: datetime | None = None
    message: str = ""
    created: datetime | None = None

    @property
    def conclusive(self) -> bool:
        """Whether its result is that the version passes, or that it fails."""
        return self.outcome in (Outcome.PASSED, Outcome.FAILED)


def outcome(checks: Iterable[Checked]) -> Outcome:
    """Return the outcome of several checks: one that fails counts most, then one that is unknown."""
    outcomes = {check.outcome for check in checks}
    worst = (one for one in (Outcome.FAILED, Outcome.RUNNING, Outcome.UNKNOWN) if one in outcomes)
    return next(worst, Outcome.PASSED)


def ended(
    verification: Verification, checks: Sequence[Checked], now: datetime, message: str = ""
) -> Verification:
    """Return a verification with its end; a ``message`` is why no check decides it."""
    result = Outcome.UNKNOWN if message else outcome(checks)
    return replace(verification, outcome=result, checks=tuple(checks), ended=now, message=message)


def in_order(found: Iterable[Verification]) -> list[Verification]:
    """Return verifications with the newest first, by the cluster's clock."""
    return sorted(found, key=lambda one: (one.created or one.begun, one.begun, one.name), reverse=True)


def last_conclusive(found: Sequence[Verification], version: str, image: str = "") -> Verification | None:
    """Return the last conclusive verification of a version: a later one replaces an earlier.

    Args:
        found: those of one workload and environment, the newest first.
        version: the package version.
        image: its image; where it is known, a verification of another image does not count.
    """
    mine = (one for one in found if one.conclusive and one.version == version)
    return next((one for one in mine if not image or not one.image or one.image == image), None)


def failing(found: Sequence[Verification]) -> frozenset[str]:
    """Return the versions whose last verification failed; ``found`` has the newest first."""
    versions = {one.version for one in found}
    last = ((version, last_conclusive(found, version)) for version in versions)
    return frozenset(version for version, one in last if one and one.outcome is Outcome.FAILED)


def prunable(found: Sequence[Verification], keep: int) -> list[Verification]:
    """Return those that need not be kept: all but the newest, and the last conclusive one.

    Args:
        found: those of one workload and environment, the newest first.
        keep: how many are kept.
    """
    telling = next((one.name for one in found if one.conclusive), "")
    old = found[max(keep, 1) :]
    return [one for one in old if one.outcome is not Outcome.RUNNING and one.name != telling]


def config_map(verification: Verification, namespace: str) -> Obj:
    """Return the ConfigMap of a verification; one that has ended can no longer be changed."""
    document = recordmap.document(KIND, asdict(verification))
    document["checks"] = [
        {key: value for key, value in check.items() if key != "log"} for check in document["checks"]
    ]
    return recordmap.config_map(
        verification.name,
        namespace,
        {LABEL: FORM},
        {FILE: json.dumps(document, indent=2)},
        immutable=verification.outcome is not Outcome.RUNNING,
    )


def parse(obj: Obj) -> Verification:
    """Return the verification in a ConfigMap.

    Raises:
        Unreadable: it contains none, or one of another format.
    """
    return recordmap.parsed(obj, FILE, KIND, _verification)


def _verification(fields: dict[str, Any]) -> Verification:
    return Verification(
        name=fields["name"],
        workload=str(fields["workload"]),
        environment=str(fields["environment"]),
        by=str(fields["by"]),
        begun=moment_of(fields["begun"]),
        version=str(fields["version"]),
        image=str(fields["image"]),
        package=str(fields["package"]),
        outcome=Outcome(fields["outcome"]),
        checks=tuple(
            Checked(
                name=str(check["name"]),
                outcome=Outcome(check["outcome"]),
                evidence=str(check["evidence"]),
                seconds=float(check["seconds"]),
            )
            for check in fields["checks"]
        ),
        ended=moment_of(fields["ended"]) if fields["ended"] else None,
        message=str(fields["message"]),
        created=fields["created"],
    )
