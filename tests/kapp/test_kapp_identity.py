from kapp_traces import deployed
from shared_traces import objects

from pkgops.kapp import identity


def obj(**more: object) -> dict[str, object]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "web", "namespace": "apps"}, **more}


def test_association_and_identity_are_those_that_kapp_wrote() -> None:
    seen = set()
    for found in deployed():
        assert identity.association(found) == found["metadata"]["labels"]["kapp.k14s.io/association"]
        assert identity.identity(found) == found["metadata"]["annotations"]["kapp.k14s.io/identity"]
        seen.add(found["kind"])
    assert {"Service", "ClusterSupplyChain", "ClusterDelivery"} <= seen


def test_what_controllers_copied_labels_to_is_transient() -> None:
    assert not any(identity.is_transient(found) for found in deployed())
    children = [
        found for found in objects("Configuration") if "kapp.k14s.io/app" in found["metadata"]["labels"]
    ]
    assert children
    assert all(identity.is_transient(found) for found in children)


def test_description_names_place() -> None:
    assert identity.description(obj()) == "configmap/web (v1) namespace: apps"
    assert identity.description(obj(metadata={"name": "web"})) == "configmap/web (v1) cluster"
