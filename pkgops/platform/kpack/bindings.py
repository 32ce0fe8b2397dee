"""The service bindings of a build: the Secret of each, mounted for the buildpacks.

Source: kpack's ``pkg/buildpod/generator.go`` and the Service Binding specification (provisioned services).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from pkgops.errors import PkgopsError
from pkgops.kube import Client, Obj


class BindingRefused(PkgopsError):
    """A Build must not use the Secret of a service."""

    slug = "kpack-binding"


@dataclass(frozen=True, slots=True)
class Binding:
    """A bound service; ``secret`` is empty while the status of its provider has none."""

    name: str
    secret: str

    def volume(self) -> Obj:
        """Return the volume of the pod."""
        return {"name": f"binding-{self.name}", "secret": {"secretName": self.secret}}

    def mount(self) -> Obj:
        """Return the volume mount of phases that run buildpacks."""
        path = f"/platform/bindings/{self.name}"
        return {"name": f"binding-{self.name}", "mountPath": path, "readOnly": True}


def read_bindings(client: Client, build: Obj) -> list[Binding]:
    """Return the binding of each service of a Build, read from the cluster.

    Raises:
        BindingRefused: a service uses a Secret that belongs to a service account.
        kube.NotFound: the provider of a service does not exist.
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
        accounts: the service accounts of its namespace, whose Secrets services must not use.
        provider: returns the object of a service that is not a Secret.

    Raises:
        BindingRefused: a service uses a Secret that belongs to a service account.
    """
    forbidden = {entry.get("name") for account in accounts for entry in account.get("secrets") or []}
    bindings = [_binding(service, provider) for service in build["spec"]["services"]]
    for binding in bindings:
        if binding.secret in forbidden:
            text = f'build rejected: service "{binding.name}" uses forbidden secret "{binding.secret}"'
            raise BindingRefused(text)
    return bindings


def _binding(service: Obj, provider: Callable[[Obj], Obj]) -> Binding:
    name = service["name"]
    if service["kind"] == "Secret":
        return Binding(name, name)
    bound = provider(service).get("status", {}).get("binding") or {}
    return Binding(name, str(bound.get("name", "")))
