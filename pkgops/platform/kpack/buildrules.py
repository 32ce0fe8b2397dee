"""kpack's validation of Builds, and of the fields of Images for their Builds. Pure.

Source: ``build_validation.go`` of ``pkg/apis/build/v1alpha2``, and ``source_validation.go`` and
``build_validation.go`` of ``pkg/apis/core/v1alpha1``.
"""

from __future__ import annotations

import json
import re

from pkgops.kube import Obj
from pkgops.platform.fielderrors import (
    FieldError,
    below,
    invalid,
    invalid_key,
    missing,
    missing_one_of,
    several_of,
)
from pkgops.platform.kpack.references import image_errors, reference, tag_errors

SOURCES = ("git", "blob", "registry")
SERVICE_NAME = r"[a-z0-9\-.]{1,253}"
OS_LABEL = "kubernetes.io/os"
DEPRECATED = "use of this field has been deprecated in v1alpha2, please use v1alpha1 for"
ONE_CACHE = FieldError("only one type of cache can be specified", ("volume", "registry"))


def build_problems(build: Obj, old: Obj | None) -> list[FieldError]:
    """Return the errors of a Build; ``old`` is the object before an update."""
    spec = build["spec"]
    tags = spec.get("tags") or []
    errors = list(tag_errors(tags, "tags")) if tags else [missing("tags")]
    errors += below("cache", cache_errors(spec.get("cache")))
    errors += below("builder", _image_or_ref(spec.get("builder") or {}))
    errors += below("source", source_errors(spec.get("source") or {}))
    errors += below("services", service_errors(spec.get("services") or []))
    last = (spec.get("lastBuild") or {}).get("image")
    errors += below("lastBuild", image_errors(last)) if last else []
    errors += [*_unchanged(spec, old["spec"] if old else spec), *bindings_errors(spec), *os_errors(spec)]
    errors += [*below("env", secret_env(spec.get("env") or [])), *notary_errors(spec)]
    return below("spec", errors)


def source_errors(source: Obj) -> list[FieldError]:
    """Return the errors of a source."""
    given = [kind for kind in SOURCES if source.get(kind) is not None]
    if not given:
        return [missing_one_of(*SOURCES)]
    if len(given) > 1:
        return [several_of(*given)]
    kind = given[0]
    return below(kind, _SOURCE_RULES[kind](source[kind]))


def _git_errors(git: Obj) -> list[FieldError]:
    errors = [missing(key) for key in ("url", "revision") if not git.get(key)]
    if git.get("url") and not git["url"].startswith(("http://", "https://")):
        text = "the local platform fetches over http and https, not from"
        errors.append(FieldError(f"{text} {git['url']}", ("url",)))
    return errors


def _blob_errors(blob: Obj) -> list[FieldError]:
    auth, strip = blob.get("auth") or "", blob.get("stripComponents") or 0
    if auth not in ("", "helper", "secret"):
        return [invalid(auth, "auth", "must be one of '', 'helper', or 'secret'")]
    errors = [] if blob.get("url") else [missing("url")]
    if strip < 0:
        errors.append(FieldError(f"expected positive integer got {strip}", ("stripComponents",)))
    return errors


def _registry_errors(registry: Obj) -> list[FieldError]:
    return list(image_errors(registry.get("image")))


_SOURCE_RULES = {"git": _git_errors, "blob": _blob_errors, "registry": _registry_errors}


def os_errors(spec: Obj) -> list[FieldError]:
    """Return the error of a node selector for an operating system."""
    if OS_LABEL in (spec.get("nodeSelector") or {}):
        return [invalid_key(OS_LABEL, "nodeSelector", "os is determined automatically")]
    return []


def service_errors(services: list[Obj]) -> list[FieldError]:
    """Return the errors of bound services."""
    places: dict[str, int] = {}
    errors: list[FieldError] = []
    for index, service in enumerate(services):
        name, place = str(service.get("name") or ""), f"[{index}]"
        if name in places:
            both = (f"[{places[name]}].name", f"{place}.name")
            errors.append(FieldError(f"duplicate service name {json.dumps(name)}", both))
        places[name] = index
        if not name:
            errors.append(missing(f"{place}.name"))
        elif not re.fullmatch(SERVICE_NAME, name):
            errors.append(invalid(name, f"{place}.name"))
        if not service.get("kind"):
            errors.append(missing(f"{place}.kind"))
    return errors


def secret_env(env: list[Obj]) -> list[FieldError]:
    """Return the errors of environment variables from Secrets."""
    text = "secretKeyRef is not supported for build environment variables"
    return [
        FieldError(text, (f"[{index}].valueFrom.secretKeyRef",))
        for index, entry in enumerate(env)
        if (entry.get("valueFrom") or {}).get("secretKeyRef") is not None
    ]


def cache_errors(cache: Obj | None) -> list[FieldError]:
    """Return the errors of the cache of an Image or a Build."""
    given = cache or {}
    both = given.get("volume") is not None and given.get("registry") is not None
    return [ONE_CACHE] if both else []


def notary_errors(spec: Obj) -> list[FieldError]:
    """Return the error of notary signing, which only kpack's controller may set."""
    errors = spec.get("notary") is not None
    return [FieldError(f"{DEPRECATED} notary image signing", ("notary",))] if errors else []


def bindings_errors(spec: Obj) -> list[FieldError]:
    """Return the error of ``cnbBindings``, which only kpack's controller may set."""
    return [FieldError(f"{DEPRECATED} CNB bindings", ("cnbBindings",))] if spec.get("cnbBindings") else []


def _image_or_ref(builder: Obj) -> list[FieldError]:
    image, ref = builder.get("image") or "", builder.get("ref")
    errors: list[FieldError] = []
    if not image and ref is None:
        errors.append(missing("image", "ref"))
    if image and ref is not None:
        errors.append(several_of("image", "ref"))
    if ref is not None:
        errors += [missing(f"ref.{key}") for key in ("name", "kind") if not ref.get(key)]
    if image and reference(image) is None:
        errors.append(invalid(image, "image"))
    return errors


def _unchanged(spec: Obj, before: Obj) -> list[FieldError]:
    changed = sorted(key for key in {*spec, *before} if spec.get(key) != before.get(key))
    lines = [
        f"{key}:\n\t-: {json.dumps(before.get(key))}\n\t+: {json.dumps(spec.get(key))}" for key in changed
    ]
    return [FieldError("Immutable fields changed (-old +new)", ("spec",), "\n".join(lines))] if lines else []
