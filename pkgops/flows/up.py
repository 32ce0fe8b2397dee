"""``pkgops up``: install the templates, submit the workload, and follow its commit until it answers."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

from pkgops.errors import RefusedError
from pkgops.flows import delivered_by_templates, owners, preflight, probe, sources
from pkgops.flows.apply_plan import Step
from pkgops.flows.first_answer import first_answer
from pkgops.flows.install import Install, Installed, install
from pkgops.flows.ports import Ports, Recorder
from pkgops.flows.promotion import ungated
from pkgops.flows.promotion.following import PendingRecord, begin_record
from pkgops.flows.render import Rendered
from pkgops.flows.run.deadlines import Limits
from pkgops.flows.run.follow import RunRequest, follow
from pkgops.flows.run.goal import Goal
from pkgops.flows.target import Target
from pkgops.kube import Client, Obj
from pkgops.model import Environment, Snapshot
from pkgops.settings import EnvironmentSetting


@dataclass(frozen=True, kw_only=True)
class UpRequest:
    """The options of ``up``.

    Attributes:
        how: how templates are installed, and how the person agrees.
        limits: when the wait is given up.
        source: a folder to push first; None follows the repository.
        wait: follow the run to its end.
        recorded: write a record where the first environment is changed.
    """

    how: Install
    limits: Limits
    source: Path | None = None
    wait: bool = True
    recorded: bool = True


@dataclass(frozen=True)
class Done:
    """The result of ``up``.

    ``answer`` is None in a dry run, and where nothing was waited for or there is no application.
    """

    installed: Installed
    snapshot: Snapshot | None = None
    environment: Environment | None = None
    answer: probe.ProbeResult | None = None

    @property
    def steps(self) -> list[Step]:
        """What was applied, or would be."""
        return [step for plan in self.installed.plans for step in plan.steps]


@dataclass(frozen=True, kw_only=True)
class Submission:
    """What was installed and submitted, and the run to follow.

    ``run`` is None in a dry run. ``target`` has the settings that it was rendered with. ``pending`` is the
    record and the Lease until the end of the run.
    """

    target: Target
    installed: Installed
    commit: str = ""
    run: RunRequest | None = None
    pending: PendingRecord = field(default_factory=PendingRecord)


def up(target: Target, request: UpRequest, ports: Ports, recorder: Recorder | None = None) -> Done:
    """Deliver a commit to the first environment, until the application answers.

    Without a deliverable in the templates it ends with what the supply chain deploys.
    Without a workload it ends with what the deliverable installs.

    Raises:
        UsageError: the first environment has gates, which would not be evaluated.
        PreflightError: a check failed; nothing was changed.
        RefusedError: the first environment is pinned, so that this commit would never be installed; or
            another one follows a range and has gates.
        StepFailed: a step of the pipeline failed.
        DeadlineError: the time is over, or a stage takes longer than it may.
    """
    return finish(submit(target, request, ports), request, ports, recorder)


def finish(
    submission: Submission, request: UpRequest, ports: Ports, recorder: Recorder | None = None
) -> Done:
    """Follow a submission until its application answers, where that is waited for.

    Raises:
        StepFailed, DeadlineError: as ``up``.
    """
    with submission.pending.until_end:
        if submission.run is None or not request.wait:
            submission.pending.left()
            return Done(submission.installed)
        snapshot = follow(submission.target, submission.run, ports, recorder).snapshot
        reached = reached_environment(snapshot, submission.run)
        if reached is None:
            return Done(submission.installed, snapshot)
        client = answering_client(submission.target, submission.run)
        answer = first_answer(client, reached, ports) if reached.serves else None
        submission.pending.reached(reached)
        return Done(submission.installed, snapshot, reached, answer)


def submit(target: Target, request: UpRequest, ports: Ports) -> Submission:
    """Install, push the folder if there is one, and submit the workload and its first deliverable.

    Raises:
        PreflightError, RefusedError: as ``up``.
    """
    target = delivered_by_templates.by_templates(target, request.source) or target
    if request.source:
        target.check_source(request.source)
        if target.local:
            sources.check(target.settings, request.source)
            sources.check_snapshot(target.settings, request.source, ports)
        target = target.following_source()
    settings = target.settings
    first = settings.environments[0]
    ungated.check_first(first)

    def check(rendered: Rendered) -> None:
        workload, deliverable = submitted(target, rendered, first)
        if workload is not None:
            preflight.submission(target.client, workload, target.name, probe.DELIVER)
        if deliverable is not None:
            preflight.submission(target.clusters.of(first), deliverable, target.name, probe.DELIVER)
            _refuse_pinned(target, rendered, first)
            ungated.check_followers(target, rendered, ports)
        check_selection(target, rendered, first)

    installed = install(target, settings.environments, request.how, ports, check)
    if request.how.dry_run:
        return Submission(target=target, installed=installed)
    workload, deliverable = submitted(target, installed.rendered, first)
    owned = workload or deliverable or {}
    name = str(owned["metadata"]["name"])
    pending = begin_record(target, first, name, deliverable, ports) if request.recorded else PendingRecord()
    with pending.until_end:
        commit = target.push_source(request.source, ports) if request.source else ""
        applied = [owners.submit(target.client, workload, ports)] if workload is not None else []
        if deliverable is not None:
            applied.append(owners.submit(target.clusters.of(first), deliverable, ports))
        # Without a deliverable the supply chain deploys the application itself, or its end is the goal.
        environments = (first,) if deliverable is not None else ()
        run = RunRequest(
            name=name,
            goal=Goal(
                revision=commit,
                environments=tuple(one.name for one in environments),
                any_version=workload is None,
            ),
            environments=environments,
            limits=request.limits,
            submitted=tuple(applied),
            find="version" if workload is None else "" if commit else "revision",
            restart=True,
        )
        made = Submission(target=target, installed=installed, commit=commit, run=run)
        return replace(made, pending=replace(pending, until_end=pending.until_end.pop_all()))


def reached_environment(snapshot: Snapshot, run: RunRequest) -> Environment | None:
    """Return the environment of a run's application: that of its goal, else the first one."""
    names = run.goal.environments
    return next((env for env in snapshot.environments if not names or env.name in names), None)


def answering_client(target: Target, run: RunRequest) -> Client:
    """Return the client of the cluster of a run's application."""
    return target.clusters.of(run.environments[0]) if run.environments else target.client


def submitted(target: Target, rendered: Rendered, first: EnvironmentSetting) -> tuple[Obj | None, Obj | None]:
    """Return the workload and the first environment's deliverable, at least one of them.

    Raises:
        UsageError: the templates have neither, or none of the configured name.
    """
    settings = target.settings
    deliverable = owners.deliverable(rendered, settings, first.namespace) if rendered.deliverables else None
    if deliverable is not None and not rendered.workloads:
        return None, deliverable
    workload = owners.place(rendered.workload(settings.workload), settings.workload_namespace)
    return owners.of_templates(rendered, workload), deliverable


def check_selection(target: Target, rendered: Rendered, first: EnvironmentSetting) -> None:
    """Make sure that one supply chain and one delivery will select what is submitted.

    Raises:
        PreflightError: none does, or several do equally well.
    """
    workload, deliverable = submitted(target, rendered, first)
    chains, deliveries = rendered.blueprints("ClusterSupplyChain"), rendered.blueprints("ClusterDelivery")
    if workload is not None:
        preflight.blueprints(target.client, chains, workload, "ClusterSupplyChain")
    if deliverable is not None:
        preflight.blueprints(target.clusters.of(first), deliveries, deliverable, "ClusterDelivery")


def _refuse_pinned(target: Target, rendered: Rendered, first: EnvironmentSetting) -> None:
    name = str(rendered.deliverable(target.settings.deliverable)["metadata"]["name"])
    present = target.clusters.of(first).find(owners.API, "Deliverable", name, first.namespace)
    pin = owners.pin_of(present)
    if pin:
        raise RefusedError(
            f"{first.name} is pinned to {pin}",
            why="a new commit would be built, and never be installed there",
            next=f"pkgops deliver --to {first.name} lets it follow the newest version again",
            slug="pinned",
        )
