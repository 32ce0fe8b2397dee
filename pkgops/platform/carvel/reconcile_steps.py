"""Fetch, template, deploy, with the status of each step: shared by Apps and PackageRepositories."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pkgops.kube import Obj
from pkgops.platform.carvel import objects, status, timer
from pkgops.platform.carvel.deploy import Deployer
from pkgops.platform.carvel.outcome import Outcome, failed
from pkgops.platform.fieldsupport import refusal
from pkgops.platform.runtime import Platform

APPLYING = " ---- applying "


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """The steps of one object's reconciliation.

    Attributes:
        finalizer: the finalizer that blocks deletion until the object's resources are deleted.
        fetch: fetches into a folder; returns the folder in which templating starts.
        template: renders the fetched files.
        deployer: returns the deployer, or the failed outcome why there is none.
        shows_resources: whether the status has ``associatedResources``.
    """

    finalizer: str
    fetch: Callable[[Path], tuple[Path, Outcome]]
    template: Callable[[Path], Outcome]
    deployer: Callable[[], Deployer | Outcome]
    shows_resources: bool = True


def refused_fields(obj: Obj) -> Outcome | None:
    """Return a failed outcome that names the fields which are not supported, if the object has any."""
    text = refusal("carvel", obj)
    return failed(text) if text else None


class Reconciliation:
    """One reconciliation of one object."""

    def __init__(self, platform: Platform, obj: Obj, steps: Steps) -> None:
        self._platform = platform
        self._obj = obj
        self._steps = steps
        self._writer = objects.StatusWriter(platform, obj)
        self._status: Obj = {}

    def deploy(self) -> None:
        """Fetch, template and deploy; the result is written to the status."""
        self._status = status.started(self._obj, "Reconciling")
        self._writer.write_step(self._status)
        with tempfile.TemporaryDirectory(prefix="pkgops-carvel-") as folder:
            outcome = self._fetch_template_deploy(Path(folder))
        self._writer.write(status.completed(self._status, outcome))

    def delete(self, *, keep_resources: bool = False) -> None:
        """Delete the deployed resources, then remove the finalizer; a failure is written to the status."""
        failed_before = timer.has_failed_to_delete(self._obj)
        self._status = status.started(self._obj, "Deleting")
        if not failed_before:
            self._writer.write(self._status)
        outcome = Outcome() if keep_resources else self._delete_resources()
        if outcome.error:
            ended = status.delete_ended(self._status, self._platform.now())
            self._writer.write(status.delete_failed(ended, outcome))
            return
        objects.unblock_deletion(self._platform, self._obj, self._steps.finalizer)

    def _fetch_template_deploy(self, folder: Path) -> Outcome:
        now = self._platform.now
        self._status = status.step_started(self._status, "fetch", now())
        refused = refused_fields(self._obj)
        start, outcome = (folder, refused) if refused else self._steps.fetch(folder)
        outcome = outcome.without(folder)
        self._status = status.fetched(self._status, outcome, now())
        self._writer.write_step(self._status)
        if outcome.error:
            return outcome
        outcome = self._steps.template(start)
        if outcome.error:
            outcome = outcome.without(start).without(folder)
        self._status = status.templated(self._status, outcome, now())
        self._writer.write_step(self._status)
        return outcome if outcome.error else self._deploy(outcome.stdout)

    def _deploy(self, text: str) -> Outcome:
        self._status = status.step_started(self._status, "deploy", self._platform.now())
        blocked = objects.block_deletion(self._platform, self._obj, self._steps.finalizer)
        if blocked is None:
            return Outcome(exit_code=-1, error="Blocking for deploy: the object was deleted meanwhile")
        self._writer.use_object(blocked)
        deployer = self._steps.deployer()
        if isinstance(deployer, Outcome):
            return deployer
        outcome, meta = deployer.deploy(text, self._report_progress)
        shown = meta if self._steps.shows_resources else None
        self._status = status.deployed(self._status, outcome, self._platform.now(), shown)
        self._writer.write_step(self._status)
        return outcome

    def _delete_resources(self) -> Outcome:
        self._status = status.step_started(self._status, "deploy", self._platform.now())
        deployer = self._steps.deployer()
        return deployer if isinstance(deployer, Outcome) else deployer.delete(self._report_progress)

    def _report_progress(self, text: str) -> None:
        if APPLYING not in text:
            return
        now = self._platform.now()
        outcome = Outcome(stdout=text, finished=False)
        self._status = status.deployed(self._status, outcome, now)
        self._writer.write_progress(self._status, now)
