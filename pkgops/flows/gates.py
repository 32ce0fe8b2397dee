"""Gates: evaluate the gates of a promotion now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from pkgops.errors import PreflightError, RefusedError
from pkgops.flows import environment_path, preflight, read_snapshot, unreadable, versions
from pkgops.flows.ports import Ports
from pkgops.flows.promotion import change, origin
from pkgops.flows.promotion.gates import evaluate
from pkgops.flows.promotion.gates.evaluate import Gated
from pkgops.flows.promotion.gates.rule import Case
from pkgops.flows.releases import release
from pkgops.flows.releases.release import Action, Release
from pkgops.flows.target import Target
from pkgops.model import Snapshot
from pkgops.settings import EnvironmentSetting


@dataclass(frozen=True, slots=True)
class GateQuery:
    """Which version to which environment; without ``name`` of the only workload.

    The version is that of the environment before ``to``, or of ``source``, or ``version`` where named.
    """

    name: str | None
    to: str
    version: str = ""
    source: str = ""


def gates(target: Target, wanted: GateQuery, ports: Ports) -> Gated:
    """Evaluate the gates of an environment for the version that would be promoted to it.

    Raises:
        UsageError: no such environment or version; a gate that cannot be read.
        RefusedError: nothing runs where the version comes from.
        PreflightError: what runs there is unknown.
    """
    setting = environment_path.setting(target.settings.environments, wanted.to)
    asked = evaluate.applying(setting, Action.PROMOTE)
    case = case_of(target, wanted, ports)
    return Gated(case, evaluate.evaluate(asked, case, {}))


def case_of(target: Target, wanted: GateQuery, ports: Ports) -> Case:
    """Return the requested promotion, as the input of gates.

    Raises:
        UsageError: no such environment or version; or the first environment itself.
        RefusedError: nothing runs in the environment that the version comes from.
        PreflightError: what runs there is unknown; the environment has no namespace.
    """
    source = environment_path.source(target.settings.environments, wanted.to, wanted.source)
    setting = _destination(target, wanted.to)
    if wanted.version:
        versions.check(wanted.version)
    name = read_snapshot.name_of(target, wanted.name)
    target = target.of_workload(name)
    tracker = read_snapshot.tracker(target, name)
    snapshot = tracker.snapshot(ports.now())
    return Case(
        target=target,
        action=Action.PROMOTE,
        workload=name,
        setting=setting,
        source=source,
        before=origin.with_revision(
            target, name, release.running(read_snapshot.environment(snapshot, wanted.to))
        ),
        after=origin.with_revision(
            target, name, _release(target, source, wanted.version, snapshot, tracker.origins())
        ),
        tracker=tracker,
        snapshot=snapshot,
        ports=ports,
    )


def _destination(target: Target, to: str) -> EnvironmentSetting:
    setting = read_snapshot.environment_setting(target, to)
    client = target.clusters.of(setting)
    if preflight.missing(client, setting.namespace):
        raise PreflightError(
            f"namespace {setting.namespace} missing on {client.name}",
            next=f"create it, then run pkgops supplychain up and pkgops promote --to {to} again",
            slug="namespace-missing",
        )
    return setting


def _release(
    target: Target,
    source: EnvironmentSetting,
    version: str,
    snapshot: Snapshot,
    origins: Mapping[str, str],
) -> Release:
    running = read_snapshot.environment(snapshot, source.name)
    if version and (running is None or running.version != version):
        return change.of_version(target, version, origins)
    unreadable.check(snapshot, source.name)
    if running is None or not running.version:
        first = source == target.settings.environments[0]
        raise RefusedError(
            f"there is nothing to promote: nothing is installed in {source.name}",
            next="pkgops up" if first else f"pkgops promote --to {source.name}, or name another with --from",
            slug="nothing-to-promote",
        )
    return replace(release.running(running), pinned=running.version)
