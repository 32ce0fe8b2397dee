"""Pin an environment to one package version, with a record of the change."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from pkgops.errors import PkgopsError, RefusedError, StepFailed
from pkgops.flows import owners, preflight, probe, read_snapshot, versions
from pkgops.flows.first_answer import first_answer
from pkgops.flows.ports import Ports, Recorder
from pkgops.flows.promotion import announce, commits, comparison, contents, records
from pkgops.flows.promotion.compare import Difference
from pkgops.flows.promotion.gates import evaluate
from pkgops.flows.promotion.gates.evaluate import Outcome
from pkgops.flows.promotion.gates.rule import Case
from pkgops.flows.promotion.places import place_of, runs_now
from pkgops.flows.releases import release
from pkgops.flows.releases.release import Action, GateResult, Release
from pkgops.flows.render import render
from pkgops.flows.run.deadlines import Limits
from pkgops.flows.run.follow import RunRequest, follow
from pkgops.flows.run.goal import Goal
from pkgops.flows.target import Target
from pkgops.flows.verification import store
from pkgops.kube import Obj
from pkgops.model.commits import Commits
from pkgops.pipeline import revisions
from pkgops.settings import EnvironmentSetting


@dataclass(frozen=True, slots=True, kw_only=True)
class Promotion:
    """A change of an environment from one release to another.

    Attributes:
        workload: whose package.
        environment: where.
        before: what runs there.
        after: what is to be installed.
        difference: of a dry run, how the two versions differ.
        unknown: of a dry run, why that is not known.
        gates: the verdicts of the environment's gates on it.
        commits: of a dry run, the commits between the two versions.
    """

    workload: str
    environment: str
    before: Release
    after: Release
    difference: Difference | None = None
    unknown: PkgopsError | None = None
    gates: tuple[Outcome, ...] = ()
    commits: Commits | None = None


Agree = Callable[[Promotion], None]


@dataclass(frozen=True)
class How:
    """How a change is carried out: its action, its limits, and whether it is a dry run."""

    action: Action
    limits: Limits
    dry_run: bool = False


def carry_out(
    case: Case, promotion: Promotion, how: How, agree: Agree, recorder: Recorder | None = None
) -> Promotion:
    """Pin an environment to a version, and wait until that answers.

    Raises:
        RefusedError: since then the environment has changed, or a gate does not pass any more.
        StepFailed, DeadlineError, PreflightError: as in ``up``.
    """
    target, setting, ports = case.target, case.setting, case.ports
    deliverable = _deliverable(target, setting, promotion.after.version)
    agree(promotion)
    if how.dry_run:
        return _compared(target, setting, promotion, ports)
    client = target.clusters.of(setting)
    place = place_of(target, setting, promotion.workload)
    preflight.submission(client, deliverable, client.name, place.role)
    outcomes = list(promotion.gates)

    def before() -> Release:
        found = runs_now(target, setting, promotion.workload, ports)
        _check_unmoved(promotion, found)
        now = _refreshed(case, found)
        outcomes[:] = evaluate.again(promotion.gates, now)
        with announce.gates(now):
            evaluate.refuse(outcomes, now)
        # The commit of an image is known on the cluster of its Build, which may be another one.
        return replace(found, revision=found.revision or promotion.before.revision)

    def gate_results() -> list[GateResult]:
        return [one.recorded() for one in outcomes]

    versions_of = (promotion.before.version, promotion.after.version)
    with (
        records.recorded(place, how.action, before, promotion.after, ports, gate_results) as ending,
        announce.change(place, how.action, *versions_of, ports),
    ):
        if ending.alone:
            store.complete_left(place, ports)
        submitted = owners.submit(client, deliverable, ports)
        after = promotion.after
        goal = Goal(environments=(setting.name,), version=after.version, image=after.image)
        run = RunRequest(
            name=promotion.workload,
            goal=goal,
            environments=target.settings.environments,
            limits=how.limits,
            submitted=(submitted,),
        )
        outcome = follow(target, run, ports, recorder)
        found = read_snapshot.environment(outcome.snapshot, setting.name)
        if found is None:
            raise StepFailed(f"{setting.name} vanished while it was changed", next="pkgops status")
        if found.serves:
            first_answer(client, found, ports, probe.PROMOTE)
        ending.runs = release.running(found)
    return promotion


def _refreshed(case: Case, runs: Release) -> Case:
    """The same change with the present state of the source environment, where a gate is about that."""
    if case.source is None:
        return replace(case, before=runs)
    tracker = read_snapshot.tracker(case.target, case.workload)
    return replace(case, before=runs, tracker=tracker, snapshot=tracker.snapshot(case.ports.now()))


def _check_unmoved(promotion: Promotion, now: Release) -> None:
    """Make sure that what was compared before the Lease was taken still runs.

    Raises:
        RefusedError: a user or a controller has changed the environment since.
    """
    seen = promotion.before
    ends = [("version", seen.version, now.version), ("pin", seen.pinned, now.pinned)]
    if seen.image and now.image:  # Without a ready pod at one of both moments it is not known.
        ends.append(("image", seen.image, now.image))
    moved = [f"{what}: {old or 'none'} then, {new or 'none'} now" for what, old, new in ends if old != new]
    if moved:
        raise RefusedError(
            f"{promotion.environment} has changed since this command read it",
            why="\n".join(moved),
            next="pkgops status; then the same command again",
            slug="moved",
        )


def of_version(target: Target, version: str, origins: Mapping[str, str]) -> Release:
    """Return the release of a version that need not run anywhere: it must be in the registry.

    ``origins`` are the commits that images were built from, by digest: those of all Builds that exist.

    Raises:
        UsageError: the registry has no such version; names the nearest.
    """
    ops, image = versions.resolved(target.settings, version)
    return Release(
        version=version,
        image=image,
        revision=origins.get(revisions.digest(image), ""),
        pinned=version,
        ops=ops,
    )


def _compared(target: Target, setting: EnvironmentSetting, promotion: Promotion, ports: Ports) -> Promotion:
    """The promotion with what it would change. A dry run does not fail where this is unknown."""
    old, new = promotion.before, promotion.after
    namespace = target.settings.workload_namespace
    commits_between = commits.between(
        target.client, namespace, promotion.workload, old.revision, new.revision
    )
    promotion = replace(promotion, commits=commits_between)
    read = comparison.keeping(contents.of_version)
    try:
        difference = comparison.between(
            target.settings, old.version, new.version, promotion.environment, read
        )
    except PkgopsError as error:
        return replace(promotion, unknown=error)
    return replace(promotion, difference=comparison.with_live(target, setting, difference, read, ports))


def _deliverable(target: Target, setting: EnvironmentSetting, version: str) -> Obj:
    settings = target.settings
    rendered = render(settings, [settings.workload_namespace, setting.namespace])
    deliverable = owners.deliverable(rendered, settings, setting.namespace)
    return owners.pinned(deliverable, version)
