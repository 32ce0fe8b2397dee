"""kpack's validation of Images. Pure.

Source: ``image_validation.go`` of ``pkg/apis/build/v1alpha2``. Its rule for StorageClasses without volume
expansion compares an absent value with false, so that it never returns an error; it is omitted.
"""

from __future__ import annotations

import re

from pkgops.kube import Obj
from pkgops.platform.fielderrors import MAX_LABEL, FieldError, below, invalid, missing
from pkgops.platform.kpack.buildrules import (
    bindings_errors,
    cache_errors,
    notary_errors,
    os_errors,
    secret_env,
    service_errors,
    source_errors,
)
from pkgops.platform.kpack.references import tag_errors, tag_reference
from pkgops.platform.quantities import quantity

NO_CLASS = FieldError(
    "spec.cache.volume.size cannot be set without spec.cache.volume.storageClassName "
    "or a default StorageClass"
)


def image_problems(image: Obj, old: Obj | None, *, has_default_class: bool) -> list[FieldError]:
    """Return the errors of an Image.

    Args:
        image: the Image, with the webhook's defaults.
        old: the object before an update, else None.
        has_default_class: whether there is a default StorageClass.
    """
    spec, before = image["spec"], old["spec"] if old else None
    errors = _tag_problems(spec, before) + _additional_tags(spec)
    errors += below("builder", _builder_errors(spec.get("builder") or {}))
    errors += below("source", source_errors(spec.get("source") or {}))
    errors += below("build", _build_errors(spec.get("build")))
    errors += below("cache", cache_errors(spec.get("cache")))
    errors += _volume_errors(spec, before, has_default_class)
    errors += [*notary_errors(spec), *below("cosign", _cosign_errors(spec.get("cosign") or {}))]
    return below("spec", errors + _history_errors(spec)) + _name_errors(image)


def immutable(before: object, now: object, path: str) -> list[FieldError]:
    """Return the error of an immutable field that was changed."""
    if before == now:
        return []
    return [FieldError("Immutable field changed", (path,), f"got: {now}, want: {before}")]


def _tag_problems(spec: Obj, before: Obj | None) -> list[FieldError]:
    tag = str(spec.get("tag") or "")
    if before is not None:
        return immutable(before.get("tag") or "", tag, "tag")
    if not tag:
        return [missing("tag")]
    return [] if tag_reference(tag) else [invalid(tag, "tag")]


def _additional_tags(spec: Obj) -> list[FieldError]:
    tags = spec.get("additionalTags") or []
    errors = list(tag_errors(tags, "additionalTags"))
    own = tag_reference(str(spec.get("tag") or ""))
    others = [ref for ref in map(tag_reference, tags) if ref is not None]
    foreign = next((ref for ref in others if own is not None and ref.registry != own.registry), None)
    if own is not None and foreign is not None:
        text = "all additionalTags must have the same registry as tag"
        details = f"expected registry: {own.registry}, got: {foreign.registry}"
        errors.append(FieldError(text, ("additionalTags",), details))
    return errors


def _builder_errors(builder: Obj) -> list[FieldError]:
    if not builder.get("name"):
        return [missing("name")]
    kind = builder.get("kind") or ""
    return [] if kind in ("Builder", "ClusterBuilder") else [invalid(kind, "kind")]


def _build_errors(build: Obj | None) -> list[FieldError]:
    if build is None:
        return []
    errors = os_errors(build)
    if errors:
        return errors
    created = build.get("creationTime") or ""
    if created not in ("", "now") and not re.fullmatch("[+-]?[0-9]+", created):
        return [invalid(created, "creationTime")]
    errors = below("services", service_errors(build.get("services") or []))
    return [*errors, *bindings_errors(build), *below("env", secret_env(build.get("env") or []))]


def _volume_errors(spec: Obj, before: Obj | None, has_default_class: bool) -> list[FieldError]:
    volume = (spec.get("cache") or {}).get("volume")
    if volume is not None and not volume.get("storageClassName") and not has_default_class:
        return [NO_CLASS]
    old = (((before or {}).get("cache") or {}).get("volume")) or {}
    if volume is None or volume.get("size") is None or old.get("size") is None:
        return []
    if quantity(volume["size"]) < quantity(old["size"]):
        details = f"current: {old['size']}, requested: {volume['size']}"
        return [FieldError("Field cannot be decreased", ("cache.volume.size",), details)]
    before_name, name = old.get("storageClassName") or "", volume.get("storageClassName") or ""
    return immutable(before_name, name, "cache.volume.storageClassName")


def _cosign_errors(cosign: Obj) -> list[FieldError]:
    return [
        missing(f"annotations[{index}].{key}")
        for index, entry in enumerate(cosign.get("annotations") or [])
        for key in ("name", "value")
        if not entry.get(key)
    ]


def _history_errors(spec: Obj) -> list[FieldError]:
    for key in ("failedBuildHistoryLimit", "successBuildHistoryLimit"):
        if spec.get(key, 1) < 1:
            return [FieldError("build history limit must be greater than 0", (key,))]
    return []


def _name_errors(image: Obj) -> list[FieldError]:
    name = str(image["metadata"].get("name") or "")
    if len(name) <= MAX_LABEL:
        return []
    text = f"invalid image name: {name}, name must be a valid label"
    return [FieldError(text, ("metadata.name",), f"must be no more than {MAX_LABEL} characters")]
