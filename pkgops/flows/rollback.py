"""Roll back: pin an environment to the last healthy release before the one that it runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pkgops.errors import PreflightError, RefusedError, UsageError
from pkgops.flows import read_snapshot, unreadable, versions
from pkgops.flows.ports import Ports, Recorder
from pkgops.flows.promotion import announce, change, decided, decisions, origin, places
from pkgops.flows.promotion.change import Agree, How, Promotion
from pkgops.flows.promotion.gates import evaluate
from pkgops.flows.promotion.gates.rule import Case
from pkgops.flows.releases import release
from pkgops.flows.releases.release import Action, Release
from pkgops.flows.run.deadlines import Limits
from pkgops.flows.target import Target
from pkgops.flows.verification import result, store
from pkgops.settings import EnvironmentSetting


@dataclass(frozen=True, kw_only=True)
class RollbackRequest:
    """The options of a rollback; without a version to the last healthy release before.

    ``overrides`` are gates to override, each with its reason.
    """

    name: str | None
    environment: str
    limits: Limits
    version: str = ""
    dry_run: bool = False
    overrides: Mapping[str, str] = field(default_factory=dict)


def rollback(
    target: Target, request: RollbackRequest, agree: Agree, ports: Ports, recorder: Recorder | None = None
) -> Promotion:
    """Pin an environment to an earlier version; a later build does not undo it.

    Versions whose last verification there failed are skipped, unless one is named.

    Raises:
        UsageError: no such environment, version or gate.
        RefusedError: there is no healthy release before the one that runs, nothing runs, or it runs already.
        RefusedError: a gate that is evaluated before rollbacks does not pass.
        PreflightError: what runs there, or the records, cannot be read; the version is no longer in the
            registry.
        StepFailed, DeadlineError: as in ``up``.
    """
    setting = read_snapshot.environment_setting(target, request.environment)
    asked = evaluate.applying(setting, Action.ROLLBACK)
    evaluate.check_overrides(asked, setting.name, request.overrides)
    if request.version:
        versions.check(request.version)
    name = read_snapshot.name_of(target, request.name)
    target = target.of_workload(name)
    tracker = read_snapshot.tracker(target, name)
    snapshot = tracker.snapshot(ports.now())
    unreadable.check(snapshot, setting.name)
    before = release.running(read_snapshot.environment(snapshot, setting.name))
    if not before.version:
        raise RefusedError(
            f"there is nothing to roll back: nothing is installed in {setting.name}",
            next="pkgops status",
            slug="nothing-to-roll-back",
        )
    _check_differs(setting, before, request.version)
    before = origin.with_revision(target, name, before)
    version = request.version or _earlier(target, setting, name, before.version)
    after = _release_to_restore(target, setting, version, tracker.origins(), named=bool(request.version))
    after = origin.with_revision(target, name, after)
    case = Case(
        target=target,
        action=Action.ROLLBACK,
        workload=name,
        setting=setting,
        source=None,
        before=before,
        after=after,
        tracker=tracker,
        snapshot=snapshot,
        ports=ports,
    )
    outcomes = evaluate.evaluate(asked, case, request.overrides)
    if not request.dry_run:
        with announce.gates(case):
            evaluate.refuse(outcomes, case)
    promotion = Promotion(workload=name, environment=setting.name, before=before, after=after, gates=outcomes)
    how = How(Action.ROLLBACK, request.limits, request.dry_run)
    return change.carry_out(case, promotion, how, agree, recorder)


def _check_differs(setting: EnvironmentSetting, runs: Release, version: str) -> None:
    """Refuse a version that runs and is pinned already; where it is not pinned, pinning it is the change."""
    if runs.version == runs.pinned == version:
        raise RefusedError(
            f"there is nothing to roll back: {setting.name} runs {version} already, and is pinned to it",
            next=f"pkgops history --env {setting.name} shows what ran before",
            slug="runs-already",
        )


def _earlier(target: Target, setting: EnvironmentSetting, name: str, current: str) -> str:
    place = places.place_of(target, setting, name)
    with unreadable.ending(
        f"what ran in {setting.name} before is unknown; nothing was changed",
        next="pkgops doctor --rbac watch prints the Role",
    ):
        records, _ = place.read()
        rejected = decisions.rejected(decided.read(place).decisions)
        failing = result.failing(store.read(place)[0])
    found = release.last_healthy(records, current, {*rejected, *failing})
    if found is None:
        others = f"; rejected: {', '.join(sorted(rejected))}" if rejected else ""
        failed = ", ".join(sorted(failing - {current}))
        raise RefusedError(
            f"no record of {setting.name} has a healthy release before {current}{others}",
            why=f"these failed their verification: {failed}" if failed else "",
            next=f"pkgops rollback --env {setting.name} --to V; pkgops history shows what is recorded",
            slug="no-healthy-release",
        )
    return found.version


def _release_to_restore(
    target: Target, setting: EnvironmentSetting, version: str, origins: Mapping[str, str], *, named: bool
) -> Release:
    try:
        return change.of_version(target, version, origins)
    except UsageError as error:
        if named or error.slug != "unknown-version":
            raise
        raise PreflightError(
            f"{version}, the last healthy release of {setting.name} before, is no longer in the registry",
            why=error.why,
            next=f"pkgops rollback --env {setting.name} --to V",
            slug="version-gone",
        ) from error
