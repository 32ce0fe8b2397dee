"""``soak``: the version has served for long enough in its source environment, without interruption."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from pkgops.errors import PreflightError, UsageError
from pkgops.flows import read_snapshot, unreadable
from pkgops.flows.promotion.gates import clock
from pkgops.flows.promotion.gates.clock import Clock
from pkgops.flows.promotion.gates.rule import BadSpec, Case, Rule, State, Verdict
from pkgops.model import Verdict as Judged
from pkgops.pipeline import healthy_since
from pkgops.settings import parse_duration


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """How long a version has served in the environment that it comes from.

    Attributes:
        version: the package version.
        environment: the source environment.
        problem: why it does not serve there now; empty where it does.
        since: since when it has without interruption; None where that is unknown.
        by: the object with the latest time, or the one without a time.
        clock: the time there.
    """

    version: str
    environment: str
    problem: str
    since: datetime | None
    by: str
    clock: Clock


def read(value: Any) -> timedelta:
    """Read ``30m``."""
    try:
        return timedelta(seconds=parse_duration(str(value), "the time"))
    except UsageError as error:
        raise BadSpec(error.what) from error


def judge(wanted: timedelta, seen: Facts) -> Verdict:
    """Compare since when a version has served with the required time."""
    if seen.problem:
        remedy = f"{clock.lasting(wanted)} of serving without interruption"
        return Verdict(state=State.PENDING, evidence=seen.problem, remedy=remedy)
    what = f"{seen.version} in {seen.environment}"
    if seen.since is None:
        return Verdict(
            state=State.PENDING,
            evidence=f"unknown since when {what} has answered: {seen.by}",
            remedy="objects with a time; or promote with --override and --reason, where a user "
            f"has observed it for {clock.lasting(wanted)}",
        )
    note = f" ({seen.clock.note})" if seen.clock.note else ""
    done = seen.clock.now - seen.since
    sentence = f"{what} has answered for {clock.lasting(max(done, timedelta(0)))}, by {seen.by}{note}"
    if done >= wanted:
        return Verdict(state=State.PASS, evidence=sentence)
    end = seen.since + wanted
    return Verdict(
        state=State.PENDING,
        evidence=f"{sentence}; it must for {clock.lasting(wanted)}",
        remedy=f"wait until {end.astimezone(UTC):%Y-%m-%d %H:%M:%SZ}; an interruption restarts it",
    )


def gather(_: timedelta, case: Case) -> Facts:
    """Read since when the objects have their state, and the clock that dated them.

    Raises:
        PreflightError: what runs there is unknown.
    """
    source = case.source
    if source is None:
        raise PreflightError("the source environment is not given", next="pkgops status")
    unreadable.check(case.snapshot, source.name)
    now = clock.of(case.target.clusters.of(source), case.ports)
    version = case.after.version
    running = read_snapshot.environment(case.snapshot, source.name)
    problem = ""
    if running is None or running.version != version:
        problem = f"{source.name} runs {(running.version if running else '') or 'nothing'}, not {version}"
    elif running.verdict is not Judged.READY:
        problem = f"{version} in {source.name} is not healthy: {running.verdict}"
    since, by = healthy_since.since(case.tracker.store, running) if running and not problem else (None, "")
    return Facts(version=version, environment=source.name, problem=problem, since=since, by=by, clock=now)


RULE = Rule(read=read, judge=judge, gather=gather, of_source=True)
