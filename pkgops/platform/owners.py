"""Owner references and controller references of objects."""

from __future__ import annotations

from pkgops.kube import Obj


def owner_reference(owner: Obj) -> Obj:
    """Return the owner reference with which ``owner`` controls an object.

    As that of ``metav1.NewControllerRef`` it has ``blockOwnerDeletion``.

    Args:
        owner: the owner, as the API server returned it.
    """
    return {
        "apiVersion": owner["apiVersion"],
        "kind": owner["kind"],
        "name": owner["metadata"]["name"],
        "uid": owner["metadata"]["uid"],
        "controller": True,
        "blockOwnerDeletion": True,
    }


def is_owned_by(obj: Obj, owner: Obj) -> bool:
    """Return whether an object has an owner reference with the UID of ``owner``."""
    return any(reference.get("uid") == owner["metadata"]["uid"] for reference in _references(obj))


def is_controlled_by(obj: Obj, owner: Obj) -> bool:
    """Return whether the controller reference of an object has the UID of ``owner``."""
    return any(
        reference.get("controller") and reference.get("uid") == owner["metadata"]["uid"]
        for reference in _references(obj)
    )


def _references(obj: Obj) -> list[Obj]:
    return obj["metadata"].get("ownerReferences") or []
