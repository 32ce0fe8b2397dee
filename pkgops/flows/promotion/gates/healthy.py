"""``healthy``: the version is healthy in the environment that it comes from, and answers there."""

from __future__ import annotations

from dataclasses import dataclass, replace

from pkgops.errors import PreflightError, StepFailed
from pkgops.flows import probe, read_snapshot, serving, unreadable
from pkgops.flows.first_answer import first_answer
from pkgops.flows.promotion.gates.rule import Case, Rule, State, Verdict
from pkgops.flows.releases.release import Result
from pkgops.model import Environment, Snapshot
from pkgops.model import Verdict as Judged
from pkgops.pipeline import healthy_since, revisions


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """The state of a version in the environment that it comes from.

    Attributes:
        version: the package version.
        environment: the source environment.
        runs: the version that runs there.
        healthy: whether all its stages are done.
        detail: its state, or what it answered.
        causes: why it is not healthy.
        before: what shows that the version was healthy there before, where it does not run now.
        remedy: what to do where it is not healthy.
    """

    version: str
    environment: str
    runs: str
    healthy: bool
    detail: str = ""
    causes: str = ""
    before: str = ""
    remedy: str = "pkgops why"


def judge(_: object, seen: Facts) -> Verdict:
    """Return whether a version is healthy in the environment that it comes from."""
    if seen.runs != seen.version:
        there = f"{seen.environment} runs {seen.runs or 'nothing'}"
        if seen.before:
            return Verdict(state=State.PASS, evidence=f"{seen.before}; now {there}")
        return Verdict(
            state=State.PENDING,
            evidence=f"unknown: {there}, and nothing shows that {seen.version} was healthy there",
            remedy=f"deliver {seen.version} to {seen.environment} first, "
            "or name an environment where it is healthy with --from",
        )
    what = f"{seen.version} in {seen.environment}"
    if not seen.healthy:
        return Verdict(
            state=State.FAIL,
            evidence=f"{what} is not healthy: {seen.detail}",
            remedy=seen.remedy,
            detail=seen.causes,
        )
    return Verdict(state=State.PASS, evidence=f"{what} is healthy, and {seen.detail}")


def gather(_: object, case: Case) -> Facts:
    """Read the state of the environment that the version comes from.

    Raises:
        PreflightError: what runs there, or what it answers, is unknown.
    """
    source = case.source
    if source is None:
        raise PreflightError("the source environment is not given", next="pkgops status")
    unreadable.check(case.snapshot, source.name)
    running = read_snapshot.environment(case.snapshot, source.name)
    runs = running.version if running else ""
    seen = Facts(version=case.after.version, environment=source.name, runs=runs, healthy=False)
    if running is None or runs != case.after.version:
        return replace(seen, before=_before(case))
    if running.verdict is not Judged.READY:
        return replace(seen, detail=str(running.verdict), causes=_causes(running, case.snapshot))
    if not running.serves:
        return replace(seen, healthy=True, detail=running.note)
    try:
        answer = first_answer(case.target.clusters.of(source), running, case.ports, probe.PROMOTE)
    except StepFailed as error:
        pods = ", ".join(ref.name for ref in serving.known_pods(running)) or "none"
        return replace(seen, detail=error.summary, causes=error.why or f"pods: {pods}", remedy=error.next)
    return replace(seen, healthy=True, detail=f"{answer.pod} answers HTTP {answer.status}")


def _causes(running: Environment, snapshot: Snapshot) -> str:
    causes = [blockage.cause for blockage in snapshot.blockages if blockage.scope == running.name]
    stages = [f"{stage.name}: {stage.state}" for stage in running.stages if str(stage.state) != "done"]
    return "\n".join(causes or stages)


def _before(case: Case) -> str:
    """What shows that a version was healthy before: a record, or a Revision of its image."""
    assert case.source is not None
    wanted = revisions.digest(case.after.image)
    for name, image in healthy_since.ready_revisions(case.tracker.store, case.source.namespace):
        if wanted and revisions.digest(image) == wanted:
            return f"its image was healthy in {case.source.name}: revision/{name} is ready"
    for setting in (case.source, case.setting):
        for one in case.place(setting).read()[0]:
            if one.result is Result.SUCCEEDED and one.after.version == case.after.version:
                return f"{case.after.version} was healthy in {setting.name}, by the record {one.name}"
    return ""


RULE = Rule(read=lambda value: value, judge=judge, gather=gather)
