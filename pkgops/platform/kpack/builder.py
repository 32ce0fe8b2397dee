"""Reconcile ClusterBuilders and Builders: the builder's image is built and pushed to its tag."""

from __future__ import annotations

from typing import Any

from pkgops.errors import PkgopsError
from pkgops.kube import NotFound, Obj, raise_temporary
from pkgops.oci import RegistryClient
from pkgops.platform.conditions import is_ready
from pkgops.platform.kpack import names
from pkgops.platform.kpack.assembly import Plan, publish
from pkgops.platform.kpack.available import available
from pkgops.platform.kpack.clusterparts import REFRESH_SECONDS, RETRY_SECONDS, client_for
from pkgops.platform.kpack.conditions import ConditionUpdate, conditions
from pkgops.platform.kpack.parts import BadPart, read_lifecycle, read_stack
from pkgops.platform.kpack.resolving import Available, choose, nested
from pkgops.platform.queue import Key
from pkgops.platform.runtime import Platform

DEFAULT_LIFECYCLE = "default-lifecycle"
# kpack has two messages for this.
_STACK_NOT_READY = {
    "ClusterBuilder": "stack {} is not ready",
    "Builder": "Error: clusterstack '{}' is not ready",
}


class Builders:
    """The reconciler of one of the two kinds."""

    def __init__(self, platform: Platform, kind: str) -> None:
        self._platform, self._kind = platform, kind

    def reconcile(self, key: Key) -> float | None:
        """Build the builder and write its status; after a failure the previous image stays in the status."""
        builder = self._platform.get(names.API, self._kind, key.name, key.namespace)
        if builder is None:
            return None
        before = builder.get("status", {})
        try:
            facts, up_to_date = self._build(builder, key), ConditionUpdate("UpToDate", "True")
        except PkgopsError as error:
            raise_temporary(error)
            facts = {name: value for name, value in before.items() if name != "conditions"}
            up_to_date = ConditionUpdate("UpToDate", "False", "ReconcileFailed", error.what)
        entries = [_ready(facts), up_to_date]
        status = {
            **facts,
            "conditions": conditions(entries, before.get("conditions") or [], self._platform.now()),
            "observedGeneration": builder["metadata"]["generation"],
        }
        try:
            self._platform.save_status(builder, status)
        except NotFound:
            return None
        return REFRESH_SECONDS if up_to_date.status == "True" else RETRY_SECONDS

    def _build(self, builder: Obj, key: Key) -> dict[str, Any]:
        spec = builder["spec"]
        stack = self._ready_part("ClusterStack", spec["stack"]["name"], _STACK_NOT_READY[self._kind])
        named = (spec.get("store") or {}).get("name")
        store = self._part("ClusterStore", named) if named else None
        name = (spec.get("lifecycle") or {}).get("name") or DEFAULT_LIFECYCLE
        lifecycle = self._ready_part("ClusterLifecycle", name, "Error: clusterlifecycle '{}' is not ready")
        client = client_for(self._platform, spec, key.namespace)
        # Buildpacks are namespaced, and used by Builders of their namespace only.
        kinds = ("Buildpack", "ClusterBuildpack") if key.namespace else ("ClusterBuildpack",)
        buildpacks = [
            buildpack
            for kind in kinds
            for buildpack in self._platform.list(
                names.API, kind, key.namespace if kind == "Buildpack" else ""
            )
        ]
        plan = _plan(client, spec, stack, lifecycle, available(self._platform, client, store, buildpacks))
        tag = names.builder_tag(spec["tag"], self._kind, key.name)
        latest, run_image = publish(client, plan, tag)
        return {
            "latestImage": latest,
            "builderMetadata": [_metadata(one.id, one.version, one.facts) for one in plan.buildpacks()],
            "order": plan.order(),
            "stack": {"id": plan.stack.id, "runImage": run_image},
            "lifecycle": {"version": plan.lifecycle.version},
            "os": "linux",
            "observedStackGeneration": stack["metadata"]["generation"],
            "observedStoreGeneration": store["metadata"]["generation"] if store else 0,
        }

    def _ready_part(self, kind: str, name: str, text: str) -> Obj:
        part = self._part(kind, name)
        if not is_ready(part):
            raise BadPart(text.format(name))
        return part

    def _part(self, kind: str, name: str) -> Obj:
        part = self._platform.get(names.API, kind, name)
        if part is None:
            raise BadPart(f'{kind.lower()}.kpack.io "{name}" not found')
        return part


def _plan(client: RegistryClient, spec: Obj, stack: Obj, lifecycle: Obj, buildpacks: Available) -> Plan:
    status = stack["status"]
    images = read_stack(
        client, status["id"], status["buildImage"]["latestImage"], status["runImage"]["latestImage"]
    )
    programs = read_lifecycle(client, lifecycle["status"]["image"]["latestImage"])
    groups = choose(spec.get("order") or [], buildpacks)
    return Plan(
        stack=images,
        lifecycle=programs,
        groups=groups,
        nested=nested(groups, buildpacks),
        labels=spec.get("additionalLabels") or {},
    )


def _ready(facts: dict[str, Any]) -> ConditionUpdate:
    if facts.get("latestImage"):
        return ConditionUpdate("Ready", "True")
    return ConditionUpdate("Ready", "False", "NoLatestImage", "Builder has no latestImage")


def _metadata(id: str, version: str, facts: dict[str, Any]) -> dict[str, Any]:
    return {"id": id, "version": version, **({"homepage": facts["homepage"]} if "homepage" in facts else {})}
