"""Reconcile Images: create a SourceResolver, a claim for the cache, and a Build after each change."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pkgops.kube import AlreadyExists, Forbidden, NotFound, Obj
from pkgops.platform.conditions import is_ready
from pkgops.platform.kpack import imagestatus, names
from pkgops.platform.kpack.buildspec import make_build
from pkgops.platform.kpack.buildstatus import finished
from pkgops.platform.kpack.changes import changes, succeeded
from pkgops.platform.kpack.storageclasses import has_default_class
from pkgops.platform.owners import is_owned_by, owner_reference
from pkgops.platform.queue import Key
from pkgops.platform.runtime import Platform

_DEFAULT_SIZE = "2G"
_HISTORY = 10
# The API server's message for new objects in a namespace that is being deleted, which is not an error here.
_TERMINATING = "because it is being terminated"


class Images:
    """Reconciles Images."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    def reconcile(self, key: Key) -> None:
        """Reconcile one Image: its status, its next Build, and the deletion of old builds."""
        image = self._platform.get(names.API, "Image", key.name, key.namespace)
        if image is None or image["metadata"].get("deletionTimestamp"):
            return
        try:
            self._reconcile(image)
        except NotFound:
            return
        except Forbidden as error:
            if _TERMINATING not in error.what:
                raise

    def _reconcile(self, image: Obj) -> None:
        image = self._with_cache(image)
        builds = self._builds(image)
        self._platform.save_status(image, self._next(image, builds))
        self._delete_old(image, builds)

    def _next(self, image: Obj, builds: list[Obj]) -> Obj:
        now = self._platform.now()
        builder = self._builder(image)
        if builder is None:
            return imagestatus.builder_missing(image, now)
        last = builds[-1] if builds else None
        if last is not None and not finished(last):
            return imagestatus.of_build(image, builder, last, now)
        if not imagestatus.is_usable(builder):
            return imagestatus.builder_not_ready(image, builder, now)
        source = self._source(image)
        if source is None:
            return imagestatus.resolver_not_ready(image, builder, now)
        reasons = changes(image, source, builder, last, now)
        if not reasons:
            assert last is not None
            return imagestatus.of_build(image, builder, last, now)
        number = self._next_number(image, last)
        build = self._create(make_build(image, source, builder, last, reasons, number, now))
        return imagestatus.build_created(image, builder, build, now)

    def _next_number(self, image: Obj, last: Obj | None) -> int:
        counted = image.get("status", {}).get("buildCounter", 0)
        return max(int(counted), _number(last) if last else 0) + 1

    def _create(self, build: Obj) -> Obj:
        try:
            return self._platform.create(build)
        except AlreadyExists:
            meta = build["metadata"]
            existing = self._platform.client.get(names.API, "Build", meta["name"], meta["namespace"])
            return self._platform.observe(existing)

    def _builds(self, image: Obj) -> list[Obj]:
        meta = image["metadata"]
        builds = self._platform.list(names.API, "Build", meta["namespace"], {names.IMAGE: meta["name"]})
        owned = (build for build in builds if is_owned_by(build, image))
        return sorted(
            (build for build in owned if not build["metadata"].get("deletionTimestamp")), key=_number
        )

    def _builder(self, image: Obj) -> Obj | None:
        reference = image["spec"]["builder"]
        kind = reference.get("kind") or "Builder"
        namespace = "" if kind == "ClusterBuilder" else image["metadata"]["namespace"]
        return self._platform.get(names.API, kind, reference["name"], namespace)

    def _source(self, image: Obj) -> Obj | None:
        """Return the resolved source; None until the SourceResolver is ready."""
        meta = image["metadata"]
        spec = {
            "serviceAccount": names.service_account(image["spec"]),
            "source": image["spec"]["source"],
        }
        name = names.resolver_name(meta["name"])
        resolver = self._platform.get(names.API, "SourceResolver", name, meta["namespace"])
        if resolver is None:
            self._create_child("SourceResolver", names.API, name, image, {"spec": spec})
            return None
        if resolver["spec"] != spec:
            self._platform.observe(self._platform.client.update({**resolver, "spec": spec}))
            return None
        return _resolved(resolver) if is_ready(resolver) else None

    def _with_cache(self, image: Obj) -> Obj:
        """Create the cache's claim if a StorageClass exists; return the Image with its name in the status."""
        meta, cache = image["metadata"], image["spec"].get("cache") or {}
        if image.get("status", {}).get("buildCacheName") or "registry" in cache or not self._can_claim(cache):
            return image
        volume = cache.get("volume") or {}
        size = volume.get("size") or image["spec"].get("cacheSize") or _DEFAULT_SIZE
        spec: dict[str, Any] = {
            "accessModes": ["ReadWriteOnce"],
            "resources": {"requests": {"storage": size}},
        }
        if volume.get("storageClassName"):
            spec["storageClassName"] = volume["storageClassName"]
        name = names.cache_name(meta["name"])
        self._create_child("PersistentVolumeClaim", "v1", name, image, {"spec": spec})
        return {**image, "status": {**image.get("status", {}), "buildCacheName": name}}

    def _can_claim(self, cache: Mapping[str, Any]) -> bool:
        if (cache.get("volume") or {}).get("storageClassName"):
            return True
        return has_default_class(self._platform)

    def _create_child(self, kind: str, api_version: str, name: str, image: Obj, body: Obj) -> None:
        meta = image["metadata"]
        metadata = {
            "name": name,
            "namespace": meta["namespace"],
            "labels": meta.get("labels") or {},
            "ownerReferences": [owner_reference(image)],
        }
        try:
            self._platform.create({"apiVersion": api_version, "kind": kind, "metadata": metadata, **body})
        except AlreadyExists:
            return

    def _delete_old(self, image: Obj, builds: list[Obj]) -> None:
        done = [build for build in builds if finished(build)]
        spec = image["spec"]
        good = [build for build in done if succeeded(build)]
        bad = [build for build in done if not succeeded(build)]
        self._delete(good[: -spec.get("successBuildHistoryLimit", _HISTORY)])
        self._delete(bad[: -spec.get("failedBuildHistoryLimit", _HISTORY)])

    def _delete(self, builds: Iterable[Obj]) -> None:
        for build in builds:
            meta = build["metadata"]
            self._platform.client.delete(names.API, "Build", meta["name"], meta["namespace"], uid=meta["uid"])


def _number(build: Obj) -> int:
    return int(build["metadata"]["labels"][names.BUILD_NUMBER])


def _resolved(resolver: Obj) -> Obj:
    """Return the source in the form that a Build's spec has."""
    resolved = resolver["status"]["source"]
    kind = next(kind for kind in ("git", "blob", "registry") if kind in resolved)
    facts = {key: value for key, value in resolved[kind].items() if key not in ("subPath", "type")}
    sub_path = resolved[kind].get("subPath", "")
    return {kind: facts, **({"subPath": sub_path} if sub_path else {})}
