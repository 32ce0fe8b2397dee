"""Promote: pin an environment to exactly the package version that answers in the one before it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from pkgops.errors import PreflightError, RefusedError
from pkgops.flows import preflight, read_snapshot, unreadable, versions
from pkgops.flows.ports import Ports
from pkgops.flows.promotion import change, path, release
from pkgops.flows.promotion import plan as plans
from pkgops.flows.promotion.change import Agree, How, Promotion
from pkgops.flows.promotion.gates import evaluate
from pkgops.flows.promotion.gates.rule import Case
from pkgops.flows.promotion.plan import Plan
from pkgops.flows.promotion.release import Action, Release
from pkgops.flows.run.deadlines import Limits
from pkgops.flows.run.watch import Recorder
from pkgops.flows.target import Target
from pkgops.model import Snapshot
from pkgops.settings import EnvironmentSetting


@dataclass(frozen=True)
class PromoteRequest:
    """What is promoted where; without a name the only workload.

    The version is that of the environment before ``to``, or of ``source``, or the one that is named. With a
    ``plan`` nothing else than that is done. ``overrides`` are gates to pass all the same, each with its
    reason.
    """

    name: str | None
    to: str
    limits: Limits
    version: str = ""
    dry_run: bool = False
    source: str = ""
    plan: Plan | None = None
    overrides: Mapping[str, str] = field(default_factory=dict)


def promote(
    target: Target, request: PromoteRequest, agree: Agree, ports: Ports, recorder: Recorder | None = None
) -> Promotion:
    """Bring one package version to an environment and hold it there.

    Raises:
        UsageError: no such environment, version or gate; or the first environment itself.
        RefusedError: something has moved since the plan.
        RefusedError: a gate does not pass, or nothing runs where the version comes from.
        PreflightError: what runs there is unknown; or as in ``up``.
        StepFailed, DeadlineError: as in ``up``.
    """
    asked = evaluate.applying(path.setting(target.settings.environments, request.to), Action.PROMOTE)
    evaluate.check_overrides(asked, request.to, request.overrides)
    case = case_of(target, request, ports)
    promotion = Promotion(case.workload, request.to, case.before, case.after)
    if request.plan:
        plans.check(request.plan, promotion, case.client.server)
    outcomes = evaluate.evaluate(asked, case, request.overrides)
    if not request.dry_run:
        evaluate.refuse(outcomes, case)
    how = How(Action.PROMOTE, request.limits, request.dry_run)
    promotion = replace(promotion, gates=outcomes)
    return change.carry_out(case.target, case.setting, promotion, how, agree, ports, recorder)


def case_of(target: Target, request: PromoteRequest, ports: Ports) -> Case:
    """Return the promotion that is asked for, as what gates are asked about.

    Raises:
        UsageError: no such environment or version; or the first environment itself.
        RefusedError: nothing runs in the environment that the version comes from.
        PreflightError: what runs there is unknown; the environment has no namespace.
    """
    source = path.source(target.settings.environments, request.to, request.source)
    setting = _destination(target, request.to)
    if request.version:
        versions.check(request.version)
    name = read_snapshot.name_of(target, request.name)
    target = target.of_workload(name)
    tracker = read_snapshot.tracker(target, name)
    snapshot = tracker.snapshot(ports.now())
    return Case(
        target=target,
        action=Action.PROMOTE,
        workload=name,
        setting=setting,
        source=source,
        before=release.running(read_snapshot.environment(snapshot, request.to)),
        after=_wanted(target, source, request.version, snapshot, tracker.origins()),
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


def _wanted(
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
