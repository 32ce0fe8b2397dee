"""The flags and environment variables of a build's phases, as in kpack's ``build_pod.go``. Pure."""

from __future__ import annotations

from datetime import datetime

from pkgops.kube import Obj
from pkgops.oci.reference import ImageRef
from pkgops.platform.kpack import names

GROUP = ("-app=/workspace", "-group=/layers/group.toml", "-plan=/layers/plan.toml")
"""The flags of the phases that run buildpacks."""


def analyze_flags(spec: Obj) -> list[str]:
    """Return the flags of ``analyzer`` for a Build's spec."""
    tags, last = spec["tags"], (spec.get("lastBuild") or {}).get("image", "")
    flags = ["-layers=/layers", "-analyzed=/layers/analyzed.toml", f"-run-image={spec['runImage']['image']}"]
    flags += [] if claim(spec) else _cached_before(spec)
    flags += [f"-tag={tag}" for tag in tags[1:]]
    return [*flags, *([f"-previous-image={last}"] if last else []), tags[0]]


def restore_flags(spec: Obj) -> list[str]:
    """Return the flags of ``restorer``."""
    flags = ["-group=/layers/group.toml", "-layers=/layers", "-analyzed=/layers/analyzed.toml"]
    return [*flags, *_cached_before(spec)]


def export_flags(spec: Obj) -> list[str]:
    """Return the flags of ``exporter``."""
    process = spec.get("defaultProcess")
    flags = [
        "-layers=/layers", "-app=/workspace", "-group=/layers/group.toml", "-analyzed=/layers/analyzed.toml",
        "-project-metadata=/layers/project-metadata.toml", "-report=/var/report/report.toml",
        *_cache_flags(spec, cache_tag(spec)),
    ]  # fmt: skip
    return [*flags, *([f"-process-type={process}"] if process else []), *spec["tags"]]


def source_variables(source: Obj) -> list[Obj]:
    """Return the environment variables of ``prepare`` for the source."""
    if "blob" in source:
        blob = source["blob"]
        return [
            variable("BLOB_URL", blob["url"]),
            variable("BLOB_STRIP_COMPONENTS", str(blob.get("stripComponents", 0))),
            variable("BLOB_AUTH", "true" if blob.get("auth") else "false"),
        ]
    if "git" in source:
        git = source["git"]
        return [
            variable("GIT_URL", git["url"]),
            variable("GIT_REVISION", git.get("revision", "")),
            variable("GIT_INITIALIZE_SUBMODULES", "true" if git.get("initializeSubmodules") else "false"),
        ]
    return [variable("REGISTRY_IMAGE", source["registry"]["image"])]


def prepare_variables(build: Obj) -> list[Obj]:
    """Return the environment variables of ``prepare`` for the build, with those of ``spec.env``."""
    spec, annotations = build["spec"], build["metadata"].get("annotations") or {}
    given = [{**entry, "name": f"PLATFORM_ENV_{entry['name']}"} for entry in spec.get("env") or []]
    values = {
        "SOURCE_SUB_PATH": spec["source"].get("subPath", ""),
        "PROJECT_DESCRIPTOR_PATH": spec.get("projectDescriptorPath", ""),
        "IMAGE_TAG": spec["tags"][0],
        "RUN_IMAGE": spec["runImage"]["image"],
        "BUILDER_IMAGE": spec["builder"]["image"],
        "BUILDER_NAME": annotations.get(names.BUILDER_NAME, ""),
        "BUILDER_KIND": annotations.get(names.BUILDER_KIND, ""),
        "DNS_PROBE_HOSTNAME": ImageRef.parse(spec["tags"][0]).registry,
        "BUILD_CHANGES": annotations.get(names.CHANGES, ""),
        "INSECURE_SSH_TRUST_UNKNOWN_HOSTS": "true",
    }
    return [*given, *(variable(name, value) for name, value in values.items())]


def variable(name: str, value: str) -> Obj:
    """Return an environment variable of a container."""
    return {"name": name, "value": value} if value else {"name": name}


def export_variables(build: Obj) -> list[Obj]:
    """Return the environment variables of ``exporter`` for the run image and the creation time."""
    created, spec = build["spec"].get("creationTime", ""), build["spec"]
    if created == "now":
        moment = datetime.fromisoformat(build["metadata"]["creationTimestamp"])
        created = str(int(moment.timestamp()))
    dated = [variable("SOURCE_DATE_EPOCH", created)] if created else []
    return [*dated, variable("CNB_RUN_IMAGE", spec["runImage"]["image"])]


def claim(spec: Obj) -> str:
    """Return the name of the PersistentVolumeClaim of the cache; empty if there is none."""
    return str(((spec.get("cache") or {}).get("volume") or {}).get("persistentVolumeClaimName", ""))


def cache_tag(spec: Obj) -> str:
    """Return the tag of the cache image; empty if there is none."""
    registry = (spec.get("cache") or {}).get("registry") or {}
    return "" if claim(spec) else str(registry.get("tag", ""))


def _cached_before(spec: Obj) -> list[str]:
    last = ((spec.get("lastBuild") or {}).get("cache") or {}).get("image", "")
    return _cache_flags(spec, last or cache_tag(spec))


def _cache_flags(spec: Obj, image: str) -> list[str]:
    if claim(spec):
        return ["-cache-dir=/cache"]
    return [f"-cache-image={image}"] if cache_tag(spec) else []
