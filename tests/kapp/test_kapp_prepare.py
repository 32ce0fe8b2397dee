import pytest

from pkgops.kapp.errors import KappError
from pkgops.kapp.prepare import Namespacing, prepared, with_nonces


def thing(kind: str, name: str = "x", **meta: str) -> dict[str, object]:
    return {"apiVersion": "v1", "kind": kind, "metadata": {"name": name, **meta}}


def scope(obj: dict[str, object]) -> bool | None:
    return {"ConfigMap": True, "Namespace": False}.get(str(obj["kind"]))


def places(spaces: Namespacing, *objects: dict[str, object]) -> list[object]:
    return [obj["metadata"].get("namespace") for obj in prepared(objects, spaces, scope)]


def test_namespaces_are_filled_in_moved_and_mapped() -> None:
    objects = [
        thing("ConfigMap"),
        thing("ConfigMap", "y", namespace="other"),
        thing("Namespace", namespace="odd"),
    ]
    assert places(Namespacing("apps"), *objects) == ["apps", "other", None]
    assert places(Namespacing("apps", into="all"), *objects) == ["all", "all", None]
    assert places(Namespacing("apps", mapped={"other": "new"}), *objects) == ["apps", "new", None]


def test_kind_may_come_with_its_definition() -> None:
    crd = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "widgets.x.dev"},
        "spec": {"group": "x.dev", "names": {"kind": "Widget"}, "scope": "Namespaced"},
    }
    widget = {"apiVersion": "x.dev/v1", "kind": "Widget", "metadata": {"name": "w"}}

    def served(obj: dict[str, object]) -> bool | None:
        return False if obj["kind"] == "CustomResourceDefinition" else None

    found = prepared([crd, widget], Namespacing("apps"), served)
    assert found[1]["metadata"]["namespace"] == "apps"


def test_unknown_kind_and_nameless_resource_are_refused() -> None:
    with pytest.raises(KappError, match="Expected to find kind 'v1/Widget'"):
        prepared([thing("Widget")], Namespacing("apps"), scope)
    with pytest.raises(KappError, match="name"):
        prepared([thing("ConfigMap", "")], Namespacing("apps"), scope)


def test_a_nonce_makes_each_deployment_a_change_where_it_is_asked_for() -> None:
    plain = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}}
    asking = {**plain, "metadata": {"name": "a", "annotations": {"kapp.k14s.io/nonce": "", "b": "c"}}}
    first, second = with_nonces([plain, asking], "17")
    assert first == plain
    assert second["metadata"]["annotations"] == {"kapp.k14s.io/nonce": "17", "b": "c"}
    assert asking["metadata"]["annotations"]["kapp.k14s.io/nonce"] == ""
    with pytest.raises(KappError, match="to have value ''"):
        with_nonces([second], "18")
