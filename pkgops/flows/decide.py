"""Decide: approve a version for an environment, reject it there or everywhere, or revoke a rejection."""

from __future__ import annotations

from dataclasses import dataclass

from pkgops.errors import PkgopsError, PreflightError, RefusedError, UsageError
from pkgops.flows import read_snapshot, versions
from pkgops.flows.ports import Ports
from pkgops.flows.promotion import decided, decisions, places, records
from pkgops.flows.promotion.decisions import Decision, Kind
from pkgops.flows.promotion.gates import approval
from pkgops.flows.promotion.gates.configured import gates
from pkgops.flows.releases.place import Place
from pkgops.flows.target import Target
from pkgops.kube import Forbidden
from pkgops.settings import EnvironmentSetting


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionRequest:
    """Which decision to record for which version; without ``to`` in every environment."""

    kind: Kind
    version: str
    name: str | None = None
    to: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Ended:
    """The result in one environment; ``error`` is why the decision is not recorded there."""

    environment: str
    decision: Decision | None = None
    error: PkgopsError | None = None


def decide(target: Target, request: DecisionRequest, ports: Ports) -> list[Ended]:
    """Record a decision in each environment that it is about; one that fails does not prevent the others.

    Raises:
        UsageError: no such version or environment, or no reason for a rejection.
        RefusedError: an approval by a user who is not on the list; or there is no rejection to revoke.
        PreflightError: which image the version has is unknown, so it cannot be approved.
    """
    versions.check(request.version)
    asked = target.settings.environments
    if request.to:
        asked = (read_snapshot.environment_setting(target, request.to),)
    if request.kind is Kind.REJECT and not request.reason.strip():
        raise UsageError(
            "a rejection needs a reason, which is recorded",
            next=f'pkgops reject {request.version} --reason "..."',
            slug="reason-missing",
        )
    name = read_snapshot.name_of(target, request.name)
    target = target.of_workload(name)
    image = _image(target, request, ports)
    ended = [_in(target, setting, request, name, image, ports) for setting in asked]
    first = ended[0].error
    if first and all(one.error for one in ended):
        raise first
    return ended


def _in(
    target: Target, setting: EnvironmentSetting, request: DecisionRequest, name: str, image: str, ports: Ports
) -> Ended:
    try:
        place = places.place_of(target, setting, name)
        user, groups = records.identity(place.client)
        _check(target, setting, request, place, user, groups)
        decision = Decision(
            kind=request.kind,
            workload=place.workload,
            environment=setting.name,
            version=request.version,
            image=image,
            by=user,
            groups=groups,
            at=ports.now(),
            reason=request.reason,
        )
        decided.write(place, decision)
    except Forbidden as error:
        return Ended(setting.name, error=_may_not(error, setting))
    except PkgopsError as error:
        return Ended(setting.name, error=error)
    return Ended(setting.name, decision)


def _check(
    target: Target,
    setting: EnvironmentSetting,
    request: DecisionRequest,
    place: Place,
    user: str,
    groups: tuple[str, ...],
) -> None:
    if not user:
        raise PreflightError(
            f"the cluster of {setting.name} does not report your user name, which a decision records",
            next=f"use a cluster that serves SelfSubjectReview (Kubernetes 1.28 and later): {target.name}",
            slug="unknown-user",
        )
    if request.kind is Kind.UNREJECT:
        standing = decisions.rejection(decided.read(place).decisions, request.version)
        if standing is None:
            raise RefusedError(
                f"{request.version} is not rejected in {setting.name}",
                next=f"pkgops gates --to {setting.name}",
                slug="not-rejected",
            )
    if request.kind is not Kind.APPROVE:
        return
    lists = [gate.spec for gate in gates(setting) if isinstance(gate.spec, approval.Spec)]
    if lists and not any(spec.lists(user, groups) for spec in lists):
        raise RefusedError(
            f"{user} is not among those whose approval counts in {setting.name}",
            why="these count: " + "; ".join(spec.listed() for spec in lists),
            next="ask one of them",
            slug="not-an-approver",
        )


def _image(target: Target, request: DecisionRequest, ports: Ports) -> str:
    """The image of the version: an approval is of that image, and of none that is pushed later."""
    if request.kind is Kind.UNREJECT:
        return ""
    try:
        return versions.resolved(target.settings, request.version)[1]
    except PkgopsError as error:
        if error.slug == "unknown-version":
            raise
        if request.kind is Kind.REJECT:
            ports.note(f"whether there is a version {request.version} was not checked: {error.summary}")
            return ""
        raise PreflightError(
            f"which image {request.version} has is unknown, so it cannot be approved",
            why=error.summary,
            next=error.next,
            slug="image-unknown",
        ) from error


def _may_not(error: Forbidden, setting: EnvironmentSetting) -> PkgopsError:
    return PreflightError(
        f"you may not decide on versions in {setting.name}",
        why=error.summary,
        next="pkgops doctor --rbac approve prints the Role that you need",
        slug="forbidden",
    )
