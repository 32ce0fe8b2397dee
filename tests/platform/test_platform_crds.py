import pytest
from fake_api import FakeApi

from pkgops.kube import Client
from pkgops.platform.crds import DIGEST_ANNOTATION, OWN_LABEL, CrdFile, ForeignController, install

COLLECTION = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
NAME = "things.example.dev"
TEXT = f"""\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: {NAME}
spec: {{}}
"""
FILE = CrdFile("example", TEXT)


@pytest.fixture(autouse=True)
def _discovery(api: FakeApi) -> None:
    kind = {"name": "customresourcedefinitions", "kind": "CustomResourceDefinition", "namespaced": False}
    api.answer_next("GET", "/apis/apiextensions.k8s.io/v1", 200, {"resources": [kind]}, {})


def present(api: FakeApi, **metadata: dict[str, str]) -> None:
    item = {"metadata": {"name": NAME, **metadata}}
    api.answer_next("GET", COLLECTION, 200, {"items": [item], "metadata": {}}, {})


def patches(api: FakeApi) -> list[str]:
    return [path.partition("?")[0] for method, path, _ in api.requests if method == "PATCH"]


def test_definitions_are_applied_as_the_platforms_own_and_waited_for(api: FakeApi, client: Client) -> None:
    api.answer_next("GET", COLLECTION, 200, {"items": [], "metadata": {}}, {})
    established = {"status": {"conditions": [{"type": "Established", "status": "True"}]}}
    for answer in ({}, established):
        api.answer_next("GET", f"{COLLECTION}/{NAME}", 200, answer, {})
    naps: list[float] = []
    install(client, FILE, naps.append)
    assert patches(api) == [f"{COLLECTION}/{NAME}"]
    assert len(naps) == 1
    (document,) = FILE.documents()
    assert document["metadata"]["labels"] == {OWN_LABEL: "example"}
    assert document["metadata"]["annotations"] == {DIGEST_ANNOTATION: FILE.digest}


def test_current_definitions_are_not_sent_again(api: FakeApi, client: Client) -> None:
    present(api, labels={OWN_LABEL: "example"}, annotations={DIGEST_ANNOTATION: FILE.digest})
    install(client, FILE)
    assert patches(api) == []


def test_foreign_definitions_are_left_alone(api: FakeApi, client: Client) -> None:
    present(api, labels={"app": "the real one"})
    with pytest.raises(ForeignController) as caught:
        install(client, FILE)
    assert caught.value.why == NAME
    assert patches(api) == []
