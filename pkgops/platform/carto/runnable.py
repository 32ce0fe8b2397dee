"""Reconcile Runnables: a new object is created whenever the rendering of their ClusterRunTemplate changes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pkgops.kube import Conflict, NotFound, Obj
from pkgops.platform.carto.accounts import account_of, stamper_for
from pkgops.platform.carto.conditions import keep_times, with_ready
from pkgops.platform.carto.context import run_context
from pkgops.platform.carto.failure import Failure, ResourceFailed, RetryLater, api_message, is_retryable
from pkgops.platform.carto.health import object_health
from pkgops.platform.carto.jsonpath import JsonPathError, evaluate
from pkgops.platform.carto.labels import run_labels
from pkgops.platform.carto.realizer import not_listed, object_name
from pkgops.platform.carto.render import StampError, render_run
from pkgops.platform.carto.retention import newest_healthy, surplus
from pkgops.platform.carto.selected import SelectedObjectReader, SelectionFailed
from pkgops.platform.carto.stamper import Applied, ListRefused, Rejected, Stamper
from pkgops.platform.carto.template import API_VERSION, DEFAULT_RETENTION
from pkgops.platform.carto.watches import StampedWatches, runnables_selecting
from pkgops.platform.conditions import condition, condition_of
from pkgops.platform.labels import has_labels
from pkgops.platform.queue import Key
from pkgops.platform.runtime import Platform

RUN_RULE: Obj = {"singleConditionType": "Succeeded"}
_UNCHANGED = object()


class RunnableReconciler:
    """Reconciles Runnables."""

    def __init__(self, platform: Platform, watches: StampedWatches) -> None:
        self._platform = platform
        self._watches = watches

    def reconcile(self, key: Key) -> None:
        """Reconcile one Runnable.

        Raises:
            RetryLater: the status is written, and the reconcile must be retried after the back-off.
        """
        runnable = self._platform.get(API_VERSION, "Runnable", key.name, key.namespace)
        if runnable is None or runnable["metadata"].get("deletionTimestamp"):
            return
        now = self._platform.now()
        run = _Run(self._platform, self._watches, runnable, now)
        failure: Failure | None = None
        try:
            run.execute()
        except ResourceFailed as error:
            failure = error.failure
        self._save(runnable, run, failure, now)
        if failure is not None and failure.retry:
            raise RetryLater(failure.message)

    def _save(self, runnable: Obj, run: _Run, failure: Failure | None, now: datetime) -> None:
        before = runnable.get("status") or {}
        conditions = run_conditions(failure, run.stamped, now, account=run.account_found)
        status = {
            **{key: value for key, value in before.items() if key != "outputs"},
            "conditions": keep_times(conditions, before.get("conditions") or [], now),
            "observedGeneration": runnable["metadata"].get("generation", 0),
        }
        outputs = before.get("outputs") if run.outputs is _UNCHANGED else run.outputs
        if outputs and failure is None:
            status["outputs"] = outputs
        try:
            self._platform.save_status(runnable, status)
        except (NotFound, Conflict):
            return
        if "outputs" in status and status["outputs"] != before.get("outputs") and run.output_from:
            name = runnable["metadata"]["name"]
            message = f"Runnable [{name}] found a new output in [{run.output_from}]"
            self._platform.event(runnable, "Normal", "ResourceOutputChanged", message, "Runnable")


class _Run:
    """One reconcile of one Runnable; its attributes hold the results so far, also after a failure."""

    def __init__(self, platform: Platform, watches: StampedWatches, runnable: Obj, now: datetime) -> None:
        self._platform = platform
        self._watches = watches
        self._runnable = runnable
        self._now = now
        self._name = str(runnable["spec"]["runTemplateRef"]["name"])
        self.stamped: Obj | None = None
        self.outputs: Any = _UNCHANGED
        self.output_from = ""
        self.account_found = False

    def execute(self) -> None:
        stamper = stamper_for(self._platform, *account_of(self._runnable))
        self.account_found = True
        template = self._template()
        rendered = self._render(template, self._selected())
        applied, objects = self._stamp(stamper, rendered)
        self.stamped = applied.object
        self._watches.watch_stamped("Runnable", [applied.object])
        if applied.written:
            name = f"{applied.plural}/{applied.object['metadata']['name']}"
            message = f"{applied.written} object [{name}]"
            self._platform.event(self._runnable, "Normal", "StampedObjectApplied", message, "Runnable")
        policy = self._runnable["spec"].get("retentionPolicy") or DEFAULT_RETENTION
        for obj in surplus(objects, run_health, policy):
            stamper.delete(obj)
        self._read((template.get("spec") or {}).get("outputs") or {}, objects, applied.plural)

    def _template(self) -> Obj:
        template = self._platform.get(API_VERSION, "ClusterRunTemplate", self._name)
        if template is None:
            message = (
                f"unable to get run template [{self._name}]: failed to get run template object "
                f"from api server [ClusterRunTemplate/{self._name}]: "
                f'ClusterRunTemplate.carto.run "{self._name}" not found'
            )
            raise ResourceFailed(
                Failure(status="False", reason="RunTemplateNotFound", message=message, retry=True)
            )
        return template

    def _selected(self) -> Obj | None:
        spec_selector = self._runnable["spec"].get("selector")
        if not spec_selector:
            return None
        namespace, account = account_of(self._runnable)
        client = self._platform.client.as_service_account(namespace, account)
        resource = spec_selector.get("resource") or {}
        kind = (str(resource.get("apiVersion", "")), str(resource.get("kind", "")))
        try:
            return SelectedObjectReader(client, self._runnable["metadata"]["namespace"]).read(spec_selector)
        except SelectionFailed as error:
            raise ResourceFailed(
                Failure(status="False", reason="TemplateStampFailure", message=str(error), retry=error.retry)
            ) from None
        finally:
            if self._platform.client.serves(*kind):
                self._watches.watch_selected("Runnable", *kind, runnables_selecting(self._platform, *kind))

    def _render(self, template: Obj, selected: Obj | None) -> Obj:
        labels = run_labels(self._runnable, self._name)
        try:
            return render_run(template, run_context(self._runnable, selected), self._runnable, labels)
        except StampError as error:
            message = f"unable to stamp object for run template [{self._name}]: {error}"
            raise ResourceFailed(
                Failure(status="False", reason="TemplateStampFailure", message=message)
            ) from None

    def _stamp(self, stamper: Stamper, rendered: Obj) -> tuple[Applied, list[Obj]]:
        """Return the applied object of a rendering, and all objects of this Runnable and run template."""
        labels = run_labels(self._runnable, self._name)
        of_runnable = {"carto.run/runnable-name": labels["carto.run/runnable-name"]}
        try:
            listed = stamper.list(rendered, of_runnable)
            applied = stamper.stamp(rendered, listed, self._now)
        except ListRefused as error:
            message = not_listed(rendered, of_runnable, error)
            retry = is_retryable(error.cause)
            raise ResourceFailed(
                Failure(status="False", reason="FailedToListCreatedObjects", message=message, retry=retry)
            ) from None
        except Rejected as error:
            message = (
                f"unable to apply object [{object_name(rendered)}] for run template [{self._name}]: "
                f"{error.step}{api_message(error.cause)}"
            )
            retry = is_retryable(error.cause)
            raise ResourceFailed(
                Failure(
                    status="False", reason="StampedObjectRejectedByAPIServer", message=message, retry=retry
                )
            ) from None
        objects = [*listed, applied.object] if applied.written else listed
        return applied, [obj for obj in objects if has_labels(obj, labels)]

    def _read(self, paths: Obj, objects: Sequence[Obj], plural: str) -> None:
        newest = newest_healthy(objects, run_health)
        if newest is None or not paths:
            return
        meta = newest["metadata"]
        try:
            self.outputs = {name: _evaluate(paths[name], newest) for name in sorted(paths)}
        except JsonPathError as error:
            message = (
                f"waiting to read value from resource [{plural}/{meta['name']}] in namespace "
                f"[{meta['namespace']}]: unable to retrieve outputs from stamped object "
                f"[{meta['namespace']}/{meta['name']}] of type [{plural}] "
                f"for run template [{self._name}]: {error}"
            )
            raise ResourceFailed(
                Failure(status="False", reason="OutputPathNotSatisfied", message=message)
            ) from None
        self.output_from = f"{plural}/{meta['name']}"


def run_health(obj: Obj) -> str:
    """Return the status of an object's ``Succeeded`` condition; Unknown if it has none."""
    return object_health(RUN_RULE, obj)


def run_conditions(
    failure: Failure | None, stamped: Obj | None, now: datetime, *, account: bool
) -> list[Obj]:
    """Return the conditions of a Runnable.

    Args:
        failure: the failure of the reconcile, if there was one.
        stamped: the object of this reconcile, if it was applied.
        now: the current time.
        account: whether the service account was found; without it there is no StampedObjectCondition.
    """
    if failure is None:
        ready = condition("RunTemplateReady", "True", "Ready", "", now)
    else:
        ready = condition("RunTemplateReady", failure.status, failure.reason, failure.message, now)
    if not account:
        return with_ready([ready], now)
    return with_ready([ready, _object_condition(stamped, now)], now)


def _object_condition(stamped: Obj | None, now: datetime) -> Obj:
    succeeded = condition_of(stamped or {}, "Succeeded")
    if succeeded is None:
        return condition("StampedObjectCondition", "Unknown", "Unknown", "", now)
    message = str(succeeded.get("message") or "")
    return condition("StampedObjectCondition", str(succeeded["status"]), "SucceededCondition", message, now)


def _evaluate(path: str, obj: Obj) -> Any:
    try:
        return evaluate(path, obj)
    except JsonPathError as error:
        raise JsonPathError(f"failed to evaluate path [{path}]: {error}") from None
