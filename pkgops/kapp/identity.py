"""How kapp names, marks and describes resources.

The keys and values are kapp's own (carvel.dev/kapp, ``pkg/kapp/resources``), so that the real
``kapp inspect`` and ``kapp delete`` find resources that were deployed here, and vice versa.
"""

from __future__ import annotations

import hashlib
from typing import Any

Obj = dict[str, Any]

APP_LABEL = "kapp.k14s.io/app"
ASSOCIATION_LABEL = "kapp.k14s.io/association"
ORPHANED_LABEL = "kapp.k14s.io/orphaned"
IS_APP_LABEL = "kapp.k14s.io/is-app"
IDENTITY = "kapp.k14s.io/identity"
ORIGINAL = "kapp.k14s.io/original"
ORIGINAL_MD5 = "kapp.k14s.io/original-diff-md5"
HISTORY = (ORIGINAL, ORIGINAL_MD5, "kapp.k14s.io/original-diff", "kapp.k14s.io/original-diff-full")
DISABLE_ORIGINAL = "kapp.k14s.io/disable-original"
DISABLE_WAIT = "kapp.k14s.io/disable-wait"
DISABLE_ASSOCIATED_WAIT = "kapp.k14s.io/disable-associated-resources-wait"
CREATE_STRATEGY = "kapp.k14s.io/create-strategy"
UPDATE_STRATEGY = "kapp.k14s.io/update-strategy"
DELETE_STRATEGY = "kapp.k14s.io/delete-strategy"
OWNED_FOR_DELETION = "kapp.k14s.io/owned-for-deletion"
EXISTS = "kapp.k14s.io/exists"
NOOP = "kapp.k14s.io/noop"
NONCE = "kapp.k14s.io/nonce"
CONFIG_LABEL = "kapp.k14s.io/config"


def meta(obj: Obj) -> Obj:
    """Return an object's metadata, empty where it has none."""
    return dict(obj.get("metadata") or {})


def name(obj: Obj) -> str:
    """Return an object's name."""
    return str(meta(obj).get("name") or "")


def namespace(obj: Obj) -> str:
    """Return an object's namespace, empty for cluster-scoped ones."""
    return str(meta(obj).get("namespace") or "")


def labels(obj: Obj) -> dict[str, str]:
    """Return an object's labels."""
    return dict(meta(obj).get("labels") or {})


def annotations_of(obj: Obj) -> dict[str, str]:
    """Return an object's annotations."""
    return dict(meta(obj).get("annotations") or {})


def kind(obj: Obj) -> str:
    """Return an object's kind."""
    return str(obj.get("kind") or "")


def group(obj: Obj) -> str:
    """Return an object's API group, empty for core."""
    return str(obj.get("apiVersion") or "").rpartition("/")[0]


def unique_key(obj: Obj) -> str:
    """Return the key of a resource across versions: ``<namespace>/<group>/<kind>/<name>``."""
    return f"{namespace(obj)}/{group(obj)}/{kind(obj)}/{name(obj)}"


def association(obj: Obj) -> str:
    """Return the value of the association label: ``v1.`` and the MD5 of the unique key."""
    digest = hashlib.md5(unique_key(obj).encode(), usedforsecurity=False).hexdigest()
    return f"v1.{digest}"


def identity(obj: Obj) -> str:
    """Return the value of the identity annotation: ``v1;<unique key>;<apiVersion>``."""
    return f"v1;{unique_key(obj)};{obj.get('apiVersion', '')}"


def is_transient(obj: Obj) -> bool:
    """Return whether a controller, not kapp, created this labelled resource.

    Controllers copy labels and annotations to resources that they create; the identity then names the parent.
    """
    pieces = annotations_of(obj).get(IDENTITY, "").split(";")
    return len(pieces) != 3 or pieces[0] != "v1" or pieces[1] != unique_key(obj)


def description(obj: Obj) -> str:
    """Return the resource as kapp prints it, for example ``service/web (v1) namespace: apps``."""
    place = f"namespace: {namespace(obj)}" if namespace(obj) else "cluster"
    return f"{kind(obj).lower()}/{name(obj)} ({obj.get('apiVersion', '')}) {place}"
