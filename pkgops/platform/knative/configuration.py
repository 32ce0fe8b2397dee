"""Reconcile Configurations: create a Revision for each generation, write the latest ready one."""

from __future__ import annotations

from dataclasses import dataclass

from pkgops.kube import ApiError, NotFound, Obj, is_temporary
from pkgops.platform.conditions import condition_of, condition_status, is_ready
from pkgops.platform.knative import children
from pkgops.platform.knative import labels as kn
from pkgops.platform.knative.condition_set import ConditionSet
from pkgops.platform.owners import is_controlled_by
from pkgops.platform.queue import Key
from pkgops.platform.runtime import Platform

COMPONENT = "configuration-controller"


@dataclass(frozen=True, slots=True)
class ConfigurationReconciler:
    """Reconciles Configurations."""

    platform: Platform

    def reconcile(self, key: Key) -> float | None:
        """Reconcile one Configuration."""
        config = self.platform.get(kn.API, "Configuration", key.name, key.namespace)
        if config is None or config["metadata"].get("deletionTimestamp"):
            return None
        before = config.get("status") or {}
        conditions = ConditionSet(before.get("conditions") or [], (), self.platform.now())
        status: Obj = {"observedGeneration": config["metadata"]["generation"]}
        try:
            latest = self._latest_created(config)
        except RevisionNotCreated as error:
            text = f"Revision creation failed with message: {error}."
            conditions.mark("Ready", "False", "RevisionFailed", text)
            kept = {name: before[name] for name in _NAMES if name in before}
            self.platform.save_status(config, {**status, **kept, "conditions": conditions.result()})
            return None
        names = self._names(config, latest)
        _mark_ready(conditions, latest, names)
        self._record_events(config, names, conditions)
        self.platform.save_status(config, {**status, **names, "conditions": conditions.result()})
        return None

    def _latest_created(self, config: Obj) -> Obj:
        desired = children.revision(config, self.platform.now())
        present = self._find(desired["metadata"]["name"], desired["metadata"]["namespace"])
        if present is None:
            try:
                created = self.platform.create(desired)
            except ApiError as error:
                if error.reason == "AlreadyExists" or is_temporary(error):
                    raise
                raise RevisionNotCreated(error.message) from error
            text = f'Created Revision "{created["metadata"]["name"]}"'
            self.platform.event(config, "Normal", "Created", text, COMPONENT)
            return created
        if not _is_revision_of(present, desired, config):
            name = present["metadata"]["name"]
            raise RevisionNotCreated(f'revisions.serving.knative.dev "{name}" already exists')
        return present

    def _find(self, name: str, namespace: str) -> Obj | None:
        revision = self.platform.get(kn.API, "Revision", name, namespace)
        if revision is not None:
            return revision
        try:
            return self.platform.observe(self.platform.client.get(kn.API, "Revision", name, namespace))
        except NotFound:
            return None

    def _names(self, config: Obj, latest: Obj) -> dict[str, str]:
        names = {"latestCreatedRevisionName": str(latest["metadata"]["name"])}
        ready = self._latest_ready(config, latest)
        if ready:
            names["latestReadyRevisionName"] = ready
        return names

    def _latest_ready(self, config: Obj, latest: Obj) -> str:
        labels = {kn.CONFIGURATION: str(config["metadata"]["name"])}
        revisions = self.platform.list(kn.API, "Revision", config["metadata"]["namespace"], labels)
        known = str((config.get("status") or {}).get("latestReadyRevisionName") or "")
        start = next((_generation(item) for item in revisions if item["metadata"]["name"] == known), 0)
        for revision in sorted(revisions, key=_generation, reverse=True):
            if _generation(revision) >= start and is_ready(revision):
                return str(revision["metadata"]["name"])
        return str(latest["metadata"]["name"]) if is_ready(latest) else known

    def _record_events(self, config: Obj, names: dict[str, str], conditions: ConditionSet) -> None:
        before = str((config.get("status") or {}).get("latestReadyRevisionName") or "")
        after = names.get("latestReadyRevisionName", "")
        if after and before != after:
            if not before:
                text = "Configuration becomes ready"
                self.platform.event(config, "Normal", "ConfigurationReady", text, COMPONENT)
            text = f'LatestReadyRevisionName updated to "{after}"'
            self.platform.event(config, "Normal", "LatestReadyUpdate", text, COMPONENT)
        was_failed = condition_status(config) == "False"
        if conditions.status("Ready") == "False" and not was_failed:
            created = names["latestCreatedRevisionName"]
            reason = "LatestReadyFailed" if created == after else "LatestCreatedFailed"
            word = "ready" if created == after else "created"
            text = f'Latest {word} revision "{created}" has failed'
            self.platform.event(config, "Warning", reason, text, COMPONENT)


_NAMES = ("latestCreatedRevisionName", "latestReadyRevisionName")


class RevisionNotCreated(Exception):
    """The Revision of the current generation cannot be created; the text is the API server's message."""


def _is_revision_of(present: Obj, desired: Obj, config: Obj) -> bool:
    if not is_controlled_by(present, config):
        return False
    generation = kn.labels_of(present).get(kn.CONFIGURATION_GENERATION)
    same = generation == kn.labels_of(desired)[kn.CONFIGURATION_GENERATION]
    return same or present["spec"] == desired["spec"]


def _generation(revision: Obj) -> int:
    return int(kn.labels_of(revision).get(kn.CONFIGURATION_GENERATION) or 0)


def _mark_ready(conditions: ConditionSet, latest: Obj, names: dict[str, str]) -> None:
    created = names["latestCreatedRevisionName"]
    ready = condition_of(latest) or {}
    if ready.get("status") == "False":
        text = f'Revision "{created}" failed with message: {ready.get("message", "")}.'
        conditions.mark("Ready", "False", "RevisionFailed", text)
    elif names.get("latestReadyRevisionName") == created:
        conditions.mark("Ready", "True")
    else:
        conditions.mark("Ready", "Unknown")
