"""kpack's webhooks: defaults and validation. Pure."""

from __future__ import annotations

import copy
from collections.abc import Callable

from pkgops.kube import Obj
from pkgops.platform.fielderrors import FieldError, messages
from pkgops.platform.godecoding import check_value, unknown_paths
from pkgops.platform.kpack.builderrules import (
    builder_problems,
    buildpack_problems,
    cluster_builder_problems,
    lifecycle_problems,
    stack_problems,
    store_problems,
)
from pkgops.platform.kpack.buildrules import build_problems
from pkgops.platform.kpack.imagerules import image_problems
from pkgops.platform.kpack.names import API
from pkgops.platform.kpack.structs import SPECS
from pkgops.platform.quantities import BadQuantity, quantity
from pkgops.platform.resourcewebhooks import NotDecoded
from pkgops.platform.unknownfields import unknown_fields

CACHE_SIZE = "2G"
HISTORY = 10
LISTED = (
    *(f"spec.{name}" for name in ("bindings", "cacheName", "cacheSize", "cnbBindings", "notary")),
    *("spec.serviceAccount", "spec.build.bindings", "spec.build.cnbBindings"),
)
"""Fields of v1alpha1, and of kpack's controller, which are in ``fields.yaml`` and not in `SPECS`."""
LIFECYCLE = {"kind": "ClusterLifecycle", "name": "default-lifecycle"}

_CLUSTER_RULES: dict[str, Callable[[Obj], list[FieldError]]] = {
    "Builder": builder_problems,
    "ClusterBuilder": cluster_builder_problems,
    "ClusterStack": stack_problems,
    "ClusterStore": store_problems,
    "ClusterLifecycle": lifecycle_problems,
    "Buildpack": buildpack_problems,
    "ClusterBuildpack": buildpack_problems,
}


def defaulted(obj: Obj, *, has_default_class: bool) -> Obj:
    """Return an object with kpack's defaults.

    Args:
        obj: the object of the request.
        has_default_class: whether there is a default StorageClass, so that Images have a cache.

    Raises:
        NotDecoded: a quantity is not valid, a value has another type than its field, or a field is unknown.
    """
    kind = obj["kind"]
    _check_types(obj)
    result = copy.deepcopy(obj)
    result["spec"] = spec = result.get("spec") or {}
    _check_names(obj)
    _check_quantities(spec)
    if kind in ("Image", "Build", "Builder", "Buildpack") and not spec.get("serviceAccount"):
        spec["serviceAccountName"] = spec.get("serviceAccountName") or "default"
    if kind == "Image":
        _default_image(spec, has_default_class)
    if kind == "Builder":
        for field, other in (("stack", "ClusterStack"), ("store", "ClusterStore")):
            spec[field] = {"kind": other, **_without_empty(spec.get(field))}
    if kind in ("Builder", "ClusterBuilder"):
        spec["lifecycle"] = {**LIFECYCLE, **_without_empty(spec.get("lifecycle"))}
    return result


def _without_empty(value: Obj | None) -> Obj:
    """Return the fields that are set; an empty string is not, as in Go."""
    return {key: text for key, text in (value or {}).items() if text != ""}


def _default_image(spec: Obj, has_default_class: bool) -> None:
    spec["imageTaggingStrategy"] = spec.get("imageTaggingStrategy") or "BuildNumber"
    for limit in ("failedBuildHistoryLimit", "successBuildHistoryLimit"):
        if spec.get(limit) is None:
            spec[limit] = HISTORY
    if spec.get("cache") is None and has_default_class:
        spec["cache"] = {"volume": {"size": spec.get("cacheSize") or CACHE_SIZE}}


def _check_types(obj: Obj) -> None:
    """Check the types of all values. Raises NotDecoded."""
    try:
        check_value(obj.get("spec"), SPECS[obj["kind"]], obj["kind"], "spec", "v1alpha2")
    except ValueError as error:
        raise NotDecoded(str(error)) from error


def _check_names(obj: Obj) -> None:
    """Check that all fields are known, since kpack's webhook decodes strictly. Raises NotDecoded.

    Objects that are being deleted are not checked, so that their finalizers can be removed. Objects of other
    versions are not checked either, since conversion drops the fields that the current one does not have.
    """
    if obj["metadata"].get("deletionTimestamp") or obj.get("apiVersion") != API:
        return
    deep = unknown_paths(obj.get("spec"), SPECS[obj["kind"]], "spec")
    for path in (*unknown_fields("kpack", obj), *(path for path in deep if path not in LISTED)):
        raise NotDecoded(f'json: unknown field "{path.rpartition(".")[2]}"')


def _check_quantities(spec: Obj) -> None:
    resources = [spec.get("resources"), (spec.get("build") or {}).get("resources")]
    given = [
        value
        for requirements in resources
        for part in ("limits", "requests")
        for value in ((requirements or {}).get(part) or {}).values()
    ]
    size = ((spec.get("cache") or {}).get("volume") or {}).get("size")
    try:
        for value in [*given, *([size] if size is not None else [])]:
            quantity(value)
    except BadQuantity as error:
        raise NotDecoded(str(error)) from error


def problems(obj: Obj, old: Obj | None, *, has_default_class: bool) -> list[str]:
    """Return kpack's messages why an object is refused; empty if it is valid.

    Args:
        obj: the object, with the webhook's defaults.
        old: the object before an update, else None.
        has_default_class: whether there is a default StorageClass.
    """
    kind = obj["kind"]
    if kind == "Image":
        return messages(image_problems(obj, old, has_default_class=has_default_class))
    if kind == "Build":
        return messages(build_problems(obj, old))
    return messages(_CLUSTER_RULES[kind](obj))
