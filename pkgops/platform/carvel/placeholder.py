"""Placeholder Secrets for sources without credentials, which a secretgen-controller fills."""

from __future__ import annotations

import base64
from typing import Any

from pkgops.kube import AlreadyExists, Client, Obj

ANNOTATION = "secretgen.carvel.dev/image-pull-secret"
EMPTY = base64.b64encode(b'{"auths":{}}').decode()


def with_placeholder(client: Client, owner: Obj, source: dict[str, Any], index: int) -> dict[str, Any]:
    """Return a source with a ``secretRef``; for an image without one a placeholder Secret is created."""
    for kind in ("imgpkgBundle", "image"):
        spec = source.get(kind)
        if spec is not None and not spec.get("secretRef"):
            name = f"{owner['metadata']['name']}-fetch-{index}"
            _ensure(client, owner, name)
            return {**source, kind: {**spec, "secretRef": {"name": name}}}
    return source


def _ensure(client: Client, owner: Obj, name: str) -> None:
    namespace = str(owner["metadata"]["namespace"])
    if client.find("v1", "Secret", name, namespace) is not None:
        return
    reference = {
        "apiVersion": owner["apiVersion"],
        "kind": owner["kind"],
        "name": owner["metadata"]["name"],
        "uid": owner["metadata"]["uid"],
    }
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": name,
            "namespace": namespace,
            "annotations": {ANNOTATION: ""},
            "ownerReferences": [reference],
        },
        "type": "kubernetes.io/dockerconfigjson",
        "data": {".dockerconfigjson": EMPTY},
    }
    try:
        client.create(secret)
    except AlreadyExists:
        return
