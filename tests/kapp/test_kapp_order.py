from typing import Any

import pytest

from pkgops.kapp.change import Change
from pkgops.kapp.config import defaults
from pkgops.kapp.errors import KappError
from pkgops.kapp.identity import Obj
from pkgops.kapp.order import blocked_by


def thing(kind: str, name: str, api: str = "v1", namespace: str = "apps", **meta: Any) -> Obj:
    place = {"namespace": namespace} if namespace else {}
    return {"apiVersion": api, "kind": kind, "metadata": {"name": name, **place, **meta}}


def order(op: str, *objects: Obj) -> list[set[str]]:
    """Return, for each object, the names of those that come before it."""
    changes = [Change(op=op, wait="reconcile", resource=obj, applied=obj, existing=None) for obj in objects]  # type: ignore[arg-type]
    waits = blocked_by(changes, defaults())
    return [{objects[index]["metadata"]["name"] for index in before} for before in waits]


CRD = {
    **thing("CustomResourceDefinition", "crd", "apiextensions.k8s.io/v1", ""),
    "spec": {"group": "x.dev", "names": {"kind": "Widget"}},
}
NAMESPACE = thing("Namespace", "apps", namespace="")
WIDGET = thing("Widget", "widget", "x.dev/v1")
CONFIG = thing("ConfigMap", "config")
ACCOUNT = thing("ServiceAccount", "account")
ROLE = thing("Role", "role", "rbac.authorization.k8s.io/v1")
BINDING = thing("RoleBinding", "binding", "rbac.authorization.k8s.io/v1")
DEPLOYMENT = thing("Deployment", "deployment", "apps/v1")
INSTALL = thing("PackageInstall", "install", "packaging.carvel.dev/v1alpha1")


def test_definitions_namespaces_and_configuration_come_first() -> None:
    found = order("create", DEPLOYMENT, CONFIG, NAMESPACE, CRD, WIDGET)
    assert found == [{"config", "apps"}, {"apps"}, set(), set(), {"crd", "apps", "config"}]


def test_roles_before_bindings_and_both_before_workloads_and_installs() -> None:
    deployment, install, binding, role, account = order("create", DEPLOYMENT, INSTALL, BINDING, ROLE, ACCOUNT)
    assert deployment == {"role", "binding", "account"}
    assert install == {"role", "binding", "account"}
    assert binding == {"role"}
    assert role == account == set()


def test_deletion_takes_custom_resources_before_their_definition_and_accounts_after_installs() -> None:
    definition, widget, account, install = order("delete", CRD, WIDGET, ACCOUNT, INSTALL)
    assert definition == {"widget", "install"}
    assert widget == set()
    assert {"install"} <= account
    assert install == set()


def test_own_groups_and_rules() -> None:
    first = thing("ConfigMap", "first", annotations={"kapp.k14s.io/change-group": "db"})
    rule = {"kapp.k14s.io/change-rule.0": "upsert after upserting db"}
    second = thing("ConfigMap", "second", annotations=rule)
    assert order("create", second, first) == [{"first"}, set()]
    assert order("delete", second, first) == [set(), set()]


def test_contradiction_is_refused_and_unknown_rules_too() -> None:
    def pair(one: str, other: str) -> Obj:
        notes = {
            "kapp.k14s.io/change-group": one,
            "kapp.k14s.io/change-rule": f"upsert after upserting {other}",
        }
        return thing("ConfigMap", one, annotations=notes)

    with pytest.raises(KappError, match="cycle"):
        order("create", pair("a", "b"), pair("b", "a"))
    with pytest.raises(KappError, match="Unknown change rule"):
        order("create", thing("ConfigMap", "x", annotations={"kapp.k14s.io/change-rule": "before all"}))
