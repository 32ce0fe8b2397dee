"""Owner references: who controls an object, and whose it is."""

from __future__ import annotations

from pkgops.kube import Obj


def owner_reference(owner: Obj) -> Obj:
    """Return the reference that makes ``owner`` the controller of an object.

    The owner's deletion waits for the object (``blockOwnerDeletion``), as
    ``metav1.NewControllerRef`` of Kubernetes' apimachinery has it.

    Args:
        owner: an object as the API server returned it: apiVersion, kind, name and uid are taken.
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
    """Tell whether an object belongs to this very ``owner``, not to another one of its name."""
    return any(reference.get("uid") == owner["metadata"]["uid"] for reference in _references(obj))


def is_controlled_by(obj: Obj, owner: Obj) -> bool:
    """Tell whether this very ``owner`` controls an object: others may own it too, one controls it."""
    return any(
        reference.get("controller") and reference.get("uid") == owner["metadata"]["uid"]
        for reference in _references(obj)
    )


def _references(obj: Obj) -> list[Obj]:
    return obj["metadata"].get("ownerReferences") or []
