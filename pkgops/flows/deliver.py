"""Deliver the package to an environment that follows the version rule of the templates."""

from __future__ import annotations

from dataclasses import dataclass

from pkgops.flows import owners, preflight, probe, read_snapshot
from pkgops.flows.apply_plan import Step
from pkgops.flows.first_answer import first_answer
from pkgops.flows.install import Install, Installed, install
from pkgops.flows.ports import Ports, Recorder
from pkgops.flows.promotion import places, records, ungated
from pkgops.flows.releases import release
from pkgops.flows.releases.release import Action, Release
from pkgops.flows.render import Rendered
from pkgops.flows.run.deadlines import Limits
from pkgops.flows.run.follow import RunRequest, follow
from pkgops.flows.run.goal import Goal
from pkgops.flows.target import Target
from pkgops.flows.verification import store
from pkgops.kube import Obj
from pkgops.model import Environment
from pkgops.settings import EnvironmentSetting


@dataclass(frozen=True)
class Delivered:
    """The result of a delivery.

    Only ``installed`` in a dry run; no ``answer`` where there is no application.
    """

    installed: Installed
    environment: Environment | None = None
    answer: probe.ProbeResult | None = None

    @property
    def steps(self) -> list[Step]:
        """What was applied, or would be."""
        return [step for plan in self.installed.plans for step in plan.steps]


def deliver(
    target: Target, to: str, how: Install, ports: Ports, limits: Limits, recorder: Recorder | None = None
) -> Delivered:
    """Apply the deliverable to an environment so that it follows its version range, and wait until its newest
    version answers.

    Raises:
        UsageError: no such environment; gates of the first one.
        RefusedError: the environment has gates, which only a promotion evaluates.
        PreflightError, StepFailed, DeadlineError: as in ``up``.
    """
    setting = read_snapshot.environment_setting(target, to)
    if setting == target.settings.environments[0]:
        ungated.check_first(setting)
    ungated.check_delivery(setting)

    def check(rendered: Rendered) -> None:
        deliveries = rendered.blueprints("ClusterDelivery")
        client, deliverable = target.clusters.of(setting), _deliverable(target, rendered, setting)
        preflight.submission(client, deliverable, target.name, probe.role_of(target, setting.name))
        preflight.blueprints(client, deliveries, deliverable, "ClusterDelivery")

    installed = install(target, target.settings.environments, how, ports, check)
    if how.dry_run:
        return Delivered(installed)
    client = target.clusters.of(setting)
    name = read_snapshot.name_of(target, None)
    place = places.place_of(target, setting, name)

    def before() -> Release:
        return places.runs_now(target, setting, name, ports)

    with records.recorded(place, Action.DELIVER, before, Release(), ports) as ending:
        if ending.alone:
            store.complete_left(place, ports)
        submitted = owners.submit(client, _deliverable(target, installed.rendered, setting), ports)
        run = RunRequest(
            name=name,
            goal=Goal(environments=(to,), any_version=True),
            environments=(setting,),
            limits=limits,
            submitted=(submitted,),
            find="version",
        )
        outcome = follow(target, run, ports, recorder)
        found = read_snapshot.environment(outcome.snapshot, to)
        answer = first_answer(client, found, ports) if found and found.serves else None
        ending.runs = release.running(found)
    return Delivered(installed, found, answer)


def _deliverable(target: Target, rendered: Rendered, setting: EnvironmentSetting) -> Obj:
    return owners.deliverable(rendered, target.settings, setting.namespace)
