"""The ImagePolicy controller: selects the latest tag of an ImageRepository by a policy."""

from __future__ import annotations

from copy import deepcopy
from datetime import datetime
from pathlib import Path

from pkgops.errors import PkgopsError
from pkgops.kube import Obj, raise_temporary
from pkgops.oci import ImageRef
from pkgops.platform.conditions import condition_of, condition_status
from pkgops.platform.durations import parse_duration
from pkgops.platform.flux.conditions import Conditions
from pkgops.platform.flux.imagerepository import API, COMPONENT, MakeClient
from pkgops.platform.flux.imagerepository import KIND as REPOSITORY
from pkgops.platform.flux.objects import (
    add_finalizer,
    drop_finalizer,
    initial_conditions,
    with_handled_request,
)
from pkgops.platform.flux.policy import InvalidPolicy, NoChoice, choose
from pkgops.platform.flux.registry import AuthError, canonical_name, registry_client
from pkgops.platform.flux.tags import TagDatabase
from pkgops.platform.queue import Key
from pkgops.platform.runtime import Platform

KIND = "ImagePolicy"
RETRY_SECONDS = 30.0
# How long after its creation a policy without tags is not yet reported as failed.
FIRST_SCAN_SECONDS = 5.0
_TIMEOUT_SECONDS = 30.0


class NotReady(Exception):
    """A dependency of the policy is not ready; ``reason`` is the condition's."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class ImagePolicies:
    """Reconciles ImagePolicies, also when their ImageRepositories change."""

    def __init__(
        self, platform: Platform, tags: TagDatabase, make_client: MakeClient = registry_client
    ) -> None:
        self._platform = platform
        self._tags = tags
        self._make_client = make_client

    def reconcile(self, key: Key) -> float | None:
        """Select the latest tag; return the seconds until the next reconciliation, if one is needed."""
        known = self._platform.get(API, KIND, key.name, key.namespace)
        if known is None:
            return None
        if known["metadata"].get("deletionTimestamp"):
            drop_finalizer(self._platform.client, known)
            return None
        if known["spec"].get("suspend"):
            return None
        policy = self._platform.observe(add_finalizer(self._platform.client, deepcopy(known)))
        return self._reconcile(policy)

    def policies_of(self, repository: Obj) -> list[Key]:
        """Return the keys of the policies that reference an ImageRepository."""
        meta = repository["metadata"]
        return [
            Key(policy["metadata"]["namespace"], policy["metadata"]["name"])
            for policy in self._platform.list(API, KIND)
            if _reference(policy) == (meta["namespace"], meta["name"])
        ]

    def _reconcile(self, policy: Obj) -> float | None:
        conditions = initial_conditions(policy, self._platform.now)
        spec = policy["spec"]
        try:
            repository = self._repository(policy)
            tags = self._tags_of(repository)
            tag = choose(tags, spec.get("policy") or {}, spec.get("filterTags"))
            latest = self._latest(policy, repository, tag)
        except InvalidPolicy as error:
            conditions.stall("InvalidPolicy", str(error))
            return self._refused(policy, conditions, "InvalidPolicy", str(error), None)
        except NoChoice as error:
            conditions.fail("Failure", str(error))
            conditions.drop("Reconciling")
            return self._refused(policy, conditions, "Failure", str(error), None)
        except NotReady as error:
            return self._wait(policy, conditions, error)
        self._chosen(policy, conditions, latest)
        reflects = spec.get("digestReflectionPolicy") == "Always" and spec.get("interval")
        return parse_duration(spec["interval"]) if reflects else None

    def _repository(self, policy: Obj) -> Obj:
        namespace, name = _reference(policy)
        repository = self._platform.get(API, REPOSITORY, name, namespace)
        failed = "failed to get the referred ImageRepository"
        if repository is None:
            message = f'{failed}: ImageRepository.image.toolkit.fluxcd.io "{name}" not found'
            raise NotReady("DependencyNotReady", message)
        if namespace != policy["metadata"]["namespace"] and not self._may_read(policy, repository):
            message = f"{failed}: access denied to '{namespace}/{name}'"
            raise NotReady("AccessDenied", message)
        return repository

    def _may_read(self, policy: Obj, repository: Obj) -> bool:
        selectors = (repository["spec"].get("accessFrom") or {}).get("namespaceSelectors") or []
        namespace = self._platform.client.find("v1", "Namespace", policy["metadata"]["namespace"]) or {}
        labels = (namespace.get("metadata") or {}).get("labels") or {}
        return any((selector.get("matchLabels") or {}).items() <= labels.items() for selector in selectors)

    def _tags_of(self, repository: Obj) -> list[str]:
        try:
            tags = self._tags.read(canonical_name(repository["spec"]["image"]))
        except PkgopsError:
            tags = None
        scanned = (repository.get("status") or {}).get("lastScanResult")
        if not tags or not scanned:
            raise NotReady("DependencyNotReady", "retrying in 30s error: no tags in database")
        return tags

    def _latest(self, policy: Obj, repository: Obj, tag: str) -> Obj:
        image, reflection = (
            repository["spec"]["image"],
            policy["spec"].get("digestReflectionPolicy") or "Never",
        )
        latest = {"name": image, "tag": tag}
        before = (policy.get("status") or {}).get("latestRef") or {}
        if reflection == "Never":
            return latest
        known = before.get("digest") if (before.get("name"), before.get("tag")) == (image, tag) else None
        if known and reflection == "IfNotPresent":
            return {**latest, "digest": known}
        return {**latest, "digest": self._digest(repository, image, tag)}

    def _digest(self, repository: Obj, image: str, tag: str) -> str:
        folder: Path = self._platform.config.data_dir / "certificates"
        try:
            client = self._make_client(self._platform.client, repository, folder, _TIMEOUT_SECONDS)
            return client.digest(ImageRef.parse(image).tagged(tag))
        except AuthError as error:
            raise NotReady("AuthenticationFailed", str(error)) from error
        except PkgopsError as error:
            raise_temporary(error)
            message = f"failed fetching digest of {image}:{tag}: {error.what}"
            raise NotReady("ReadOperationFailed", message) from error

    def _chosen(self, policy: Obj, conditions: Conditions, latest: Obj) -> None:
        status = dict(policy.get("status") or {})
        before = status.get("latestRef")
        if before and before != latest:
            status["observedPreviousRef"] = before
        message = success_message(latest, status.get("observedPreviousRef"))
        changed = (condition_of(policy) or {}).get("message") != message
        conditions.succeed(message)
        status = {
            **status,
            "latestRef": latest,
            "observedGeneration": policy["metadata"].get("generation", 1),
        }
        self._save(policy, conditions, with_handled_request(policy, status))
        if changed:
            self._platform.event(policy, "Normal", "Succeeded", message, COMPONENT)

    def _wait(self, policy: Obj, conditions: Conditions, error: NotReady) -> float:
        if self._age(policy) < FIRST_SCAN_SECONDS and condition_status(policy) != "False":
            self._save(policy, conditions, dict(policy.get("status") or {}))
            return FIRST_SCAN_SECONDS
        conditions.fail(error.reason, str(error))
        self._refused(policy, conditions, error.reason, str(error), RETRY_SECONDS)
        return RETRY_SECONDS

    def _refused(
        self, policy: Obj, conditions: Conditions, reason: str, message: str, again: float | None
    ) -> float | None:
        if (condition_of(policy) or {}).get("message") != message:
            self._platform.event(policy, "Warning", reason, message, COMPONENT)
        self._save(policy, conditions, with_handled_request(policy, dict(policy.get("status") or {})))
        return again

    def _age(self, policy: Obj) -> float:
        created = datetime.fromisoformat(policy["metadata"]["creationTimestamp"])
        return (self._platform.now() - created).total_seconds()

    def _save(self, policy: Obj, conditions: Conditions, status: Obj) -> Obj:
        return self._platform.save_status(policy, {**status, "conditions": conditions.list()})


def success_message(latest: Obj, previous: Obj | None) -> str:
    """Return the message of Ready: the selected image, and the previous one."""
    message = f"Latest image tag for {latest['name']} resolved to {latest['tag']}"
    if latest.get("digest"):
        message += f" with digest {latest['digest']}"
    if previous:
        digest = f"@{previous['digest']}" if previous.get("digest") else ""
        message += f" (previously {previous['name']}:{previous['tag']}{digest})"
    return message


def _reference(policy: Obj) -> tuple[str, str]:
    ref = policy["spec"].get("imageRepositoryRef") or {}
    return str(ref.get("namespace") or policy["metadata"]["namespace"]), str(ref.get("name", ""))
