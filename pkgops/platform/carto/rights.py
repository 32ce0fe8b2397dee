"""Whom a change of rights concerns: the service accounts that a Role or a binding reaches."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from pkgops.kube import Obj

RBAC = "rbac.authorization.k8s.io/v1"
BINDINGS = ("RoleBinding", "ClusterRoleBinding")
KINDS = (*BINDINGS, "Role", "ClusterRole")

Account = tuple[str, str]
"""The namespace and the name of a service account."""


def concerns(changed: Obj, listed: Callable[[str], Iterable[Obj]]) -> Callable[[Account], bool]:
    """Return what tells whether a service account may have other rights since an object changed.

    Args:
        changed: a Role or ClusterRole, or a binding.
        listed: gives the objects of a kind of bindings, of all namespaces.
    """
    if changed["kind"] in BINDINGS:
        bindings = [changed]
    else:
        bindings = [one for kind in BINDINGS for one in listed(kind) if _grants(one, changed)]
    subjects = [subject for one in bindings for subject in one.get("subjects") or ()]
    return lambda account: any(_is(subject, account) for subject in subjects)


def _grants(binding: Obj, role: Obj) -> bool:
    """Tell whether a binding gives the rights of a role; one of a namespace does so in that alone."""
    ref = binding.get("roleRef") or {}
    if (ref.get("kind"), ref.get("name")) != (role["kind"], role["metadata"]["name"]):
        return False
    within = role["metadata"].get("namespace", "")
    return not within or binding["metadata"].get("namespace", "") == within


def _is(subject: Obj, account: Account) -> bool:
    namespace, name = account
    who = subject.get("name")
    if subject.get("kind") == "ServiceAccount":
        return (subject.get("namespace"), who) == account
    if subject.get("kind") == "User":
        return who == f"system:serviceaccount:{namespace}:{name}"
    groups = ("system:authenticated", "system:serviceaccounts", f"system:serviceaccounts:{namespace}")
    return who in groups
