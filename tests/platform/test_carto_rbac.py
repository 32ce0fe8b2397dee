"""A change of RBAC queues the refused owners whose service account it affects, and no others."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from pkgops.platform.carto import rbac, watches
from pkgops.platform.carto.accounts import account_of

ACCOUNT = ("apps", "builder")


def subject(kind, name, namespace=""):
    return {"kind": kind, "name": name, **({"namespace": namespace} if namespace else {})}


def role(kind, name, namespace=""):
    return {"kind": kind, "metadata": {"name": name, **({"namespace": namespace} if namespace else {})}}


def binding(kind, ref, *subjects, namespace=""):
    found = role(kind, "one", namespace)
    return {**found, "roleRef": {"kind": ref[0], "name": ref[1]}, "subjects": list(subjects)}


OWN = subject("ServiceAccount", "builder", "apps")
EDIT = ("ClusterRole", "edit")
NONE = SimpleNamespace(get=lambda *_: ())


@pytest.mark.parametrize(
    ("who", "meant"),
    [
        (OWN, True),
        (subject("ServiceAccount", "builder", "other"), False),
        (subject("ServiceAccount", "another", "apps"), False),
        (subject("User", "system:serviceaccount:apps:builder"), True),
        (subject("User", "jane"), False),
        (subject("Group", "system:serviceaccounts"), True),
        (subject("Group", "system:serviceaccounts:apps"), True),
        (subject("Group", "system:serviceaccounts:other"), False),
        (subject("Group", "system:authenticated"), True),
        (subject("Group", "developers"), False),
    ],
)
@pytest.mark.parametrize("kind", rbac.BINDINGS)
def test_a_binding_concerns_its_subjects(kind, who, meant):
    assert rbac.affects(binding(kind, EDIT, who), NONE.get)(ACCOUNT) is meant


def test_a_binding_without_subjects_concerns_nobody():
    assert not rbac.affects(binding("RoleBinding", EDIT), NONE.get)(ACCOUNT)


@pytest.mark.parametrize(
    ("changed", "bound", "meant"),
    [
        (role("ClusterRole", "edit"), binding("RoleBinding", EDIT, OWN, namespace="apps"), True),
        (role("ClusterRole", "edit"), binding("ClusterRoleBinding", EDIT, OWN), True),
        (role("ClusterRole", "view"), binding("ClusterRoleBinding", EDIT, OWN), False),
        (role("Role", "edit", "apps"), binding("RoleBinding", EDIT, OWN, namespace="apps"), False),
        (role("Role", "r", "apps"), binding("RoleBinding", ("Role", "r"), OWN, namespace="apps"), True),
        (role("Role", "r", "apps"), binding("RoleBinding", ("Role", "r"), OWN, namespace="other"), False),
    ],
)
def test_a_role_concerns_the_subjects_of_its_bindings(changed, bound, meant):
    listed = {bound["kind"]: [bound]}
    assert rbac.affects(changed, lambda kind: listed.get(kind, ()))(ACCOUNT) is meant


def owner(name, namespace, account, reason):
    return {
        "kind": "Runnable",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"serviceAccountName": account} if account else {},
        "status": {"conditions": [{"type": "Ready", "status": "False", "reason": reason}]},
    }


class Routes:
    """The methods of a platform that the watches use: lists, and mappers by kind."""

    def __init__(self, *objects):
        self.objects, self.mappers = objects, {}

    def list(self, _, kind, namespace=""):
        return [
            one
            for one in self.objects
            if one["kind"] == kind and namespace in ("", one["metadata"]["namespace"])
        ]

    def watch(self, _, kind, __, mapper):
        self.mappers[kind] = mapper


class Queue:
    """The keys that are queued with a delay."""

    def __init__(self):
        self.keys = []

    def enqueue(self, key, after):
        assert after > 0
        self.keys.append(key.name)


def woken(routes, queue, changed):
    queue.keys.clear()
    assert list(routes.mappers[changed["kind"]](changed)) == []
    return list(queue.keys)


def test_only_refused_owners_of_a_concerned_account_are_looked_at_again():
    refused = "TemplateRejectedByAPIServer"
    routes = Routes(
        owner("mine", "apps", "builder", refused),
        owner("well", "apps", "builder", "Ready"),
        owner("others", "apps", "", refused),
        owner("elsewhere", "other", "builder", refused),
        binding("RoleBinding", ("Role", "r"), OWN, namespace="apps"),
    )
    queue = Queue()
    watches.watch_rbac(routes, queue, "Runnable", account_of)
    assert set(routes.mappers) == set(rbac.KINDS)
    assert woken(routes, queue, binding("RoleBinding", EDIT, OWN)) == ["mine"]
    assert woken(routes, queue, binding("ClusterRoleBinding", EDIT, subject("User", "jane"))) == []
    assert woken(routes, queue, role("Role", "r", "apps")) == ["mine"]
    assert woken(routes, queue, role("ClusterRole", "cluster-admin")) == []
    everybody = binding("ClusterRoleBinding", EDIT, subject("Group", "system:serviceaccounts"))
    assert woken(routes, queue, everybody) == ["mine", "others", "elsewhere"]
