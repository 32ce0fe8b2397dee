"""The next command, in one line, or the commands to begin with."""

from __future__ import annotations

from collections.abc import Sequence

from pkgops.model import Snapshot, Verdict
from pkgops.view import text

_SAMPLE = (
    ("pkgops up", "start a small Kubernetes on this machine and deliver the sample application"),
    (
        "pkgops init && pkgops up",
        "the same for the program in this folder; pkgops dev then follows every save",
    ),
)
_OTHERS = (
    ("pkgops doctor --context NAME", "your team's cluster: what it has and what is missing; then pkgops up"),
    ("pkgops --help", "all commands"),
)


def beginning(configured: Sequence[str] = ()) -> str:
    """Return the commands to begin with, where nothing runs yet.

    Args:
        configured: the workloads of the user's configuration; empty without one.
    """
    own = [
        (
            "pkgops up",
            f"start a small Kubernetes on this machine and deliver {', '.join(configured)}",
        )
    ]
    if len(configured) == 1:
        own.append(("pkgops dev", "the same, and then every save"))
    return text.columns(("command", "what it does"), [*(own if configured else _SAMPLE), *_OTHERS])


def following(snapshots: Sequence[Snapshot], environments: Sequence[str]) -> str:
    """Return the next likely command: for failures first, then for running work, then for deliveries.

    Args:
        snapshots: of the workloads.
        environments: the names of the environments, the first where delivery starts.
    """
    named = [(str(one.workload.name), one) for one in snapshots if one.workload is not None]
    present = [(name, one) for name, one in named if one.verdict is not Verdict.ABSENT]
    if not present:
        return "next: pkgops up"
    for name, one in present:
        if one.verdict in (Verdict.FAILED, Verdict.STALE, Verdict.UNKNOWN):
            return f"next: pkgops why {name}"
    for name, one in present:
        if one.verdict is not Verdict.READY:
            return f"next: pkgops wait {name}"
    for name, one in present:
        if environments and not one.environments:
            return f"next: pkgops deliver {name}"
        behind = _behind(one, environments)
        if behind:
            return f"next: pkgops promote {name} --to {behind}"
    name, first = present[0]
    serves = any(one.serves for one in first.environments) or not first.environments
    return f"next: pkgops {'open' if serves else 'trace'} {name}"


def _behind(snapshot: Snapshot, environments: Sequence[str]) -> str:
    """The first environment that does not run the version of the one where delivery starts."""
    versions = {one.name: one.version for one in snapshot.environments}
    first = versions.get(environments[0], "") if environments else ""
    return next((name for name in environments[1:] if first and versions.get(name) != first), "")
