"""Promote: pin an environment to exactly the package version that answers in the one before it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from pkgops.errors import PreflightError, RefusedError, StepFailed
from pkgops.flows import preflight, probe, read_snapshot, unreadable, versions
from pkgops.flows.ports import Ports
from pkgops.flows.promotion import change, path, release
from pkgops.flows.promotion import plan as plans
from pkgops.flows.promotion.change import Agree, How, Promotion
from pkgops.flows.promotion.plan import Plan
from pkgops.flows.promotion.release import Action, Release
from pkgops.flows.run.deadlines import Limits
from pkgops.flows.run.watch import Recorder
from pkgops.flows.target import Target
from pkgops.flows.up import first_answer, serving_pods
from pkgops.kube import Client
from pkgops.model import Environment, Snapshot, Verdict
from pkgops.settings import EnvironmentSetting


@dataclass(frozen=True)
class PromoteRequest:
    """What is promoted where; without a name the only workload.

    The version is that of the environment before ``to``, or of ``source``, or the one that is named. With a
    ``plan`` nothing else than that is done.
    """

    name: str | None
    to: str
    limits: Limits
    version: str = ""
    dry_run: bool = False
    source: str = ""
    plan: Plan | None = None


def promote(
    target: Target, request: PromoteRequest, agree: Agree, ports: Ports, recorder: Recorder | None = None
) -> Promotion:
    """Bring one package version to an environment and hold it there.

    Raises:
        UsageError: no such environment or version; or the first environment itself.
        RefusedError: something has moved since the plan.
        RefusedError: what runs in the environment that it comes from is not healthy, or nothing runs there.
        PreflightError: what runs there is unknown; or as in ``up``.
        StepFailed, DeadlineError: as in ``up``.
    """
    source = path.source(target.settings.environments, request.to, request.source)
    setting = _destination(target, request.to)
    if request.version:
        versions.check(request.version)
    name = read_snapshot.name_of(target, request.name)
    target = target.of_workload(name)
    tracker = read_snapshot.tracker(target, name)
    snapshot = tracker.snapshot(ports.now())
    after = _wanted(target, source, request.version, snapshot, ports, tracker.origins())
    promotion = Promotion(
        name, request.to, release.running(read_snapshot.environment(snapshot, request.to)), after
    )
    if request.plan:
        plans.check(request.plan, promotion, target.clusters.of(setting).server)
    how = How(Action.PROMOTE, request.limits, request.dry_run)
    return change.carry_out(target, setting, promotion, how, agree, ports, recorder)


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
    ports: Ports,
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
    if running.verdict is not Verdict.READY:
        raise _not_healthy(running, snapshot)
    _answers(target.clusters.of(source), running, ports)
    return replace(release.running(running), pinned=running.version)


def _not_healthy(running: Environment, snapshot: Snapshot) -> RefusedError:
    causes = [blockage for blockage in snapshot.blockages if blockage.part == running.name]
    stages = [f"{stage.name}: {stage.state}" for stage in running.stages if str(stage.state) != "done"]
    return RefusedError(
        f"{running.version} in {running.name} is not healthy: {running.verdict}",
        why="\n".join([blockage.cause for blockage in causes] or stages),
        next="pkgops why",
        slug="not-healthy",
    )


def _answers(client: Client, running: Environment, ports: Ports) -> probe.ProbeResult:
    try:
        return first_answer(client, running, ports, probe.PROMOTE)
    except StepFailed as error:
        pods = ", ".join(ref.name for ref in serving_pods(running)) or "none"
        raise RefusedError(
            f"{running.version} in {running.name} is not healthy: {error.what}",
            why=error.why or f"pods: {pods}",
            next=error.next,
            slug="not-healthy",
        ) from error
