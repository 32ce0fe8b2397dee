"""The desired Build of an Image. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pkgops.kube import Obj
from pkgops.oci.reference import ImageRef
from pkgops.platform.kpack import names
from pkgops.platform.kpack.changes import Change, reason, succeeded, to_json
from pkgops.platform.owners import owner_reference

_SCHEDULING = ("tolerations", "nodeSelector", "affinity", "runtimeClassName", "schedulerName", "services")


def make_build(
    image: Obj, source: Obj, builder: Obj, last: Obj | None, changes: list[Change], number: int, now: datetime
) -> Obj:
    """Return a new Build of an Image.

    Args:
        image: the Image, its owner.
        source: the resolved source.
        builder: the ClusterBuilder or Builder.
        last: the previous build, or None.
        changes: the changes that require the build.
        number: its build number.
        now: the time in its tag.
    """
    meta, spec = image["metadata"], image["spec"]
    labels = {
        names.BUILD_NUMBER: str(number),
        names.IMAGE: meta["name"],
        names.GENERATION: str(meta["generation"]),
    }
    annotations = {
        names.CHANGES: to_json(changes),
        names.BUILDER_KIND: spec["builder"]["kind"],
        names.BUILDER_NAME: spec["builder"]["name"],
        names.REASON: reason(changes),
    }
    return {
        "apiVersion": names.API,
        "kind": "Build",
        "metadata": {
            "name": names.build_name(meta["name"], number),
            "namespace": meta["namespace"],
            "labels": {**(meta.get("labels") or {}), **labels},
            "annotations": {**(meta.get("annotations") or {}), **annotations},
            "ownerReferences": [owner_reference(image)],
        },
        "spec": _spec(image, source, builder, last, number, now),
    }


def _spec(image: Obj, source: Obj, builder: Obj, last: Obj | None, number: int, now: datetime) -> Obj:
    spec, build = image["spec"], image["spec"].get("build") or {}
    fields: dict[str, Any] = {
        "builder": {"image": builder["status"]["latestImage"]},
        "cache": _cache(image),
        "env": build.get("env"),
        "lastBuild": _last(last),
        "projectDescriptorPath": spec.get("projectDescriptorPath"),
        "defaultProcess": spec.get("defaultProcess"),
        "activeDeadlineSeconds": build.get("buildTimeout"),
        "creationTime": build.get("creationTime"),
        "resources": build.get("resources") or {},
        "runImage": {"image": builder["status"]["stack"]["runImage"]},
        "serviceAccountName": names.service_account(spec),
        "source": source,
        "tags": tags(spec, number, now),
        **{key: build.get(key) for key in _SCHEDULING},
    }
    kept = ("resources", "cache")
    return {key: value for key, value in fields.items() if value or key in kept}


def tags(spec: Obj, number: int, now: datetime) -> list[str]:
    """Return the tags that the build pushes, first ``spec.tag`` of the Image."""
    own = ImageRef.parse(spec["tag"])
    all_tags = [spec["tag"]]
    if spec.get("imageTaggingStrategy", "BuildNumber") == "BuildNumber":
        prefix = "" if own.tag in ("", "latest") else f"{own.tag}-"
        all_tags.append(f"{own.name}:{prefix}b{number}.{now:%Y%m%d.%H%M%S}")
    return all_tags + list(spec.get("additionalTags") or [])


def _cache(image: Obj) -> Obj:
    registry = (image["spec"].get("cache") or {}).get("registry")
    if registry:
        return {"registry": registry}
    claim = image.get("status", {}).get("buildCacheName", "")
    return {"volume": {"persistentVolumeClaimName": claim}} if claim else {}


def _last(last: Obj | None) -> Obj:
    """Return ``lastBuild``: the last build, or after a failed one its own ``lastBuild``."""
    if last is None:
        return {}
    if not succeeded(last):
        return dict(last["spec"].get("lastBuild") or {})
    status = last["status"]
    last_build = {"cache": {}, "image": status["latestImage"], "stackId": status["stack"]["id"]}
    if status.get("latestCacheImage"):
        last_build["cache"] = {"image": status["latestCacheImage"]}
    return last_build
