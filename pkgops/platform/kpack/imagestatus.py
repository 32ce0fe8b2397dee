"""The status of an Image, with kpack's reasons and messages. Pure."""

from __future__ import annotations

from datetime import datetime

from pkgops.kube import Obj
from pkgops.platform.conditions import condition_of, condition_status, is_ready
from pkgops.platform.kpack import names
from pkgops.platform.kpack.changes import succeeded
from pkgops.platform.kpack.conditions import ConditionUpdate, conditions

_STALE = "Builder is not up to date. The latest stack and buildpacks may not be in use."


def builder_missing(image: Obj, now: datetime) -> Obj:
    """Return the status while the builder does not exist."""
    meta, name = image["metadata"], image["spec"]["builder"]["name"]
    text = f"Error: Unable to find builder '{name}' in namespace '{meta['namespace']}'."
    return _with(image, [ConditionUpdate("Ready", "False", "BuilderNotFound", text)], now)


def builder_not_ready(image: Obj, builder: Obj, now: datetime) -> Obj:
    """Return the status while the builder cannot be used."""
    meta, name = image["metadata"], image["spec"]["builder"]["name"]
    message = (condition_of(builder) or {}).get("message", "")
    text = f"Error: Builder '{name}' is not ready in namespace '{meta['namespace']}'; Message: {message}"
    entries = [
        ConditionUpdate("Ready", "False", "BuilderNotReady", text),
        ConditionUpdate("BuilderReady", "False", "BuilderNotReady", text),
        up_to_date(builder),
    ]
    return _with(image, entries, now)


def resolver_not_ready(image: Obj, builder: Obj, now: datetime) -> Obj:
    """Return the status until the source is resolved."""
    text = f"Error: SourceResolver '{names.resolver_name(image['metadata']['name'])}' is not ready"
    return _with(
        image, [ConditionUpdate("Ready", "Unknown", "ResolverNotReady", text), *_builder(builder)], now
    )


def build_created(image: Obj, builder: Obj, build: Obj, now: datetime) -> Obj:
    """Return the status right after a build was created."""
    text = f"Build '{build['metadata']['name']}' is executing"
    update = ConditionUpdate("Ready", "Unknown", "BuildRunning", text)
    return _with(image, [update, *_builder(builder)], now) | _latest(build, image)


def of_build(image: Obj, builder: Obj, build: Obj, now: datetime) -> Obj:
    """Return the status with the result of the newest build."""
    meta = build["metadata"]
    condition = condition_of(build, "Succeeded") or {}
    message = condition.get("message", "")
    if condition.get("status") == "True":
        update = ConditionUpdate("Ready", "True", "UpToDate", message)
    elif condition.get("status") == "False":
        text = f"Error: Build '{meta['name']}' in namespace '{meta['namespace']}' failed: {message}"
        update = ConditionUpdate("Ready", "False", "BuildFailed", text)
    else:
        update = ConditionUpdate("Ready", "Unknown", "BuildRunning", message)
    status = _with(image, [update, *_builder(builder)], now) | _latest(build, image)
    if succeeded(build):
        status["latestImage"] = build["status"]["latestImage"]
        status["latestStack"] = build["status"].get("stack", {}).get("id", "")
    return status


def up_to_date(builder: Obj) -> ConditionUpdate:
    """Return the condition BuilderUpToDate of an Image with a builder."""
    if condition_status(builder, "UpToDate") == "False":
        return ConditionUpdate("BuilderUpToDate", "False", "BuilderNotUpToDate", _STALE)
    return ConditionUpdate("BuilderUpToDate", "True", "BuilderUpToDate")


def is_usable(builder: Obj) -> bool:
    """Return whether a builder can be used for a build: it is ready and has an image."""
    return is_ready(builder) and bool(builder.get("status", {}).get("latestImage"))


def _builder(builder: Obj) -> list[ConditionUpdate]:
    return [ConditionUpdate("BuilderReady", "True", "BuilderReady"), up_to_date(builder)]


def _with(image: Obj, updates: list[ConditionUpdate], now: datetime) -> Obj:
    before = image.get("status", {})
    entries = conditions(updates, before.get("conditions") or [], now)
    return {**before, "conditions": entries, "observedGeneration": image["metadata"]["generation"]}


def _latest(build: Obj, image: Obj) -> Obj:
    """Return the status fields of the newest build, except for its image."""
    meta, labels = build["metadata"], build["metadata"]["labels"]
    before = image.get("status", {}).get("buildCounter", 0)
    return {
        "buildCounter": max(int(labels[names.BUILD_NUMBER]), before),
        "latestBuildRef": meta["name"],
        "latestBuildReason": (meta.get("annotations") or {}).get(names.REASON, ""),
        "latestBuildImageGeneration": int(labels.get(names.GENERATION, 0)),
    }
