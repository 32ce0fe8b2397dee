"""Services that are bound to a build: the Secret of each, where buildpacks read it.

Source: kpack's ``pkg/buildpod/generator.go`` and the Service Binding specification (provisioned services).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from pkgops.errors import PkgopsError
from pkgops.kube import Client, Obj


class BindingRefused(PkgopsError):
    """A build may not have a service's Secret."""

    slug = "kpack-binding"


@dataclass(frozen=True, slots=True)
class Binding:
    """A bound service; ``secret`` is empty while its provider names none."""

    name: str
    secret: str

    def volume(self) -> Obj:
        """Return the pod's volume."""
        return {"name": f"binding-{self.name}", "secret": {"secretName": self.secret}}

    def mount(self) -> Obj:
        """Return what a phase that calls buildpacks mounts."""
        path = f"/platform/bindings/{self.name}"
        return {"name": f"binding-{self.name}", "mountPath": path, "readOnly": True}


def read_bindings(client: Client, build: Obj) -> list[Binding]:
    """Find the Secret of each service of a Build.

    Raises:
        BindingRefused: a service uses a Secret that belongs to a service account.
        kube.NotFound: an object that stands for a service is not there.
    """
    namespace = build["metadata"]["namespace"]
    if not build["spec"].get("services"):
        return []

    def provider(service: Obj) -> Obj:
        return client.get(service.get("apiVersion") or "v1", service["kind"], service["name"], namespace)

    return bindings_of(build, client.list("v1", "ServiceAccount", namespace).items, provider)


def bindings_of(build: Obj, accounts: Iterable[Obj], provider: Callable[[Obj], Obj]) -> list[Binding]:
    """Return the binding of each service of a Build.

    Args:
        build: the Build.
        accounts: the service accounts of its namespace, whose Secrets no other may use.
        provider: reads the object that stands for a service which is no Secret.

    Raises:
        BindingRefused: a service uses a Secret that belongs to a service account.
    """
    forbidden = {entry.get("name") for account in accounts for entry in account.get("secrets") or []}
    found = [_binding(service, provider) for service in build["spec"]["services"]]
    for one in found:
        if one.secret in forbidden:
            text = f'build rejected: service "{one.name}" uses forbidden secret "{one.secret}"'
            raise BindingRefused(text)
    return found


def _binding(service: Obj, provider: Callable[[Obj], Obj]) -> Binding:
    name = service["name"]
    if service["kind"] == "Secret":
        return Binding(name, name)
    bound = provider(service).get("status", {}).get("binding") or {}
    return Binding(name, str(bound.get("name", "")))
