"""A planned promotion in a file, so that exactly it is carried out later, or refused."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from pkgops.errors import RefusedError, UsageError
from pkgops.flows.promotion.change import Promotion
from pkgops.flows.releases.release import GateResult, Release

_FORM = {"apiVersion": "pkgops.dev/v1", "kind": "PromotionPlan"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The result of a dry run.

    Attributes:
        cluster: the API server of the environment.
        workload: whose package.
        environment: where.
        before: what ran there.
        after: what was to be installed.
        gates: the verdicts of the gates then; they are evaluated again when it is carried out.
    """

    cluster: str
    workload: str
    environment: str
    before: Release
    after: Release
    gates: tuple[GateResult, ...] = ()


def of(promotion: Promotion, cluster: str) -> Plan:
    """Return the plan of a promotion."""
    return Plan(
        cluster=cluster,
        workload=promotion.workload,
        environment=promotion.environment,
        before=promotion.before,
        after=promotion.after,
        gates=tuple(one.recorded() for one in promotion.gates),
    )


def write(plan: Plan, file: Path) -> None:
    """Write a plan to a file.

    Raises:
        UsageError: the file cannot be written.
    """
    try:
        file.write_text(json.dumps({**_FORM, **asdict(plan)}, indent=2) + "\n")
    except OSError as error:
        raise UsageError(
            f"cannot write the plan {file}",
            why=error.strerror or type(error).__name__,
            next="name another file",
            slug="plan-file",
        ) from error


def read(file: Path) -> Plan:
    """Return the plan in a file.

    Raises:
        UsageError: the file cannot be read, or contains no plan.
    """
    try:
        document = json.loads(file.read_text())
        if {key: document.pop(key, "") for key in _FORM} != _FORM:
            raise ValueError("another kind of document")
        before, after = Release(**document.pop("before")), Release(**document.pop("after"))
        gates = tuple(GateResult(**one) for one in document.pop("gates", ()))
        return Plan(before=before, after=after, gates=gates, **document)
    except (OSError, TypeError, ValueError, KeyError, AttributeError) as error:
        raise UsageError(
            f"{file} is not the plan of a promotion",
            why=(error.strerror or type(error).__name__) if isinstance(error, OSError) else str(error),
            next=f"pkgops promote --to ENV --dry-run --plan {file}",
            slug="bad-plan",
        ) from error


def check_named(plan: Plan, workload: str | None, environment: str, version: str | None) -> None:
    """Make sure that arguments given with a plan are those of the plan.

    Raises:
        UsageError: one differs.
    """
    ends = (
        ("--to", environment, plan.environment),
        ("NAME", workload, plan.workload),
        ("--version", version, plan.after.version),
    )
    for option, named, planned in ends:
        if named and named != planned:
            raise UsageError(
                f"the plan is for {planned}, not for {named}",
                next=f"leave out {option}: the plan has it",
                slug="plan-of-another",
            )


def check(plan: Plan, promotion: Promotion, cluster: str) -> None:
    """Make sure that a promotion is exactly the planned one.

    Raises:
        RefusedError: something has changed since; names it.
    """
    moved = list(_moved(plan, of(promotion, cluster)))
    if moved:
        raise RefusedError(
            f"the promotion to {plan.environment} is not the planned one any more",
            why="\n".join(moved),
            next=f"pkgops promote --to {plan.environment} --dry-run --plan FILE, and review it again",
            slug="plan-moved",
        )


def _moved(plan: Plan, now: Plan) -> Iterator[str]:
    ends = (
        ("cluster", plan.cluster, now.cluster),
        ("workload", plan.workload, now.workload),
        ("environment", plan.environment, now.environment),
        (f"version that runs in {plan.environment}", plan.before.version, now.before.version),
        (f"image that runs in {plan.environment}", plan.before.image, now.before.image),
        (f"version that {plan.environment} is pinned to", plan.before.pinned, now.before.pinned),
        ("version to install", plan.after.version, now.after.version),
        ("image to install", plan.after.image, now.after.image),
    )
    for what, planned, found in ends:
        if planned != found:
            yield f"{what}: {planned or 'none'} when planned, {found or 'none'} now"
