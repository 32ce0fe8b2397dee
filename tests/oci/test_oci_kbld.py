from typing import Any

import pytest
from fake_registry import FakeRegistry

from pkgops.formats import yaml
from pkgops.oci import BadReference, ImageRef, NotFound, RegistryClient, RegistryError, write_image
from pkgops.oci.image import empty_image
from pkgops.oci.kbld import images_lock, read_config, resolve
from pkgops.oci.kbld.config import BadConfig, Config
from pkgops.oci.kbld.documents import BadDocument, documents
from pkgops.oci.kbld.resolve import dump
from pkgops.oci.locks import ImagesLock, LockedImage

DIGEST = "sha256:" + "a" * 64


def app(client: RegistryClient, registry: FakeRegistry, name: str = "demo/web:v1") -> ImageRef:
    ref = ImageRef.parse(f"{registry.host}/{name}")
    return ref.at(write_image(client, empty_image(Cmd=[name]), [ref]))


def pod(*images: str) -> dict[str, Any]:
    containers = [{"name": f"c{number}", "image": image} for number, image in enumerate(images)]
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "x"}, "spec": {"containers": containers}}


def images_of(document: dict[str, Any]) -> list[str]:
    return [one["image"] for one in document["spec"]["containers"]]


def configured(*documents: dict[str, Any]) -> Config:
    return read_config(
        [{"apiVersion": "kbld.k14s.io/v1alpha1", "kind": "Config", **one} for one in documents]
    )[0]


def test_tags_become_digests_and_their_origin_is_kept(registry: FakeRegistry, client: RegistryClient) -> None:
    final = app(client, registry)
    text = f"{registry.host}/demo/web:v1"
    said: list[str] = []
    resolved = resolve([pod(text, text)], Config(), client, on_line=said.append)
    assert images_of(resolved.documents[0]) == [str(final), str(final)]
    annotation = resolved.documents[0]["metadata"]["annotations"]["kbld.k14s.io/images"]
    assert yaml.parse(annotation, "x") == [
        {"origins": [{"resolved": {"tag": "v1", "url": text}}], "url": str(final)}
    ]
    assert said == [f"resolve | final: {text} -> {final}"]
    assert registry.count("HEAD", "manifests/v1") == 2  # the tag is asked twice, however often it is used


def test_the_lock_of_a_run_resolves_the_next_without_a_registry(
    registry: FakeRegistry, client: RegistryClient
) -> None:
    final = app(client, registry)
    text = f"{registry.host}/demo/web:v1"
    lock = images_lock(resolve([pod(text)], Config(), client))
    assert [one.image for one in lock.images] == [str(final)]
    assert lock.images[0].annotations["kbld.carvel.dev/id"] == text
    registry.close()
    document = yaml.parse(lock.dump(), "images.yml")
    config, rest = read_config([document, pod(text, str(final))])
    again = resolve(rest, config, RegistryClient(timeout=1))
    assert images_of(again.documents[0]) == [str(final), str(final)]
    assert again.images[1].origins == [{"resolved": {"tag": "v1", "url": text}}]


def test_a_lock_that_was_relocated_moves_the_images(client: RegistryClient) -> None:
    lock = ImagesLock((LockedImage(f"new.io/app@{DIGEST}", {"kbld.carvel.dev/id": "old.io/app:v1"}),))
    resolved = resolve([pod("old.io/app:v1")], Config().with_lock(lock), client)
    assert images_of(resolved.documents[0]) == [f"new.io/app@{DIGEST}"]


def test_a_lock_without_ids_is_refused() -> None:
    with pytest.raises(BadConfig, match="to have annotation"):
        Config().with_lock(ImagesLock((LockedImage(f"r.io/app@{DIGEST}"),)))


def test_digests_are_only_written_out(client: RegistryClient) -> None:
    resolved = resolve([pod(f"you/app:v1@{DIGEST}")], Config(), client)
    assert images_of(resolved.documents[0]) == [f"index.docker.io/you/app@{DIGEST}"]


def test_overrides_come_first(registry: FakeRegistry, client: RegistryClient) -> None:
    final = app(client, registry)
    here = f"{registry.host}/demo/web:v1"
    overrides = [
        {"image": "web", "newImage": here},
        {"imageRepo": "library/db", "newImage": f"r.io/db@{DIGEST}", "preresolved": True},
    ]
    config = configured({"overrides": overrides})
    resolved = resolve([pod("web", "library/db:7", "library/db")], config, client)
    assert images_of(resolved.documents[0]) == [str(final), f"r.io/db@{DIGEST}", f"r.io/db@{DIGEST}"]


def test_rules_say_where_images_are(client: RegistryClient) -> None:
    image = f"r.io/app@{DIGEST}"
    rules = [
        {"keyMatcher": {"path": ["spec", "tools", {"allIndexes": True}, "uri"]}},
        {"keyMatcher": {"name": "raw"}, "updateStrategy": {"json": {}}},
        {"valueMatcher": {"imageRepo": "r.io/skip"}, "updateStrategy": {"none": {}}},
    ]
    tools = [{"uri": image, "url": image}]
    spec = {"tools": tools, "raw": f'{{"image": "{image}"}}', "image": "r.io/skip:v1"}
    document = {"kind": "X", "metadata": {}, "spec": spec}
    overrides = [{"image": image, "newImage": f"q.io/app@{DIGEST}", "preresolved": True}]
    found = resolve([document], configured({"searchRules": rules, "overrides": overrides}), client).documents[
        0
    ]
    assert found["spec"]["tools"] == [{"uri": f"q.io/app@{DIGEST}", "url": image}]
    assert found["spec"]["raw"] == f'{{"image": "q.io/app@{DIGEST}"}}'
    assert found["spec"]["image"] == "r.io/skip:v1"


@pytest.mark.parametrize(
    "document",
    [
        {"sources": [{"image": "x", "path": "."}]},
        {"destinations": [{"image": "x"}]},
        {"overrides": [{"newImage": "x"}]},
        {"overrides": [{"image": "x", "newImage": "y", "tagSelection": {}}]},
        {"searchRules": [{"updateStrategy": {"none": {}}}]},
    ],
)
def test_what_this_kbld_cannot_do_is_said(document: dict[str, Any]) -> None:
    with pytest.raises(BadConfig):
        configured(document)


def test_an_image_that_is_not_there_is_an_error(registry: FakeRegistry, client: RegistryClient) -> None:
    with pytest.raises(NotFound, match="MANIFEST_UNKNOWN"):
        resolve([pod(f"{registry.host}/demo/none:v1")], Config(), client)
    with pytest.raises(BadReference):
        resolve([pod("NOT an image")], Config(), client)


def test_a_tag_that_moves_between_two_looks_is_no_answer(
    registry: FakeRegistry, client: RegistryClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = iter([DIGEST, "sha256:" + "b" * 64])
    monkeypatch.setattr(client, "digest", lambda _: next(answers))
    with pytest.raises(RegistryError, match="consistent"):
        resolve([pod(f"{registry.host}/demo/web:v1")], Config(), client)


def test_documents_without_images_stay_as_they_are(client: RegistryClient) -> None:
    document = {"kind": "ConfigMap", "metadata": {"name": "x"}, "data": {"b": "1", "a": "yes"}}
    resolved = resolve([document], Config(), client)
    assert resolved.documents == [document]
    assert resolved.images == ()
    assert dump(resolved.documents) == (
        '---\ndata:\n  a: "yes"\n  b: "1"\nkind: ConfigMap\nmetadata:\n  name: x\n'
    )


def test_the_annotation_can_be_left_out(client: RegistryClient) -> None:
    resolved = resolve([pod(f"r.io/app@{DIGEST}")], Config(), client, annotate=False)
    assert "annotations" not in resolved.documents[0]["metadata"]


def test_items_of_a_list_are_resources_and_empty_documents_are_none() -> None:
    text = "---\n---\n{}\n---\nkind: List\nitems: [{kind: Pod}, {kind: Job}]\n---\nkind: Secret\n"
    assert [one["kind"] for one in documents(text, "stdin")] == ["Pod", "Job", "Secret"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("kind: Pod\n---\n- a\n", "stdin doc 2: error unmarshaling JSON: while decoding JSON: json: cannot "),
        ("kind: List\nitems: [a]\n", "stdin doc 1: items member should be an object"),
    ],
)
def test_what_is_no_resource_is_told_as_kbld_does(text: str, said: str) -> None:
    with pytest.raises(BadDocument) as found:
        list(documents(text, "stdin"))
    assert found.value.what.startswith(f"Parsing {said}")
