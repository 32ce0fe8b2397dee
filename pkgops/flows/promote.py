"""Promote: pin an environment to exactly the package version that answers in the one before it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from pkgops.errors import PkgopsError, PreflightError, RefusedError, StepFailed
from pkgops.flows import diff, owners, preflight, probe, read_snapshot, unreadable, versions
from pkgops.flows.ports import Ports
from pkgops.flows.promotion import path
from pkgops.flows.promotion.compare import Difference
from pkgops.flows.render import render
from pkgops.flows.run.deadlines import Limits
from pkgops.flows.run.follow import RunRequest, follow
from pkgops.flows.run.goal import Goal
from pkgops.flows.run.watch import Recorder
from pkgops.flows.target import Target
from pkgops.flows.up import first_answer, serving_pods
from pkgops.kube import Client, Obj
from pkgops.model import Environment, Snapshot, Verdict
from pkgops.pipeline import revisions
from pkgops.settings import EnvironmentSetting


@dataclass(frozen=True, slots=True)
class Release:
    """What an environment runs: version, image by digest, source revision, and the version it is held at."""

    version: str = ""
    image: str = ""
    revision: str = ""
    pinned: str = ""


@dataclass(frozen=True, slots=True)
class Promotion:
    """A change of an environment from one release to another.

    Attributes:
        workload: whose package.
        environment: where.
        before: what runs there.
        after: what comes.
        difference: of a dry run, how the two versions differ.
        unknown: of a dry run, why that is not known.
    """

    workload: str
    environment: str
    before: Release
    after: Release
    difference: Difference | None = None
    unknown: PkgopsError | None = None


Agree = Callable[[Promotion], None]


@dataclass(frozen=True)
class PromoteRequest:
    """What is promoted where; without a name the only workload.

    The version is that of the environment before ``to``, or of ``source``, or the one that is named.
    """

    name: str | None
    to: str
    limits: Limits
    version: str = ""
    dry_run: bool = False
    source: str = ""


def promote(
    target: Target, request: PromoteRequest, agree: Agree, ports: Ports, recorder: Recorder | None = None
) -> Promotion:
    """Bring one package version to an environment and hold it there.

    Raises:
        UsageError: no such environment or version; or the first environment itself.
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
    promotion = Promotion(name, request.to, _release(read_snapshot.environment(snapshot, request.to)), after)
    deliverable = _deliverable(target, setting, after.version)
    agree(promotion)
    if request.dry_run:
        return _compared(target, promotion)
    submitted = owners.submit(target.client_of(setting), deliverable, ports)
    goal = Goal(environments=(request.to,), version=after.version, image=after.image)
    run = RunRequest(name, goal, target.settings.environments, request.limits, (submitted,))
    outcome = follow(target, run, ports, recorder)
    found = read_snapshot.environment(outcome.snapshot, request.to)
    if found is None:
        raise StepFailed(f"{request.to} vanished while it was promoted to", next="pkgops status")
    first_answer(target.client_of(setting), found, ports, probe.PROMOTE)
    return promotion


def _compared(target: Target, promotion: Promotion) -> Promotion:
    """The promotion with what it would change. Not to know that is no failure of a dry run."""
    before, after = promotion.before.version, promotion.after.version
    try:
        found = diff.between(target.settings, before, after, promotion.environment)
    except PkgopsError as error:
        return replace(promotion, unknown=error)
    return replace(promotion, difference=found)


def _destination(target: Target, to: str) -> EnvironmentSetting:
    setting = read_snapshot.environment_setting(target, to)
    client = target.client_of(setting)
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
        return _older(target, version, origins)
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
    _answers(target.client_of(source), running, ports)
    return Release(running.version, running.image, running.revision, running.version)


def _older(target: Target, version: str, origins: Mapping[str, str]) -> Release:
    """A version that does not run where versions come from: it must be in the registry.

    ``origins`` are the commits that images were built from, by digest: those of all builds that are left.
    """
    image = versions.image_of(target.settings, version)
    return Release(version, image, origins.get(revisions.digest(image), ""), version)


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


def _deliverable(target: Target, setting: EnvironmentSetting, version: str) -> Obj:
    settings = target.settings
    rendered = render(settings, [settings.workload_namespace, setting.namespace])
    deliverable = owners.deliverable(rendered, settings, setting.namespace)
    return owners.pinned(deliverable, version)


def _release(environment: Environment | None) -> Release:
    if environment is None:
        return Release()
    return Release(environment.version, environment.image, environment.revision, environment.pinned)
