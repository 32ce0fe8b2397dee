"""Reconcile stacks, stores, buildpacks and lifecycles: their images are read and described in the status."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pkgops.errors import PkgopsError
from pkgops.kube import NotFound, Obj, raise_temporary
from pkgops.oci import RegistryClient
from pkgops.platform.kpack import names
from pkgops.platform.kpack.conditions import ConditionUpdate, conditions
from pkgops.platform.kpack.credentials import read_account
from pkgops.platform.kpack.parts import StoredBuildpack, read_buildpacks, read_lifecycle, read_stack
from pkgops.platform.queue import Key
from pkgops.platform.runtime import Platform

RETRY_SECONDS = 15.0
REFRESH_SECONDS = 600.0
Read = Callable[[RegistryClient, Obj], dict[str, Any]]


class ClusterParts:
    """Reconciles one of the kinds."""

    def __init__(self, platform: Platform, kind: str, read: Read) -> None:
        self._platform, self._kind, self._read = platform, kind, read

    def reconcile(self, key: Key) -> float | None:
        """Read the images of one object and write its status; errors are retried."""
        obj = self._platform.get(names.API, self._kind, key.name, key.namespace)
        if obj is None:
            return None
        before = obj.get("status", {})
        try:
            facts = self._read(client_for(self._platform, obj["spec"], key.namespace), obj["spec"])
            update, after = ConditionUpdate("Ready", "True"), REFRESH_SECONDS
        except PkgopsError as error:
            raise_temporary(error)
            kept = ("conditions", "observedGeneration")
            facts = {key: value for key, value in before.items() if key not in kept}
            update, after = ConditionUpdate("Ready", "False", "", error.what), RETRY_SECONDS
        status = {
            **facts,
            "conditions": conditions([update], before.get("conditions") or [], self._platform.now()),
            "observedGeneration": obj["metadata"]["generation"],
        }
        try:
            self._platform.save_status(obj, status)
        except NotFound:
            return None
        return after


def client_for(platform: Platform, spec: Obj, namespace: str = "") -> RegistryClient:
    """Return a client with the credentials of ``serviceAccountRef`` (or an account of the namespace)."""
    ref = spec.get("serviceAccountRef") or {}
    name = ref.get("name") or (names.service_account(spec) if namespace else "")
    if not name:
        return RegistryClient()
    account = read_account(platform.client, ref.get("namespace") or namespace, name)
    return RegistryClient(account.keychain())


def stack_status(client: RegistryClient, spec: Obj) -> dict[str, Any]:
    """Return the status of a ClusterStack, without conditions."""
    build, run = spec["buildImage"]["image"], spec["runImage"]["image"]
    stack = read_stack(client, spec["id"], build, run)
    return {
        "id": stack.id,
        "buildImage": {"image": build, "latestImage": str(stack.build_ref)},
        "runImage": {"image": run, "latestImage": str(stack.run_ref)},
        **({"mixins": list(stack.mixins)} if stack.mixins else {}),
        "userId": stack.user,
        "groupId": stack.group,
    }


def store_status(client: RegistryClient, spec: Obj) -> dict[str, Any]:
    """Return the status of a ClusterStore, without conditions."""
    contents = [
        _buildpack(buildpack, source["image"])
        for source in spec.get("sources") or []
        for buildpack in read_buildpacks(client, source["image"])
    ]
    return {"buildpacks": contents}


def buildpack_status(client: RegistryClient, spec: Obj) -> dict[str, Any]:
    """Return the status of a Buildpack or ClusterBuildpack, without conditions."""
    image = spec["image"]
    return {"buildpacks": [_buildpack(buildpack, image) for buildpack in read_buildpacks(client, image)]}


def lifecycle_status(client: RegistryClient, spec: Obj) -> dict[str, Any]:
    """Return the status of a ClusterLifecycle, without conditions."""
    lifecycle = read_lifecycle(client, spec["image"])
    image = {"image": spec["image"], "latestImage": str(lifecycle.ref)}
    return {
        "image": image,
        "version": lifecycle.version,
        "api": dict(lifecycle.api),
        "apis": dict(lifecycle.apis),
    }


def _buildpack(buildpack: StoredBuildpack, image: str) -> dict[str, Any]:
    facts: dict[str, Any] = {
        key: buildpack.facts[key] for key in ("api", "homepage", "order", "stacks") if key in buildpack.facts
    }
    return {
        "id": buildpack.id,
        "version": buildpack.version,
        **facts,
        "diffId": buildpack.layer.diff_id,
        "digest": buildpack.layer.blob.digest,
        "size": buildpack.layer.blob.size,
        "storeImage": {"image": image},
        "buildpackage": {"id": buildpack.id, "version": buildpack.version},
    }
