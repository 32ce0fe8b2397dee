"""Reconcile Revisions: resolve images to digests, create Deployment and Services, write the status."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, replace

from pkgops.errors import PkgopsError
from pkgops.kube import Obj, raise_temporary
from pkgops.oci import DockerConfig, ImageRef, RegistryClient
from pkgops.platform.conditions import condition_of, condition_status
from pkgops.platform.durations import parse_duration
from pkgops.platform.failures import REASON
from pkgops.platform.knative import child_writes, workload
from pkgops.platform.knative import labels as kn
from pkgops.platform.knative.revisionstatus import ObservedState, revision_status
from pkgops.platform.owners import is_controlled_by
from pkgops.platform.queue import Key
from pkgops.platform.runtime import Platform

COMPONENT = "revision-controller"
UNRESOLVED_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class RevisionReconciler:
    """Reconciles Revisions."""

    platform: Platform

    def reconcile(self, key: Key) -> float | None:
        """Reconcile one Revision."""
        revision = self.platform.get(kn.API, "Revision", key.name, key.namespace)
        if revision is None or revision["metadata"].get("deletionTimestamp"):
            return None
        facts = ObservedState(replicas=_replicas(revision), routed=is_routed(revision))
        if not revision.get("status"):
            revision = self._save(revision, facts)
        facts = self._resolved(revision, facts)
        if facts.images:
            facts = self._deployed(revision, facts)
        saved = self._save(revision, facts)
        self._record_event(revision, saved)
        return UNRESOLVED_SECONDS if facts.image_error[0] else None

    def _save(self, revision: Obj, facts: ObservedState) -> Obj:
        return self.platform.save_status(revision, revision_status(revision, facts, self.platform.now()))

    def _resolved(self, revision: Obj, facts: ObservedState) -> ObservedState:
        known = {
            item["name"]: item["imageDigest"]
            for item in revision.get("status", {}).get("containerStatuses") or []
        }
        for container in revision["spec"].get("containers") or []:
            name, image = str(container["name"]), str(container["image"])
            try:
                known.setdefault(name, self._digest(revision, image) if "@sha256:" not in image else image)
            except PkgopsError as error:
                raise_temporary(error)
                problem = f"failed to resolve image to digest: {error.what}"
                return replace(facts, image_error=(image, problem))
        return replace(facts, images=known)

    def _digest(self, revision: Obj, image: str) -> str:
        reference = ImageRef.parse(image)
        client = RegistryClient(self._keychain(revision))
        return str(reference.at(client.digest(reference)))

    def _keychain(self, revision: Obj) -> DockerConfig:
        namespace = str(revision["metadata"]["namespace"])
        merged = DockerConfig.from_json(json.dumps({"auths": {}}), "none")
        for item in revision["spec"].get("imagePullSecrets") or []:
            secret = self.platform.client.find("v1", "Secret", str(item["name"]), namespace)
            text = _docker_config(secret)
            if text:
                merged = merged.merged(DockerConfig.from_json(text, f"secret {namespace}/{item['name']}"))
        return merged

    def _deployed(self, revision: Obj, facts: ObservedState) -> ObservedState:
        desired = workload.deployment(revision, facts.replicas, _deadline(revision), facts.images)
        present = child_writes.find(self.platform, desired)
        if present is None:
            # The error of an earlier reconcile stays in the status until this one ends.
            if (condition_of(revision) or {}).get("reason") != REASON:
                self._save(revision, facts)
            present = self.platform.create(desired)
        if not is_controlled_by(present, revision):
            return replace(facts, foreign=str(desired["metadata"]["name"]))
        for service in workload.services(revision):
            child_writes.ensure(self.platform, service, revision, fields=())
        if present["spec"].get("replicas") != facts.replicas:
            present = self._scale(present, facts.replicas)
        return replace(facts, deployment=present, pods=self._pods(revision))

    def _scale(self, deployment: Obj, replicas: int) -> Obj:
        meta = deployment["metadata"]
        patch = {"spec": {"replicas": replicas}}
        changed = self.platform.client.patch("apps/v1", "Deployment", meta["name"], meta["namespace"], patch)
        return self.platform.observe(changed)

    def _pods(self, revision: Obj) -> tuple[Obj, ...]:
        labels = {kn.REVISION_UID: str(revision["metadata"]["uid"])}
        return tuple(self.platform.list("v1", "Pod", str(revision["metadata"]["namespace"]), labels))

    def _record_event(self, before: Obj, after: Obj) -> None:
        was = condition_status(before)
        if condition_status(after) == "True" and was != "True":
            text = "Revision becomes ready upon all resources being ready"
            self.platform.event(after, "Normal", "RevisionReady", text, COMPONENT)


def is_routed(revision: Obj) -> bool:
    """Return whether a Revision receives traffic, or will."""
    return kn.labels_of(revision).get(kn.ROUTING_STATE) != "reserve"


def _replicas(revision: Obj) -> int:
    if not is_routed(revision):
        return 0
    annotations = kn.annotations_of(revision)
    lowest = max(
        _count(kn.first(annotations, kn.MIN_SCALE)), _count(kn.first(annotations, kn.INITIAL_SCALE)), 1
    )
    highest = _count(kn.first(annotations, kn.MAX_SCALE))
    return min(lowest, highest) if highest else lowest


def _count(text: str) -> int:
    return int(text) if text.isdigit() else 0


def _deadline(revision: Obj) -> int:
    text = kn.first(kn.annotations_of(revision), kn.PROGRESS_DEADLINE)
    try:
        return int(parse_duration(text)) if text else workload.DEFAULT_DEADLINE
    except ValueError:
        return workload.DEFAULT_DEADLINE


def _docker_config(secret: Obj | None) -> bytes:
    data = (secret or {}).get("data") or {}
    return base64.b64decode(data.get(".dockerconfigjson") or b"")
