"""The service accounts whose permissions a change of a Role or a binding affects."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from pkgops.kube import Obj

RBAC = "rbac.authorization.k8s.io/v1"
BINDINGS = ("RoleBinding", "ClusterRoleBinding")
KINDS = (*BINDINGS, "Role", "ClusterRole")

Account = tuple[str, str]
"""The namespace and the name of a service account."""


def affects(changed: Obj, list_bindings: Callable[[str], Iterable[Obj]]) -> Callable[[Account], bool]:
    """Return a predicate: whether the change of an object may change the permissions of a service account.

    Args:
        changed: a Role or ClusterRole, or a binding.
        list_bindings: returns the bindings of a kind, of all namespaces.
    """
    if changed["kind"] in BINDINGS:
        bindings = [changed]
    else:
        bindings = [
            binding for kind in BINDINGS for binding in list_bindings(kind) if _grants(binding, changed)
        ]
    subjects = [subject for binding in bindings for subject in binding.get("subjects") or ()]
    return lambda account: any(_matches(subject, account) for subject in subjects)


def _grants(binding: Obj, role: Obj) -> bool:
    """Return whether a binding references a role; a Role is referenced from within its namespace only."""
    ref = binding.get("roleRef") or {}
    if (ref.get("kind"), ref.get("name")) != (role["kind"], role["metadata"]["name"]):
        return False
    within = role["metadata"].get("namespace", "")
    return not within or binding["metadata"].get("namespace", "") == within


def _matches(subject: Obj, account: Account) -> bool:
    namespace, name = account
    subject_name = subject.get("name")
    if subject.get("kind") == "ServiceAccount":
        return (subject.get("namespace"), subject_name) == account
    if subject.get("kind") == "User":
        return subject_name == f"system:serviceaccount:{namespace}:{name}"
    groups = ("system:authenticated", "system:serviceaccounts", f"system:serviceaccounts:{namespace}")
    return subject_name in groups
