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


FORMAT = "(upsert|delete) (before|after) (upserting|deleting) (change-group)"


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        (
            "before all",
            f"Expected change rule annotation value to have format '{FORMAT}', but was 'before all'",
        ),
        (
            "upsert  after upserting db",
            f"Expected change rule annotation value to have format '{FORMAT}', "
            "but was 'upsert  after upserting db'",
        ),
        ("insert after upserting db", "Unknown change rule Action"),
        ("upsert behind upserting db", "Unknown change rule Order"),
        ("upsert after upsert db", "Unknown change rule TargetAction"),
        ("upsert after upserting ", "Expected non-empty group name"),
    ],
)
def test_a_rule_that_is_none_is_told_with_its_resource(rule: str, said: str) -> None:
    with pytest.raises(KappError) as found:
        order("create", thing("ConfigMap", "x", annotations={"kapp.k14s.io/change-rule": rule}))
    assert found.value.what.startswith("Resource configmap/x (v1)")
    assert found.value.what.endswith(f":\n  {said}")


@pytest.mark.parametrize(
    ("group", "said"),
    [
        ("", "Expected non-empty group name"),
        (
            "my group",
            'Expected change group name "my group" to be a qualified name: name part must consist of',
        ),
        (
            "a/b/c",
            'Expected change group name "a/b/c" to be a qualified name: a qualified name must consist of',
        ),
        ("/db", 'Expected change group name "/db" to be a qualified name: prefix part must be non-empty'),
        (
            "Apps/db",
            'Expected change group name "Apps/db" to be a qualified name: prefix part a lowercase RFC',
        ),
        ("apps/", "to be a qualified name: name part must be non-empty; name part must consist of"),
        (
            "db-{crd-kind}",
            "Placeholder {crd-kind} does not have a value for target resource (hint: placeholders",
        ),
        ("db-{nam}", "Placeholder {nam} does not have a value for target resource"),
    ],
)
def test_a_group_that_is_none_is_told(group: str, said: str) -> None:
    with pytest.raises(KappError) as found:
        order("create", thing("ConfigMap", "x", annotations={"kapp.k14s.io/change-group": group}))
    assert said in found.value.what


def test_a_group_may_be_long_and_have_placeholders() -> None:
    long = "example.com/" + "a" * 80 + "-{name}"
    first = thing("ConfigMap", "first", annotations={"kapp.k14s.io/change-group": long})
    rule = {"kapp.k14s.io/change-rule": "upsert after upserting " + long.replace("{name}", "first")}
    assert order("create", thing("ConfigMap", "second", annotations=rule), first) == [{"first"}, set()]
