"""Workspaces: the declarations of a Task, the bindings of a TaskRun, and their volumes."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pkgops.kube import AlreadyExists, Client, Obj
from pkgops.platform.owners import owner_reference
from pkgops.platform.tekton.params import VALIDATION
from pkgops.platform.tekton.permanenterror import PermanentError
from pkgops.platform.tekton.substitution import Variables

_SOURCES = ("persistentVolumeClaim", "emptyDir", "configMap", "secret", "projected", "csi")


@dataclass(frozen=True, kw_only=True)
class Workspace:
    """A declared workspace with its binding, if it has one.

    Attributes:
        name: its declared name.
        path: its mount path; empty for an optional workspace that is not bound.
        volume: the volume's name in the pod; empty when not bound.
        claim: the name of its PersistentVolumeClaim, if that is its source.
        sub_path: the folder of the volume that is mounted.
        read_only: whether it is mounted read-only.
        source: the volume's source, a one-key mapping as in a pod's ``volumes``.
    """

    name: str
    path: str = ""
    volume: str = ""
    claim: str = ""
    sub_path: str = ""
    read_only: bool = False
    source: Mapping[str, Any] | None = None


def resolve_workspaces(declared: Iterable[Obj], bound: Iterable[Obj], run_uid: str) -> list[Workspace]:
    """Return the declared workspaces with their bindings.

    Raises:
        PermanentError: a required workspace is not bound, or a binding has no declaration.
    """
    specs = {spec["name"]: spec for spec in declared}
    bindings = {binding["name"]: binding for binding in bound}
    for name, spec in specs.items():
        if name not in bindings and not spec.get("optional"):
            raise PermanentError(
                VALIDATION, f'[User error] declared workspace "{name}" is required but has not been bound'
            )
    for name in bindings:
        if name not in specs:
            raise PermanentError(
                VALIDATION, f'workspace binding "{name}" does not match any declared workspace'
            )
    return [_resolve(spec, bindings.get(name), run_uid) for name, spec in specs.items()]


def workspace_variables(workspaces: Iterable[Workspace]) -> Variables:
    """Return ``workspaces.NAME.path``, ``.bound``, ``.claim`` and ``.volume``."""
    strings: dict[str, str] = {}
    for entry in workspaces:
        prefix = f"workspaces.{entry.name}"
        strings[f"{prefix}.path"] = entry.path
        strings[f"{prefix}.bound"] = "true" if entry.volume else "false"
        strings[f"{prefix}.claim"] = entry.claim
        strings[f"{prefix}.volume"] = entry.volume
    return Variables(strings)


def workspace_volumes(workspaces: Iterable[Workspace]) -> list[Obj]:
    """Return the pod's volumes for the bound workspaces; one volume for one claim."""
    volumes: dict[str, Obj] = {}
    for entry in workspaces:
        if entry.source is not None:
            volumes.setdefault(entry.volume, {"name": entry.volume, **entry.source})
    return list(volumes.values())


def isolated_workspaces(containers: Iterable[Obj]) -> frozenset[str]:
    """Return the workspaces that containers name; those are mounted only in containers that name them."""
    return frozenset(usage["name"] for entry in containers for usage in entry.get("workspaces") or [])


def workspace_mounts(workspaces: Iterable[Workspace], container: Obj, isolated: frozenset[str]) -> list[Obj]:
    """Return the mounts of a container: the workspaces that it names, and those that no container names."""
    usages = {usage["name"]: usage for usage in container.get("workspaces") or []}
    return [
        _mount(entry, usages.get(entry.name, {}).get("mountPath") or entry.path)
        for entry in workspaces
        if entry.volume and (entry.name in usages or entry.name not in isolated)
    ]


def create_claims(client: Client, run: Obj) -> None:
    """Create the PersistentVolumeClaims of a run's ``volumeClaimTemplate`` bindings, owned by the run."""
    for claim in claim_templates(run["spec"].get("workspaces") or [], run):
        claim["metadata"]["ownerReferences"] = [owner_reference(run)]
        with contextlib.suppress(AlreadyExists):
            client.create(claim)


def claim_templates(bound: Iterable[Obj], run: Obj) -> list[Obj]:
    """Return the PersistentVolumeClaims of ``volumeClaimTemplate`` bindings."""
    meta = run["metadata"]
    claims = []
    for binding in bound:
        template = binding.get("volumeClaimTemplate")
        if template:
            claim = {**template, "apiVersion": "v1", "kind": "PersistentVolumeClaim"}
            claim.pop("status", None)
            claim["metadata"] = {
                **template.get("metadata", {}),
                "name": claim_name(binding, meta["uid"]),
                "namespace": meta["namespace"],
            }
            claims.append(claim)
    return claims


def claim_name(binding: Obj, run_uid: str) -> str:
    """Return the name of the claim of a ``volumeClaimTemplate``; it is the same in every reconciliation."""
    stem = (binding["volumeClaimTemplate"].get("metadata") or {}).get("name") or "pvc"
    return f"{stem}-{hashlib.sha256((binding['name'] + run_uid).encode()).hexdigest()[:10]}"


def fnv1a(text: str) -> str:
    """Return the 32-bit FNV-1a hash in hexadecimal; Tekton names volumes with it."""
    value = 0x811C9DC5
    for byte in text.encode():
        value = ((value ^ byte) * 0x01000193) & 0xFFFFFFFF
    return f"{value:08x}"


def _mount(entry: Workspace, path: str) -> Obj:
    mount: Obj = {"name": entry.volume, "mountPath": path}
    if entry.sub_path:
        mount["subPath"] = entry.sub_path
    if entry.read_only:
        mount["readOnly"] = True
    return mount


def _resolve(spec: Obj, binding: Obj | None, run_uid: str) -> Workspace:
    if binding is None:
        return Workspace(name=spec["name"])
    source = _source(binding, run_uid)
    claim = str((source.get("persistentVolumeClaim") or {}).get("claimName", ""))
    return Workspace(
        name=spec["name"],
        path=spec.get("mountPath") or f"/workspace/{spec['name']}",
        volume=f"ws-{fnv1a(claim or spec['name'])[:5]}",
        claim=claim,
        sub_path=binding.get("subPath") or "",
        read_only=bool(spec.get("readOnly")),
        source=source,
    )


def _source(binding: Obj, run_uid: str) -> dict[str, Any]:
    if binding.get("volumeClaimTemplate"):
        return {"persistentVolumeClaim": {"claimName": claim_name(binding, run_uid)}}
    for kind in _SOURCES:
        if binding.get(kind) is not None:
            return {kind: binding[kind]}
    known = ", ".join((*_SOURCES, "volumeClaimTemplate"))
    message = f"expected exactly one, got neither: workspaces[{binding['name']}].{{{known}}}"
    raise PermanentError(VALIDATION, message)
