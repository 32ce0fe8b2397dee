"""The objects of a language, created when it is first used: images in the registry, and a builder."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pkgops.errors import PreflightError
from pkgops.local import binaries, golang, state
from pkgops.local.bootstrap import connected
from pkgops.local.cluster import LANGUAGES_FILE, LocalCluster, describe
from pkgops.local.events import OnEvent, PartEvent
from pkgops.local.files import write
from pkgops.local.go_sets import HELPER_NAMES
from pkgops.local.images import Sources, ensure_images, push_to
from pkgops.local.images.cnb import STACK_ID, buildpack_facts
from pkgops.local.images.languages import image_names
from pkgops.local.instance import Instance, cache_home
from pkgops.local.objects import builder_name
from pkgops.oci import RegistryClient

API = "kpack.io/v1alpha2"
Obj = dict[str, Any]


def ensure(cluster: LocalCluster, language: str, on_event: OnEvent) -> LocalCluster:
    """Create the missing images and objects of a language; return the cluster with its images.

    Raises:
        PreflightError: the cluster does not exist any more.
        tools.ToolFailed: Debian's packages could not be installed; the next call continues from there.
    """
    names = image_names(language)
    if not names:
        return cluster
    instance = state.find(cluster.name)
    if instance is None:
        raise PreflightError("the local cluster is gone", next="pkgops local up", slug="local-absent")
    found = _images(instance, names, on_event)
    if any(cluster.images.get(name) != reference for name, reference in found.items()):
        _apply(instance, language, found)
        path = instance.conf / LANGUAGES_FILE
        before = json.loads(path.read_text()) if path.exists() else {}
        write(path, json.dumps(before | found, indent=1))
    return describe(instance)


def _images(instance: Instance, names: tuple[str, ...], on_event: OnEvent) -> dict[str, str]:
    def waiting(pid: str) -> None:
        on_event(PartEvent("cache", "working", f"waiting for another command that fills it (process {pid})"))

    with state.held(cache_home() / "filling.lock", waiting):
        go = golang.fetch()
        built = binaries.located(go.version)
        sources = Sources(go, {name: built[name] for name in HELPER_NAMES})
        images = ensure_images(cache_home() / "images", on_event, sources, names)
    return push_to(instance.registry, images, RegistryClient())


def _apply(instance: Instance, language: str, images: Mapping[str, str]) -> None:
    client = connected(instance)
    for obj in objects(language, images, instance.registry):
        client.apply(obj, manager="pkgops-local")


def objects(language: str, images: Mapping[str, str], registry: str) -> list[Obj]:
    """Return the stack, the store and the builder of a language."""
    name = builder_name(language)
    stack = {
        "id": STACK_ID,
        "buildImage": {"image": images[f"build-{language}"]},
        "runImage": {"image": images[f"run-{language}"]},
    }
    builder = {
        "tag": f"{registry}/pkgops/{name}",
        "stack": {"kind": "ClusterStack", "name": name},
        "store": {"kind": "ClusterStore", "name": name},
        "lifecycle": {"kind": "ClusterLifecycle", "name": "default-lifecycle"},
        "order": [{"group": [{"id": buildpack_facts(language)["id"]}]}],
        "serviceAccountRef": {"name": "default", "namespace": "default"},
    }
    return [
        _object("ClusterStack", name, stack),
        _object("ClusterStore", name, {"sources": [{"image": images[f"buildpack-{language}"]}]}),
        _object("ClusterBuilder", name, builder),
    ]


def _object(kind: str, name: str, spec: Obj) -> Obj:
    return {"apiVersion": API, "kind": kind, "metadata": {"name": name}, "spec": spec}
